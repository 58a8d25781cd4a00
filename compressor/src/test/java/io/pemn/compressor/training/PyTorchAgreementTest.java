package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import ai.djl.training.tracker.Tracker;
import io.pemn.compressor.masking.EdgePopupOptimizer;
import io.pemn.compressor.masking.LayerBudget;
import io.pemn.compressor.masking.LayerScale;
import io.pemn.compressor.masking.MaskRule;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.masking.MaskedLayers;
import io.pemn.compressor.masking.ResumableAdamW;
import io.pemn.compressor.masking.ScoreMode;
import io.pemn.compressor.masking.Selection;
import io.pemn.compressor.masking.StreamedValues;
import io.pemn.compressor.network.BuiltInTarget;
import io.pemn.compressor.network.TargetNetwork;
import io.pemn.format.network.Activation;
import io.pemn.format.network.Architecture;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.MlpArchitecture;
import io.pemn.format.network.Norm;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.network.ResNetArchitecture;
import io.pemn.format.network.VisionTransformerArchitecture;
import io.pemn.loader.RemainderTensor;
import io.pemn.packager.tensors.SafetensorsFile;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The built-in networks compute what PyTorch's own layers compute, and one step of masks has the
 * gradients that PyTorch finds (testdata/networks/make_networks.py).
 */
class PyTorchAgreementTest {
  private static final int BATCH = 6;
  private static final int CLASSES = 5;
  private static final float LARGEST_DIFFERENCE = 1e-4f;

  static List<Arguments> networks() {
    return List.of(
        Arguments.of(
            "conv-mixer",
            new ConvMixerArchitecture(6, 2, 3, 2, Activation.GELU),
            new ImageShape(3, 9, 7)),
        Arguments.of(
            "conv-mixer-plain",
            new ConvMixerArchitecture(6, 1, 5, 2, Activation.RELU, Norm.NOT_LEARN),
            new ImageShape(1, 8, 8)),
        Arguments.of(
            "mlp", new MlpArchitecture(List.of(9, 7), Activation.GELU), new ImageShape(1, 5, 4)),
        Arguments.of(
            "res-net",
            new ResNetArchitecture(14, 3, Activation.RELU, Norm.LEARN),
            new ImageShape(3, 9, 7)),
        Arguments.of(
            "res-net-plain",
            new ResNetArchitecture(8, 3, Activation.GELU, Norm.NOT_LEARN),
            new ImageShape(1, 8, 8)),
        Arguments.of(
            "vit",
            new VisionTransformerArchitecture(
                4, 12, 2, 3, 2, true, true, Activation.GELU, Norm.LEARN),
            new ImageShape(3, 8, 8)),
        Arguments.of(
            "vit-plain",
            new VisionTransformerArchitecture(
                4, 8, 1, 2, 3, false, false, Activation.RELU, Norm.NOT_LEARN),
            new ImageShape(1, 12, 12)));
  }

  @BeforeEach
  void gradientsAreOffOutsideTheSteps() {
    Engine.getEngine("PyTorch"); // Loads the natives.
    JniUtils.setGradMode(false);
  }

  @AfterEach
  void gradientsAreAsBefore() {
    JniUtils.setGradMode(true);
  }

