package io.pemn.compressor.training;

import io.pemn.compressor.masking.FilledLayers;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.proto.Metrics;
import io.pemn.format.proto.Option;
import io.pemn.format.proto.Provenance;
import io.pemn.loader.RemainderTensor;
import io.pemn.packager.MaskedLayer;
import io.pemn.packager.MaskedNetwork;
import java.util.ArrayList;
import java.util.List;

/** Turns a checkpoint into what an archive holds; needs no engine. */
public final class CheckpointPacker {
  private CheckpointPacker() {}

  /**
   * The masked network of a checkpoint.
   *
   * @param checkpoint after any epoch
   * @param tool name and version of the program that packs
   */
  public static MaskedNetwork pack(Checkpoint checkpoint, String tool) {
    RunDescription run = checkpoint.run();
    TrainingOptions options = run.trainingOptions();
    List<ParameterShape> parameters = run.network().parameters();
    FilledLayers filled = options.fill(parameters);

    List<MaskedLayer> layers = new ArrayList<>();
    List<RemainderTensor> remainder = new ArrayList<>();
    for (ParameterShape parameter : parameters) {
      String name = parameter.name();
      if (checkpoint.masks().containsKey(name)) {
        FilledLayers.Filled layer = filled.fill(parameter);
        layers.add(
            new MaskedLayer(
                name,
                parameter.shape(),
                layer.offset(),
                layer.scale(),
                checkpoint.masks().get(name)));
      } else {
        remainder.add(
            new RemainderTensor(name, parameter.shape(), checkpoint.parameters().get(name)));
      }
    }
    return new MaskedNetwork(
        run.network(),
        options.normalization(),
        run.classLabels(),
        filled.prototype(),
        filled.shuffledLength(),
        options.storeValues(),
        layers,
        remainder,
        provenance(checkpoint, tool));
  }

  private static Provenance provenance(Checkpoint checkpoint, String tool) {
    Provenance.Builder provenance =
        Provenance.newBuilder().setTool(tool).setDataSet(checkpoint.run().dataSet());
    checkpoint
        .run()
        .options()
        .forEach(
            (name, value) ->
                provenance.addOptions(Option.newBuilder().setName(name).setValue(value)));
    EpochMetrics last = checkpoint.history().get(checkpoint.history().size() - 1);
    Metrics.Builder metrics = Metrics.newBuilder().setEpochs(last.epoch());
    last.test()
        .ifPresent(
            test ->
                metrics
                    .setTestImages(test.images())
                    .setAccuracy(test.accuracy())
                    .setLoss(test.loss()));
    return provenance.setMetrics(metrics).build();
  }
}
