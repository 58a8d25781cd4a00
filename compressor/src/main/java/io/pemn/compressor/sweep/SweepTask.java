package io.pemn.compressor.sweep;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.training.RunDescription;
import io.pemn.compressor.training.TrainingOptions;
import io.pemn.packager.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A run as a file tells it to the process that measures it.
 *
 * @param data what to train on, as the command line has it
 * @param device where, likewise
 * @param strategy of the run
 * @param kept of the run; 0 if nothing is pruned
 * @param options of the run
 * @param dense name of the folder beside this one's that has the network to prune; empty if none is
 * @param settings digest of the run
 */
public record SweepTask(
    String data,
    String device,
    String strategy,
    double kept,
    Map<String, String> options,
    String dense,
    String settings) {
  private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();

  /**
   * The task of a run.
   *
   * @param dense the run whose network is pruned, if one is
   */
  public static SweepTask of(SweepRun run, Optional<SweepRun> dense, String data, String device) {
    return new SweepTask(
        data,
        device,
        run.strategy().toString(),
        run.kept().orElse(0.0),
        run.description().options(),
        dense.map(SweepRun::id).orElse(""),
        run.settings());
  }

  /** Writes the task into the folder of its run. */
  public void save(SweepFolder folder) throws IOException {
    byte[] json = GSON.toJson(this).getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(folder.taskFile(), out -> out.write(json));
  }

  /**
   * Reads the task of a folder.
   *
   * @throws IOException in one sentence, if there is none
   */
  public static SweepTask load(SweepFolder folder) throws IOException {
    Path file = folder.taskFile();
    try {
      SweepTask task = GSON.fromJson(Files.readString(file), SweepTask.class);
      if (task != null
          && task.data != null
          && task.device != null
          && task.strategy != null
          && task.options != null
          && task.dense != null
          && task.settings != null) {
        return task;
      }
    } catch (JsonParseException e) {
      throw notOne(file, e);
    }
    throw notOne(file, null);
  }

  private static IOException notOne(Path file, JsonParseException cause) {
    return new IOException(file + " is no task of pemn sweep; run the sweep again.", cause);
  }

  /**
   * The run on its data.
   *
   * @throws IOException in one sentence, if the data has changed since the task was written
   */
  public SweepRun run(Dataset dataSet) throws IOException {
    RunDescription description = RunDescription.of(TrainingOptions.of(options), dataSet);
    SweepRun run =
        new SweepRun(
            SweepStrategy.of(strategy),
            kept == 0 ? Optional.empty() : Optional.of(kept),
            description);
    if (!run.settings().equals(settings)) {
      throw new IOException(
          "The data " + data + " has changed since the sweep began; run the sweep again.");
    }
    return run;
  }

  /** The folder of the network to prune, beside that of the run. */
  public Optional<SweepFolder> denseFolder(SweepFolder own) {
    return dense.isEmpty()
        ? Optional.empty()
        : Optional.of(new SweepFolder(own.path().resolveSibling(dense)));
  }
}
