package io.pemn.compressor.training;

import io.pemn.packager.AtomicFile;
import io.pemn.packager.FolderLock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Where a run keeps its checkpoint and its metrics. The checkpoint is written in one step, so that
 * whatever happens to the process it holds the last whole epoch, and the one of the epoch before is
 * kept beside it, so that whatever happens to the disk there is another one; metrics are appended
 * to, and set right by the checkpoint when the run goes on.
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

  /**
   * The checkpoint of the epoch before; of the newest one, where a process was killed between two
   * renames.
   */
  public Path previousCheckpointFile() {
    return path.resolve("checkpoint.previous.safetensors");
  }

  /** Whether there is a run that could go on. */
  public boolean holdsRun() {
    return Files.exists(checkpointFile()) || Files.exists(previousCheckpointFile());
  }

  /** A copy of the TorchScript file that is trained, so that the run needs nothing else. */
  public Path moduleFile() {
    return path.resolve("module.pt");
  }

  /** The metrics, a row an epoch and, where wanted, rows within. */
  public Path metricsFile() {
    return path.resolve("metrics.csv");
  }

  /**
   * A checkpoint that was found.
   *
   * @param checkpoint the newest that is sound
   * @param damage a sentence about a newer one that is not, if there is one
   */
  record Found(Checkpoint checkpoint, Optional<String> damage) {}

  /** Reads a file. */
  @FunctionalInterface
  private interface Reader {
    Checkpoint read(Path file) throws IOException;
  }

  /**
   * The newest checkpoint that is sound, or nothing if the run never finished an epoch.
   *
   * @throws IOException in one sentence, if there are some and none is sound
   */
  Optional<Found> newest() throws IOException {
    return holdsRun() ? Optional.of(newest(Checkpoint::load)) : Optional.empty();
  }

  private Found newest(Reader reader) throws IOException {
    if (!Files.exists(checkpointFile())) {
      return new Found(reader.read(previousCheckpointFile()), Optional.empty());
    }
    try {
      return new Found(reader.read(checkpointFile()), Optional.empty());
    } catch (FileSystemException e) {
      throw e; // Of the system, which may let it be read later.
    } catch (IOException e) {
      Checkpoint previous;
      try {
        previous = reader.read(previousCheckpointFile());
      } catch (IOException none) {
        throw e;
      }
      return new Found(
          previous,
          Optional.of(
              String.format(
                  "%s is no sound checkpoint, so the one before it is used, that of epoch %d.",
                  checkpointFile(), previous.epochs())));
    }
  }

  /** Forgets the checkpoint that is damaged, so that it is not kept as that of the epoch before. */
  void discardDamaged() throws IOException {
    Files.deleteIfExists(checkpointFile());
  }

  /**
   * The newest checkpoint.
   *
   * @throws IOException in one sentence, if there is none, or if it is damaged
   */
  public Checkpoint requireCheckpoint() throws IOException {
    requireRun();
    return Checkpoint.load(checkpointFile());
  }

  /**
   * The newest checkpoint as {@link Checkpoint#loadResult} reads it.
   *
   * @throws IOException in one sentence, if there is none, or if it is damaged
   */
  public Checkpoint requireResult() throws IOException {
    requireRun();
    return Checkpoint.loadResult(checkpointFile());
  }

  /**
   * The newest checkpoint that is sound, as {@link Checkpoint#loadResult} reads it.
   *
   * @param listener told in a sentence if a newer one is damaged
   * @throws IOException in one sentence, if there is none
   */
  public Checkpoint requireSoundResult(Consumer<String> listener) throws IOException {
    requireRun();
    Found found = newest(Checkpoint::loadResult);
    found.damage().ifPresent(listener);
    return found.checkpoint();
  }

  private void requireRun() throws IOException {
    if (!Files.isDirectory(path)) {
      throw new NoSuchFileException(
          "There is no run directory " + path + "; give one that pemn compress wrote.");
    }
    if (!holdsRun()) {
      throw new NoSuchFileException(
          "The run directory "
              + path
              + " holds no checkpoint yet; let pemn compress finish an epoch first.");
    }
  }

  /**
   * Keeps other processes out until the lock is closed; makes the folder if it is not there.
   *
   * @param lock made by {@link #newLock}
   * @param purpose what this process does, for the sentence that another one gets
   * @param patience how long to wait for another process to leave
   * @throws IOException in one sentence, if another process is at work in it, or if it cannot be
   *     made
   */
  public void lock(FolderLock lock, String purpose, Duration patience) throws IOException {
    make();
    lock.add(path, purpose, patience);
  }

  /** A lock for run directories, which locks nothing yet. */
  public static FolderLock newLock() {
    return new FolderLock("run.lock", "name another --run-dir");
  }

  /**
   * Makes the folder for a new run.
   *
   * @throws IOException in one sentence, if it already holds a run or cannot be made
   */
  public void create() throws IOException {
    if (holdsRun()) {
      throw new FileAlreadyExistsException(
          path
              + " already holds a run; add --resume to go on with it, --overwrite to begin anew,"
              + " or name another with --run-dir.");
    }
    make();
  }

  private void make() throws IOException {
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
      AtomicFile.createFolder(path);
    }
  }

  /**
   * Forgets the run that the folder holds.
   *
   * @param model the TorchScript file of the run to come, which stays even if it is this run's copy
   */
  public void clear(Optional<Path> model) throws IOException {
    clearCheckpoints();
    Files.deleteIfExists(metricsFile());
    if (model.isEmpty()
        || Files.exists(moduleFile()) && !Files.isSameFile(model.get(), moduleFile())) {
      Files.deleteIfExists(moduleFile());
    }
  }

  /** Forgets the checkpoints, the older one first: what is left is still the newest. */
  public void clearCheckpoints() throws IOException {
    Files.deleteIfExists(previousCheckpointFile());
    Files.deleteIfExists(checkpointFile());
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
      AtomicFile.writeOfRun(
          moduleFile(),
          Optional.empty(),
          out -> {
            try (InputStream in = Files.newInputStream(file)) {
              in.transferTo(out);
            }
          });
    }
  }

  /** Saves a checkpoint, and keeps the one before it. */
  void saveCheckpoint(Checkpoint checkpoint) throws IOException {
    checkpoint.save(checkpointFile(), Optional.of(previousCheckpointFile()));
  }

  /** Saves a checkpoint and the metrics up to it. */
  void save(Checkpoint checkpoint) throws IOException {
    saveCheckpoint(checkpoint);
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
