package io.pemn.fuzz;

import io.pemn.format.proto.Archive;
import java.util.List;
import org.junit.jupiter.params.provider.MethodSource;

/** The remainder's message, of built-in networks and of modules, of old versions and new. */
class RemainderFuzzTest {
  private static final SectionInput INPUT =
      new SectionInput(
          List.of(
              "version-1/random-vector-copy",
              "version-2/module",
              "version-3/coded",
              "version-3/dense-int8",
              "version-3/module",
              "version-3/module-coded"),
          Archive::getRemainder,
          Archive.Builder::setRemainder);

  static List<byte[]> seeds() {
    return INPUT.seeds();
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isReadOrRefused(byte[] input) {
    HostileReading.everythingOrRefusal(INPUT.forged(input));
  }
}
