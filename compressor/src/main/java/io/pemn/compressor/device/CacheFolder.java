package io.pemn.compressor.device;

import ai.djl.util.Utils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Where DJL unpacks and downloads natives to.
 *
 * @param folder which need not be there yet
 * @param bytes that its files take
 */
public record CacheFolder(Path folder, long bytes) {
  /** The one of this process. */
  static CacheFolder here() {
    return of(Utils.getEngineCacheDir());
  }

  static CacheFolder of(Path folder) {
    if (!Files.isDirectory(folder)) {
      return new CacheFolder(folder, 0);
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return new CacheFolder(folder, files.mapToLong(CacheFolder::size).sum());
    } catch (IOException | UncheckedIOException e) {
      // What cannot be read is not counted.
      return new CacheFolder(folder, 0);
    }
  }

  private static long size(Path file) {
    try {
      return Files.isRegularFile(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      return 0;
    }
  }
}
