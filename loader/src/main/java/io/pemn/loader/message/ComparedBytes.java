package io.pemn.loader.message;

import java.io.OutputStream;
import java.util.Arrays;

/** Compares what is written with bytes that are there, without a copy of them. */
public final class ComparedBytes extends OutputStream {
  private final byte[] expected;
  private final int start;
  private final int end;
  private int position;
  private boolean equal = true;

  /** Compares with some bytes of an array, from the first of them on. */
  public ComparedBytes(byte[] expected, int from, int length) {
    this.expected = expected;
    this.start = from;
    this.end = from + length;
    this.position = from;
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
            bytes, offset, offset + length, expected, position, Math.min(end, position + length));
    equal = different < 0;
    position += equal ? length : different;
  }

  /** Whether just these bytes were written. */
  public boolean areEqual() {
    return equal && position == end;
  }

  /** How many bytes from the first on are equal. */
  public int position() {
    return position - start;
  }
}
