package io.pemn.compressor.data;

import io.pemn.fuzz.FileInput;
import io.pemn.fuzz.FuzzTarget;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as the tar in a gzip stream that is sound. */
class TarFuzzTest {
  private static final FileInput FILE = new FileInput(".tar.gz");

  static List<byte[]> seeds() throws IOException {
    Path folder = Path.of(System.getProperty("pemn.home"), "testdata", "cifar");
    byte[] whole = Files.readAllBytes(folder.resolve("cifar-10-python.tar.gz"));
    try (GZIPInputStream tar = new GZIPInputStream(new ByteArrayInputStream(whole))) {
      // Two headers and the beginning of a file.
      return List.of(tar.readNBytes(4096), new byte[1024]);
    }
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isReadOrRefused(byte[] tar) throws IOException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
      gzip.write(tar);
    }
    try {
      TarArchive.read(
          FILE.with(zipped.toByteArray()), name -> 1 << 16, (name, content) -> {}, "; look");
    } catch (DataException e) {
      // As it should be.
    }
  }
}
