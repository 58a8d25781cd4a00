package io.pemn.compressor.rate;

import ai.djl.Device;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.network.OpenedModel;
import io.pemn.compressor.training.Checkpoint;
import io.pemn.compressor.training.CheckpointPacker;
import io.pemn.compressor.training.Comparison;
import io.pemn.compressor.training.Evaluation;
import io.pemn.compressor.training.Objective;
import io.pemn.compressor.training.Pruning;
import io.pemn.compressor.training.Recipe;
import io.pemn.compressor.training.RunDirectory;
import io.pemn.compressor.training.TrainingListener;
import io.pemn.compressor.training.TrainingOptions;
import io.pemn.compressor.training.TrainingRun;
import io.pemn.format.ArchiveFormat;
import io.pemn.format.LayerMask;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.baseline.PaperCount;
import io.pemn.packager.baseline.WeightFile;
import io.pemn.packager.baseline.WeightFormat;
import io.pemn.packager.report.SizeReport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Measures methods on networks. Methods that ship the same training in several ways share it, so
 * that their rows differ in nothing else.
 */
public final class RateBenchmark {
  private static final double DENSE_SHARE = 0.6;

  /** Seed, in the paper's file. */
  private static final int SEED_BYTES = Long.BYTES;

  private static final int SETTINGS_BYTES = 4;

  private final Dataset dataSet;
  private final Device device;
  private final Path workFolder;
  private final String tool;

  /**
   * Prepares measurements.
   *
   * @param dataSet images to train on and to test with
   * @param device where
   * @param workFolder for checkpoints and archives; made and deleted by every training
   * @param tool name and version of the program, for archives
   */
  public RateBenchmark(Dataset dataSet, Device device, Path workFolder, String tool) {
    this.dataSet = dataSet;
    this.device = device;
    this.workFolder = workFolder;
    this.tool = tool;
  }

  /**
   * One training, and the methods that ship it.
   *
   * @param network on which
   * @param methods at least one
   * @param options of the training
   * @param pruning within it, if there is any
   */
  public record Job(
      RateNetwork network,
      List<RateMethod> methods,
      TrainingOptions options,
      Optional<Pruning> pruning) {
    /** Copies the list. */
    public Job {
      methods = List.copyOf(methods);
    }
  }

  /**
   * The trainings that are needed for the rows that a table does not have yet.
   *
   * @param networks in the table's order
   * @param methods in the table's order; each is measured on the networks that it is for
   * @param seeds of the trainings
   * @param csv what is there
   */
  public List<Job> jobs(
      List<RateNetwork> networks, List<RateMethod> methods, List<Long> seeds, RateCsv csv) {
    Map<String, Job> jobs = new LinkedHashMap<>();
    // Seed by seed, so that an interrupted table has whole rows of the first seeds.
    for (RateNetwork network : networks) {
      for (long seed : new LinkedHashSet<>(seeds)) {
        for (RateMethod method : methods) {
          if (!method.isFor(network)) {
            continue;
          }
          TrainingOptions options = options(network, method, seed);
          Optional<Pruning> pruning = pruning(method, options);
          if (csv.has(network.name(), method.name(), seed, settings(method, options, pruning))) {
            continue;
          }
          jobs.merge(
              network.name() + options.toMap() + pruning,
              new Job(network, List.of(method), options, pruning),
              RateBenchmark::merged);
        }
      }
    }
    return List.copyOf(jobs.values());
  }

  private static Job merged(Job one, Job other) {
    List<RateMethod> methods = new ArrayList<>(one.methods());
    methods.addAll(other.methods());
    return new Job(one.network(), methods, one.options(), one.pruning());
  }

  private TrainingOptions options(RateNetwork network, RateMethod method, long seed) {
    Map<String, String> map = new LinkedHashMap<>(RateMethods.COMMON);
    map.putAll(network.options());
    map.putAll(method.kind().options());
    String mask = map.get("mask");
    map.putIfAbsent("lr", String.valueOf(Recipe.PEMN.learningRate(mask, false, false)));
    map.put("seed", String.valueOf(seed));
    map.put("normalize", dataSet.normalization().toString());
    return TrainingOptions.of(map);
  }

  private static Optional<Pruning> pruning(RateMethod method, TrainingOptions options) {
    if (!(method.kind() instanceof RateMethod.Pruned pruned)) {
      return Optional.empty();
    }
    int dense = (int) Math.round(DENSE_SHARE * options.epochs());
    return Optional.of(new Pruning(pruned.kept(), Math.min(dense, options.epochs() - 1)));
  }

  private String settings(RateMethod method, TrainingOptions options, Optional<Pruning> pruning) {
    String shipped = "";
    if (method.kind() instanceof RateMethod.Masks masks) {
      shipped = masks.stored().toString();
    } else if (method.kind() instanceof RateMethod.Dense dense) {
      shipped = dense.format().toString();
    } else if (method.kind() instanceof RateMethod.Pruned pruned) {
      shipped = pruned.format().toString();
    }
    String all = dataSet.name() + options.toMap() + pruning + shipped;
    byte[] digest = ArchiveFormat.digest(ByteBuffer.wrap(all.getBytes(StandardCharsets.UTF_8)));
    return HexFormat.of().formatHex(digest, 0, SETTINGS_BYTES);
  }

