package io.pemn.compressor.training;

import io.pemn.compressor.masking.FillingStrategy;
import io.pemn.compressor.masking.LayerScale;
import io.pemn.format.Padding;
import io.pemn.format.Prototype;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
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
    List<ParameterShape> weights =
        parameters.stream().filter(parameter -> parameter.role() == Role.WEIGHT).toList();
    FillingStrategy.Placement placement = options.strategy().place(weights);
    Prototype prototype = new Prototype(options.seed(), options.distribution(), placement.length());
    Padding padding = Padding.of(prototype, placement.shuffledLength());

    List<MaskedLayer> layers = new ArrayList<>();
    List<RemainderTensor> remainder = new ArrayList<>();
    for (ParameterShape parameter : parameters) {
      String name = parameter.name();
      if (checkpoint.masks().containsKey(name)) {
        long offset = placement.offsets().get(name);
        float[] values = new float[parameter.size()];
        padding.fill(offset, values);
        layers.add(
            new MaskedLayer(
                name,
                parameter.shape(),
                offset,
                LayerScale.of(parameter, options.density(), values),
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
        prototype,
        placement.shuffledLength(),
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
    if (last.test() != null) {
      metrics
          .setTestImages(last.test().images())
          .setAccuracy(last.test().accuracy())
          .setLoss(last.test().loss());
    }
    return provenance.setMetrics(metrics).build();
  }
}
