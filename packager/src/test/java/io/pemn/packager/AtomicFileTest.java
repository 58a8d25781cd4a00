package io.pemn.packager;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {

  @TempDir Path folder;

  @Test
  void aNewFileHoldsWhatWasWritten() throws IOException {
    byte[] content = new byte[3_500_001];
    new Random(1).nextBytes(content);
    Path target = folder.resolve("a.bin");
    AtomicFile.write(
        target,
        out -> {
          out.write(content[0]);
          out.write(content, 1, content.length - 1);
        });
    assertArrayEquals(content, Files.readAllBytes(target));
    assertEquals(List.of("a.bin"), namesIn(folder));
  }

  @Test
  void anExistingFileIsReplaced() throws IOException {
    Path target = Files.writeString(folder.resolve("a"), "a much longer previous text");
    AtomicFile.write(target, text("new"));
    assertEquals("new", Files.readString(target));
    assertEquals(List.of("a"), namesIn(folder));
  }

  @Test
  void aFileThatIsCreatedReplacesNothing() throws IOException {
    Path target = folder.resolve("key");
    AtomicFile.createSecret(target, out -> out.write(1));
    FileAlreadyExistsException e =
        assertThrows(
            FileAlreadyExistsException.class,
            () -> AtomicFile.createSecret(target, out -> out.write(2)));
    assertEquals(
        target + " is there already and is not replaced; choose another -o.", e.getMessage());
    assertArrayEquals(new byte[] {1}, Files.readAllBytes(target));
  }

  @Test
  void aNameThatIsTakenWhileAFileIsWrittenIsNotReplaced() throws IOException {
    Path target = folder.resolve("key");
    assertThrows(
        FileAlreadyExistsException.class,
        () ->
            AtomicFile.create(
                target,
                out -> {
                  AtomicFile.create(target, inner -> inner.write(1));
                  out.write(2);
                }));
    assertArrayEquals(new byte[] {1}, Files.readAllBytes(target));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(target), files.toList(), "and nothing else is left");
    }
  }

  @Test
  void thePreviousFileIsSeenUntilTheNewOneIsWhole() throws IOException {
    Path target = Files.writeString(folder.resolve("a"), "old");
    AtomicFile.write(
        target,
        out -> {
          out.write("new".getBytes(StandardCharsets.UTF_8));
          out.flush();
          assertEquals("old", Files.readString(target));
          String temporary = namesIn(folder).get(0);
          assertTrue(temporary.matches("\\.a\\.[0-9a-f-]+\\.tmp"), temporary);
        });
    assertEquals("new", Files.readString(target));
  }

  @Test
  void contentMayCloseItsStream() throws IOException {
    Path target = folder.resolve("a");
    AtomicFile.write(
        target,
        out -> {
          try (out) {
            out.write('x');
          }
        });
    assertEquals("x", Files.readString(target));
  }

  @Test
  void aLongNameStillHasRoomForItsTemporaryName() throws IOException {
    Path target = folder.resolve("n".repeat(250));
    AtomicFile.write(target, text("x"));
    assertEquals("x", Files.readString(target));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aSymbolicLinkIsFollowedAndStays() throws IOException {
    Path inner = Files.createDirectory(folder.resolve("inner"));
    Path file = Files.writeString(inner.resolve("file"), "old");
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);
    AtomicFile.write(link, text("new"));
    assertTrue(Files.isSymbolicLink(link));
    assertEquals("new", Files.readString(file));
    assertEquals(List.of("file"), namesIn(inner));
  }

  @Test
  void aFullDiskHalfwayKeepsThePreviousFileAndLeavesNothingElse() throws IOException {
    Path target = Files.writeString(folder.resolve("a"), "old");
    IOException e =
        assertThrows(
            IOException.class,
            () ->
                AtomicFile.write(
                    target,
                    out -> {
                      out.write(new byte[1000]);
                      out.flush();
                      throw new IOException("No space left on device");
                    }));
    assertEquals(
        "The disk is full (No space left on device): 1000 bytes of "
            + target
            + " were written before that; the previous file is kept, free some space or choose"
            + " another -o.",
        e.getMessage());
    assertEquals("old", Files.readString(target));
    assertEquals(List.of("a"), namesIn(folder));
  }

  @Test
  void aFullDiskLeavesNoFileWhereThereWasNone() throws IOException {
    Path target = folder.resolve("a");
    IOException e =
        assertThrows(
            IOException.class, () -> AtomicFile.write(target, failing("Disk quota exceeded")));
    assertTrue(e.getMessage().contains("no file is left"), e.getMessage());
    assertEquals(List.of(), namesIn(folder));
  }

  @Test
  void anyOtherFailureOfTheContentPassesUnchanged() throws IOException {
    Path target = Files.writeString(folder.resolve("a"), "old");
    IOException io = new IOException("the model is damaged");
    assertSame(
        io,
        assertThrows(
            IOException.class,
            () ->
                AtomicFile.write(
                    target,
                    out -> {
                      throw io;
                    })));
    IllegalStateException bug = new IllegalStateException("bug");
    assertSame(
        bug,
        assertThrows(
            IllegalStateException.class,
            () ->
                AtomicFile.write(
                    target,
                    out -> {
                      throw bug;
                    })));
    assertEquals("old", Files.readString(target));
    assertEquals(List.of("a"), namesIn(folder));
  }

  /** The operating system itself refuses a write halfway: a limit on the size of any file. */
  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aWriteThatTheSystemRefusesHalfwayIsReportedEvenIfTheContentSwallowsIt() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")));
    Path target = Files.writeString(folder.resolve("a"), "old");
    Process process =
        new ProcessBuilder(
                "/bin/sh",
                "-c",
                "ulimit -f 64 && exec \"$0\" \"$@\"",
                java(),
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                SwallowsItsFailure.class.getName(),
                target.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    assertTrue(said.startsWith("The system allows no file to be that large ("), said);
    assertTrue(said.matches("(?s).*\\): [1-9][0-9]* bytes of .* were written before.*"), said);
    assertTrue(
        said.strip()
            .endsWith(
                "the previous file is kept, lift the limit (ulimit -f) or choose another -o."),
        said);
    assertEquals("old", Files.readString(target));
    assertEquals(List.of("a"), namesIn(folder));
  }

  /** Prints the message of the failure that it expects. */
  static final class SwallowsItsFailure {
    public static void main(String[] arguments) {
      try {
        AtomicFile.write(
            Path.of(arguments[0]),
            out -> {
              PrintStream silent = new PrintStream(out, true, StandardCharsets.UTF_8);
              silent.write(new byte[4_000_000], 0, 4_000_000);
            });
        System.exit(1);
      } catch (IOException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void anInterruptedProgramLeavesNoTemporaryFileAndNoTemporaryFolder() throws Exception {
    for (String kind : List.of("file", "folder")) {
      Path target = folder.resolve("a");
      Process process = start(NeverEnds.class, kind, target.toString());
      assertEquals('!', process.getInputStream().read());
      assertEquals(kind.equals("file") ? 1 : 2, namesIn(folder).size());
      process.destroy();
      assertTrue(process.waitFor(1, TimeUnit.MINUTES));
      assertNotEquals(0, process.exitValue());
      assertEquals(List.of(), namesIn(folder));
    }
  }

  /** Starts to write, says so, and waits to be interrupted. */
  static final class NeverEnds {
    public static void main(String[] arguments) throws IOException {
      Path target = Path.of(arguments[1]);
      if (arguments[0].equals("file")) {
        AtomicFile.write(target, out -> announceAndWait());
      } else {
        AtomicFile.writeFolder(
            target,
            temporary -> {
              Files.writeString(temporary.resolve("x"), "half");
              announceAndWait();
            });
      }
    }

    private static void announceAndWait() {
      System.out.print('!');
      System.out.flush();
      try {
        Thread.sleep(Long.MAX_VALUE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void anInterruptedProgramEndsAFileOfARunFirst() throws Exception {
    Path target = Files.writeString(folder.resolve("a"), "old");
    Path previous = folder.resolve("b");
    Process process = start(EndsWhenItIsTold.class, target.toString(), previous.toString());
    assertEquals('!', process.getInputStream().read());
    process.toHandle().destroy();
    assertEquals('?', process.getInputStream().read());
    process.getOutputStream().write('!');
    process.getOutputStream().flush();
    assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    assertEquals(128 + 15, process.exitValue());
    assertEquals("new", Files.readString(target));
    assertEquals("old", Files.readString(previous));
    assertEquals(List.of("a", "b"), namesIn(folder));
  }

  /** Starts to write a file of a run, and ends it when it is told to. */
  static final class EndsWhenItIsTold {
    public static void main(String[] arguments) throws IOException {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> say('?')));
      AtomicFile.writeOfRun(
          Path.of(arguments[0]),
          Optional.of(Path.of(arguments[1])),
          out -> {
            out.write("ne".getBytes(StandardCharsets.UTF_8));
            say('!');
            assertEquals('!', System.in.read());
            out.write('w');
          });
    }

    private static void say(char character) {
      System.out.print(character);
      System.out.flush();
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void theNextWriterDeletesWhatAKilledOneLeftAndNothingElse() throws Exception {
    List<String> others =
        List.of(".a.01234567-89ab.tmp.x", ".a.b.tmp", ".ab.01234567-89ab.tmp", "a.tmp");
    for (String other : others) {
      Files.writeString(folder.resolve(other), "mine");
    }
    for (String kind : List.of("file", "folder")) {
      Path target = folder.resolve("a");
      Process killed = start(NeverEnds.class, kind, target.toString());
      assertEquals('!', killed.getInputStream().read());
      List<String> ofTheKilled = namesIn(folder);
      Process alive = start(NeverEnds.class, kind, target.toString());
      try {
        assertEquals('!', alive.getInputStream().read());
        List<String> expected = namesIn(folder);
        // While it lived nobody touched what it writes.
        assertTrue(expected.containsAll(ofTheKilled), expected + " lacks of " + ofTheKilled);
        killed.destroyForcibly().waitFor();
        assertTrue(namesIn(folder).containsAll(ofTheKilled));

        if (kind.equals("file")) {
          AtomicFile.write(target, text("x"));
        } else {
          AtomicFile.writeFolder(target, temporary -> {});
        }

        expected.removeAll(ofTheKilled);
        expected.addAll(others);
        expected.add("a");
        expected.sort(null);
        assertEquals(expected, namesIn(folder));
        Files.delete(target);
      } finally {
        killed.destroyForcibly().waitFor();
        alive.destroyForcibly().waitFor();
      }
      AtomicFile.check(target);
      assertEquals(others, namesIn(folder));
    }
  }

  @Test
  void aWriterOfThisProcessIsNeverTakenForAKilledOne() throws IOException {
    Path target = folder.resolve("a");
    AtomicFile.write(
        target,
        out -> {
          AtomicFile.write(target, text("inner"));
          AtomicFile.check(target);
          assertEquals("inner", Files.readString(target));
          out.write("outer".getBytes(StandardCharsets.UTF_8));
        });
    assertEquals("outer", Files.readString(target));
    assertEquals(List.of("a"), namesIn(folder));
  }

  @Test
  void aFileOfARunKeepsTheOneBefore() throws IOException {
    Path target = folder.resolve("a");
    Optional<Path> previous = Optional.of(folder.resolve("b"));
    AtomicFile.writeOfRun(target, previous, text("1"));
    assertEquals(List.of("a"), namesIn(folder));
    AtomicFile.writeOfRun(target, previous, text("2"));
    AtomicFile.writeOfRun(target, previous, text("3"));
    assertEquals("3", Files.readString(target));
    assertEquals("2", Files.readString(previous.get()));
    IOException e =
        assertThrows(
            IOException.class,
            () -> AtomicFile.writeOfRun(target, previous, failing("No space left on device")));
    assertTrue(
        e.getMessage()
            .endsWith("the previous file is kept, free some space, then go on with --resume."),
        e.getMessage());
    assertEquals("3", Files.readString(target));
    assertEquals("2", Files.readString(previous.get()));
    assertEquals(List.of("a", "b"), namesIn(folder));
  }

  @Test
  void checkingLeavesNothingAndReplacesNothing() throws IOException {
    Path target = Files.writeString(folder.resolve("a"), "old");
    AtomicFile.check(target);
    AtomicFile.check(folder.resolve("b"));
    assertEquals("old", Files.readString(target));
    assertEquals(List.of("a"), namesIn(folder));
    Path proc = Path.of("/proc");
    assumeTrue(Files.isDirectory(proc.resolve("self")));
    assertThrows(IOException.class, () -> AtomicFile.check(proc.resolve("a")));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aLinkToNothingIsRefusedAndStays() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nothing"));
    IOException e = assertThrows(IOException.class, () -> AtomicFile.write(link, text("x")));
    assertEquals(link + " is a link to nothing; remove it or choose another -o.", e.getMessage());
    assertEquals(List.of("link"), namesIn(folder));
  }

  /** What a power cut would find cannot be tried out, but what the system was asked for can. */
  @Test
  void whatIsRenamedIsOnTheDiskBeforeAndItsNameAfterwards() throws Exception {
    Path calls = folder.resolve("calls.txt");
    Path work = Files.createDirectory(folder.toRealPath().resolve("work"));
    List<String> command = new ArrayList<>(List.of("strace", "-f", "-y", "-qq", "-o"));
    command.addAll(List.of(calls.toString(), "-e", "trace=fsync,rename", java()));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(WritesOneOfEach.class.getName(), work.toString()));
    boolean traced;
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("said.txt").toFile())
              .start();
      traced = process.waitFor() == 0;
    } catch (IOException e) {
      traced = false;
    }
    assumeTrue(traced, "strace is not installed, or may not be used");
    List<String> seen =
        Files.readAllLines(calls).stream()
            .filter(line -> line.contains(work.toString()))
            .map(line -> line.replaceAll("^[0-9]+ +", "").replaceAll(" += 0$", ""))
            .map(line -> line.replaceAll("\\([0-9]+<", "(<").replace(work.toString(), "W"))
            .map(line -> line.replaceAll("\\.[0-9a-f]{8}-[0-9a-f]{4}\\.tmp", ".tmp"))
            .toList();
    assertEquals(
        List.of(
            // A file.
            "fsync(<W/.a.tmp>)",
            "rename(\"W/.a.tmp\", \"W/a\")",
            "fsync(<W>)",
            // A file that takes another one's place, which is kept.
            "fsync(<W/.a.tmp>)",
            "rename(\"W/a\", \"W/b\")",
            "fsync(<W>)",
            "rename(\"W/.a.tmp\", \"W/a\")",
            "fsync(<W>)",
            // A folder.
            "fsync(<W/.c.tmp.folder/x>)",
            "fsync(<W/.c.tmp.folder>)",
            "rename(\"W/.c.tmp.folder\", \"W/c\")",
            "fsync(<W>)",
            // An empty folder that is to last.
            "fsync(<W>)"),
        seen);
  }

  /** Writes in every way that there is. */
  static final class WritesOneOfEach {
    public static void main(String[] arguments) throws IOException {
      Path work = Path.of(arguments[0]);
      AtomicFile.write(work.resolve("a"), text("1"));
      AtomicFile.writeOfRun(work.resolve("a"), Optional.of(work.resolve("b")), text("2"));
      AtomicFile.writeFolder(
          work.resolve("c"),
          temporary -> {
            Files.writeString(temporary.resolve("x"), "3");
          });
      AtomicFile.createFolder(work.resolve("d"));
    }
  }

  @Test
  void aMissingParentIsNamed() {
    Path target = folder.resolve("missing").resolve("a");
    for (IOException e :
        List.of(
            assertThrows(IOException.class, () -> AtomicFile.write(target, text("x"))),
            assertThrows(IOException.class, () -> AtomicFile.writeFolder(target, f -> {})))) {
      assertEquals(
          "The folder "
              + folder.resolve("missing")
              + " does not exist; create it first or choose another -o.",
          e.getMessage());
    }
  }

  @Test
  void aParentThatIsAFileIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "x");
    IOException e =
        assertThrows(IOException.class, () -> AtomicFile.write(file.resolve("a"), text("x")));
    assertEquals(
        file + " is a file, expected a folder to write in; choose another -o.", e.getMessage());
  }

  @Test
  void aTargetThatIsAFolderIsRefusedAndSoIsTheRoot() {
    IOException e = assertThrows(IOException.class, () -> AtomicFile.write(folder, text("x")));
    assertEquals(
        folder + " is a folder, expected the name of a file; choose another -o.", e.getMessage());
    Path root = folder.getRoot();
    assertTrue(
        assertThrows(IOException.class, () -> AtomicFile.write(root, text("x")))
            .getMessage()
            .startsWith(root + " is the root folder"));
  }

  @Test
  void aDeviceIsNeverReplaced() throws IOException {
    Path device = Path.of("/dev/null");
    assumeTrue(Files.exists(device) && !Files.isRegularFile(device));
    IOException e = assertThrows(IOException.class, () -> AtomicFile.write(device, text("x")));
    assertEquals(
        "/dev/null is a device or a pipe, expected a regular file; choose another -o.",
        e.getMessage());
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aFolderThatMayNotBeWrittenIsNamed() throws IOException {
    Path locked = Files.createDirectory(folder.resolve("locked"));
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("r-xr-xr-x"));
    assumeFalse(Files.isWritable(locked), "root may write anywhere");
    IOException e =
        assertThrows(IOException.class, () -> AtomicFile.write(locked.resolve("a"), text("x")));
    assertEquals(
        "Could not write in the folder "
            + locked
            + " (permission denied); change its permissions or choose another -o.",
        e.getMessage());
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aFileThatMayNotBeWrittenIsNotReplaced() throws IOException {
    Path target = Files.writeString(folder.resolve("a"), "old");
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("r--r--r--"));
    assumeFalse(Files.isWritable(target), "root may write anywhere");
    assertThrows(IOException.class, () -> AtomicFile.write(target, text("x")));
    assertEquals("old", Files.readString(target));
  }

  /** Even root cannot create a file in /proc. */
  @Test
  void aFolderThatTheSystemKeepsForItselfIsNamed() {
    Path proc = Path.of("/proc");
    assumeTrue(Files.isDirectory(proc.resolve("self")));
    IOException e =
        assertThrows(IOException.class, () -> AtomicFile.write(proc.resolve("a"), text("x")));
    assertTrue(e.getMessage().startsWith("Could not write in the folder /proc ("), e.getMessage());
  }

  @Test
  void aNewFolderHoldsWhatWasWritten() throws IOException {
    Path target = folder.resolve("a");
    AtomicFile.writeFolder(
        target,
        temporary -> {
          assertFalse(Files.exists(target));
          Files.writeString(temporary.resolve("x"), "1");
          Files.createDirectory(temporary.resolve("y"));
          Files.writeString(temporary.resolve("y").resolve("z"), "2");
        });
    assertEquals("1", Files.readString(target.resolve("x")));
    assertEquals("2", Files.readString(target.resolve("y").resolve("z")));
    assertEquals(List.of("a"), namesIn(folder));
  }

  @Test
  void anEmptyFolderIsReplaced() throws IOException {
    Path target = Files.createDirectory(folder.resolve("a"));
    AtomicFile.writeFolder(target, temporary -> Files.writeString(temporary.resolve("x"), "1"));
    assertEquals(List.of("x"), namesIn(target));
    assertEquals(List.of("a"), namesIn(folder));
  }

  @Test
  void aFolderThatHoldsAnythingIsRefused() throws IOException {
    Path target = Files.createDirectory(folder.resolve("a"));
    Files.writeString(target.resolve("thesis"), "years");
    IOException e = assertThrows(IOException.class, () -> AtomicFile.writeFolder(target, f -> {}));
    assertEquals(
        target + " exists and is not empty; empty it yourself or choose another -o.",
        e.getMessage());
    assertEquals(List.of("thesis"), namesIn(target));
  }

  @Test
  void aFolderIsNeverWrittenOverAFile() throws IOException {
    Path target = Files.writeString(folder.resolve("a"), "x");
    IOException e = assertThrows(IOException.class, () -> AtomicFile.writeFolder(target, f -> {}));
    assertEquals(
        target + " is a file, expected an empty folder or a name not yet used; choose another -o.",
        e.getMessage());
  }

  @Test
  void aFullDiskHalfwayThroughAFolderLeavesNothing() throws IOException {
    Path target = folder.resolve("a");
    IOException e =
        assertThrows(
            IOException.class,
            () ->
                AtomicFile.writeFolder(
                    target,
                    temporary -> {
                      Files.write(temporary.resolve("x"), new byte[10]);
                      Files.createDirectory(temporary.resolve("y"));
                      Files.write(temporary.resolve("y").resolve("z"), new byte[5]);
                      throw new IOException("No space left on device");
                    }));
    assertEquals(
        "The disk is full (No space left on device): 15 bytes of "
            + target
            + " were written before that; no folder is left, free some space or choose another"
            + " -o.",
        e.getMessage());
    assertEquals(List.of(), namesIn(folder));
  }

  @Test
  void aFailureInAFolderKeepsTheEmptyFolderThatWasThere() throws IOException {
    Path target = Files.createDirectory(folder.resolve("a"));
    IOException failure = new IOException("the model is damaged");
    assertSame(
        failure,
        assertThrows(
            IOException.class,
            () ->
                AtomicFile.writeFolder(
                    target,
                    temporary -> {
                      Files.write(temporary.resolve("x"), new byte[10]);
                      throw failure;
                    })));
    assertEquals(List.of("a"), namesIn(folder));
    assertEquals(List.of(), namesIn(target));
  }

  private static Process start(Class<?> program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(java(), "-XX:-UsePerfData", "-cp"));
    command.addAll(List.of(System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static AtomicFile.Content text(String text) {
    return out -> out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static AtomicFile.Content failing(String message) {
    return (OutputStream out) -> {
      out.write(1);
      throw new IOException(message);
    };
  }

  private static List<String> namesIn(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .sorted()
          .collect(Collectors.toCollection(ArrayList::new));
    }
  }
}
