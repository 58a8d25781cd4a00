package io.pemn.fuzz;

import io.pemn.packager.torchscript.TorchScriptFile;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as a TorchScript file; checksums keep most of them from getting far. */
class TorchScriptZipFuzzTest {
  private static final FileInput FILE = new FileInput(".pt");

  static List<byte[]> seeds() throws IOException {
    return List.of(
        Files.readAllBytes(TestData.folder().resolve("torchscript/tiny/mlp-scripted.pt")),
        ZippedEntries.of("torchscript/tiny/mlp-scripted.pt").with("", new byte[0]));
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isReadOrRefused(byte[] bytes) {
    try (TorchScriptFile file = TorchScriptFile.open(FILE.with(bytes))) {
      TorchScriptReading.everything(file);
    } catch (IOException e) {
      OneSentence.check(e);
    }
  }
}
