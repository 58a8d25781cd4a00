package io.pemn.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fuzz targets are skipped where Jazzer has no library, and nowhere else. */
class JazzerPlatformTest {
  @ParameterizedTest
  @CsvSource({
    "Linux, amd64, true",
    "Linux, aarch64, true",
    "Mac OS X, x86_64, true",
    "Mac OS X, aarch64, true",
    "Windows 11, amd64, true",
    "Windows 11, aarch64, false",
    "Linux, riscv64, false",
    "Linux, x86, false",
    "FreeBSD, amd64, false"
  })
  void theLibrariesThatThereAreAreKnown(String system, String processor, boolean there) {
    assertEquals(there, JazzerPlatform.hasLibrary(system, processor));
  }
}
