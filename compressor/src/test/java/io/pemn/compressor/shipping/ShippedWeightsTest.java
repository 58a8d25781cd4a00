package io.pemn.compressor.shipping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pemn.format.network.Activation;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.Norm;
import io.pemn.format.network.ParameterShape;
import io.pemn.packager.baseline.WeightFile;
import io.pemn.packager.baseline.WeightFormat;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ShippedWeightsTest {
  private static BuiltInDescription network(Norm norm) {
    return new BuiltInDescription(
        new ConvMixerArchitecture(8, 1, 3, 4, Activation.GELU, norm),
        new ImageShape(1, 28, 28),
        10);
  }

  /** Between 0.5 and 1.5, as variances and scales may be. */
  private static Map<String, float[]> values(BuiltInDescription network) {
    Random random = new Random(7);
    Map<String, float[]> values = new LinkedHashMap<>();
    for (ParameterShape parameter : network.parameters()) {
      float[] own = new float[parameter.size()];
      for (int i = 0; i < own.length; i++) {
        own[i] = 0.5f + random.nextFloat();
      }
      values.put(parameter.name(), own);
    }
    return values;
  }

  @ParameterizedTest
  @EnumSource(WeightFormat.class)
  void statisticsThatNothingCanTakeUpAreShipped(WeightFormat format) throws IOException {
    BuiltInDescription network = network(Norm.NOT_LEARN);
    Map<String, float[]> values = values(network);
    byte[] file = WeightFile.pack(ShippedWeights.tensors(network, values, format), format);
    Map<String, float[]> shipped = ShippedWeights.values(network, WeightFile.unpack(file), format);
    int statistics = 0;
    for (ParameterShape parameter : network.parameters()) {
      if (parameter.role() == ParameterShape.Role.STATISTIC) {
        assertArrayEquals(
            values.get(parameter.name()), shipped.get(parameter.name()), 1e-3f, parameter.name());
        statistics++;
      }
    }
    assertEquals(6, statistics);
  }

  @ParameterizedTest
  @EnumSource(WeightFormat.class)
  void normalisationsDoTheSameAfterFolding(WeightFormat format) throws IOException {
    BuiltInDescription network = network(Norm.LEARN);
    Map<String, float[]> values = values(network);
    byte[] file = WeightFile.pack(ShippedWeights.tensors(network, values, format), format);
    Map<String, float[]> shipped = ShippedWeights.values(network, WeightFile.unpack(file), format);
    assertArrayEquals(normalised(network, values), normalised(network, shipped), 5e-3f);
  }

  /** What every channel of every normalisation makes of 1. */
  private static float[] normalised(BuiltInDescription network, Map<String, float[]> values) {
    StringBuilder found = new StringBuilder();
    float[] all = new float[3 * 8];
    int next = 0;
    for (ParameterShape parameter : network.parameters()) {
      if (parameter.name().endsWith(".running_mean")) {
        String layer = parameter.name().replace(".running_mean", "");
        found.append(layer).append(' ');
        for (int i = 0; i < parameter.size(); i++) {
          double deviation = Math.sqrt(values.get(layer + ".running_var")[i] + 1e-5);
          double mean = values.get(layer + ".running_mean")[i];
          all[next++] =
              (float)
                  ((1 - mean) / deviation * values.get(layer + ".weight")[i]
                      + values.get(layer + ".bias")[i]);
        }
      }
    }
    assertEquals(all.length, next, found.toString());
    return all;
  }
}
