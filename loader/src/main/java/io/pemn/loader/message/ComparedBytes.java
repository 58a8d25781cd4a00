package io.pemn.loader.message;

import java.io.OutputStream;
import java.util.Arrays;

/** Compares what is written with bytes that are there, without a copy of them. */
public final class ComparedBytes extends OutputStream {
  private final byte[] expected;
  private int position;
  private boolean equal = true;

  /** Compares with these bytes from the first on. */
  public ComparedBytes(byte[] expected) {
    this.expected = expected;
  }

  @Override
  public void write(int value) {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    if (!equal) {
      return;
    }
    int different =
        Arrays.mismatch(
            bytes,
            offset,
            offset + length,
            expected,
            position,
            Math.min(expected.length, position + length));
    equal = different < 0;
    position += equal ? length : different;
  }

  /** Whether just these bytes were written. */
  public boolean areEqual() {
    return equal && position == expected.length;
  }

  /** How many bytes from the first on are equal. */
  public int position() {
    return position;
  }
}
