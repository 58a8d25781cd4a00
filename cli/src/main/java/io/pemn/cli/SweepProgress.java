package io.pemn.cli;

import io.pemn.compressor.sweep.SweepRow;
import io.pemn.compressor.sweep.SweepRun;
import io.pemn.compressor.table.RowFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Adds the rows of a sweep to its table as they come, and shows how far it is on standard error: a
 * line a run everywhere, and a bar of epochs where that is a terminal.
 */
final class SweepProgress implements SweepScheduler.Listener, AutoCloseable {
  private final PrintWriter err;
  private final RowFile<SweepRow> rows;
  private final SweepProcesses processes;
  private final Map<SweepRun, String> failures = new LinkedHashMap<>();
  private final Map<SweepRun, Integer> epochs = new HashMap<>();
  private int total;
  private int over;
  private int measured;
  private long epochsToDo;
  private long epochsHere;
  private long startNanos;
  private ProgressBar bar;

  SweepProgress(PrintWriter err, RowFile<SweepRow> rows, SweepProcesses processes) {
    this.err = err;
    this.rows = rows;
    this.processes = processes;
  }

  /**
   * Begins.
   *
   * @param runs how many the grid has
   * @param missing those to measure
   */
  synchronized void begin(int runs, List<SweepRun> missing) {
    total = runs;
    over = Math.max(0, runs - missing.size());
    epochsToDo = missing.stream().mapToLong(run -> run.options().epochs()).sum();
    startNanos = System.nanoTime();
    if (over > 0) {
      err.printf("%d of %d runs are in the table already%n", over, total);
      err.flush();
    }
    if (Boolean.getBoolean("pemn.terminal") && epochsToDo > 0) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("sweep")
              .setInitialMax(epochsToDo)
              .setUnit(" epochs", 1)
              .setStyle(ProgressBarStyle.ASCII)
              .clearDisplayOnFinish()
              .setConsumer(
                  new ConsoleProgressBarConsumer(
                      System.err, Integer.getInteger("pemn.columns", 80)))
              .setUpdateIntervalMillis((int) Duration.ofMillis(500).toMillis())
              .build();
    }
  }

  @Override
  public synchronized void epochDone(SweepRun run, int epoch) {
    // Those before the first one seen were of an earlier sweep.
    epochsToDo -= epochs.containsKey(run) ? 0 : epoch - 1;
    epochs.put(run, epoch);
    epochsHere++;
    if (bar != null) {
      bar.maxHint(epochsToDo);
      bar.stepTo(epochsHere);
    }
  }

  @Override
  public synchronized void done(SweepRun run, SweepRow row) throws IOException {
    rows.add(List.of(row), SweepRow::supersedes);
    processes.folder(run).tidy();
    measured++;
    ended(
        run,
        String.format(
            Locale.ROOT,
            "test accuracy %.2f %%, %,d bytes, %.1f s",
            100 * row.accuracy(),
            row.fileBytes(),
            row.seconds()));
  }

  @Override
  public synchronized void failed(SweepRun run, String reason) {
    failures.put(run, reason);
    ended(run, "failed: " + reason);
  }

  private void ended(SweepRun run, String outcome) {
    over++;
    if (!epochs.containsKey(run)) {
      epochsToDo -= run.options().epochs(); // Its training was over before, or never began.
    } else {
      epochsToDo -= run.options().epochs() - epochs.get(run);
    }
    err.printf(
        "%s[%d/%d] %s: %s%s%n",
        bar == null ? "" : "\r\u001b[K", over, total, run.label(), outcome, left());
    err.flush();
  }

  private String left() {
    long todo = epochsToDo - epochsHere;
    if (over >= total || todo <= 0 || epochsHere == 0) {
      return "";
    }
    double seconds = (System.nanoTime() - startNanos) / 1e9 / epochsHere * todo;
    return seconds < 90
        ? String.format(Locale.ROOT, "; about %.0f s left", seconds)
        : seconds < 5400
            ? String.format(Locale.ROOT, "; about %.0f min left", seconds / 60)
            : String.format(Locale.ROOT, "; about %.1f h left", seconds / 3600);
  }

  /** Says how to go on. */
  void interrupted() {
    close();
    err.println();
    err.println(
        "Interrupted; run the same command again to go on: finished runs are in the table, the"
            + " others go on after their last whole epoch.");
    err.flush();
  }

  /** How many runs were measured. */
  synchronized int measured() {
    return measured;
  }

  /** Why runs failed. */
  synchronized Map<SweepRun, String> failures() {
    return new LinkedHashMap<>(failures);
  }

  @Override
  public synchronized void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
