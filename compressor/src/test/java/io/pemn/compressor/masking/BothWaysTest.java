package io.pemn.compressor.masking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The engine's operations, which GPUs use, and the loops of CPUs select the same. */
class BothWaysTest {
  private static final float[] BOUNDS = {0.3f, 0, -0f, -0.3f, Float.MIN_VALUE, 2, -2};

  @BeforeEach
  void gradientsAreOffOutsideTheSteps() {
    Engine.getEngine("PyTorch"); // Loads the natives.
    JniUtils.setGradMode(false);
  }

  static List<Arguments> rules() {
    List<Arguments> rules = new ArrayList<>();
    for (MaskType type : MaskType.values()) {
      for (ScoreMode mode : ScoreMode.values()) {
        double density = type == MaskType.SIGN ? 1 : 0.5;
        rules.add(
            Arguments.of(
                new MaskRule(type, Selection.THRESHOLD, LayerBudget.Kind.UNIFORM, density, mode)));
      }
    }
    return rules;
  }

  @ParameterizedTest
  @MethodSource("rules")
  void weightsAndMasksAreTheSameToTheBit(MaskRule rule) {
    SplittableRandom random = new SplittableRandom(1);
    for (int size : new int[] {1, 63, 64, 1000, EngineMemory.PIECE + EngineMemory.CHUNK + 1}) {
      float[] prototype = new float[size];
      float[] scores = new float[size];
      for (int i = 0; i < size; i++) {
        prototype[i] = (float) (2 * random.nextDouble() - 1);
        scores[i] = score(random);
      }
      try (NDManager manager = NDManager.newBaseManager()) {
        NDArray byLoops = manager.create(prototype);
        NDArray byEngine = byLoops.duplicate();
        MaskedParameter loops =
            new MaskedParameter(
                "layer",
                byLoops,
                StreamedValues.of(prototype),
                StreamedValues.of(scores),
                rule,
                true);
        MaskedParameter engine =
            new MaskedParameter(
                "layer",
                byEngine,
                StreamedValues.of(prototype),
                StreamedValues.of(scores),
                rule,
                false);
        for (float bound : BOUNDS) {
          loops.select(new Bound.Known(bound));
          engine.select(new Bound.Known(bound));
          assertSameBits(byEngine.toFloatArray(), byLoops.toFloatArray());
          assertEquals(engine.mask(), loops.mask());
        }
        NDArray onDevice = manager.create(BOUNDS[0]);
        engine.select(new Bound.OnDevice(onDevice));
        loops.select(new Bound.Known(BOUNDS[0]));
        assertSameBits(byEngine.toFloatArray(), byLoops.toFloatArray());
        assertEquals(engine.mask(), loops.mask());
      }
    }
  }

  /** Often one where bits and order are easily mistaken for each other. */
  private static float score(SplittableRandom random) {
    return switch (random.nextInt(8)) {
      case 0 -> 0f;
      case 1 -> -0f;
      case 2 -> 0.3f;
      case 3 -> -0.3f;
      case 4 -> Float.MIN_VALUE;
      case 5 -> -Float.MIN_VALUE;
      default -> (float) (2 * random.nextDouble() - 1);
    };
  }

  private static void assertSameBits(float[] expected, float[] found) {
    int[] expectedBits = new int[expected.length];
    int[] foundBits = new int[found.length];
    for (int i = 0; i < expected.length; i++) {
      expectedBits[i] = Float.floatToRawIntBits(expected[i]);
      foundBits[i] = Float.floatToRawIntBits(found[i]);
    }
    assertArrayEquals(expectedBits, foundBits);
  }
}
