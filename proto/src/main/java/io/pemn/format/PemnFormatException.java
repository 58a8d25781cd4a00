package io.pemn.format;

import java.io.IOException;

/**
 * An archive that cannot be used. The message is one sentence: what was found, what was expected
 * and, where it helps, what to do. The subclasses are the kinds of trouble a caller may want to
 * treat apart.
 *
 * @since 0.1
 */
public abstract sealed class PemnFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  private PemnFormatException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * The file is no archive at all: its first bytes are another format's.
   *
   * @since 0.1
   */
  public static final class NotAnArchive extends PemnFormatException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message one sentence for the user
     */
    public NotAnArchive(String message) {
      super(message, null);
    }
  }

  /**
   * The archive was written in a newer format version than this reader knows.
   *
   * @since 0.1
   */
  public static final class TooNew extends PemnFormatException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message one sentence for the user
     */
    public TooNew(String message) {
      super(message, null);
    }
  }

  /**
   * The file ends before the archive does.
   *
   * @since 0.1
   */
  public static final class Truncated extends PemnFormatException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message one sentence for the user
     */
    public Truncated(String message) {
      super(message, null);
    }
  }

  /**
   * Bytes differ from what their digest or the format says.
   *
   * @since 0.1
   */
  public static final class Corrupt extends PemnFormatException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message one sentence for the user
     */
    public Corrupt(String message) {
      super(message, null);
    }

    /**
     * Creates the exception with what led to it.
     *
     * @param message one sentence for the user
     * @param cause what was found first
     */
    public Corrupt(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * The archive asks for more than the reader's limits allow.
   *
   * @since 0.1
   */
  public static final class LimitExceeded extends PemnFormatException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message one sentence for the user
     */
    public LimitExceeded(String message) {
      super(message, null);
    }
  }

  /**
   * The archive is sound but uses something that this reader does not have.
   *
   * @since 0.1
   */
  public static final class Unsupported extends PemnFormatException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message one sentence for the user
     */
    public Unsupported(String message) {
      super(message, null);
    }
  }

  /**
   * The archive may be sound, but the caller's policy refuses it: it brings code that was not
   * allowed, or lacks a signature that was asked for.
   *
   * @since 0.1
   */
  public static final class NotTrusted extends PemnFormatException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message one sentence for the user
     */
    public NotTrusted(String message) {
      super(message, null);
    }
  }
}
