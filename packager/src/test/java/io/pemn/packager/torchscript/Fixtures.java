package io.pemn.packager.torchscript;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The TorchScript files of testdata/torchscript. */
final class Fixtures {
  static final Path FOLDER = Path.of(System.getProperty("pemn.home"), "testdata", "torchscript");
  private static final Set<String> NO_MODULES = Set.of("plain-pickle.pt", "legacy-pickle.pt");

  private Fixtures() {}

  /** A network of the folder tiny. */
  static Path tiny(String name) {
    return FOLDER.resolve("tiny").resolve(name);
  }

  /** Every TorchScript file, large and small. */
  static List<Path> all() throws IOException {
    try (Stream<Path> files = Files.walk(FOLDER)) {
      return files
          .filter(file -> file.toString().endsWith(".pt"))
          .filter(file -> !NO_MODULES.contains(file.getFileName().toString()))
          .sorted()
          .toList();
    }
  }

  /** Every small TorchScript file. */
  static List<Path> tiny() throws IOException {
    return all().stream().filter(file -> file.getParent().endsWith("tiny")).toList();
  }
}