  /**
   * Trains, ships in every way, and measures what was shipped.
   *
   * @param listener watches
   * @return a row a method
   * @throws IOException in one sentence, if it cannot be done
   */
  public List<RateRow> measure(Job job, TrainingListener listener) throws IOException {
    RunDirectory directory = new RunDirectory(workFolder);
    directory.clear(Optional.empty());
    TrainingRun run = new TrainingRun(job.options(), dataSet, directory, device, 0, listener);
    job.pruning().ifPresent(run::withPruning);
    Checkpoint checkpoint = run.start();
    List<RateRow> rows = new ArrayList<>();
    for (RateMethod method : job.methods()) {
      rows.add(row(job, method, checkpoint, directory, listener));
    }
    directory.clear(Optional.empty());
    Files.deleteIfExists(archiveFile());
    try {
      Files.delete(workFolder);
    } catch (DirectoryNotEmptyException e) {
      // A killed process left something there, which is no reason to lose the rows.
      return rows;
    }
    return rows;
  }

  private Path archiveFile() {
    return workFolder.resolve("model.pemn");
  }

  /** What a method gave. */
  private record Shipped(Evaluation test, long bytes, double bitsPerWeight, long paperBytes) {}

  private RateRow row(
      Job job,
      RateMethod method,
      Checkpoint checkpoint,
      RunDirectory directory,
      TrainingListener listener)
      throws IOException {
    TrainingOptions options = job.options();
    BuiltInDescription network = (BuiltInDescription) checkpoint.run().network();
    IntConsumer progress =
        done -> listener.evaluating(options.epochs(), done, dataSet.test().size());
    Shipped shipped;
    if (method.kind() instanceof RateMethod.Masks masks) {
      shipped =
          masks.stored() == RateMethod.Stored.ARCHIVE
              ? archive(checkpoint, directory, progress)
              : rawBits(checkpoint, network, progress);
    } else if (method.kind() instanceof RateMethod.Dense dense) {
      shipped = weights(checkpoint, network, dense.format(), progress);
    } else {
      WeightFormat format = ((RateMethod.Pruned) method.kind()).format();
      shipped = weights(checkpoint, network, format, progress);
    }
    long parameters = size(network, true);
    return new RateRow(
        job.network().name(),
        method.group(),
        method.name(),
        options.seed(),
        shipped.test().accuracy(),
        shipped.test().loss(),
        shipped.bytes(),
        shipped.bitsPerWeight(),
        options.epochs(),
        parameters,
        size(network, false),
        PaperCount.numbers(parameters),
        shipped.paperBytes(),
        settings(method, options, job.pruning()));
  }

  private Shipped archive(Checkpoint checkpoint, RunDirectory directory, IntConsumer progress)
      throws IOException {
    Path file = archiveFile();
    ArchiveWriter.write(CheckpointPacker.pack(checkpoint, directory, tool), file);
    SizeReport sizes = SizeReport.of(PemnArchive.open(file));
    Evaluation test;
    try (OpenedModel model = OpenedModel.open(file, device)) {
      test =
          Comparison.evaluate(
              model, dataSet, dataSet.normalization(), Objective.CLASSIFY, progress);
    }
    return new Shipped(test, sizes.fileBytes(), sizes.maskBitsPerWeight(), paperBytes(checkpoint));
  }

  private Shipped rawBits(Checkpoint checkpoint, BuiltInDescription network, IntConsumer progress)
      throws IOException {
    TrainingOptions options = checkpoint.run().trainingOptions();
    byte[] file =
        PaperFile.encode(network, options.seed(), checkpoint.masks(), unmasked(checkpoint));
    Evaluation test = evaluate(network, PaperFile.decode(file, network, options), progress);
    return new Shipped(test, file.length, 1, paperBytes(checkpoint));
  }

  private Shipped weights(
      Checkpoint checkpoint, BuiltInDescription network, WeightFormat format, IntConsumer progress)
      throws IOException {
    Map<String, float[]> trained = unmasked(checkpoint);
    byte[] file = WeightFile.pack(ShippedWeights.tensors(network, trained, format), format);
    Map<String, float[]> decoded = ShippedWeights.values(network, WeightFile.unpack(file), format);
    long paper = 0;
    for (ParameterShape parameter : network.parameters()) {
      paper +=
          format == WeightFormat.CSR && parameter.role() == Role.WEIGHT
              ? PaperCount.sparse(
                  WeightFile.nonZero(trained.get(parameter.name())), parameter.shape().get(0))
              : PaperCount.numbers(parameter.size());
    }
    double bits = 8.0 * file.length / size(network, false);
    return new Shipped(evaluate(network, decoded, progress), file.length, bits, paper);
  }

  private Evaluation evaluate(
      BuiltInDescription network, Map<String, float[]> values, IntConsumer progress) {
    return Evaluation.ofValues(network, values, dataSet, dataSet.normalization(), device, progress);
  }

  /** Every parameter that is not masked. */
  private static Map<String, float[]> unmasked(Checkpoint checkpoint) {
    Map<String, float[]> values = new LinkedHashMap<>(checkpoint.parameters());
    checkpoint.statistics().forEach((name, tensor) -> values.put(name, tensor.values()));
    return values;
  }

  private static long paperBytes(Checkpoint checkpoint) {
    long bits = 0;
    for (LayerMask mask : checkpoint.masks().values()) {
      bits += mask.size() + (mask instanceof LayerMask.Ternary ? mask.kept().kept() : 0);
    }
    long others = unmasked(checkpoint).values().stream().mapToLong(v -> v.length).sum();
    return SEED_BYTES + PaperCount.masks(bits) + PaperCount.numbers(others);
  }

  /** Number of all parameters, or of weights alone. */
  private static long size(BuiltInDescription network, boolean all) {
    return network.parameters().stream()
        .filter(parameter -> all || parameter.role() == Role.WEIGHT)
        .mapToLong(ParameterShape::size)
        .sum();
  }
}
