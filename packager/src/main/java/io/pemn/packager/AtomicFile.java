package io.pemn.packager;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A file or folder that appears whole or not at all; the only class that touches an output's final
 * name.
 *
 * <p>Content goes to a temporary sibling ({@code .NAME.RANDOM.tmp}), reaches the disk (fsync), and
 * is then renamed over the target, so that a reader sees the previous file or the new one and
 * nothing between; then the folder reaches the disk, too. Whatever goes wrong, an interrupted
 * program (SIGINT, SIGTERM) included, the temporary sibling is deleted and the previous file is as
 * it was. Only a killed process (SIGKILL) or a power cut may leave a {@code .tmp} behind, and never
 * under the target's name. The next writer of the same target deletes it: a process locks what it
 * writes, and locks end with their process.
 *
 * <p>A target that is a symbolic link is followed: the file it points to is replaced, the link
 * stays.
 */
public final class AtomicFile {

  /** Bytes that are handed to the operating system at once. */
  private static final int CHUNK_BYTES = 1 << 20;

  private AtomicFile() {}

  /** What a file is to hold. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes the whole content.
     *
     * @param out buffered; closing it flushes it and nothing more
     * @throws IOException whatever went wrong; the target then stays as it was
     */
    void writeTo(OutputStream out) throws IOException;
  }

  /** What a folder is to hold. */
  @FunctionalInterface
  public interface FolderContent {
    /**
     * Creates every file of the folder.
     *
     * @param folder an empty temporary folder, renamed afterwards: keep no path that lies in it
     * @throws IOException whatever went wrong; the target then stays as it was
     */
    void writeTo(Path folder) throws IOException;
  }

  /** How an output is written, and what those can do who read that it could not be. */
  private enum Kind {
    /** What a command was asked for. */
    OUTPUT(" or choose another -o.", false),

    /** The same, and nobody but its owner may read it. */
    SECRET(
        " or choose another -o.",
        false,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))),

    /** What a run keeps of itself, to go on with. */
    OF_RUN(", then go on with --resume.", true);

    /** The end of a sentence that says what to do. */
    private final String otherwise;

    /** Whether an interrupted program ends it first. */
    private final boolean endedFirst;

    private final FileAttribute<?>[] attributes;

    Kind(String otherwise, boolean endedFirst, FileAttribute<?>... attributes) {
      this.otherwise = otherwise;
      this.endedFirst = endedFirst;
      this.attributes = attributes;
    }
  }

  /**
   * Writes {@code target}, in place of the regular file of that name if there is one.
   *
   * @throws IOException one sentence, if the parent is missing, is not a folder or is not writable,
   *     if the target is something other than a writable regular file, or if the disk is full; or
   *     what {@code content} threw, unchanged
   */
  public static void write(Path target, Content content) throws IOException {
    write(target, Optional.empty(), Kind.OUTPUT, true, content);
  }

  /**
   * Writes {@code target} as {@link #write} does, if nothing has that name, also if others want to
   * do the same at this moment: only one of them does.
   *
   * @throws FileAlreadyExistsException one sentence, if something has
   * @throws IOException as {@link #write} does
   */
  public static void create(Path target, Content content) throws IOException {
    write(target, Optional.empty(), Kind.OUTPUT, false, content);
  }

  /**
   * Writes {@code target} as {@link #create} does, for nobody but its owner, as {@link
   * #writeSecret}.
   *
   * @throws FileAlreadyExistsException one sentence, if something has that name
   * @throws IOException as {@link #write} does
   */
  public static void createSecret(Path target, Content content) throws IOException {
    write(target, Optional.empty(), secret(target), false, content);
  }

  /**
   * Writes {@code target} as {@link #write} does, and lets nobody but its owner read it, before
   * anything is in it, where the file system knows owners (POSIX).
   *
   * @throws IOException as {@link #write} does
   */
  public static void writeSecret(Path target, Content content) throws IOException {
    write(target, Optional.empty(), secret(target), true, content);
  }

  private static Kind secret(Path target) {
    boolean posix = target.getFileSystem().supportedFileAttributeViews().contains("posix");
    return posix ? Kind.SECRET : Kind.OUTPUT;
  }

  /**
   * Writes a file that a run goes on with, as {@link #write} does, but for three things: what it
   * held before can be kept under another name, an interrupted program ends it first if that takes
   * no more than some seconds, and sentences speak of {@code --resume} instead of {@code -o}.
   *
   * <p>Once the new content is on the disk, the file is renamed to {@code previous}, and then the
   * temporary one to {@code target}: wherever that ends, one of the two names has a whole file.
   *
   * @param previous beside the target, and replaced; empty if what the target held is not kept
   * @throws IOException as {@link #write}
   */
  public static void writeOfRun(Path target, Optional<Path> previous, Content content)
      throws IOException {
    write(target, previous, Kind.OF_RUN, true, content);
  }

  private static void write(
      Path target, Optional<Path> previous, Kind kind, boolean replaces, Content content)
      throws IOException {
    Objects.requireNonNull(content, "content");
    if (!replaces && Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      throw isThere(target);
    }
    Path destination = writable(target, kind);
    String kept = Files.exists(destination) ? "the previous file is kept" : "no file is left";
    try (Temporary temporary = file(target, destination, kind)) {
      ChannelOutput written = new ChannelOutput(temporary.channel());
      try {
        OutputStream out = new BufferedOutputStream(written, CHUNK_BYTES);
        content.writeTo(out);
        out.flush();
        written.force();
      } catch (IOException e) {
        // Content may have wrapped the channel's failure in one of its own.
        IOException cause = written.failure == null ? e : written.failure;
        String bytes = written.bytes + " bytes of " + target;
        if (isDiskFull(cause)) {
          throw diskFull(bytes, kept, kind, cause);
        }
        if (isTooLarge(cause)) {
          throw failed(
              String.format(
                  "The system allows no file to be that large (%s): %s were written before that;"
                      + " %s, lift the limit (ulimit -f)%s",
                  reason(cause), bytes, kept, kind.otherwise),
              cause);
        }
        if (written.failure != null) {
          throw failed(
              String.format(
                  "The disk failed (%s): %s were written before that; %s, check it%s",
                  reason(cause), bytes, kept, kind.otherwise),
              cause);
        }
        throw e;
      }
      temporary.commit(
          () -> {
            if (previous.isPresent() && Files.exists(destination)) {
              rename(destination, previous.get(), previous.get(), kept, kind);
            }
            if (replaces) {
              rename(temporary.content(), destination, target, kept, kind);
            } else {
              nameNew(temporary.content(), destination, target, kept, kind);
            }
          });
    }
  }

  /**
   * Checks, before work is spent on its content, that {@link #write} could begin.
   *
   * @throws IOException one sentence, as {@link #write} would throw it
   */
  public static void check(Path target) throws IOException {
    Path destination = writable(target, Kind.OUTPUT);
    if (!Files.isWritable(destination.getParent())) {
      throw new FileSystemException(
          "The folder "
              + destination.getParent()
              + " may not be written in; change its permissions or choose another -o.");
    }
    // Permissions do not say all: a file system may refuse for reasons of its own.
    file(target, destination, Kind.OUTPUT).close();
  }

  /**
   * Creates a folder that is to last: its name reaches the disk.
   *
   * @throws IOException if it is there already, or cannot be made
   */
  public static void createFolder(Path folder) throws IOException {
    Files.createDirectory(folder);
    syncFolder(folder.toAbsolutePath().getParent());
  }

  /** The path to rename to, which is no file yet or a regular one that may be replaced. */
  private static Path writable(Path target, Kind kind) throws IOException {
    Path destination = destination(target, kind);
    if (Files.isDirectory(destination)) {
      throw new FileSystemException(
          target + " is a folder, expected the name of a file; choose another -o.");
    }
    if (Files.exists(destination)) {
      // Renaming over a device or a pipe (-o /dev/null) would destroy it.
      if (!Files.isRegularFile(destination)) {
        throw new FileSystemException(
            target + " is a device or a pipe, expected a regular file; choose another -o.");
      }
      if (!Files.isWritable(destination)) {
        throw new FileSystemException(
            target
                + " exists and may not be written; change its permissions or choose another -o.");
      }
    }
    return destination;
  }

  /**
   * Writes the folder {@code target}, which must not exist yet or be empty: nothing of the user's
   * is ever replaced.
   *
   * @throws IOException one sentence, if the parent is missing, is not a folder or is not writable,
   *     if the target is a file or a folder that is not empty, or if the disk is full; or what
   *     {@code content} threw, unchanged
   */
  public static void writeFolder(Path target, FolderContent content) throws IOException {
    Objects.requireNonNull(content, "content");
    Path destination = destination(target, Kind.OUTPUT);
    boolean exists = Files.exists(destination);
    if (exists && !Files.isDirectory(destination)) {
      throw new FileSystemException(
          target
              + " is a file, expected an empty folder or a name not yet used; choose another -o.");
    }
    if (exists && !isEmpty(target, destination)) {
      throw new FileSystemException(
          target + " exists and is not empty; empty it yourself or choose another -o.");
    }
    String kept = exists ? "the folder is left empty" : "no folder is left";
    try (Temporary temporary = folder(target, destination)) {
      Path folder = temporary.content();
      FolderSync sync = new FolderSync();
      try {
        content.writeTo(folder);
        Files.walkFileTree(folder, sync);
      } catch (IOException e) {
        if (isDiskFull(e)) {
          throw diskFull(bytesIn(folder) + " bytes of " + target, kept, Kind.OUTPUT, e);
        }
        throw e;
      }
      temporary.commit(() -> rename(folder, destination, target, kept, Kind.OUTPUT));
    }
  }

  /** The absolute path to rename to, links followed, in a folder that exists. */
  private static Path destination(Path target, Kind kind) throws IOException {
    Path absolute = target.toAbsolutePath();
    if (Files.exists(absolute)) {
      absolute = absolute.toRealPath();
    } else if (Files.isSymbolicLink(absolute)) {
      throw new NoSuchFileException(
          target + " is a link to nothing; remove it or choose another -o.");
    }
    if (absolute.getFileName() == null) {
      throw new FileSystemException(
          target + " is the root folder, expected a name in a folder; choose another -o.");
    }
    Path parent = absolute.getParent();
    if (Files.notExists(parent)) {
      throw new NoSuchFileException(
          "The folder " + parent + " does not exist; create it first" + kind.otherwise);
    }
    if (Files.exists(parent) && !Files.isDirectory(parent)) {
      throw new FileSystemException(
          parent + " is a file, expected a folder to write in; choose another -o.");
    }
    return absolute;
  }

  private static boolean isEmpty(Path target, Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.findAny().isEmpty();
    } catch (AccessDeniedException e) {
      throw failed(
          "The folder " + target + " may not be read, expected an empty one; choose another -o.",
          e);
    }
  }

  private static Temporary file(Path target, Path destination, Kind kind) throws IOException {
    try {
      return Temporary.file(destination, kind.endedFirst, kind.attributes);
    } catch (IOException e) {
      throw notCreated(target, destination, kind, e);
    }
  }

  private static Temporary folder(Path target, Path destination) throws IOException {
    try {
      return Temporary.folder(destination);
    } catch (IOException e) {
      throw notCreated(target, destination, Kind.OUTPUT, e);
    }
  }

  private static IOException notCreated(Path target, Path destination, Kind kind, IOException e) {
    if (isDiskFull(e)) {
      return diskFull("0 bytes of " + target, "nothing was changed", kind, e);
    }
    return failed(
        String.format(
            "Could not write in the folder %s (%s); change its permissions%s",
            destination.getParent(), reason(e), kind.otherwise),
        e);
  }

  private static void rename(Path from, Path destination, Path target, String kept, Kind kind)
      throws IOException {
    try {
      try {
        Files.move(from, destination, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        // POSIX renames over an empty folder, Windows does not.
        if (!Files.isDirectory(destination)) {
          throw e;
        }
        Files.delete(destination);
        Files.move(from, destination, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      throw notNamed(target, kept, kind, e);
    }
    syncFolder(destination.getParent());
  }

  private static IOException notNamed(Path target, String kept, Kind kind, IOException e) {
    return failed(
        String.format(
            "Could not give %s its name (%s); %s, see what is there%s",
            target, reason(e), kept, kind.otherwise),
        e);
  }

  /** Gives a file its name as {@link #rename} does, if nothing else has the name. */
  private static void nameNew(Path from, Path destination, Path target, String kept, Kind kind)
      throws IOException {
    try {
      try {
        Files.createLink(destination, from);
      } catch (FileAlreadyExistsException e) {
        throw e;
      } catch (IOException | UnsupportedOperationException e) {
        // Where files have one name only, as on FAT, an empty file takes it first.
        Files.createFile(destination);
        replaceOwn(from, destination, target, kept, kind);
      }
    } catch (FileAlreadyExistsException e) {
      throw isThere(target);
    } catch (FileSystemException e) {
      throw notNamed(target, kept, kind, e);
    }
    syncFolder(destination.getParent());
  }

  /** Renames over an empty file that was made to keep the name, and deletes it if that fails. */
  private static void replaceOwn(Path from, Path destination, Path target, String kept, Kind kind)
      throws IOException {
    try {
      rename(from, destination, target, kept, kind);
    } catch (IOException e) {
      Files.deleteIfExists(destination);
      throw e;
    }
  }

  private static FileAlreadyExistsException isThere(Path target) {
    return new FileAlreadyExistsException(
        target + " is there already and is not replaced; choose another -o.");
  }

  /** Makes a rename survive a power cut where the system can: Windows cannot open a folder. */
  private static void syncFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // The content is safe and complete; only the moment when its name reaches the disk is not.
    }
  }

  /** Java reports ENOSPC, EDQUOT and ERROR_DISK_FULL in the system's words only. */
  private static boolean isDiskFull(IOException e) {
    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    return message.contains("no space left on device")
        || message.contains("disk quota exceeded")
        || message.contains("not enough space on the disk");
  }

  /** EFBIG, of ulimit -f and of file systems such as FAT. */
  private static boolean isTooLarge(IOException e) {
    return String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("file too large");
  }

  private static IOException diskFull(String bytes, String kept, Kind kind, IOException cause) {
    return failed(
        String.format(
            "The disk is full (%s): %s were written before that; %s, free some space%s",
            reason(cause), bytes, kept, kind.otherwise),
        cause);
  }

  private static IOException failed(String sentence, IOException cause) {
    return new IOException(sentence, cause);
  }

  /** The system's own words, without the path, which the sentence around them gives. */
  private static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof FileSystemException f && f.getReason() != null) {
      return f.getReason();
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private static long bytesIn(Path folder) {
    long[] bytes = {0};
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              bytes[0] += attributes.size();
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      // A count for a message: what could be counted is good enough.
    }
    return bytes[0];
  }

  /** Forces every file, then its folder, to the disk. */
  private static final class FolderSync extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      if (attributes.isRegularFile()) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, IOException e) throws IOException {
      if (e != null) {
        throw e;
      }
      syncFolder(folder);
      return FileVisitResult.CONTINUE;
    }
  }

  /** Writes to a channel, counts what reached it, and remembers which failure was the channel's. */
  private static final class ChannelOutput extends OutputStream {
    private final FileChannel channel;
    private long bytes;
    private IOException failure;

    ChannelOutput(FileChannel channel) {
      this.channel = channel;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, source.length);
      try {
        for (int done = 0; done < length; ) {
          // The JDK copies a heap buffer to direct memory of its size and keeps that: bound it.
          int chunk = Math.min(CHUNK_BYTES, length - done);
          int count = channel.write(ByteBuffer.wrap(source, offset + done, chunk));
          done += count;
          bytes += count;
        }
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }

    /** Forces all to the disk, and reports a failed write that the content swallowed. */
    void force() throws IOException {
      if (failure != null) {
        throw failure;
      }
      try {
        channel.force(true);
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }
  }
}
