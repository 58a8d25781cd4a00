package io.pemn.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A disk of some kilobytes, which only root may mount, and only on Linux. */
final class SmallDisk implements AutoCloseable {
  private static final String FILLER = "filler";

  private final Path path;

  private SmallDisk(Path path) {
    this.path = path;
  }

  /** Mounts one, or skips the test where that is not possible. */
  static SmallDisk mount(Path folder, int kilobytes) throws IOException {
    Path path = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=" + kilobytes + "k", "tmpfs", path.toString()) == 0,
        "only root may mount a small disk, on Linux");
    return new SmallDisk(path);
  }

  Path path() {
    return path;
  }

  /** A file or folder on it. */
  Path resolve(String name) {
    return path.resolve(name);
  }

  /** Makes it larger, writable or not. */
  void remount(String options) {
    if (run("mount", "-o", "remount," + options, path.toString()) != 0) {
      throw new AssertionError("the disk could not be mounted anew with " + options);
    }
  }

  /** Leaves no byte of it free. */
  void fill() throws IOException {
    try (OutputStream out = Files.newOutputStream(resolve(FILLER))) {
      while (true) {
        out.write(new byte[1024]);
      }
    } catch (IOException e) {
      if (!String.valueOf(e.getMessage()).contains("No space left")) {
        throw e;
      }
    }
  }

  /** Frees what {@link #fill} took. */
  void free() throws IOException {
    Files.delete(resolve(FILLER));
  }

  private static int run(String... command) {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .onExit()
          .join()
          .exitValue();
    } catch (IOException e) {
      return -1;
    }
  }

  @Override
  public void close() {
    run("umount", path.toString());
  }
}
