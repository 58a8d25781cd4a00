package io.pemn.compressor.rate;

import io.pemn.compressor.masking.FilledLayers;
import io.pemn.compressor.training.TrainingOptions;
import io.pemn.format.LayerMask;
import io.pemn.format.NumberType;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.packager.baseline.PlainTensor;
import io.pemn.packager.baseline.WeightFile;
import io.pemn.packager.baseline.WeightFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A masked network stored as the paper counts it: the seed of the prototype, one bit a masked
 * weight, and all else in float32; nothing is compressed.
 */
final class PaperFile {
  private PaperFile() {}

  /**
   * The bytes of the file.
   *
   * @param seed of the prototype
   * @param masks the masked layers' masks by name, which keep or do not keep
   * @param others every other parameter by name
   */
  static byte[] encode(
      BuiltInDescription network,
      long seed,
      Map<String, LayerMask> masks,
      Map<String, float[]> others) {
    List<PlainTensor> tensors = new ArrayList<>();
    tensors.add(
        new PlainTensor.Numbers(
            List.of(),
            NumberType.INT64,
            ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(seed).array()));
    for (ParameterShape parameter : network.parameters()) {
      LayerMask mask = masks.get(parameter.name());
      if (mask == null) {
        tensors.add(new PlainTensor.Floats(parameter.shape(), others.get(parameter.name())));
      } else if (mask instanceof LayerMask.Keep keep) {
        int bytes = bytes(parameter);
        byte[] bits = Arrays.copyOf(BitSet.valueOf(keep.kept().toWords()).toByteArray(), bytes);
        tensors.add(new PlainTensor.Numbers(List.of(bytes), NumberType.UINT8, bits));
      } else {
        throw new IllegalArgumentException(
            "The paper has one bit a weight, but the mask of "
                + parameter.name()
                + " is of another kind; store it as an archive.");
      }
    }
    return WeightFile.encode(tensors, WeightFormat.FLOAT32);
  }

  /**
   * The values of every parameter by name.
   *
   * @param options of the training, but for the seed
   * @throws IOException in one sentence, if the file is damaged
   */
  static Map<String, float[]> decode(
      byte[] file, BuiltInDescription network, TrainingOptions options) throws IOException {
    List<PlainTensor> tensors = WeightFile.decode(file);
    long seed =
        ByteBuffer.wrap(((PlainTensor.Numbers) tensors.get(0)).data())
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();
    FilledLayers filled =
        FilledLayers.of(
            network.parameters(),
            options.strategy(),
            options.distribution(),
            seed,
            options.budget(network.parameters()));
    Map<String, float[]> values = new LinkedHashMap<>();
    for (int i = 0; i < network.parameters().size(); i++) {
      ParameterShape parameter = network.parameters().get(i);
      if (tensors.get(i + 1) instanceof PlainTensor.Numbers numbers) {
        BitSet kept = BitSet.valueOf(numbers.data());
        float[] weights = filled.fill(parameter).values().toArray();
        for (int j = 0; j < weights.length; j++) {
          weights[j] = kept.get(j) ? weights[j] : 0;
        }
        values.put(parameter.name(), weights);
      } else {
        values.put(parameter.name(), ((PlainTensor.Floats) tensors.get(i + 1)).values());
      }
    }
    return values;
  }

  private static int bytes(ParameterShape parameter) {
    return (parameter.size() + 7) / 8;
  }
}
