package io.pemn.benchmarks.scale;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a process took.
 *
 * @param seconds from its start to its end
 * @param peakBytes the most of its memory that was resident at once, of the process that the
 *     command became; 0 where the system does not say
 * @param output what it printed
 */
record WatchedProcess(double seconds, long peakBytes, String output) {
  private static final String PEAK = "VmHWM:";
  private static final long POLL_MILLIS = 5;

  /**
   * Runs a command.
   *
   * @param command a program that stays one process
   * @param environment what it finds besides this process's own
   * @param log gets what it prints
   * @throws IOException in one sentence, if it fails
   */
  static WatchedProcess run(List<String> command, Map<String, String> environment, Path log)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    Path errors = log.resolveSibling(log.getFileName() + ".err");
    builder.redirectOutput(log.toFile()).redirectError(errors.toFile());
    long start = System.nanoTime();
    Process process = builder.start();
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    long peak = 0;
    while (process.isAlive()) {
      peak = Math.max(peak, peak(status));
      Thread.sleep(POLL_MILLIS);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    String output = Files.readString(log);
    if (process.waitFor() != 0) {
      throw new IOException(
          String.join(" ", command)
              + " failed: "
              + Files.readString(errors).strip()
              + " (its output is in "
              + log
              + ").");
    }
    return new WatchedProcess(seconds, peak, output);
  }

  /** The peak so far, which never falls: at the end of a process nothing is missed but its last. */
  private static long peak(Path status) {
    try {
      return peak(Files.readAllLines(status));
    } catch (IOException e) {
      return 0; // It has just ended, or this is no Linux.
    }
  }

  /** The peak in bytes that lines of {@code /proc/PID/status} tell, or 0. */
  static long peak(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith(PEAK))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
        .findFirst()
        .orElse(0);
  }
}
