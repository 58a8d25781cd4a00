package io.pemn.compressor.training;

import io.pemn.compressor.data.SeededRandom;
import io.pemn.compressor.data.SeededRandom.Purpose;
import io.pemn.compressor.masking.LayerBudget;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.format.LayerMask;
import io.pemn.format.Mask;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.proto.Measure;
import io.pemn.loader.RemainderTensor;
import io.pemn.packager.MaskedNetwork;
import io.pemn.packager.torchscript.ModuleTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a training would end with, before it begins: masks at random at the density of the options,
 * and other numbers that take as much room as trained ones. An archive of it has nearly the size of
 * the trained one.
 */
public final class ArchiveSketch {
  private final TrainingOptions options;
  private final RunDescription run;
  private final Optional<ModuleSource> module;
  private final Map<String, LayerMask> masks = new LinkedHashMap<>();
  private final Map<String, Float> scales = new LinkedHashMap<>();
  private final Map<String, float[]> parameters = new LinkedHashMap<>();
  private final Map<String, RemainderTensor> statistics = new LinkedHashMap<>();

  private ArchiveSketch(
      TrainingOptions options, RunDescription run, Optional<ModuleSource> module) {
    this.options = options;
    this.run = run;
    this.module = module;
  }

  /**
   * Sketches what a training would end with.
   *
   * @param options what the training would be
   * @param run its description, whose own options count for nothing
   * @param module the TorchScript file, if it trains one
   * @param tool name and version of the program that packs
   * @throws IOException in one sentence, if the TorchScript file cannot be read
   */
  public static MaskedNetwork of(
      TrainingOptions options, RunDescription run, Optional<ModuleSource> module, String tool)
      throws IOException {
    ArchiveSketch sketch = new ArchiveSketch(options, run.withOptions(options.toMap()), module);
    return CheckpointPacker.pack(sketch.checkpoint(), module, tool);
  }

  private Checkpoint checkpoint() throws IOException {
    List<ParameterShape> all = run.networkParameters();
    LayerBudget budget = options.budget(all);
    Map<String, ModuleTensor> tensors = new LinkedHashMap<>();
    if (module.isPresent()) {
      module.get().file().tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
    }
    for (ParameterShape parameter : all) {
      String name = parameter.name();
      SeededRandom random =
          SeededRandom.of(Purpose.SCORES, options.seed(), parameter.name().hashCode());
      if (options.masked() && parameter.role() == Role.WEIGHT) {
        MaskType type = options.mask().orElseThrow().type();
        masks.put(name, mask(parameter.size(), budget.density(parameter), type, random));
        scales.put(name, 0.1f);
      } else if (module.isEmpty()) {
        float[] values = numbers(new float[parameter.size()], random);
        if (parameter.role() == Role.STATISTIC) {
          if (name.endsWith(".running_var")) {
            // No variance is negative; with one that were, the normalisation would not be folded.
            for (int i = 0; i < values.length; i++) {
              values[i] = Math.abs(values[i]) + 0.1f;
            }
          }
          statistics.put(name, new RemainderTensor(name, parameter.shape(), values));
        } else {
          parameters.put(name, values);
        }
      } else if (parameter.role() == Role.STATISTIC) {
        ModuleTensor tensor = tensors.get(name);
        statistics.put(
            name,
            new RemainderTensor(
                name,
                tensor.shape(),
                tensor.type(),
                ByteBuffer.wrap(module.get().file().bytes(tensor))));
      } else {
        parameters.put(name, numbers(module.get().values(name), random));
      }
    }
    Evaluation test = new Evaluation(10_000, 0.875, 0.375, 1, Measure.ACCURACY);
    EpochMetrics last = new EpochMetrics(options.epochs(), 1, 0, 0, 0, 0, 0, Optional.of(test));
    return new Checkpoint(
        run, List.of(last), 1, masks, Map.of(), scales, Map.of(), parameters, statistics, Map.of());
  }

  /** Numbers as if a training had changed them: with digits down to the last. */
  private static float[] numbers(float[] values, SeededRandom random) {
    for (int i = 0; i < values.length; i++) {
      float change = (2 * random.uniform() - 1) * random.uniform();
      values[i] = values[i] == 0 ? change : values[i] * (1 + change / 8);
    }
    return values;
  }

  private static LayerMask mask(int size, double density, MaskType type, SeededRandom random) {
    byte[] kept = new byte[size];
    byte[] negated = new byte[size];
    for (int i = 0; i < size; i++) {
      kept[i] = (byte) (random.uniform() < density ? 1 : 0);
      negated[i] = (byte) (random.uniform() < 0.5 && kept[i] == 1 ? 1 : 0);
    }
    return switch (type) {
      case BINARY -> new LayerMask.Keep(Mask.ofBytes(kept));
      case SIGN -> new LayerMask.Sign(Mask.ofBytes(negated));
      case TERNARY -> new LayerMask.Ternary(Mask.ofBytes(kept), Mask.ofBytes(negated));
    };
  }
}
