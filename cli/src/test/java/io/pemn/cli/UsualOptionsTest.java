package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pemn.compressor.network.ModuleSource;
import io.pemn.compressor.training.Recipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Archives leave out the options that a recipe calls usual, so these must be what the command line
 * takes where nothing is asked for.
 */
class UsualOptionsTest {
  private static final Path MODEL =
      Path.of(System.getProperty("pemn.home"), "testdata", "torchscript", "resnet8-scripted.pt");

  @Command
  static final class Compress {
    @Mixin TrainingMixin training;
  }

  private static TrainingMixin parsed(String... arguments) {
    Compress compress = new Compress();
    new CommandLine(compress).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(arguments);
    return compress.training;
  }

  @ParameterizedTest
  @ValueSource(strings = {"binary", "sign", "ternary", "dense"})
  void ofANetworkOfItsOwn(String mask) {
    Map<String, String> found =
        parsed("--mask", mask).options(Optional.empty(), Optional.empty()).toMap();
    assertUsual(Recipe.PEMN.usual(mask, false, false), found);
  }

  @ParameterizedTest
  @ValueSource(strings = {"binary", "sign", "ternary", "dense"})
  void ofATrainedOne(String mask) throws IOException {
    try (ModuleSource module = ModuleSource.open(MODEL, List.of(), List.of(), false)) {
      Map<String, String> found =
          parsed("--mask", mask).options(Optional.empty(), Optional.of(module)).toMap();
      assertUsual(Recipe.PEMN.usual(mask, true, !mask.equals("dense")), found);
    }
  }

  private static void assertUsual(Map<String, String> usual, Map<String, String> found) {
    int compared = 0;
    for (Map.Entry<String, String> option : usual.entrySet()) {
      // Dense trainings have no options of masks, random-vector none of other strategies.
      if (found.containsKey(option.getKey())) {
        assertEquals(option.getValue(), found.get(option.getKey()), option.getKey());
        compared++;
      }
    }
    assertEquals(true, compared >= 6, "compared " + compared);
  }
}
