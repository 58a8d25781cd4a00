package io.pemn.format;

import java.io.IOException;
import java.util.OptionalLong;

/**
 * An archive that cannot be used. The subclasses are the kinds of trouble a caller may want to
 * treat apart. The message is one sentence for the user: what was found, what was expected and,
 * where it helps, what to do; the same is there for programs, with the place. No text holds line
 * ends or other characters that a log or a terminal would act on, whatever the file says.
 *
 * @since 0.1
 */
public abstract sealed class PemnFormatException extends IOException {
  private static final long serialVersionUID = 1L;
  private static final long NOWHERE = -1;

  /** The part of the archive. */
  private final ArchiveSection section;

  /** The byte of the file, or {@link #NOWHERE}. */
  private final long offset;

  /** What is there. */
  private final String found;

  /** What should be there. */
  private final String expected;

  private PemnFormatException(Finding finding, String message, Throwable cause) {
    super(message, cause);
    this.section = finding.section();
    this.offset = finding.offset().orElse(NOWHERE);
    this.found = finding.found();
    this.expected = finding.expected();
  }

  /** {@return the part of the archive that is the trouble} */
  public ArchiveSection section() {
    return section;
  }

  /**
   * {@return the byte of the file where the trouble begins, from 0, or where its section does, if
   * that is compressed; empty if no byte is meant}
   */
  public OptionalLong offset() {
    return offset == NOWHERE ? OptionalLong.empty() : OptionalLong.of(offset);
  }

  /** {@return what was found there, in a few words} */
  public String found() {
    return found;
  }

  /** {@return what was expected there, in a few words} */
  public String expected() {
    return expected;
  }

  /**
   * The same trouble with its place in the file, for whoever knows where the section begins that
   * was decoded.
   *
   * @param sectionStart the first byte of the section's contents
   * @return an exception of this kind, thrown where this one was
   */
  public PemnFormatException within(long sectionStart) {
    Finding finding = Finding.of(section, found, expected).at(sectionStart + offset().orElse(0));
    PemnFormatException placed = placed(finding);
    placed.setStackTrace(getStackTrace());
    return placed;
  }

  /** One of the same kind, message and cause. */
  abstract PemnFormatException placed(Finding finding);

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
     * @param finding what was found where, and what was expected
     * @param sentence one sentence for the user, with {found} and {expected} where they stand
     */
    public NotAnArchive(Finding finding, String sentence) {
      super(finding, finding.in(sentence), null);
    }

    /**
     * Creates the exception with what led to it.
     *
     * @param finding what was found where, and what was expected
     * @param sentence one sentence for the user, with {found} and {expected} where they stand
     * @param cause what was found first
     */
    public NotAnArchive(Finding finding, String sentence, Throwable cause) {
      super(finding, finding.in(sentence), cause);
    }

    private NotAnArchive(NotAnArchive unplaced, Finding finding) {
      super(finding, unplaced.getMessage(), unplaced.getCause());
    }

