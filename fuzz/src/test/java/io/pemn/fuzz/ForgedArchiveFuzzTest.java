package io.pemn.fuzz;

import com.google.protobuf.InvalidProtocolBufferException;
import io.pemn.format.proto.Archive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.provider.MethodSource;

/** Archives whose frames are open; they are sealed, and all digests made right, before reading. */
class ForgedArchiveFuzzTest {
  /** Larger ones have large masks, which other targets attack, and are slow. */
  private static final int LARGEST = 3000;

  static List<byte[]> seeds() throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    for (Path file : TestData.golden()) {
      byte[] archive = Files.readAllBytes(file);
      if (archive.length <= LARGEST) {
        seeds.add(ForgedArchive.opened(archive));
      }
    }
    return seeds;
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isReadOrRefused(byte[] opened) {
    Archive archive;
    try {
      archive = Archive.parseFrom(opened);
    } catch (InvalidProtocolBufferException e) {
      return;
    }
    HostileReading.everythingOrRefusal(ForgedArchive.sealed(archive).toBytes());
  }
}