  @ParameterizedTest
  @MethodSource("networks")
  void outputsLossAndGradientsAreThoseOfPyTorch(
      String name, Architecture architecture, ImageShape image) throws IOException {
    BuiltInDescription description = new BuiltInDescription(architecture, image, CLASSES);
    SafetensorsFile expected =
        SafetensorsFile.read(
            Path.of(System.getProperty("pemn.home"), "testdata", "networks")
                .resolve(name + ".safetensors"));
    List<ParameterShape> byName =
        description.parameters().stream()
            .sorted(Comparator.comparing(ParameterShape::name))
            .toList();
    Random random = new Random(7);
    Map<String, float[]> values = new HashMap<>();
    byName.forEach(parameter -> values.put(parameter.name(), values(parameter, random)));
    Map<String, RemainderTensor> statistics = new HashMap<>();
    byName.stream()
        .filter(parameter -> parameter.role() == Role.STATISTIC)
        .forEach(
            parameter ->
                statistics.put(
                    parameter.name(),
                    new RemainderTensor(
                        parameter.name(), parameter.shape(), values.get(parameter.name()))));
    float[] pixels = floats(random, BATCH * image.values(), -1, 1);

    try (BuiltInTarget network = new BuiltInTarget(description, statistics, Device.cpu());
        NDManager scratch = network.manager().newSubManager()) {
      network.trained().forEach(t -> TargetNetwork.set(network.array(t), values.get(t)));
      NDArray images =
          scratch.create(
              FloatBuffer.wrap(pixels),
              new Shape(BATCH, image.channels(), image.height(), image.width()));
      NDArray outputs = network.forward(new NDList(images), false).singletonOrThrow();
      assertClose("outputs", expected.floats("outputs"), outputs.toFloatArray());

      MaskedLayers layers =
          new MaskedLayers(
              new MaskRule(
                  MaskType.BINARY,
                  Selection.TOP_K,
                  LayerBudget.Kind.UNIFORM,
                  0.5,
                  ScoreMode.ABSOLUTE));
      byName.stream()
          .filter(parameter -> parameter.role() == Role.WEIGHT)
          .forEach(
              layer ->
                  layers.add(
                      layer.name(),
                      network.array(layer.name()),
                      StreamedValues.of(values.get(layer.name())),
                      StreamedValues.of(floats(random, layer.size(), -1, 1)),
                      0.5));
      layers.select();
      Map<String, float[]> gradients = new HashMap<>();
      ResumableAdamW steps = new ResumableAdamW(Tracker.fixed(0), 0, 0);
      EdgePopupOptimizer optimizer = new EdgePopupOptimizer(steps, steps, layers.byName());
      NDArray loss = backward(network, images, scratch);
      for (String trained : network.trained()) {
        NDArray array = network.array(trained);
        try (PtNDArray gradient = JniUtils.getGradient((PtNDArray) array)) {
          optimizer.differentiate(trained, gradient);
          gradients.put(trained, gradient.toFloatArray());
        }
      }

      assertEquals(expected.floats("loss")[0], loss.getFloat(), LARGEST_DIFFERENCE);
      Set<String> compared = new HashSet<>(Set.of("outputs", "loss"));
      for (Map.Entry<String, float[]> gradient : gradients.entrySet()) {
        assertClose(gradient.getKey(), expected.floats(gradient.getKey()), gradient.getValue());
        compared.add(gradient.getKey());
      }
      assertEquals(Set.copyOf(expected.names()), compared);
    }
  }

  private static NDArray backward(BuiltInTarget network, NDArray images, NDManager scratch) {
    long[] labels = new long[BATCH];
    for (int i = 0; i < BATCH; i++) {
      labels[i] = i % CLASSES;
    }
    BatchArrays batch =
        new BatchArrays(
            new NDList(images),
            Optional.of(scratch.create(labels)),
            Optional.empty(),
            new int[BATCH]);
    try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
      NDArray outputs = network.forward(new NDList(images), true).singletonOrThrow();
      NDArray loss =
          new LossFunction(Objective.CLASSIFY, Distillation.NONE)
              .of(outputs, batch, Optional.empty());
      collector.backward(loss);
      return loss;
    }
  }

  /** Numbers of a kind that keeps activations of the size of 1. */
  private static float[] values(ParameterShape parameter, Random random) {
    if (parameter.role() == Role.WEIGHT) {
      float[] values = floats(random, parameter.size(), -1, 1);
      float scale = (float) Math.sqrt(12.0 / LayerScale.fanIn(parameter));
      for (int i = 0; i < values.length; i++) {
        values[i] *= scale;
      }
      return values;
    }
    boolean scale =
        parameter.name().endsWith("running_var") || parameter.name().endsWith(".weight");
    return floats(random, parameter.size(), scale ? 0.5f : -0.5f, scale ? 1.5f : 0.5f);
  }

  private static float[] floats(Random random, int count, float low, float high) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat() * (high - low) + low;
    }
    return values;
  }

  private static void assertClose(String what, float[] expected, float[] found) {
    assertEquals(expected.length, found.length, what);
    boolean anything = false;
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], found[i], LARGEST_DIFFERENCE, what + " at " + i);
      anything |= Math.abs(expected[i]) > 10 * LARGEST_DIFFERENCE;
    }
    assertTrue(anything, what + " is all but zero, which compares nothing");
  }
}
