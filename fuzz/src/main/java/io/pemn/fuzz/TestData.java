package io.pemn.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The files of testdata/, which stand where the system property {@code pemn.home} says. */
final class TestData {
  private TestData() {}

  /** The folder. */
  static Path folder() {
    return Path.of(System.getProperty("pemn.home", "."), "testdata");
  }

  /** The golden archives of all versions, sorted. */
  static List<Path> golden() throws IOException {
    try (Stream<Path> files = Files.walk(folder().resolve("golden"))) {
      return files.filter(file -> file.toString().endsWith(".pemn")).sorted().toList();
    }
  }

  /** The hostile files of a folder, such as {@code pickles}, sorted. */
  static List<byte[]> hostile(String folder) throws IOException {
    List<byte[]> all = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder().resolve("hostile").resolve(folder))) {
      for (Path file : files.sorted().toList()) {
        all.add(Files.readAllBytes(file));
      }
    }
    return all;
  }

  /** A golden archive, such as {@code version-3/coded}. */
  static byte[] golden(String name) throws IOException {
    return Files.readAllBytes(folder().resolve("golden").resolve(name + ".pemn"));
  }
}
