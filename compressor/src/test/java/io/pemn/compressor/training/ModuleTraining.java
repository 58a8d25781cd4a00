package io.pemn.compressor.training;

import ai.djl.Device;
import io.pemn.compressor.data.Augmentation;
import io.pemn.compressor.data.Batch;
import io.pemn.compressor.data.BatchStream;
import io.pemn.compressor.data.Batches;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.data.SampleSet;
import io.pemn.compressor.data.TensorSet;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.format.Normalization;
import io.pemn.format.NumberType;
import io.pemn.format.network.InputTensor;
import io.pemn.packager.ArchiveWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Trainings of the TorchScript files of testdata that take a moment. */
final class ModuleTraining {
  private static final Path FOLDER =
      Path.of(System.getProperty("pemn.home")).resolve("testdata/torchscript");
  private static final int TOKENS = 24;

  /** A few of the images that the larger fixtures were trained for. */
  static final Dataset IMAGES =
      new Dataset(
          TinyTraining.IMAGES.name(),
          TinyTraining.IMAGES.train().subset(200, 1),
          TinyTraining.IMAGES.test().subset(100, 1),
          TinyTraining.IMAGES.labels(),
          Normalization.parse("0.2860,0.3530"));

  private ModuleTraining() {}

  /** A fixture: {@code resnet8-traced}, or of the small ones {@code tiny/lstm-scripted}. */
  static Path file(String name) {
    return FOLDER.resolve(name + ".pt");
  }

  static ModuleSource open(String name) throws IOException {
    return ModuleSource.open(file(name), List.of(), List.of(), false);
  }

  /** One epoch of batches of 32 with sign masks; {@code overrides} come in pairs. */
  static TrainingOptions options(ModuleSource module, String... overrides) {
    Map<String, String> map = new LinkedHashMap<>();
    map.put("arch", "torchscript");
    map.put("model", module.choice().digest());
    map.put("mask-include", String.join(",", module.choice().include()));
    map.put("mask-exclude", String.join(",", module.choice().exclude()));
    map.put("traced-mode", module.choice().keepTracedMode() ? "keep" : "switch");
    map.put("objective", "classify");
    map.put("warm-start", "on");
    map.put("distill", "0.5");
    map.put("temperature", "2.0");
    map.put("mask", "sign");
    map.put("strategy", "random-vector");
    map.put("ratio", "0.1");
    map.put("padding", "copy");
    map.put("prototype", "signed-constant");
    map.put("store-prototype", "seed");
    map.put("density", "1");
    map.put("select", "top-k");
    map.put("budget", "uniform");
    map.put("scores", "signed");
    map.put("epochs", "1");
    map.put("batch-size", "32");
    map.put("lr", "0.01");
    map.put("remainder-lr", "0.01");
    map.put("weight-decay", "0.005");
    map.put("seed", "1");
    map.put("augmentation", "none");
    map.put("train-images", "all");
    map.put("normalize", IMAGES.normalization().toString());
    map.put("remainder", "fp16");
    for (int i = 0; i < overrides.length; i += 2) {
      if (map.put(overrides[i], overrides[i + 1]) == null) {
        throw new IllegalArgumentException("no option " + overrides[i]);
      }
    }
    return TrainingOptions.of(map);
  }

  static TrainingRun run(
      ModuleSource module, TrainingOptions options, Dataset dataSet, Path directory)
      throws IOException {
    return run(module, options, dataSet, directory, TrainingListener.SILENT);
  }

  static TrainingRun run(
      ModuleSource module,
      TrainingOptions options,
      Dataset dataSet,
      Path directory,
      TrainingListener listener)
      throws IOException {
    return TrainingRun.ofModule(
        options, dataSet, module, new RunDirectory(directory), Device.cpu(), 1, listener);
  }

