package io.pemn.compressor.training;

import io.pemn.compressor.masking.FilledLayers;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.compressor.network.NetworkChoice;
import io.pemn.format.Prototype;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.proto.Metrics;
import io.pemn.format.proto.Option;
import io.pemn.format.proto.Provenance;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.torchscript.TorchScriptModule;
import io.pemn.packager.MaskedLayer;
import io.pemn.packager.MaskedNetwork;
import io.pemn.packager.PrototypeSource;
import io.pemn.packager.remainder.RemainderCoder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Turns a checkpoint into what an archive holds; needs no engine. */
public final class CheckpointPacker {
  /** Options that other fields of the archive say. */
  private static final Set<String> SAID_ELSEWHERE =
      Set.of(
          "arch",
          "dim",
          "depth",
          "kernel",
          "patch",
          "hidden",
          "heads",
          "mlp-ratio",
          "class-token",
          "positions",
          "activation",
          "norm",
          "normalize",
          "prototype",
          "epochs",
          "remainder");

  private CheckpointPacker() {}

  /**
   * The masked network of a checkpoint.
   *
   * @param checkpoint after any epoch
   * @param directory of its run, for the TorchScript file if it trains one
   * @param tool name and version of the program that packs
   * @throws IOException in one sentence, if the TorchScript file is missing or another
   */
  public static MaskedNetwork pack(Checkpoint checkpoint, RunDirectory directory, String tool)
      throws IOException {
    if (checkpoint.run().trainingOptions().network() instanceof NetworkChoice.Module choice) {
      try (ModuleSource module =
          ModuleSource.open(
              directory.moduleFile(),
              choice.include(),
              choice.exclude(),
              choice.keepTracedMode())) {
        if (!module.choice().digest().equals(choice.digest())) {
          throw new IOException(
              directory.moduleFile()
                  + " is not the file that the run was begun with; restore it, or begin the run"
                  + " anew.");
        }
        return pack(checkpoint, Optional.of(module), tool);
      }
    }
    return pack(checkpoint, Optional.empty(), tool);
  }

  /**
   * What a module would become, before any training: masks at random at the density of the options,
   * everything else as it is. An archive of it has nearly the size of the trained one.
   *
   * @param module the file
   * @param options what the training would be
   * @param tool name and version of the program that packs
   */
  public static MaskedNetwork preview(ModuleSource module, TrainingOptions options, String tool)
      throws IOException {
    RunDescription run = RunDescription.withoutData(options, module);
    return ArchiveSketch.of(options, run, Optional.of(module), tool);
  }

  /**
   * The masked network of a checkpoint.
   *
   * @param checkpoint after any epoch
   * @param module the TorchScript file that was trained, if one was
   * @param tool name and version of the program that packs
   * @throws IOException in one sentence, if the TorchScript file cannot be read
   */
  public static MaskedNetwork pack(
      Checkpoint checkpoint, Optional<ModuleSource> module, String tool) throws IOException {
    RunDescription run = checkpoint.run();
    TrainingOptions options = run.trainingOptions();
    List<ParameterShape> parameters = run.networkParameters();
    List<MaskedLayer> layers = new ArrayList<>();
    List<RemainderTensor> remainder = new ArrayList<>();
    Prototype prototype = new Prototype(options.seed(), options.distribution(), 1);
    int shuffledLength = 0;
    if (parameters.stream().anyMatch(parameter -> parameter.role() == Role.WEIGHT)) {
      FilledLayers filled = options.fill(parameters);
      prototype = filled.prototype();
      shuffledLength = filled.shuffledLength();
      for (ParameterShape parameter : parameters) {
        String name = parameter.name();
        if (checkpoint.masks().containsKey(name)) {
          FilledLayers.Filled layer = filled.scaled(parameter, checkpoint.scales().get(name));
          layers.add(
              new MaskedLayer(
                  name,
                  parameter.shape(),
                  layer.offset(),
                  layer.scale(),
                  checkpoint.masks().get(name)));
        }
      }
    }
    for (ParameterShape parameter : parameters) {
      String name = parameter.name();
      if (checkpoint.parameters().containsKey(name)) {
        remainder.add(
            new RemainderTensor(name, parameter.shape(), checkpoint.parameters().get(name)));
      } else if (checkpoint.statistics().containsKey(name)) {
        remainder.add(checkpoint.statistics().get(name));
      }
    }
    RemainderCoder coder =
        module.isPresent()
            ? module.get().file().remainderCoder()
            : RemainderCoder.of((BuiltInDescription) run.network());
    Optional<TorchScriptModule> skeleton = Optional.empty();
    if (module.isPresent()) {
      skeleton = Optional.of(module.get().file().skeleton());
    }
    return new MaskedNetwork(
        run.network(),
        run.image().map(image -> options.normalization()),
        run.classLabels(),
        new PrototypeSource.Generated(prototype, shuffledLength, options.storeValues()),
        layers,
        coder.code(remainder, options.remainder()),
        skeleton,
        provenance(checkpoint, tool));
  }

  private static Provenance provenance(Checkpoint checkpoint, String tool) {
    Provenance.Builder provenance =
        Provenance.newBuilder().setTool(tool).setDataSet(checkpoint.run().dataSet());
    TrainingOptions options = checkpoint.run().trainingOptions();
    Map<String, String> usual =
        Recipe.PEMN.usual(
            options.toMap().get("mask"),
            options.network() instanceof NetworkChoice.Module,
            options.distillation().warmStart());
    // Not those of TrainingOptions, which do not know what a search held out.
    checkpoint
        .run()
        .options()
        .forEach(
            (name, value) -> {
              if (!SAID_ELSEWHERE.contains(name) && !value.equals(usual.get(name))) {
                provenance.addOptions(Option.newBuilder().setName(name).setValue(value));
              }
            });
    EpochMetrics last = checkpoint.history().get(checkpoint.history().size() - 1);
    Metrics.Builder metrics = Metrics.newBuilder().setEpochs(last.epoch());
    last.test()
        .ifPresent(
            test ->
                metrics
                    .setTestImages(test.images())
                    .setAccuracy(test.accuracy())
                    .setLoss(test.loss())
                    .setMeasure(test.measure()));
    return provenance.setMetrics(metrics).build();
  }
}
