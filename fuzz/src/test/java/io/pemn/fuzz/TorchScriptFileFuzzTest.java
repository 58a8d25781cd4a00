package io.pemn.fuzz;

import io.pemn.packager.torchscript.TorchScriptFile;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.provider.MethodSource;

/** A TorchScript file with another pickle or other code; the first byte chooses which. */
class TorchScriptFileFuzzTest {
  private static final EntryInput INPUT =
      new EntryInput(
          List.of(
              "torchscript/tiny/mlp-scripted.pt",
              "torchscript/tiny/mlp-traced.pt",
              "torchscript/tiny/lstm-scripted.pt",
              "torchscript/tiny/half-scripted.pt"),
          List.of("/data.pkl", ".py"));

  static List<byte[]> seeds() {
    return INPUT.seeds();
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isReadOrRefused(byte[] input) {
    try (TorchScriptFile file = TorchScriptFile.open(INPUT.file(input))) {
      TorchScriptReading.everything(file);
    } catch (IOException e) {
      OneSentence.check(e);
    }
  }
}
