package io.pemn.compressor.data;

import java.io.IOException;

/**
 * A data set that cannot be used: not there, unreadable, or not what its format says. The message
 * is one sentence that names the file or the spec, what was found, what was expected and what to
 * do.
 */
public final class DataException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Says what was found, what was expected and what to do. */
  public DataException(String message) {
    super(message);
  }

  /** Says what was found, what was expected and what to do, and keeps the failure behind it. */
  public DataException(String message, Throwable cause) {
    super(message, cause);
  }
}
