package io.pemn.compressor.masking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.compressor.masking.FillingStrategy.MaxLayer;
import io.pemn.compressor.masking.FillingStrategy.OneLayer;
import io.pemn.compressor.masking.FillingStrategy.OwnWeights;
import io.pemn.compressor.masking.FillingStrategy.Placement;
import io.pemn.compressor.masking.FillingStrategy.RandomVector;
import io.pemn.format.network.Activation;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FillingStrategyTest {
  private static final String STEM = "stem.conv.weight";
  private static final String DEPTHWISE_0 = "blocks.0.depthwise.conv.weight";
  private static final String POINTWISE_0 = "blocks.0.pointwise.conv.weight";
  private static final String DEPTHWISE_1 = "blocks.1.depthwise.conv.weight";
  private static final String POINTWISE_1 = "blocks.1.pointwise.conv.weight";
  private static final String HEAD = "head.weight";

  /** Stem 64*1*2*2, depthwise 64*1*5*5, pointwise 64*64*1*1, head 10*64. */
  private static final List<ParameterShape> LAYERS =
      new ConvMixerArchitecture(64, 2, 5, 2, Activation.GELU)
          .parameters(new ImageShape(1, 28, 28), 10).stream()
              .filter(parameter -> parameter.role() == Role.WEIGHT)
              .toList();

  @Test
  void withoutSharingEveryLayerHasAStretchOfItsOwn() {
    assertEquals(
        new Placement(
            256 + 2 * (1600 + 4096) + 640,
            0,
            Map.of(
                STEM, 0L,
                DEPTHWISE_0, 256L,
                POINTWISE_0, 1856L,
                DEPTHWISE_1, 5952L,
                POINTWISE_1, 7552L,
                HEAD, 11648L)),
        new OwnWeights().place(LAYERS));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void underOneLayerTheBlocksShareTheirStretches(boolean convolutionsOnly) {
    assertEquals(
        new Placement(
            256 + 1600 + 4096 + 640,
            0,
            Map.of(
                STEM, 0L,
                DEPTHWISE_0, 256L,
                POINTWISE_0, 1856L,
                DEPTHWISE_1, 256L,
                POINTWISE_1, 1856L,
                HEAD, 5952L)),
        new OneLayer(convolutionsOnly).place(LAYERS));
  }

  @Test
  void theScopeOfOneLayerDecidesWhetherEqualLinearLayersShare() {
    List<ParameterShape> linear =
        List.of(
            new ParameterShape("a", List.of(8, 8), Role.WEIGHT),
            new ParameterShape("b", List.of(8, 8), Role.WEIGHT),
            new ParameterShape("c", List.of(8, 8, 1, 1), Role.WEIGHT),
            new ParameterShape("d", List.of(8, 8, 1, 1), Role.WEIGHT));

    Placement all = new OneLayer(false).place(linear);
    assertEquals(Map.of("a", 0L, "b", 0L, "c", 64L, "d", 64L), all.offsets());
    assertEquals(128, all.length());

    Placement convolutions = new OneLayer(true).place(linear);
    assertEquals(Map.of("a", 0L, "b", 64L, "c", 128L, "d", 128L), convolutions.offsets());
    assertEquals(192, convolutions.length());
  }

  @Test
  void underMaxLayerEveryLayerReadsTheBeginningOfTheLargest() {
    Placement placement = new MaxLayer().place(LAYERS);

    assertEquals(4096, placement.length());
    assertEquals(0, placement.shuffledLength());
    assertEquals(Set.of(0L), Set.copyOf(placement.offsets().values()));
    assertEquals(LAYERS.size(), placement.offsets().size());
  }

  @ParameterizedTest
  @CsvSource({"1e-1, 410", "1e-2, 41", "1.5e-3, 7", "1e-3, 5", "1e-4, 1", "1, 4096"})
  void aRandomVectorHasThePapersLength(double ratio, int length) {
    Placement copied = new RandomVector(ratio, false).place(LAYERS);
    assertEquals(length, copied.length());
    assertEquals(0, copied.shuffledLength());
    assertEquals(Set.of(0L), Set.copyOf(copied.offsets().values()));

    Placement shuffled = new RandomVector(ratio, true).place(LAYERS);
    assertEquals(length, shuffled.length());
    assertEquals(4096, shuffled.shuffledLength());
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.1, 1.0000001, 2, Double.NaN, Double.POSITIVE_INFINITY})
  void aRatioOutOfRangeIsRefusedInASentence(double ratio) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> new RandomVector(ratio, false));
    assertEquals(
        "The ratio of a random-vector prototype must be greater than 0 and at most 1, not "
            + ratio
            + ".",
        e.getMessage());
  }

  @Test
  void layersOfMoreValuesThanAPrototypeMayHaveAreRefusedWithAdvice() {
    List<ParameterShape> huge =
        List.of(
            new ParameterShape("a", List.of(1 << 15, 1 << 15), Role.WEIGHT),
            new ParameterShape("b", List.of(1), Role.WEIGHT));
    String message =
        assertThrows(IllegalArgumentException.class, () -> new OwnWeights().place(huge))
            .getMessage();
    assertTrue(message.contains("1073741825"), message);
    assertTrue(message.contains("--strategy"), message);
    assertEquals(1 << 30, new MaxLayer().place(huge).length());
  }

  @Test
  void offsetsStandInTheOrderOfTheNetwork() {
    List<String> names = LAYERS.stream().map(ParameterShape::name).toList();
    for (FillingStrategy strategy :
        List.of(
            new OwnWeights(), new OneLayer(false), new MaxLayer(), new RandomVector(0.1, true))) {
      assertEquals(names, List.copyOf(strategy.place(LAYERS).offsets().keySet()));
    }
  }
}
