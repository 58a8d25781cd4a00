package io.pemn.cli;

import io.pemn.compressor.sweep.SweepRow;
import io.pemn.compressor.sweep.SweepRun;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Measures runs, several at a time, a pruned one not before its dense network. */
final class SweepScheduler {
  private final SweepProcesses processes;
  private final int jobs;
  private final Deque<String> freeDevices = new ArrayDeque<>();

  /** What becomes of the runs; called on the thread that schedules. */
  interface Listener {
    /** An epoch of a run is over; called on any thread. */
    void epochDone(SweepRun run, int epoch);

    /** A run is over. */
    void done(SweepRun run, SweepRow row) throws IOException;

    /** A run failed. */
    void failed(SweepRun run, String reason);
  }

  /**
   * Prepares to measure.
   *
   * @param jobs how many at a time, at least 1
   * @param devices where; taken in turns
   */
  SweepScheduler(SweepProcesses processes, int jobs, List<String> devices) {
    this.processes = processes;
    this.jobs = jobs;
    for (int i = 0; i < jobs; i++) {
      freeDevices.add(devices.get(i % devices.size()));
    }
  }

  private record Outcome(SweepRun run, String device, SweepRow row, IOException failure) {}

  /**
   * Measures all.
   *
   * @param runs in their order
   * @param dense the dense network that a run begins with, if it begins with one
   */
  void measure(List<SweepRun> runs, Map<SweepRun, SweepRun> dense, Listener listener)
      throws IOException {
    List<SweepRun> waiting = new ArrayList<>(runs);
    // What is not among the runs is there already.
    Set<SweepRun> unfinished = new HashSet<>(runs);
    Map<SweepRun, String> failures = new HashMap<>();
    BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
    int running = 0;
    while (running > 0 || !waiting.isEmpty()) {
      Optional<SweepRun> next =
          running == jobs
              ? Optional.empty()
              : waiting.stream().filter(run -> !unfinished.contains(dense.get(run))).findFirst();
      if (next.isPresent()) {
        SweepRun run = next.get();
        waiting.remove(run);
        if (failures.containsKey(dense.get(run))) {
          unfinished.remove(run);
          listener.failed(run, "Its dense network failed, so there is nothing to prune.");
          continue;
        }
        start(run, Optional.ofNullable(dense.get(run)), freeDevices.remove(), listener, outcomes);
        running++;
        continue;
      }
      Outcome outcome = take(outcomes);
      running--;
      freeDevices.add(outcome.device());
      unfinished.remove(outcome.run());
      if (outcome.failure() != null) {
        failures.put(outcome.run(), outcome.failure().getMessage());
        listener.failed(outcome.run(), outcome.failure().getMessage());
      } else {
        listener.done(outcome.run(), outcome.row());
      }
    }
  }

  private void start(
      SweepRun run,
      Optional<SweepRun> dense,
      String device,
      Listener listener,
      BlockingQueue<Outcome> outcomes) {
    Thread thread =
        new Thread(
            () -> {
              Outcome outcome = outcome(run, dense, device, listener);
              // If all was ended this process ends, too, and no outcome is one any more.
              if (!processes.ended()) {
                outcomes.add(outcome);
              }
            },
            "pemn-sweep-run");
    thread.setDaemon(true);
    thread.start();
  }

  private Outcome outcome(
      SweepRun run, Optional<SweepRun> dense, String device, Listener listener) {
    try {
      SweepRow row = processes.measure(run, dense, device, epoch -> listener.epochDone(run, epoch));
      return new Outcome(run, device, row, null);
    } catch (IOException e) {
      return new Outcome(run, device, null, e);
    } catch (RuntimeException e) {
      return new Outcome(run, device, null, new IOException("A fault of pemn: " + e, e));
    }
  }

  private static Outcome take(BlockingQueue<Outcome> outcomes) throws IOException {
    try {
      return outcomes.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("The sweep was interrupted.", e);
    }
  }
}
