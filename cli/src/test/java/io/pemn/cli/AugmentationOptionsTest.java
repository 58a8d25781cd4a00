package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.compressor.augment.AugmentationPipeline;
import io.pemn.compressor.network.ModuleSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

class AugmentationOptionsTest {
  private static final Path MODEL =
      Path.of(System.getProperty("pemn.home"), "testdata", "torchscript", "resnet8-scripted.pt");

  @Command
  static final class Compress {
    @Mixin TrainingMixin training;
  }

  private static TrainingMixin parsed(String arguments) {
    Compress compress = new Compress();
    new CommandLine(compress)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(arguments.isEmpty() ? new String[0] : arguments.split(" "));
    return compress.training;
  }

  private static Map<String, String> options(String arguments) {
    return parsed(arguments).options(Optional.empty(), Optional.empty()).toMap();
  }

  @ParameterizedTest
  @CsvSource({
    "'', shift-and-flip",
    "--augment, shift-and-flip",
    "--no-augment, none",
    "--flip, flip",
    "--crop-scale 0.5, crop-scale:0.5",
    "'--rand-augment 1,9', rand-augment:1:9",
    "--jitter 0.4 --erase 0.1, jitter:0.4+erase:0.1",
    "--crop-scale 1 --flip, crop-scale:1.0+flip",
    "--recipe paper, crop-scale:1.0+flip+rand-augment:2:12+jitter:0.2+erase:0.2",
    "'--recipe paper --rand-augment 3,5',"
        + " crop-scale:1.0+flip+rand-augment:3:5+jitter:0.2+erase:0.2",
    "'--recipe paper --no-flip --rand-augment 0,12 --jitter 0', crop-scale:1.0+erase:0.2",
    "--recipe paper --erase 0, crop-scale:1.0+flip+rand-augment:2:12+jitter:0.2",
    "--recipe paper --augment, shift-and-flip",
    "--recipe paper --no-augment, none"
  })
  void aStepThatIsAskedForLeavesOutTheOthersButForThoseOfThePaper(
      String arguments, String expected) {
    assertEquals(expected, options(arguments).get("augmentation"));
  }

  @ParameterizedTest
  @CsvSource({
    "--augment --flip, 'and --flip cannot be had together'",
    "--no-augment --erase 0.1 --jitter 0.1, 'and --jitter, --erase cannot be had together'",
    "--no-flip, --no-flip switches off a step",
    "--jitter 0 --flip, --jitter 0 switches off a step",
    "'--rand-augment 0,3', --rand-augment 0 switches off a step",
    "--erase 0, --erase 0 switches off a step",
    "--crop-scale 1, nothing changes it",
    "'--recipe paper --no-flip --rand-augment 0,0 --jitter 0 --erase 0', nothing changes it",
    "'--rand-augment 2', is not two whole numbers",
    "'--rand-augment 2,x', is not two whole numbers"
  })
  void contradictionsAndWhatChangesNothingAreWrongCommandLines(String arguments, String because) {
    ParameterException refused = assertThrows(ParameterException.class, () -> options(arguments));
    assertTrue(refused.getMessage().contains(because), refused.getMessage());
  }

  @Test
  void numbersOutOfRangeAreRefused() {
    for (String arguments :
        List.of(
            "--crop-scale 0",
            "--rand-augment 2,31",
            "--rand-augment 101,5",
            "--rand-augment 2000000000,5",
            "--jitter -1",
            "--jitter 100.5",
            "--jitter 1e300",
            "--erase 1.5")) {
      assertThrows(IllegalArgumentException.class, () -> options(arguments), arguments);
    }
  }

  @Test
  void thePapersRecipeIsTheAuthorsCommand() {
    Map<String, String> options = options("--recipe paper");
    Map<String, String> expected =
        Map.ofEntries(
            Map.entry("arch", "convmixer"),
            Map.entry("dim", "256"),
            Map.entry("depth", "6"),
            Map.entry("kernel", "5"),
            Map.entry("patch", "2"),
            Map.entry("activation", "gelu"),
            Map.entry("mask", "binary"),
            Map.entry("strategy", "random-vector"),
            Map.entry("ratio", "0.001"),
            Map.entry("padding", "copy"),
            Map.entry("prototype", "normal"),
            Map.entry("select", "top-k"),
            Map.entry("budget", "uniform"),
            Map.entry("density", "0.5"),
            Map.entry("scores", "absolute"),
            Map.entry("epochs", "100"),
            Map.entry("batch-size", "512"),
            Map.entry("lr", "0.05"),
            Map.entry("remainder-lr", "0.05"),
            Map.entry("weight-decay", "0.005"),
            Map.entry("augmentation", AugmentationPipeline.PAPER.toString()));
    expected.forEach((name, value) -> assertEquals(value, options.get(name), name));
  }

  @Test
  void whatIsGivenOverridesThePapersRecipe() {
    Map<String, String> options =
        options(
            "--recipe paper --dim 64 --depth 2 --epochs 3 --batch-size 64 --ratio 0.1 --lr 0.01"
                + " --weight-decay 0 --crop-scale 0.8");
    assertEquals("64", options.get("dim"));
    assertEquals("2", options.get("depth"));
    assertEquals("3", options.get("epochs"));
    assertEquals("64", options.get("batch-size"));
    assertEquals("0.1", options.get("ratio"));
    assertEquals("0.01", options.get("lr"));
    assertEquals("0.0", options.get("weight-decay"));
    assertTrue(options.get("augmentation").startsWith("crop-scale:0.8+flip+"));
  }

  @Test
  void aTrainedNetworkIsAugmentedIfAskedFor() throws IOException {
    try (ModuleSource module = ModuleSource.open(MODEL, List.of(), List.of(), false)) {
      Optional<ModuleSource> trained = Optional.of(module);
      assertEquals(
          "none", parsed("").options(Optional.empty(), trained).toMap().get("augmentation"));
      assertEquals(
          "flip", parsed("--flip").options(Optional.empty(), trained).toMap().get("augmentation"));
    }
  }
}
