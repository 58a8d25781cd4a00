package io.pemn.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Pemn in a process of its own with one thread, which can be interrupted and killed. */
final class ChildPemn implements AutoCloseable {
  private static final long LONGEST_SECONDS = 90;

  private final Process process;
  private final Path out;
  private final Path err;

  private ChildPemn(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** Something that becomes true. */
  interface Condition {
    boolean holds() throws IOException;
  }

  /**
   * Starts it.
   *
   * @param logs where files with what it says go; of several at a time each has its own
   */
  static ChildPemn start(Path logs, Object... arguments) throws IOException {
    return start(logs, List.of(), List.of(), arguments);
  }

  /**
   * Starts it.
   *
   * @param before what the command begins with, such as a shell that sets a limit
   * @param options of the virtual machine
   */
  static ChildPemn start(Path logs, List<String> before, List<String> options, Object... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Quick to start; what is computed is the same.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"));
    command.add("-Dpemn.home=" + System.getProperty("pemn.home"));
    command.add("-Dai.djl.pytorch.num_threads=1");
    command.add("-Djava.awt.headless=true");
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Pemn.class.getName()));
    Arrays.stream(arguments).map(String::valueOf).forEach(command::add);
    Files.createDirectories(logs);
    Path out = logs.resolve("out.txt");
    Path err = logs.resolve("err.txt");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("PEMN_THREADS", "1");
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    return new ChildPemn(builder.start(), out, err);
  }

  /** The process. */
  Process process() {
    return process;
  }

  /** Waits until something holds or the process has ended; tells whether it still ran then. */
  boolean runsUntil(Condition condition) throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_SECONDS);
    while (process.isAlive()) {
      if (condition.holds()) {
        return true;
      }
      if (System.nanoTime() > end) {
        throw new AssertionError("It never came: " + said());
      }
      LockSupport.parkNanos(200_000);
    }
    return false;
  }

  /** Lets it run for a while, if it does not end before. */
  void runsFor(long millis) throws InterruptedException {
    process.waitFor(millis, TimeUnit.MILLISECONDS);
  }

  /** Kills it, if it still runs; tells whether it did. */
  boolean kill() throws InterruptedException {
    process.toHandle().destroyForcibly();
    return awaitEnd() == 128 + 9;
  }

  /** Sends a signal, such as INT. */
  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("/bin/kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  /** Waits until it ends by itself, and returns its exit code. */
  int awaitEnd() throws InterruptedException {
    if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      throw new AssertionError("It did not end: " + said());
    }
    return process.exitValue();
  }

  /** What it said on standard error so far. */
  String err() throws IOException {
    return Files.readString(err, StandardCharsets.UTF_8);
  }

  /** What it said on standard output so far. */
  String out() throws IOException {
    return Files.readString(out, StandardCharsets.UTF_8);
  }

  /** Waits until it has ended well and returns the one object on its standard output. */
  JsonObject json() throws IOException, InterruptedException {
    int code = awaitEnd();
    if (code != 0) {
      throw new AssertionError("exit code " + code + ": " + said());
    }
    return JsonParser.parseString(out()).getAsJsonObject();
  }

  private String said() {
    try {
      return out() + err();
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
