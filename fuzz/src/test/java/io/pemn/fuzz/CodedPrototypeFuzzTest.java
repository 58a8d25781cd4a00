package io.pemn.fuzz;

import io.pemn.format.proto.Archive;
import java.util.List;
import org.junit.jupiter.params.provider.MethodSource;

/** The message of coded prototype values, with indices and without. */
class CodedPrototypeFuzzTest {
  private static final SectionInput INPUT =
      new SectionInput(
          List.of("version-4/explicit-kept", "version-4/explicit-indexed"),
          Archive::getCodedPrototype,
          Archive.Builder::setCodedPrototype);

  static List<byte[]> seeds() {
    return INPUT.seeds();
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isReadOrRefused(byte[] input) {
    HostileReading.everythingOrRefusal(INPUT.forged(input));
  }
}
