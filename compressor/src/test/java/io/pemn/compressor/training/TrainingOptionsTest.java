package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.compressor.augment.AugmentationChoice;
import io.pemn.compressor.masking.FillingStrategy;
import io.pemn.compressor.masking.ScoreMode;
import io.pemn.compressor.network.NetworkChoice;
import io.pemn.format.Distribution;
import io.pemn.format.network.Activation;
import io.pemn.format.network.MlpArchitecture;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingOptionsTest {
  static List<TrainingOptions> optionsOfEveryKind() {
    return List.of(
        TinyTraining.convMixer("strategy", "none"),
        TinyTraining.convMixer("strategy", "one-layer"),
        TinyTraining.convMixer("strategy", "one-layer", "one-layer-scope", "convolutions"),
        TinyTraining.convMixer("strategy", "max-layer", "prototype", "normal"),
        TinyTraining.convMixer("ratio", "0.0015", "scores", "absolute", "density", "0.3"),
        TinyTraining.convMixer("padding", "shuffle", "store-prototype", "values"),
        TinyTraining.convMixer("mask", "dense", "lr", "0.01"),
        TinyTraining.convMixer("mask", "ternary", "select", "global", "density", "0.2"),
        TinyTraining.convMixer("select", "threshold", "budget", "fan-in"),
        TinyTraining.convMixer("train-images", "all", "augmentation", "none", "seed", "-7"),
        TinyTraining.mlp("hidden", "32,16,8", "activation", "relu"),
        TinyTraining.mlp("mask", "dense", "weight-decay", "0"));
  }

  @ParameterizedTest
  @MethodSource("optionsOfEveryKind")
  void optionsComeBackFromTheirMap(TrainingOptions options) {
    Map<String, String> map = options.toMap();

    assertEquals(options, TrainingOptions.of(map));
    assertEquals(map, TrainingOptions.of(map).toMap());
  }

  @Test
  void whatIsOffLeavesNoTraceInTheMapAndWhatIsOnComesBack() {
    assertFalse(TinyTraining.mlp().toMap().containsKey("clip-norm"));
    assertFalse(TinyTraining.mlp().toMap().containsKey("validation"));

    TrainingOptions options = TinyTraining.mlp("clip-norm", "0.5", "validation", "20");

    assertEquals(0.5, options.clipNorm());
    assertEquals(20, options.validation());
    assertEquals("0.5", options.toMap().get("clip-norm"));
    assertEquals(options, TrainingOptions.of(options.toMap()));
  }

  @ParameterizedTest
  @MethodSource("optionsOfEveryKind")
  void everyEntryOfTheMapIsNeeded(TrainingOptions options) {
    for (String name : options.toMap().keySet()) {
      Map<String, String> without = options.toMap();
      without.remove(name);
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> TrainingOptions.of(without), name);
      assertEquals("The option " + name + " is missing.", e.getMessage());
    }
  }

  @Test
  void noTwoKindsOfOptionsShareAMap() {
    List<Map<String, String>> maps =
        optionsOfEveryKind().stream().map(TrainingOptions::toMap).toList();
    assertEquals(maps.size(), maps.stream().distinct().count());
  }

  @Test
  void namesOnTheCommandLineMeanWhatTheySay() {
    TrainingOptions options =
        TinyTraining.mlp(
            "hidden",
            "32,16",
            "activation",
            "relu",
            "padding",
            "shuffle",
            "scores",
            "absolute",
            "prototype",
            "signed-constant",
            "train-images",
            "all",
            "store-prototype",
            "values");

    assertEquals(
        new NetworkChoice.BuiltIn(new MlpArchitecture(List.of(32, 16), Activation.RELU)),
        options.network());
    assertEquals(new FillingStrategy.RandomVector(0.1, true), options.strategy());
    assertEquals(ScoreMode.ABSOLUTE, options.mask().orElseThrow().scores());
    assertEquals(Distribution.SIGNED_CONSTANT, options.distribution());
    assertEquals(0, options.trainImages());
    assertTrue(options.storeValues());
    assertEquals(AugmentationChoice.OfBytes.SHIFT_AND_FLIP, options.augmentation());
  }

  @Test
  void aDenseTrainingKnowsNothingOfMasks() {
    Map<String, String> map = TinyTraining.convMixer("mask", "dense").toMap();

    assertEquals("dense", map.get("mask"));
    for (String name :
        List.of(
            "strategy",
            "ratio",
            "padding",
            "density",
            "select",
            "budget",
            "scores",
            "prototype",
            "remainder-lr")) {
      assertFalse(map.containsKey(name), name);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "density, 0",
    "density, 2",
    "density, -0.5",
    "density, NaN",
    "epochs, 0",
    "batch-size, 0",
    "lr, 0",
    "lr, -1",
    "lr, NaN",
    "lr, Infinity",
    "remainder-lr, 0",
    "remainder-lr, NaN",
    "weight-decay, -0.1",
    "weight-decay, NaN",
    "train-images, 0",
    "train-images, -1",
    "ratio, 0",
    "ratio, 2",
    "ratio, NaN",
    "dim, 0",
    "depth, 0",
    "kernel, 4",
    "patch, 0",
    "arch, lenet",
    "strategy, some-layers",
    "select, best",
    "budget, fair",
    "activation, tanh",
    "prototype, uniform",
    "scores, relative",
    "normalize, garbage",
    "clip-norm, 0",
    "clip-norm, -1",
    "clip-norm, NaN",
    "clip-norm, Infinity",
    "validation, 0",
    "validation, -1"
  })
  void aValueOutOfRangeIsRefusedInASentenceThatNamesIt(String option, String value) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> TinyTraining.convMixer(option, value));
    assertSentence(e.getMessage());
    assertTrue(e.getMessage().contains(value), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "16,0", "65537"})
  void aHiddenLayerOfImpossibleWidthIsRefusedInASentence(String hidden) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> TinyTraining.mlp("hidden", hidden));
    assertSentence(e.getMessage());
    assertTrue(e.getMessage().contains("width of a hidden layer"), e.getMessage());
  }

  private static void assertSentence(String message) {
    assertTrue(message.matches("(?s)[A-Z].*\\.") && !message.contains("\n"), message);
    List<String> sentences = new ArrayList<>(List.of(message.split("(?<=\\.) (?=[A-Z])")));
    assertEquals(1, sentences.size(), message);
  }
}
