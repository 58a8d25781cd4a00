package io.pemn.cli;

import ai.djl.Device;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.device.DeviceChoice;
import io.pemn.compressor.sweep.SweepFolder;
import io.pemn.compressor.sweep.SweepMeasurement;
import io.pemn.compressor.sweep.SweepRun;
import io.pemn.compressor.sweep.SweepTask;
import io.pemn.compressor.training.EpochMetrics;
import io.pemn.compressor.training.RunDirectory;
import io.pemn.compressor.training.TrainingListener;
import io.pemn.packager.FolderLock;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * One run of a sweep, in a process of its own: an engine has one gradient collector. It ends when
 * its standard input does, that is with the sweep that started it, however that ended.
 */
@Command(
    name = SweepRunCommand.NAME,
    hidden = true,
    mixinStandardHelpOptions = true,
    description = "Measure one run of a sweep; started by pemn sweep.")
final class SweepRunCommand implements Callable<Integer> {
  static final String NAME = "sweep-run";

  /** Begins a line on standard output after every epoch. */
  static final String EPOCH = "epoch ";

  private static final int INTERRUPTED = 130;

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "The folder of the run.")
  private Path path;

  @Override
  public Integer call() throws IOException {
    endWith(System.in);
    SweepFolder folder = new SweepFolder(path);
    SweepTask task = SweepTask.load(folder);
    Dataset dataSet = DataMixin.load(task.data());
    SweepRun run = task.run(dataSet);
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void noted(String sentence) {
            err.println(sentence);
            err.flush();
          }

          @Override
          public void epochDone(EpochMetrics metrics) {
            out.println(EPOCH + metrics.epoch());
            out.flush();
          }
        };
    Device device = DeviceChoice.of(task.device()).device();
    try (FolderLock lock = RunDirectory.newLock()) {
      // A run that a killed sweep left behind is about to end.
      folder.training().lock(lock, "one run of a sweep", PATIENCE);
      new SweepMeasurement(run, dataSet, folder, device, Version.text(), listener)
          .measure(task.denseFolder(folder));
    }
    return 0;
  }

  /** A sweep that was killed leaves no run behind that would go on beside a resumed one. */
  private static void endWith(InputStream in) {
    Thread watch =
        new Thread(
            () -> {
              try {
                in.transferTo(OutputStream.nullOutputStream());
              } catch (IOException e) {
                // Whoever held the other end is gone, too.
              }
              Runtime.getRuntime().exit(INTERRUPTED);
            },
            "pemn-sweep-watch");
    watch.setDaemon(true);
    watch.start();
  }
}
