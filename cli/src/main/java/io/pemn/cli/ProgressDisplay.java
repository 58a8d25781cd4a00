package io.pemn.cli;

import io.pemn.compressor.training.EpochMetrics;
import io.pemn.compressor.training.Evaluation;
import io.pemn.compressor.training.TrainingListener;
import java.io.PrintWriter;
import java.text.DecimalFormat;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Progress on standard error: a bar with rate and time left where that is a terminal, and a line an
 * epoch everywhere.
 */
final class ProgressDisplay implements TrainingListener, AutoCloseable {
  private final PrintWriter err;
  private final int epochs;
  private final String measured;
  private final boolean terminal;
  // The library would find the width out through JLine, which takes Ctrl-C away from the JVM.
  private final int columns;
  private String task = "";
  private ProgressBar bar;

  ProgressDisplay(PrintWriter err, int epochs) {
    this(err, epochs, false);
  }

  /** Of a training that measures validation samples if {@code validation}, else test samples. */
  ProgressDisplay(PrintWriter err, int epochs, boolean validation) {
    this.err = err;
    this.epochs = epochs;
    this.measured = validation ? "validation" : "test";
    this.terminal = Boolean.getBoolean("pemn.terminal");
    this.columns = Integer.getInteger("pemn.columns", 80);
  }

  @Override
  public boolean watchesTraining() {
    return terminal;
  }

  @Override
  public void training(int epoch, int images, int ofImages, double loss, double accuracy) {
    show("epoch " + epoch + "/" + epochs, images, ofImages);
    if (bar != null) {
      // So short that 80 columns hold all of it.
      bar.setExtraMessage(
          accuracy == 0
              ? String.format(Locale.ROOT, " loss %.4g", loss)
              : String.format(Locale.ROOT, " loss %.2f %.1f%%", loss, 100 * accuracy));
    }
  }

  @Override
  public void evaluating(int epoch, int images, int ofImages) {
    show(measured + " " + epoch + "/" + epochs, images, ofImages);
  }

  @Override
  public void validating(int epoch, int images, int ofImages) {
    show("validation " + epoch + "/" + epochs, images, ofImages);
  }

  void evaluating(int images, int ofImages) {
    show("test", images, ofImages);
  }

  /** Shows how many steps of something are done that has no images. */
  void doing(String what, int steps, int ofSteps) {
    show(what, steps, ofSteps);
  }

  @Override
  public void noted(String sentence) {
    close();
    err.println(sentence);
    err.flush();
  }

  @Override
  public void epochDone(EpochMetrics metrics) {
    close();
    err.printf(
        Locale.ROOT,
        "epoch %d/%d: loss %.4f%s%s%s, %d mask bits flipped, %.1f s (%,.0f images/s)%n",
        metrics.epoch(),
        epochs,
        metrics.trainLoss(),
        // What is no classifier is never right.
        metrics.trainAccuracy() == 0
            ? ""
            : String.format(
                Locale.ROOT, ", training accuracy %.2f %%", 100 * metrics.trainAccuracy()),
        metrics.validation().map(held -> measured("validation", held)).orElse(""),
        metrics.test().map(test -> measured(measured, test)).orElse(""),
        metrics.maskFlips(),
        metrics.seconds(),
        metrics.imagesPerSecond());
    err.flush();
  }

  private static String measured(String samples, Evaluation found) {
    return switch (found.measure()) {
      case ACCURACY ->
          String.format(Locale.ROOT, ", %s accuracy %.2f %%", samples, 100 * found.accuracy());
      case AGREEMENT ->
          String.format(
              Locale.ROOT,
              ", agreement with the teacher %.2f %%%s",
              100 * found.accuracy(),
              samples.equals("test") ? "" : " (" + samples + ")");
      default -> String.format(Locale.ROOT, ", %s loss %.5f", samples, found.loss());
    };
  }

  private void show(String newTask, int images, int ofImages) {
    if (!terminal) {
      return;
    }
    if (!newTask.equals(task)) {
      close();
      task = newTask;
      bar =
          new ProgressBarBuilder()
              .setTaskName(task)
              .setInitialMax(ofImages)
              .setUnit("", 1)
              .setStyle(ProgressBarStyle.ASCII)
              .showSpeed(new DecimalFormat("0' img'"))
              .setSpeedUnit(ChronoUnit.SECONDS)
              .clearDisplayOnFinish()
              .setConsumer(new ConsoleProgressBarConsumer(System.err, columns))
              .setUpdateIntervalMillis((int) Duration.ofMillis(250).toMillis())
              .build();
    }
    bar.stepTo(images);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
    task = "";
  }
}
