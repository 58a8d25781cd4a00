package io.pemn.packager;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.storage.ArchiveFormat;
import io.pemn.format.storage.LayerDigest;
import io.pemn.loader.ArchivedModule;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Archives that were written once open in every later version. */
class GoldenArchivesTest {
  private static List<String> lines(int version) throws IOException {
    return Files.readAllLines(GoldenArchives.folder(version).resolve("digests.txt"));
  }

  static List<Arguments> archives() throws IOException {
    List<Arguments> archives = new ArrayList<>();
    for (int version = 1; version <= ArchiveFormat.VERSION; version++) {
      for (String line : lines(version)) {
        archives.add(Arguments.of(version, line));
      }
    }
    return archives;
  }

  @ParameterizedTest
  @MethodSource("archives")
  void opensAndRebuildsTheWeightsOfTheDayItWasWritten(int version, String line) throws IOException {
    String name = line.split(" ")[0];
    PemnArchive archive = PemnArchive.open(GoldenArchives.folder(version).resolve(name));
    assertEquals(version, archive.formatVersion());
    archive.verify();
    assertEquals(line + "\n", GoldenArchives.describe(name, archive));
    for (Layer layer : archive.layers()) {
      String digest = HexFormat.of().formatHex(LayerDigest.of(archive.rebuild(layer)));
      assertTrue(line.contains(" " + layer.name() + " " + digest), layer.name());
    }
  }

  @Test
  void noFileHasChangedSinceTheDayItWasWritten() throws IOException {
    for (int version = 1; version <= ArchiveFormat.VERSION; version++) {
      Path folder = GoldenArchives.folder(version);
      StringBuilder sums = new StringBuilder();
      for (String line : lines(version)) {
        String name = line.split(" ")[0];
        sums.append(GoldenArchives.sum(name, Files.readAllBytes(folder.resolve(name))));
      }
      assertEquals(Files.readString(folder.resolve("SHA256SUMS")), sums.toString());
    }
  }

  @ParameterizedTest
  @MethodSource("archives")
  void holdsTheNetworkThatItWasWrittenFrom(int version, String line) throws IOException {
    String name = line.split(" ")[0];
    MaskedNetwork network = TinyNetworks.all().get(name.replace(".pemn", ""));
    PemnArchive archive = PemnArchive.open(GoldenArchives.folder(version).resolve(name));
    assertEquals(network.network(), archive.network());
    assertEquals(network.classLabels(), archive.classLabels());
    assertEquals(byName(network.remainder()), byName(archive.remainder()));
    assertEquals(network.module(), ArchivedModule.of(archive));
    for (MaskedLayer layer : network.layers()) {
      assertEquals(layer.mask(), archive.mask(archive.layer(layer.name())));
    }
  }

  /** Tensors of a module stand in its order since version 3. */
  static Map<String, RemainderTensor> byName(List<RemainderTensor> remainder) {
    return remainder.stream().collect(Collectors.toMap(RemainderTensor::name, tensor -> tensor));
  }

  @Test
  void everyFileHasItsLineAndEveryFeatureOfAVersionItsFile() throws IOException {
    for (int version = 1; version <= ArchiveFormat.VERSION; version++) {
      List<String> listed =
          lines(version).stream().map(line -> line.split(" ")[0]).sorted().toList();
      try (Stream<Path> files = Files.list(GoldenArchives.folder(version))) {
        assertEquals(
            listed,
            files
                .map(file -> file.getFileName().toString())
                .filter(name -> name.endsWith(".pemn"))
                .sorted()
                .toList());
      }
      assertEquals(
          TinyNetworks.namesOfVersion(version).stream()
              .map(name -> name + ".pemn")
              .sorted()
              .toList(),
          listed);
    }
  }

  @Test
  void theNewestAreThoseThatAreWrittenToday() throws IOException {
    for (int version = ArchiveFormat.LAST_SPELLED_OUT + 1;
        version <= ArchiveFormat.VERSION;
        version++) {
      for (String name : TinyNetworks.namesOfVersion(version)) {
        assertArrayEquals(
            Files.readAllBytes(GoldenArchives.file(version, name)),
            GoldenArchives.toBytes(name),
            name);
      }
    }
  }

  @Test
  void theProgramReplacesNothingUnlessTold(@TempDir Path folder) throws IOException {
    String[] arguments = {"3", folder.toString()};
    GoldenArchives.main(arguments);
    Path file = Files.write(folder.resolve("mlp.pemn"), new byte[] {1});
    assertThrows(IOException.class, () -> GoldenArchives.main(arguments));
    assertArrayEquals(new byte[] {1}, Files.readAllBytes(file));
    GoldenArchives.main(new String[] {"3", folder.toString(), "--overwrite"});
    PemnArchive.open(file).verify();
  }
}
