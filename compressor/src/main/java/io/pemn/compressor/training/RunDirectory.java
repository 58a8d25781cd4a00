package io.pemn.compressor.training;

import io.pemn.packager.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Where a run keeps its checkpoint and its metrics. The checkpoint is written in one step, so that
 * whatever happens to the process it holds the last whole epoch; metrics are appended to, and set
 * right by the checkpoint when the run goes on.
 *
 * @param path the folder
 * @param metricsCopy where the metrics go besides
 */
public record RunDirectory(Path path, Optional<Path> metricsCopy) {
  /** A run directory without a copy of its metrics. */
  public RunDirectory(Path path) {
    this(path, Optional.empty());
  }

  /** The run directory that belongs to an archive if none is named: beside it, named after it. */
  public static RunDirectory beside(Path archive) {
    String name = archive.getFileName().toString();
    String stem = name.endsWith(".pemn") ? name.substring(0, name.length() - 5) : name;
    return new RunDirectory(archive.resolveSibling(stem + ".run"));
  }

  /** The newest checkpoint. */
  public Path checkpointFile() {
    return path.resolve("checkpoint.safetensors");
  }

  /** A copy of the TorchScript file that is trained, so that the run needs nothing else. */
  public Path moduleFile() {
    return path.resolve("module.pt");
  }

  /** The metrics, a row an epoch and, where wanted, rows within. */
  public Path metricsFile() {
    return path.resolve("metrics.csv");
  }

  /** The newest checkpoint, or nothing if the run never finished an epoch. */
  public Optional<Checkpoint> checkpoint() throws IOException {
    return Files.exists(checkpointFile())
        ? Optional.of(Checkpoint.load(checkpointFile()))
        : Optional.empty();
  }

  /**
   * The newest checkpoint.
   *
   * @throws IOException in one sentence, if there is none
   */
  public Checkpoint requireCheckpoint() throws IOException {
    return Checkpoint.load(requireCheckpointFile());
  }

  /**
   * The newest checkpoint as {@link Checkpoint#loadResult} reads it.
   *
   * @throws IOException in one sentence, if there is none
   */
  public Checkpoint requireResult() throws IOException {
    return Checkpoint.loadResult(requireCheckpointFile());
  }

  private Path requireCheckpointFile() throws IOException {
    if (!Files.isDirectory(path)) {
      throw new NoSuchFileException(
          "There is no run directory " + path + "; give one that pemn compress wrote.");
    }
    if (!Files.exists(checkpointFile())) {
      throw new NoSuchFileException(
          "The run directory "
              + path
              + " holds no checkpoint yet; let pemn compress finish an epoch first.");
    }
    return checkpointFile();
  }

  /**
   * Makes the folder for a new run.
   *
   * @throws IOException in one sentence, if it already holds a run or cannot be made
   */
  public void create() throws IOException {
    if (Files.exists(checkpointFile())) {
      throw new FileAlreadyExistsException(
          path
              + " already holds a run; add --resume to go on with it, --overwrite to begin anew,"
              + " or name another with --run-dir.");
    }
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw new FileAlreadyExistsException(
          path + " is a file, but the run needs a folder there; name another with --run-dir.");
    }
    Path parent = path.toAbsolutePath().getParent();
    if (!Files.isDirectory(parent)) {
      throw new NoSuchFileException(
          "There is no folder " + parent + " for the run directory; create it first.");
    }
    if (!Files.exists(path)) {
      Files.createDirectory(path);
    }
  }

  /**
   * Forgets the run that the folder holds.
   *
   * @param model the TorchScript file of the run to come, which stays even if it is this run's copy
   */
  public void clear(Optional<Path> model) throws IOException {
    Files.deleteIfExists(checkpointFile());
    Files.deleteIfExists(metricsFile());
    if (model.isEmpty()
        || Files.exists(moduleFile()) && !Files.isSameFile(model.get(), moduleFile())) {
      Files.deleteIfExists(moduleFile());
    }
  }

  /**
   * Takes over the result of a run in another folder, so that this one can be packed.
   *
   * @param module the TorchScript file that was trained, if one was
   */
  public void adopt(Checkpoint checkpoint, Optional<Path> module) throws IOException {
    if (module.isPresent()) {
      keepModule(module.get());
    }
    save(checkpoint);
  }

  /** Keeps a copy of the TorchScript file that is trained. */
  void keepModule(Path file) throws IOException {
    if (!Files.exists(moduleFile()) || !Files.isSameFile(file, moduleFile())) {
      AtomicFile.write(
          moduleFile(),
          out -> {
            try (InputStream in = Files.newInputStream(file)) {
              in.transferTo(out);
            }
          });
    }
  }

  /** Saves a checkpoint and the metrics up to it. */
  void save(Checkpoint checkpoint) throws IOException {
    checkpoint.save(checkpointFile());
    saveMetrics(checkpoint.history(), false);
  }

  /**
   * Saves metrics, and their copy where one is wanted.
   *
   * @param goesOn whether the copy that may be there is to be of the same network
   */
  void saveMetrics(List<EpochMetrics> history, boolean goesOn) throws IOException {
    Set<String> layers = history.get(history.size() - 1).densities().keySet();
    for (Path file : metricsFiles(layers, goesOn)) {
      MetricsLog.write(file, layers, history);
    }
  }

  /**
   * Opens the metrics to append to, and their copy where one is wanted.
   *
   * @param layers the masked layers
   * @param history the epochs so far
   */
  MetricsLog openMetrics(Set<String> layers, List<EpochMetrics> history) throws IOException {
    return new MetricsLog(metricsFiles(layers, !history.isEmpty()), layers, history);
  }

  private List<Path> metricsFiles(Set<String> layers, boolean goesOn) throws IOException {
    requireMetricsCopy();
    if (metricsCopy.isEmpty()) {
      return List.of(metricsFile());
    }
    if (goesOn) {
      MetricsCsv.requireSame(metricsCopy.get(), layers);
    }
    return List.of(metricsFile(), metricsCopy.get());
  }

  /**
   * Checks that the copy of the metrics takes the place of nothing but metrics.
   *
   * @throws IOException in one sentence, if it would
   */
  public void requireMetricsCopy() throws IOException {
    if (metricsCopy.isPresent()) {
      MetricsCsv.requireNothingElse(metricsCopy.get());
    }
  }
}
