package io.pemn.fuzz;

import io.pemn.format.proto.Archive;
import java.util.List;
import org.junit.jupiter.params.provider.MethodSource;

/** The message of a TorchScript module, whose file is then written. */
class ModuleFuzzTest {
  private static final SectionInput INPUT =
      new SectionInput(
          List.of(
              "version-2/module",
              "version-3/module",
              "version-3/module-coded",
              "version-3/module-float16"),
          Archive::getModule,
          Archive.Builder::setModule);

  static List<byte[]> seeds() {
    return INPUT.seeds();
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isReadOrRefused(byte[] input) {
    HostileReading.everythingOrRefusal(INPUT.forged(input));
  }
}
