package io.pemn.fuzz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every file of testdata/hostile ends as its list says, in a sentence. */
class HostileFilesTest {
  private static final Path FOLDER = TestData.folder().resolve("hostile");

  static Stream<Arguments> files() throws IOException {
    return HostileFiles.all().stream().map(file -> Arguments.of(file.path(), file));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void isRefusedAsTheListSays(String name, HostileFile file) throws IOException {
    Path path = FOLDER.resolve(file.path());
    assertArrayEquals(file.bytes(), Files.readAllBytes(path), "made by another program");
    IOException refusal = StrangersFile.of(FOLDER, file).refusal().orElse(null);
    assertEquals(
        file.refusal(),
        refusal == null ? HostileFile.READ : refusal.getClass().getSimpleName(),
        () -> String.valueOf(refusal));
    if (refusal != null) {
      OneSentence.check(refusal);
      assertTrue(refusal.getMessage().endsWith("."), refusal.getMessage());
    }
  }

  @Test
  void theListIsComplete() throws IOException {
    List<HostileFile> all = HostileFiles.all();
    assertEquals(
        HostileFiles.list(FOLDER, all), Files.readString(FOLDER.resolve(HostileFiles.LIST)));
    Set<String> made = new TreeSet<>(Set.of(HostileFiles.LIST));
    all.forEach(file -> assertTrue(made.add(file.path()), file.path() + " is made twice"));
    try (Stream<Path> found = Files.walk(FOLDER)) {
      assertEquals(
          made,
          found
              .filter(Files::isRegularFile)
              .map(file -> FOLDER.relativize(file).toString().replace('\\', '/'))
              .collect(Collectors.toCollection(TreeSet::new)));
    }
  }
}
