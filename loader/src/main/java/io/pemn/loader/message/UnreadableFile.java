package io.pemn.loader.message;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;

/** What is said of a file that is there and cannot be read: Java's own message may be its path. */
public final class UnreadableFile {
  private UnreadableFile() {}

  /**
   * The failure in one sentence.
   *
   * @param subject what the file is, with its path, to begin the sentence with
   * @param cause how reading it failed
   */
  public static IOException of(String subject, IOException cause) {
    return new IOException(
        subject + " cannot be read (" + reason(cause) + "); check its permissions and the disk.",
        cause);
  }

  private static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    String said = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    return said == null ? e.getClass().getSimpleName() : said;
  }
}
