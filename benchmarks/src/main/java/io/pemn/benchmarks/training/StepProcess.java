package io.pemn.benchmarks.training;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process that makes steps when it is asked to, and else waits. */
final class StepProcess implements AutoCloseable {
  private static final int SECONDS_TO_END = 20;

  private final String name;
  private final Process process;
  private final Writer asks;
  private final BufferedReader answers;
  private JsonObject about;

  /**
   * Starts a process.
   *
   * @param name for messages
   * @param builder of the process; what it writes to its error stream is shown
   */
  StepProcess(String name, ProcessBuilder builder) throws IOException {
    this.name = name;
    this.process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    this.asks = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
    this.answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * A program's process for a network.
   *
   * @param threads of the engine
   * @param home the root of the repository
   * @param python what runs {@code pytorch_steps.py}
   */
  static StepProcess start(
      StepProgram program, TrainedNetwork network, int threads, Path home, String python)
      throws IOException {
    List<String> command = new ArrayList<>();
    if (program == StepProgram.PEMN) {
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(
          List.of(
              "-XX:+UseSerialGC",
              "-Xms32m",
              "-Xmn16m",
              // As the command line does it: loops of pemn's own use the engine's number of
              // threads.
              "-Djava.util.concurrent.ForkJoinPool.common.parallelism=" + (threads - 1),
              "-Dpemn.home=" + home,
              "-Dai.djl.pytorch.num_threads=" + threads,
              "-cp",
              System.getProperty("java.class.path"),
              PemnSteps.class.getName(),
              network.label()));
    } else {
      command.addAll(List.of(python, home.resolve("benchmarks/pytorch_steps.py").toString()));
      command.addAll(network.arguments());
      boolean plain = program == StepProgram.PYTORCH;
      command.addAll(
          List.of(
              "--serve",
              "--threads=" + threads,
              "--layout=" + (plain ? "plain" : "channels-last")));
    }
    ProcessBuilder builder = new ProcessBuilder(command);
    if (program != StepProgram.PEMN) {
      // The launcher's settings for pemn, which others do not have.
      builder.environment().keySet().removeIf(key -> key.startsWith("MALLOC_"));
    }
    return new StepProcess(program + " on " + network.label(), builder);
  }

  /** What the process says of itself; waits until it is ready. */
  JsonObject about() throws IOException {
    if (about == null) {
      about = JsonParser.parseString(answer()).getAsJsonObject();
    }
    return about;
  }

  /**
   * Has steps made.
   *
   * @return how long each took, in milliseconds
   */
  double[] steps(StepKind kind, int steps) throws IOException {
    about();
    asks.write(kind + " " + steps + "\n");
    asks.flush();
    return Arrays.stream(answer().split(" ")).mapToDouble(Double::parseDouble).toArray();
  }

  private String answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IOException(
          "The process of " + name + " ended early; what it says of it stands above.");
    }
    return line;
  }

  /** Ends the process. */
  @Override
  public void close() {
    try {
      try {
        asks.close();
      } catch (IOException e) {
        // It has ended before it was told to, which whoever asked it knows.
      }
      if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
