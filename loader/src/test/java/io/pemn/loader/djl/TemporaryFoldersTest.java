package io.pemn.loader.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of a process that was killed while it loaded a module is deleted by the next. */
class TemporaryFoldersTest {
  /** Beyond what any system numbers its processes with. */
  private static final long NOBODY = 1L << 40;

  @TempDir Path parent;

  @Test
  void oldFoldersOfDeadProcessesAreDeleted() throws IOException {
    Path left = folder(NOBODY, Duration.ofDays(1));

    Path file = TemporaryFolders.newFile(parent);

    assertFalse(Files.exists(left));
    assertTrue(Files.isDirectory(file.getParent()));
    TemporaryFolders.deleteFile(file);
    try (Stream<Path> rest = Files.list(parent)) {
      assertEquals(0, rest.count());
    }
  }

  @Test
  void whatMayBeInUseStays() throws IOException {
    Path young = folder(NOBODY, Duration.ofMinutes(1));
    Path own = folder(ProcessHandle.current().pid(), Duration.ofDays(1));
    Path other = Files.createDirectories(parent.resolve("pemn-models"));
    Path linked = folder(NOBODY + 1, Duration.ofDays(1));
    Path target = Files.move(linked, parent.resolve("elsewhere"));
    Files.createSymbolicLink(linked, target);

    TemporaryFolders.deleteAbandoned(own, Instant.now().minus(Duration.ofHours(1)));

    assertTrue(Files.exists(young.resolve("module.pt")));
    assertTrue(Files.exists(own.resolve("module.pt")));
    assertTrue(Files.exists(other));
    assertTrue(Files.exists(target.resolve("module.pt")), "a link is not followed");
  }

  private Path folder(long process, Duration age) throws IOException {
    Path folder = Files.createDirectories(parent.resolve("pemn-" + process + "-123"));
    Files.createFile(folder.resolve("module.pt"));
    Files.setLastModifiedTime(folder, FileTime.from(Instant.now().minus(age)));
    return folder;
  }
}
