package io.pemn.packager.imports;

import java.io.IOException;

/**
 * A checkpoint that cannot be imported: it is none, it is damaged, or it belongs to another network
 * than the one that was described. The message is one sentence: the file, what was found, what was
 * expected, what to do.
 */
public final class ImportException extends IOException {
  private static final long serialVersionUID = 1L;

  ImportException(String message) {
    super(message);
  }
}
