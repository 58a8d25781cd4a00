package io.pemn.fuzz;

import io.pemn.packager.imports.CheckpointImport;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.provider.MethodSource;

/** A state_dict of PyTorch whose zip has another pickle; the first byte chooses the file. */
class CheckpointFuzzTest {
  private static final EntryInput INPUT =
      new EntryInput(
          List.of(
              "authors/fixtures/max-layer.pt",
              "authors/fixtures/double.pt",
              "authors/fixtures/strided.pt",
              "authors/fixtures/parameters.pt",
              "authors/fixtures/wrapped.pt"),
          List.of("/data.pkl"));

  static List<byte[]> seeds() {
    return INPUT.seeds();
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isImportedOrRefused(byte[] input) {
    try {
      CheckpointImport.read(INPUT.file(input), StrangersFile.NETWORK);
    } catch (IOException e) {
      OneSentence.check(e);
    }
  }
}
