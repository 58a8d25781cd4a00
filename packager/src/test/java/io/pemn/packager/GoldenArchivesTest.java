package io.pemn.packager;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.ArchiveFormat;
import io.pemn.format.proto.Archive;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Archives that were written once open in every later version. */
class GoldenArchivesTest {
  static List<String> lines() throws IOException {
    return Files.readAllLines(GoldenArchives.folder().resolve("digests.txt"));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void opensAndRebuildsTheWeightsOfTheDayItWasWritten(String line) throws IOException {
    String name = line.split(" ")[0];
    PemnArchive archive = PemnArchive.open(GoldenArchives.folder().resolve(name));
    archive.verify();
    assertEquals(line + "\n", GoldenArchives.describe(name, archive));
    for (Layer layer : archive.layers()) {
      String digest = HexFormat.of().formatHex(ArchiveFormat.layerDigest(archive.rebuild(layer)));
      assertTrue(line.contains(" " + layer.name() + " " + digest), layer.name());
    }
  }

  @ParameterizedTest
  @MethodSource("lines")
  void holdsTheNetworkThatItWasWrittenFrom(String line) throws IOException {
    String name = line.split(" ")[0];
    MaskedNetwork network = TinyNetworks.all().get(name.replace(".pemn", ""));
    PemnArchive archive = PemnArchive.open(GoldenArchives.folder().resolve(name));
    assertEquals(network.network(), archive.network());
    assertEquals(network.classLabels(), archive.classLabels());
    assertEquals(network.remainder(), archive.remainder());
    assertEquals(network.module(), archive.module());
    for (MaskedLayer layer : network.layers()) {
      assertEquals(layer.mask(), archive.mask(archive.layer(layer.name())));
    }
  }

  @Test
  void isOfTheOldestVersionThatWillDo() throws IOException {
    for (int version : new int[] {1, 2}) {
      for (String name : TinyNetworks.namesOfVersion(version)) {
        byte[] bytes = Files.readAllBytes(GoldenArchives.folder().resolve(name + ".pemn"));
        assertEquals(version, Archive.parseFrom(bytes).getFormatVersion(), name);
      }
    }
  }

  @Test
  void everyFileHasItsLineAndEveryFeatureItsFile() throws IOException {
    List<String> listed = lines().stream().map(line -> line.split(" ")[0]).sorted().toList();
    try (Stream<Path> files = Files.list(GoldenArchives.folder())) {
      assertEquals(
          listed,
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(".pemn"))
              .sorted()
              .toList());
    }
    assertEquals(
        TinyNetworks.all().keySet().stream().map(name -> name + ".pemn").sorted().toList(), listed);
  }

  @Test
  void theProgramReplacesNothingUnlessTold(@TempDir Path folder) throws IOException {
    String[] arguments = {folder.toString()};
    GoldenArchives.main(arguments);
    Path file = Files.write(folder.resolve("mlp.pemn"), new byte[] {1});
    assertThrows(IOException.class, () -> GoldenArchives.main(arguments));
    assertArrayEquals(new byte[] {1}, Files.readAllBytes(file));
    GoldenArchives.main(new String[] {folder.toString(), "--overwrite"});
    PemnArchive.open(file).verify();
  }
}
