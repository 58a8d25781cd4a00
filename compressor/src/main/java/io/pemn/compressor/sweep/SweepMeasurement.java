package io.pemn.compressor.sweep;

import ai.djl.Device;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.shipping.Shipment;
import io.pemn.compressor.shipping.ShippedWeights;
import io.pemn.compressor.training.Checkpoint;
import io.pemn.compressor.training.EpochMetrics;
import io.pemn.compressor.training.RunDirectory;
import io.pemn.compressor.training.TrainingListener;
import io.pemn.compressor.training.TrainingOptions;
import io.pemn.compressor.training.TrainingRun;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.packager.AtomicFile;
import io.pemn.packager.baseline.PaperCount;
import io.pemn.packager.baseline.WeightFile;
import io.pemn.packager.baseline.WeightFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Trains a run of a sweep, or goes on with it, ships its network, and measures what was shipped.
 */
public final class SweepMeasurement {
  private final SweepRun run;
  private final Dataset dataSet;
  private final SweepFolder folder;
  private final Device device;
  private final String tool;
  private final TrainingListener listener;

  /**
   * Prepares a measurement.
   *
   * @param run what to train
   * @param dataSet on what
   * @param folder of the run
   * @param device where
   * @param tool name and version of the program
   * @param listener watches
   */
  public SweepMeasurement(
      SweepRun run,
      Dataset dataSet,
      SweepFolder folder,
      Device device,
      String tool,
      TrainingListener listener) {
    this.run = run;
    this.dataSet = dataSet;
    this.folder = folder;
    this.device = device;
    this.tool = tool;
    this.listener = listener;
  }

  /**
   * Measures.
   *
   * @param dense the folder of the dense network that is pruned, if this run prunes one
   * @return the row, which is also kept in the folder
   * @throws IOException in one sentence, if it cannot be done
   */
  public SweepRow measure(Optional<SweepFolder> dense) throws IOException {
    RunDirectory directory = folder.training();
    TrainingRun training = new TrainingRun(run.options(), dataSet, directory, device, 0, listener);
    if (run.pruning().isPresent()) {
      Path weights = dense.orElseThrow().denseFile();
      Map<String, float[]> values =
          ShippedWeights.values(
              run.network(), WeightFile.unpack(Files.readAllBytes(weights)), WeightFormat.FLOAT32);
      training.beginningWith(values).withPruning(run.pruning().get());
    }
    Checkpoint checkpoint = training.resume();
    SweepRow row = row(checkpoint, ship(checkpoint, directory));
    folder.keep(row);
    return row;
  }

  private Shipment ship(Checkpoint checkpoint, RunDirectory directory) throws IOException {
    IntConsumer progress =
        done -> listener.evaluating(run.options().epochs(), done, dataSet.test().size());
    if (run.strategy().masked()) {
      return Shipment.archive(
          checkpoint, directory, folder.archiveFile(), tool, dataSet, device, progress);
    }
    boolean pruned = run.strategy().pruned();
    WeightFormat format = pruned ? WeightFormat.CSR : WeightFormat.FLOAT32;
    byte[] file = Shipment.weightFile(checkpoint, format);
    AtomicFile.write(pruned ? folder.sparseFile() : folder.denseFile(), out -> out.write(file));
    return Shipment.weights(checkpoint, file, format, dataSet, device, progress);
  }

  private SweepRow row(Checkpoint checkpoint, Shipment shipment) {
    TrainingOptions options = run.options();
    BuiltInDescription network = run.network();
    Map<String, String> sizes = run.architecture();
    EpochMetrics last = checkpoint.history().get(checkpoint.history().size() - 1);
    int images = run.trainImages(dataSet.train().size());
    double seconds = checkpoint.history().stream().mapToDouble(EpochMetrics::seconds).sum();
    long fp32 = PaperCount.numbers(Shipment.parameters(network));
    return new SweepRow(
        run.description().dataSet(),
        run.arch(),
        run.networkName(),
        Optional.ofNullable(sizes.get("dim")).map(Integer::valueOf),
        Optional.ofNullable(sizes.get("depth")).map(Integer::valueOf),
        run.strategy(),
        run.ratio(),
        run.kept(),
        run.seed(),
        options.epochs(),
        run.strategy().pruned() ? options.epochs() : 0,
        images,
        shipment.test().images(),
        shipment.test().accuracy(),
        shipment.test().loss(),
        last.trainAccuracy(),
        run.weights(),
        Shipment.parameters(network),
        run.uniqueValues(),
        run.uniqueRatio(),
        shipment.bytes(),
        shipment.paperBytes(),
        fp32,
        (double) fp32 / shipment.bytes(),
        seconds,
        checkpoint.history().stream().mapToInt(EpochMetrics::images).sum() / seconds,
        device.isGpu() ? "gpu:" + device.getDeviceId() : "cpu",
        run.settings(),
        tool,
        run.otherOptions());
  }
}
