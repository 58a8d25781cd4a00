package io.pemn.compressor.rate;

import ai.djl.Device;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.shipping.Shipment;
import io.pemn.compressor.training.Checkpoint;
import io.pemn.compressor.training.Evaluation;
import io.pemn.compressor.training.Pruning;
import io.pemn.compressor.training.Recipe;
import io.pemn.compressor.training.RunDirectory;
import io.pemn.compressor.training.TrainingListener;
import io.pemn.compressor.training.TrainingOptions;
import io.pemn.compressor.training.TrainingRun;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.storage.ArchiveFormat;
import io.pemn.packager.baseline.PaperCount;
import io.pemn.packager.baseline.WeightFormat;
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
    deleteIfEmpty();
    return rows;
  }

  /** Deletes the folder for checkpoints, unless somebody keeps something there. */
  public void deleteIfEmpty() throws IOException {
    try {
      Files.deleteIfExists(workFolder);
    } catch (DirectoryNotEmptyException e) {
      // A killed process left something there, which is no reason to lose the rows.
      return;
    }
  }

  private Path archiveFile() {
    return workFolder.resolve("model.pemn");
  }

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
    Shipment shipped;
    if (method.kind() instanceof RateMethod.Masks masks) {
      shipped =
          masks.stored() == RateMethod.Stored.ARCHIVE
              ? Shipment.archive(
                  checkpoint, directory, archiveFile(), tool, dataSet, device, progress)
              : rawBits(checkpoint, network, progress);
    } else if (method.kind() instanceof RateMethod.Dense dense) {
      shipped = weights(checkpoint, dense.format(), progress);
    } else {
      WeightFormat format = ((RateMethod.Pruned) method.kind()).format();
      shipped = weights(checkpoint, format, progress);
    }
    long parameters = Shipment.parameters(network);
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
        Shipment.weights(network),
        PaperCount.numbers(parameters),
        shipped.paperBytes(),
        settings(method, options, job.pruning()));
  }

  private Shipment rawBits(Checkpoint checkpoint, BuiltInDescription network, IntConsumer progress)
      throws IOException {
    TrainingOptions options = checkpoint.run().trainingOptions();
    byte[] file =
        PaperFile.encode(
            network, options.seed(), checkpoint.masks(), Shipment.unmasked(checkpoint));
    Evaluation test =
        Evaluation.ofValues(
            network,
            PaperFile.decode(file, network, options),
            dataSet,
            dataSet.normalization(),
            device,
            progress);
    return new Shipment(test, file.length, 1, Shipment.paperBytes(checkpoint));
  }

  private Shipment weights(Checkpoint checkpoint, WeightFormat format, IntConsumer progress)
      throws IOException {
    byte[] file = Shipment.weightFile(checkpoint, format);
    return Shipment.weights(checkpoint, file, format, dataSet, device, progress);
  }
}
