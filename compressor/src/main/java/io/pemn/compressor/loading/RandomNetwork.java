package io.pemn.compressor.loading;

import io.pemn.compressor.masking.FilledLayers;
import io.pemn.compressor.masking.FillingStrategy;
import io.pemn.compressor.masking.LayerBudget;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.format.Distribution;
import io.pemn.format.LayerMask;
import io.pemn.format.Mask;
import io.pemn.format.Normalization;
import io.pemn.format.NumberType;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.InputTensor;
import io.pemn.format.network.NetworkDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.network.TorchScriptDescription;
import io.pemn.format.proto.Provenance;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.torchscript.TorchScriptModule;
import io.pemn.packager.MaskedLayer;
import io.pemn.packager.MaskedNetwork;
import io.pemn.packager.PrototypeSource;
import io.pemn.packager.remainder.RemainderCoder;
import io.pemn.packager.torchscript.ModuleTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Masked networks that nobody trained: their masks are drawn from a fixed seed, every position
 * independently. They are as large and as fast to load as trained ones of the same densities, and
 * their numbers stay finite from layer to layer.
 */
public final class RandomNetwork {
  private static final long SEED = 1;
  private static final Normalization NORMALIZATION =
      new Normalization(List.of(0.5f), List.of(0.25f));

  private RandomNetwork() {}

  /**
   * How a network is masked.
   *
   * @param type what the masks can say of a weight
   * @param density fraction of weights to keep, greater than 0, at most 1; sign masks keep all
   * @param strategy how the prototype fills the layers
   * @param distribution of the prototype's values
   * @param remainder how floats are stored that no mask replaces
   */
  public record Masking(
      MaskType type,
      double density,
      FillingStrategy strategy,
      Distribution distribution,
      FloatCoding remainder) {}

  /** Masks a built-in network; what is not masked is drawn as well. */
  public static MaskedNetwork builtIn(BuiltInDescription network, Masking masking) {
    List<RemainderTensor> remainder = new ArrayList<>();
    for (ParameterShape parameter : network.parameters()) {
      if (parameter.role() != Role.WEIGHT) {
        remainder.add(
            new RemainderTensor(
                parameter.name(), parameter.shape(), unmaskedValues(parameter.name(), parameter)));
      }
    }
    return network(
        network,
        network.parameters(),
        RemainderCoder.of(network).code(remainder, masking.remainder()),
        Optional.empty(),
        masking);
  }

  /**
   * Masks a TorchScript module; what is not masked stays as it is.
   *
   * @param module the module, a classifier
   * @param image shape of the images that it takes
   * @param classes number of its outputs
   * @throws IOException in one sentence, if its file is damaged
   */
  public static MaskedNetwork module(
      ModuleSource module, ImageShape image, int classes, Masking masking) throws IOException {
    Map<String, ModuleTensor> tensors = new HashMap<>();
    module.file().tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
    List<RemainderTensor> remainder = new ArrayList<>();
    for (ParameterShape parameter : module.parameters()) {
      if (parameter.role() != Role.WEIGHT) {
        ModuleTensor tensor = tensors.get(parameter.name());
        remainder.add(
            new RemainderTensor(
                tensor.name(),
                tensor.shape(),
                tensor.type(),
                ByteBuffer.wrap(module.file().bytes(tensor))));
      }
    }
    InputTensor input =
        new InputTensor(
            List.of(image.channels(), image.height(), image.width()), NumberType.FLOAT32);
    return network(
        new TorchScriptDescription(List.of(input), Optional.of(image), classes),
        module.parameters(),
        module.file().remainderCoder().code(remainder, masking.remainder()),
        Optional.of(module.file().skeleton()),
        masking);
  }

  private static MaskedNetwork network(
      NetworkDescription network,
      List<ParameterShape> parameters,
      List<RemainderTensor> remainder,
      Optional<TorchScriptModule> module,
      Masking masking) {
    double density = masking.type() == MaskType.SIGN ? 1 : masking.density();
    FilledLayers filled =
        FilledLayers.of(
            parameters,
            masking.strategy(),
            masking.distribution(),
            SEED,
            LayerBudget.of(parameters, density, LayerBudget.Kind.UNIFORM));
    List<MaskedLayer> layers = new ArrayList<>();
    for (ParameterShape parameter : parameters) {
      if (parameter.role() == Role.WEIGHT) {
        FilledLayers.Filled layer = filled.fill(parameter);
        layers.add(
            new MaskedLayer(
                parameter.name(),
                parameter.shape(),
                layer.offset(),
                layer.scale(),
                mask(parameter, masking.type(), density)));
      }
    }
    return new MaskedNetwork(
        network,
        Optional.of(NORMALIZATION),
        List.of(),
        new PrototypeSource.Generated(filled.prototype(), filled.shuffledLength(), false),
        layers,
        remainder,
        module,
        Provenance.newBuilder().setTool("pemn benchmarks").build());
  }

  private static LayerMask mask(ParameterShape layer, MaskType type, double density) {
    SplittableRandom random = random(layer.name());
    byte[] kept = new byte[layer.size()];
    byte[] negated = new byte[layer.size()];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = (byte) (random.nextDouble() < density ? 1 : 0);
      negated[i] = (byte) (kept[i] & random.nextInt(2));
    }
    return switch (type) {
      case BINARY -> new LayerMask.Keep(Mask.ofBytes(kept));
      case SIGN -> new LayerMask.Sign(Mask.ofBytes(negated));
      case TERNARY -> new LayerMask.Ternary(Mask.ofBytes(kept), Mask.ofBytes(negated));
    };
  }

  /**
   * The weights of a built-in network without masks: normal, at the standard deviation of He et al.
   * for each layer's fan-in; all else as {@link #builtIn} has it before it is coded.
   */
  public static Map<String, float[]> dense(BuiltInDescription network) {
    Map<String, float[]> values = new HashMap<>();
    for (ParameterShape parameter : network.parameters()) {
      if (parameter.role() == Role.WEIGHT) {
        SplittableRandom random = random(parameter.name());
        float deviation = (float) Math.sqrt(2.0 * parameter.shape().get(0) / parameter.size());
        float[] weights = new float[parameter.size()];
        for (int i = 0; i < weights.length; i++) {
          weights[i] = (float) normal(random) * deviation;
        }
        values.put(parameter.name(), weights);
      } else {
        values.put(parameter.name(), unmaskedValues(parameter.name(), parameter));
      }
    }
    return values;
  }

  /** Numbers around 1 for scales and variances, around 0 for all else. */
  private static float[] unmaskedValues(String name, ParameterShape parameter) {
    boolean aroundOne = name.endsWith(".weight") || name.endsWith(".running_var");
    SplittableRandom random = random(name);
    float[] values = new float[parameter.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (aroundOne ? 0.75 + random.nextDouble() / 2 : normal(random) / 10);
    }
    return values;
  }

  /** By the polar method of Box, Muller and Marsaglia: SplittableRandom has no normal draws. */
  private static double normal(SplittableRandom random) {
    while (true) {
      double x = 2 * random.nextDouble() - 1;
      double y = 2 * random.nextDouble() - 1;
      double square = x * x + y * y;
      if (square > 0 && square < 1) {
        return x * Math.sqrt(-2 * Math.log(square) / square);
      }
    }
  }

  private static SplittableRandom random(String name) {
    return new SplittableRandom(SEED << 32 | Integer.toUnsignedLong(name.hashCode()));
  }
}
