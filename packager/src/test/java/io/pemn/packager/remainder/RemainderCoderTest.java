package io.pemn.packager.remainder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pemn.format.NumberType;
import io.pemn.format.network.Activation;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.storage.CodedFloats;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.RemainderTensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an archive stores of the tensors that no mask replaces. */
class RemainderCoderTest {
  private static final BuiltInDescription NETWORK =
      new BuiltInDescription(
          new ConvMixerArchitecture(16, 2, 3, 2, Activation.GELU), new ImageShape(1, 8, 8), 3);

  private static List<RemainderTensor> values() {
    Random random = new Random(1);
    List<RemainderTensor> tensors = new ArrayList<>();
    for (ParameterShape parameter : NETWORK.parameters()) {
      float[] values = new float[parameter.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = 0.5f + random.nextFloat();
      }
      tensors.add(new RemainderTensor(parameter.name(), parameter.shape(), values));
    }
    return tensors;
  }

  @ParameterizedTest
  @EnumSource
  void aBuiltInNetworkKeepsItsTensorsInOrderWithItsNormsFolded(FloatCoding coding) {
    List<RemainderTensor> before = values();
    List<RemainderTensor> after = RemainderCoder.of(NETWORK).code(before, coding);
    assertEquals(
        before.stream().map(RemainderTensor::name).toList(),
        after.stream().map(RemainderTensor::name).toList());
    for (int i = 0; i < before.size(); i++) {
      RemainderTensor tensor = after.get(i);
      assertEquals(before.get(i).shape(), tensor.shape());
      boolean mean = tensor.name().endsWith(".running_mean");
      boolean variance = tensor.name().endsWith(".running_var");
      if (mean || variance) {
        for (float value : tensor.values()) {
          assertEquals(mean ? 0 : 1, value);
        }
      } else if (!tensor.name().contains("norm")) {
        assertArrayEquals(CodedFloats.of(before.get(i).values(), coding).values(), tensor.values());
      }
      NumberType type =
          switch (coding) {
            case FP32 -> NumberType.FLOAT32;
            case BF16 -> NumberType.BFLOAT16;
            case FP16 -> NumberType.FLOAT16;
            case INT8 -> mean || variance ? NumberType.BFLOAT16 : NumberType.INT8;
          };
      assertEquals(type, tensor.type(), tensor.name());
    }
    assertEquals(after, RemainderCoder.of(NETWORK).code(values(), coding));
  }

  @Test
  void statisticsThatCannotBeFoldedKeepEveryBit() {
    List<RemainderTensor> before = new ArrayList<>(values());
    for (int i = 0; i < before.size(); i++) {
      RemainderTensor tensor = before.get(i);
      if (tensor.name().equals("stem.norm.running_var")) {
        float[] values = tensor.values();
        values[3] = -1;
        before.set(i, new RemainderTensor(tensor.name(), tensor.shape(), values));
      }
    }
    List<RemainderTensor> after = RemainderCoder.of(NETWORK).code(before, FloatCoding.INT8);
    for (int i = 0; i < before.size(); i++) {
      if (before.get(i).name().startsWith("stem.norm.running")) {
        assertEquals(before.get(i), after.get(i));
      }
    }
  }

  @Test
  void ofOtherNetworksOnlyFloat32ParametersAreCoded() {
    RemainderCoder coder =
        new RemainderCoder(
            List.of(new BatchNorm("w", "b", "m", "v", Optional.empty(), 1e-5)),
            Map.of(
                "w", NumberType.FLOAT32,
                "half", NumberType.FLOAT16,
                "double", NumberType.FLOAT64,
                "count", NumberType.INT64,
                "buffer", NumberType.FLOAT32),
            Set.of("w", "half", "double"));
    float[] values = {0.1f, 0.2f, 0.3f};
    List<Integer> shape = List.of(3);
    List<RemainderTensor> before =
        List.of(
            new RemainderTensor("w", shape, values),
            new RemainderTensor("half", shape, values),
            new RemainderTensor("double", shape, values),
            new RemainderTensor("count", List.of(), NumberType.INT64, ByteBuffer.allocate(8)),
            new RemainderTensor("buffer", shape, values));
    List<RemainderTensor> after = coder.code(before, FloatCoding.BF16);
    assertEquals(
        List.of(
            NumberType.BFLOAT16,
            NumberType.FLOAT16,
            NumberType.FLOAT64,
            NumberType.INT64,
            NumberType.FLOAT32),
        after.stream().map(RemainderTensor::type).toList());
    assertEquals(ByteBuffer.wrap(NumberType.FLOAT16.encode(values)), after.get(1).data());
    assertEquals(ByteBuffer.wrap(NumberType.FLOAT64.encode(values)), after.get(2).data());
    assertEquals(before.get(3), after.get(3));
    assertEquals(before.get(4), after.get(4));
  }
}
