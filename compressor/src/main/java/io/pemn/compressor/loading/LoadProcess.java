package io.pemn.compressor.loading;

import ai.djl.engine.EngineException;
import io.pemn.packager.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Properties;

/**
 * The process that {@link LoadBenchmark} measures: loads one file, predicts once, does both once
 * more, and writes what it measured.
 *
 * <p>{@code LoadProcess TASK RESULT SCRATCH LAUNCHED}: what to load, where the measurement goes, a
 * file for what has to be decompressed, and the instant at which the process was launched.
 */
public final class LoadProcess {
  private static final String ERROR = "error";

  private LoadProcess() {}

  /**
   * What a process measured.
   *
   * @param first seconds from the start of the process to the first prediction
   * @param load seconds of them that loading took
   * @param again seconds from the file to a prediction once more, in the same process
   * @param peakBytes greatest resident set up to the first prediction; 0 if unknown
   * @param digest of what was predicted
   */
  record Measured(double first, double load, double again, long peakBytes, String digest) {}

  /** Measures. What goes wrong with the file stands in the result. */
  public static void main(String[] arguments) throws IOException {
    Instant launched = Instant.parse(arguments[3]);
    Path scratch = Path.of(arguments[2]);
    Properties result = new Properties();
    try {
      LoadTask task = LoadTask.read(Path.of(arguments[0]));
      FirstPrediction first =
          FirstPrediction.measure(launched, () -> task.load(scratch), task.inputs());
      FirstPrediction again =
          FirstPrediction.measure(Instant.now(), () -> task.load(scratch), task.inputs());
      result.setProperty("first", Double.toString(first.seconds()));
      result.setProperty("load", Double.toString(first.loadSeconds()));
      result.setProperty("again", Double.toString(again.seconds()));
      result.setProperty("peak", Long.toString(first.peakBytes()));
      result.setProperty("digest", first.digest());
    } catch (IOException | IllegalArgumentException | EngineException e) {
      result.setProperty(ERROR, String.valueOf(e.getMessage()));
    }
    AtomicFile.write(Path.of(arguments[1]), out -> result.store(out, null));
  }

  /** The arguments of such a process, launched now. */
  static List<String> arguments(Path task, Path result, Path scratch) {
    return List.of(
        LoadProcess.class.getName(),
        task.toString(),
        result.toString(),
        scratch.toString(),
        Instant.now().toString());
  }

  /**
   * Reads what it wrote.
   *
   * @throws IOException the sentence in which it failed
   */
  static Measured read(Path file) throws IOException {
    Properties result = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      result.load(in);
    }
    if (result.containsKey(ERROR)) {
      throw new IOException(result.getProperty(ERROR));
    }
    return new Measured(
        Double.parseDouble(result.getProperty("first")),
        Double.parseDouble(result.getProperty("load")),
        Double.parseDouble(result.getProperty("again")),
        Long.parseLong(result.getProperty("peak")),
        result.getProperty("digest"));
  }
}