    @Override
    PemnFormatException placed(Finding finding) {
      return new NotAnArchive(this, finding);
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
     * @param finding what was found where, and what was expected
     * @param sentence one sentence for the user, with {found} and {expected} where they stand
     */
    public TooNew(Finding finding, String sentence) {
      super(finding, finding.in(sentence), null);
    }

    /**
     * Creates the exception with what led to it.
     *
     * @param finding what was found where, and what was expected
     * @param sentence one sentence for the user, with {found} and {expected} where they stand
     * @param cause what was found first
     */
    public TooNew(Finding finding, String sentence, Throwable cause) {
      super(finding, finding.in(sentence), cause);
    }

    private TooNew(TooNew unplaced, Finding finding) {
      super(finding, unplaced.getMessage(), unplaced.getCause());
    }

    @Override
    PemnFormatException placed(Finding finding) {
      return new TooNew(this, finding);
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
     * @param finding what was found where, and what was expected
     * @param sentence one sentence for the user, with {found} and {expected} where they stand
     */
    public Truncated(Finding finding, String sentence) {
      super(finding, finding.in(sentence), null);
    }

    /**
     * Creates the exception with what led to it.
     *
     * @param finding what was found where, and what was expected
     * @param sentence one sentence for the user, with {found} and {expected} where they stand
     * @param cause what was found first
     */
    public Truncated(Finding finding, String sentence, Throwable cause) {
      super(finding, finding.in(sentence), cause);
    }

    private Truncated(Truncated unplaced, Finding finding) {
      super(finding, unplaced.getMessage(), unplaced.getCause());
    }

    @Override
    PemnFormatException placed(Finding finding) {
      return new Truncated(this, finding);
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
     * @param finding what was found where, and what was expected
     * @param sentence one sentence for the user, with {found} and {expected} where they stand
     */
    public Corrupt(Finding finding, String sentence) {
      super(finding, finding.in(sentence), null);
    }

    /**
     * Creates the exception with what led to it.
     *
     * @param finding what was found where, and what was expected
     * @param sentence one sentence for the user, with {found} and {expected} where they stand
     * @param cause what was found first
     */
    public Corrupt(Finding finding, String sentence, Throwable cause) {
      super(finding, finding.in(sentence), cause);
    }

    private Corrupt(Corrupt unplaced, Finding finding) {
      super(finding, unplaced.getMessage(), unplaced.getCause());
    }

    @Override
    PemnFormatException placed(Finding finding) {
      return new Corrupt(this, finding);
    }
  }

  /**
   * The archive asks for more than the reader's limits allow, or than any machine has.
   *
   * @since 0.1
   */
  public static final class LimitExceeded extends PemnFormatException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param finding what was found where, and what was expected
     * @param sentence one sentence for the user, with {found} and {expected} where they stand
     */
    public LimitExceeded(Finding finding, String sentence) {
      super(finding, finding.in(sentence), null);
    }

    /**
     * Creates the exception with what led to it.
     *
     * @param finding what was found where, and what was expected
     * @param sentence one sentence for the user, with {found} and {expected} where they stand
     * @param cause what was found first
     */
    public LimitExceeded(Finding finding, String sentence, Throwable cause) {
      super(finding, finding.in(sentence), cause);
    }

    private LimitExceeded(LimitExceeded unplaced, Finding finding) {
      super(finding, unplaced.getMessage(), unplaced.getCause());
    }

    @Override
    PemnFormatException placed(Finding finding) {
      return new LimitExceeded(this, finding);
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
     * @param finding what was found where, and what was expected
     * @param sentence one sentence for the user, with {found} and {expected} where they stand
     */
    public Unsupported(Finding finding, String sentence) {
      super(finding, finding.in(sentence), null);
    }

    /**
     * Creates the exception with what led to it.
     *
     * @param finding what was found where, and what was expected
     * @param sentence one sentence for the user, with {found} and {expected} where they stand
     * @param cause what was found first
     */
    public Unsupported(Finding finding, String sentence, Throwable cause) {
      super(finding, finding.in(sentence), cause);
    }

    private Unsupported(Unsupported unplaced, Finding finding) {
      super(finding, unplaced.getMessage(), unplaced.getCause());
    }

    @Override
    PemnFormatException placed(Finding finding) {
      return new Unsupported(this, finding);
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
     * @param finding what was found where, and what was expected
     * @param sentence one sentence for the user, with {found} and {expected} where they stand
     */
    public NotTrusted(Finding finding, String sentence) {
      super(finding, finding.in(sentence), null);
    }

    /**
     * Creates the exception with what led to it.
     *
     * @param finding what was found where, and what was expected
     * @param sentence one sentence for the user, with {found} and {expected} where they stand
     * @param cause what was found first
     */
    public NotTrusted(Finding finding, String sentence, Throwable cause) {
      super(finding, finding.in(sentence), cause);
    }

    private NotTrusted(NotTrusted unplaced, Finding finding) {
      super(finding, unplaced.getMessage(), unplaced.getCause());
    }

    @Override
    PemnFormatException placed(Finding finding) {
      return new NotTrusted(this, finding);
    }
  }
}
