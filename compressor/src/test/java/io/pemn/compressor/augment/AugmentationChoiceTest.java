package io.pemn.compressor.augment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.compressor.data.Augmentation;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AugmentationChoiceTest {
  @Test
  void checkpointsOfEarlierVersionsAreRead() {
    assertSame(AugmentationChoice.OfBytes.NONE, AugmentationChoice.parse("none"));
    assertSame(
        AugmentationChoice.OfBytes.SHIFT_AND_FLIP, AugmentationChoice.parse("shift-and-flip"));
    assertEquals("none", AugmentationChoice.OfBytes.NONE.toString());
    assertEquals("shift-and-flip", AugmentationChoice.OfBytes.SHIFT_AND_FLIP.toString());
    assertEquals(
        Augmentation.shiftAndFlip(2), AugmentationChoice.OfBytes.SHIFT_AND_FLIP.augmentation());
    assertFalse(AugmentationChoice.OfBytes.NONE.changesImages());
    assertTrue(AugmentationChoice.OfBytes.SHIFT_AND_FLIP.changesImages());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "crop-scale:0.08",
        "flip",
        "rand-augment:1:0",
        "jitter:0.4",
        "erase:1.0",
        "crop-scale:1.0+flip+rand-augment:2:12+jitter:0.2+erase:0.2"
      })
  void whatAPipelineSaysOfItselfIsThePipeline(String text) {
    AugmentationChoice choice = AugmentationChoice.parse(text);
    assertEquals(text, choice.toString());
    assertEquals(choice, AugmentationChoice.parse(choice.toString()));
    assertTrue(choice.changesImages());
  }

  @Test
  void thePapersStepsAreThoseOfTheAuthorsCommand() {
    assertEquals(
        "crop-scale:1.0+flip+rand-augment:2:12+jitter:0.2+erase:0.2",
        AugmentationPipeline.PAPER.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "'', ''",
    "flipp, flipp",
    "flip+flip, flip",
    "flip:1, flip:1",
    "flip+, ''",
    "rand-augment:2, rand-augment:2",
    "rand-augment:2:x, rand-augment:2:x",
    "jitter, jitter",
    "crop-scale:0.5+crop-scale:0.5, crop-scale:0.5",
    "Shift-And-Flip, Shift-And-Flip"
  })
  void anythingElseIsRefusedByNamingTheStep(String text, String step) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> AugmentationChoice.parse(text));
    assertTrue(
        refused.getMessage().contains("has \"" + step + "\" where a step"), refused.getMessage());
  }

  @Test
  void stepsOutOfRangeAndPipelinesOfNoStepsAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> AugmentationChoice.parse("rand-augment:2:31"));
    assertThrows(IllegalArgumentException.class, () -> AugmentationChoice.parse("erase:-1"));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new AugmentationPipeline(
                Optional.empty(), false, Optional.empty(), Optional.empty(), Optional.empty()));
  }
}
