package io.pemn.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as an archive; digests keep most of them from getting far. */
class ArchiveFuzzTest {
  /** Larger ones have large masks, which other targets attack, and are slow. */
  private static final int LARGEST = 3000;

  static List<byte[]> seeds() throws IOException {
    List<byte[]> seeds = new ArrayList<>(TestData.hostile("archives"));
    for (Path file : TestData.golden()) {
      if (Files.size(file) <= LARGEST) {
        seeds.add(Files.readAllBytes(file));
      }
    }
    return seeds;
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isReadOrRefused(byte[] archive) {
    HostileReading.everythingOrRefusal(archive);
  }
}
