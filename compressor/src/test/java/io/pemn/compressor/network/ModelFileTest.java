package io.pemn.compressor.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import io.pemn.format.PemnFormatException;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.loader.LoadPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is loaded is what was looked at. */
class ModelFileTest {
  private static final Path HOME = Path.of(System.getProperty("pemn.home"));
  private static final Path GOLDEN = HOME.resolve("testdata/golden/version-3");
  private static final Path TORCH_SCRIPT =
      HOME.resolve("testdata/torchscript/tiny/mlp-scripted.pt");

  @TempDir private Path folder;

  @Test
  void aFileThatIsExchangedAfterItWasOpenedIsNotRun() throws IOException {
    Path file = Files.copy(GOLDEN.resolve("mlp.pemn"), folder.resolve("model.pemn"));
    ModelFile opened = ModelFile.open(file, LoadPolicy.allowTorchScript());
    for (Path other : new Path[] {GOLDEN.resolve("module.pemn"), TORCH_SCRIPT}) {
      Files.copy(other, file, StandardCopyOption.REPLACE_EXISTING);
      try (OpenedModel model = opened.load(Device.cpu())) {
        assertTrue(model.description().orElseThrow() instanceof BuiltInDescription);
        assertEquals(Files.size(GOLDEN.resolve("mlp.pemn")), model.bytes());
      }
    }
  }

  @Test
  void openingIsAPartOfTheTimeThatLoadingAnArchiveTakes() throws IOException {
    ModelFile opened = ModelFile.open(GOLDEN.resolve("mlp.pemn"), LoadPolicy.standard());
    assertTrue(opened.openSeconds() > 0);
    ModelFile slowlyOpened = new ModelFile(opened.path(), opened.archive(), 1e6);
    try (OpenedModel model = slowlyOpened.load(Device.cpu())) {
      assertTrue(model.loadSeconds() > 1e6);
    }
  }

  @Test
  void aTorchScriptFileIsCodeThatThePolicyMustAllow() throws IOException {
    PemnFormatException.NotTrusted refusal =
        assertThrows(
            PemnFormatException.NotTrusted.class,
            () -> OpenedModel.open(TORCH_SCRIPT, LoadPolicy.standard(), Device.cpu()));
    assertEquals(
        TORCH_SCRIPT
            + " is a TorchScript file, which is code, but an archive is expected here; give an"
            + " archive.",
        refusal.getMessage());
    OpenedModel.open(TORCH_SCRIPT, LoadPolicy.allowTorchScript(), Device.cpu()).close();
  }
}