  /** Packs a checkpoint of a run into a file beside its directory. */
  static Path pack(Checkpoint checkpoint, Path directory) throws IOException {
    Path archive = directory.resolveSibling(directory.getFileName() + ".pemn");
    ArchiveWriter.write(
        CheckpointPacker.pack(checkpoint, new RunDirectory(directory), "test"), archive);
    return archive;
  }

  static byte[] archive(Checkpoint checkpoint, Path directory) throws IOException {
    return Files.readAllBytes(pack(checkpoint, directory));
  }

  /** Steps over a set in the order that its epochs have. */
  static void learn(Learner learner, TrainingOptions options, SampleSet set, int steps)
      throws IOException {
    Batches batches =
        new Batches(set, options.normalization(), Augmentation.NONE, options.batchSize(), true, 1);
    int done = 0;
    for (int epoch = 0; done < steps; epoch++) {
      try (BatchStream stream = batches.epoch(epoch)) {
        for (; stream.hasNext() && done < steps; done++) {
          try (Batch batch = stream.next()) {
            learner.step(batch, set, true);
          }
        }
      }
    }
  }

  /** What a fixture of the folder tiny takes, without the batch. */
  static List<InputTensor> inputs(String name) {
    String network = name.replaceAll("^tiny/|-(scripted|traced)$", "");
    return switch (network) {
      case "text" -> List.of(new InputTensor(List.of(12), NumberType.INT64));
      case "tied", "shared-numbers" -> List.of(new InputTensor(List.of(6), NumberType.INT64));
      case "lstm" -> List.of(floats(7, 8));
      case "two-inputs-two-outputs" -> List.of(floats(16), floats(12));
      case "dict-output", "views", "raises", "nan" -> List.of(floats(16));
      case "non-trainable" -> List.of(floats(32));
      case "only-norms" -> List.of(floats(3, 6, 6));
      default -> List.of(floats(1, 8, 8));
    };
  }

  private static InputTensor floats(Integer... shape) {
    return new InputTensor(List.of(shape), NumberType.FLOAT32);
  }

  /** Random samples with random labels. */
  static Dataset labelled(String name, int classes) {
    return dataSet((size, seed) -> labelled(inputs(name), size, classes, seed));
  }

  /** Random samples with random targets. */
  static Dataset withTargets(String name, Integer... shape) {
    return dataSet(
        (size, seed) -> {
          InputTensor target = floats(shape);
          return TensorSet.withTargets(
              inputs(name),
              values(inputs(name), size, seed),
              target,
              values(List.of(target), size, seed + 1).get(0));
        });
  }

  /** Random samples with nothing to compare an output with. */
  static Dataset unlabelled(String name) {
    return dataSet(
        (size, seed) -> TensorSet.unlabelled(inputs(name), values(inputs(name), size, seed)));
  }

  private static TensorSet labelled(List<InputTensor> inputs, int size, int classes, long seed) {
    int[] labels = new int[size];
    for (int i = 0; i < size; i++) {
      labels[i] = i % classes;
    }
    return TensorSet.labelled(inputs, values(inputs, size, seed), classes, labels);
  }

  @FunctionalInterface
  private interface Maker {
    SampleSet make(int size, long seed);
  }

  private static Dataset dataSet(Maker maker) {
    return new Dataset(
        "random", maker.make(96, 1), maker.make(40, 2), List.of(), Normalization.parse("0,1"));
  }

  private static List<ByteBuffer> values(List<InputTensor> inputs, int size, long seed) {
    Random random = new Random(seed);
    List<ByteBuffer> all = new ArrayList<>();
    for (InputTensor input : inputs) {
      ByteBuffer values =
          ByteBuffer.allocate((int) (size * input.bytes())).order(ByteOrder.LITTLE_ENDIAN);
      while (values.hasRemaining()) {
        if (input.type() == NumberType.INT64) {
          values.putLong(random.nextInt(TOKENS));
        } else {
          values.putFloat((float) random.nextGaussian());
        }
      }
      all.add(values.flip());
    }
    return all;
  }
}
