package io.pemn.cli;

import io.pemn.compressor.sweep.SweepFolder;
import io.pemn.compressor.sweep.SweepRow;
import io.pemn.compressor.sweep.SweepRun;
import io.pemn.compressor.sweep.SweepTask;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;

/** Runs the runs of a sweep in processes of their own, with this one's Java and class path. */
final class SweepProcesses {
  private static final String THREADS = "ai.djl.pytorch.num_threads";

  /** Exit codes of processes that SIGINT or SIGTERM ended. */
  private static final Set<Integer> SIGNALS = Set.of(130, 143);

  private static final long SIGNAL_MILLIS = 500;

  private final Path folder;
  private final String data;
  private final int threads;
  private final Set<Process> running = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * Prepares processes.
   *
   * @param folder of the runs' folders
   * @param data what they train on, as the command line has it
   * @param threads of the engine in each
   */
  SweepProcesses(Path folder, String data, int threads) {
    this.folder = folder;
    this.data = data;
    this.threads = threads;
  }

  /** The folder of a run. */
  SweepFolder folder(SweepRun run) {
    return new SweepFolder(folder.resolve(run.id()));
  }

  /**
   * Measures a run, and waits for it.
   *
   * @param dense the run whose network is pruned, if one is
   * @param device where
   * @param epochDone told the number of every epoch that is over
   * @throws IOException in one sentence, if it cannot be measured
   */
  SweepRow measure(SweepRun run, Optional<SweepRun> dense, String device, IntConsumer epochDone)
      throws IOException {
    SweepFolder own = folder(run);
    Files.createDirectories(own.path());
    SweepTask.of(run, dense, data, device).save(own);
    Process process = start(own);
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith(SweepRunCommand.EPOCH)) {
          epochDone.accept(Integer.parseInt(line.substring(SweepRunCommand.EPOCH.length())));
        }
      }
      int code = process.waitFor();
      if (SIGNALS.contains(code)) {
        // Ctrl-C reaches all processes of a terminal: is this one ending, too?
        Thread.sleep(SIGNAL_MILLIS);
      }
      if (code != 0) {
        throw new IOException(reason(own, code));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("The sweep was interrupted.", e);
    } finally {
      process.destroy();
      running.remove(process);
    }
    return own.row(run)
        .orElseThrow(
            () ->
                new IOException(
                    "The run ended without a result; " + own.logFile() + " may say why."));
  }

  private Process start(SweepFolder own) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command(own.path()));
    builder.redirectError(own.logFile().toFile());
    synchronized (this) {
      if (closed) {
        throw new IOException("The sweep was interrupted.");
      }
      Process process = builder.start();
      running.add(process);
      return process;
    }
  }

  private List<String> command(Path own) {
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("pemn.home", System.getProperty("pemn.home", "."));
    properties.put(THREADS, Integer.toString(threads));
    List<String> command = OwnJava.command(properties);
    command.addAll(List.of(Pemn.class.getName(), SweepRunCommand.NAME, own.toString()));
    return command;
  }

  /** The sentence that the process ended with. */
  private static String reason(SweepFolder own, int code) throws IOException {
    // What the process's libraries say may be in another encoding.
    String log = new String(Files.readAllBytes(own.logFile()), StandardCharsets.UTF_8);
    List<String> lines = log.lines().filter(line -> !line.isBlank()).toList();
    String last = lines.isEmpty() ? "" : lines.get(lines.size() - 1);
    return last.isEmpty() || code > Pemn.FAULT
        ? "The process of the run was ended from outside (exit code "
            + code
            + "); run the sweep again to go on with it."
        : last;
  }

  /** Whether all that ran was ended. */
  boolean ended() {
    return closed;
  }

  /** Ends all that runs; each goes on after its last whole epoch when the sweep is run again. */
  void endAll() {
    synchronized (this) {
      closed = true;
    }
    running.forEach(Process::destroy);
  }
}
