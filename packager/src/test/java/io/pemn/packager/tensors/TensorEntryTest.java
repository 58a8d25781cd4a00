package io.pemn.packager.tensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class TensorEntryTest {

  @Test
  void elementsHaveTheSizesOfTheFormat() {
    assertEquals(8, TensorType.F64.bytes());
    assertEquals(4, TensorType.F32.bytes());
    assertEquals(2, TensorType.F16.bytes());
    assertEquals(2, TensorType.BF16.bytes());
    assertEquals(8, TensorType.I64.bytes());
    assertEquals(4, TensorType.I32.bytes());
    assertEquals(1, TensorType.U8.bytes());
    assertEquals(1, TensorType.BOOL.bytes());
  }

  @Test
  void aScalarHasOneElementAndAZeroDimensionHasNone() {
    assertEquals(4, TensorType.F32.bytes());
    assertEquals(4, TensorType.F32.bytes(new long[0]));
    assertEquals(0, TensorType.F32.bytes(3, 0, 5));
    assertEquals(48, TensorType.F64.bytes(2, 3));
  }

  @Test
  void floatsAreWrittenLittleEndianWithTheirExactBits() throws IOException {
    float[] values = new float[40_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.intBitsToFloat(0x9e3779b9 * (i + 1));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TensorEntry.floats("x", new long[] {200, 200}, values).writeTo(out);
    ByteBuffer bytes = ByteBuffer.wrap(out.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(160_000, bytes.remaining());
    for (float value : values) {
      assertEquals(Float.floatToRawIntBits(value), bytes.getInt());
    }
  }

  @Test
  void aSourceIsAskedOnlyWhenTheTensorIsWritten() throws IOException {
    IOException failure = new IOException("not now");
    TensorEntry entry =
        TensorEntry.floats(
            "x",
            new long[] {1},
            () -> {
              throw failure;
            });
    assertEquals(4, entry.byteLength());
    assertSame(
        failure, assertThrows(IOException.class, () -> entry.writeTo(new ByteArrayOutputStream())));
  }

  @Test
  void theShapeIsNotSharedWithTheCaller() {
    long[] shape = {2};
    TensorEntry entry = TensorEntry.floats("x", shape, new float[2]);
    shape[0] = 3;
    entry.shape()[0] = 4;
    assertArrayEquals(new long[] {2}, entry.shape());
  }

  @Test
  void valuesThatDoNotFillTheShapeAreRefused() {
    assertEquals(
        "Tensor \"x\" was given 12 bytes, expected 16 for F32 of shape [2, 2].",
        assertThrows(
                IllegalArgumentException.class,
                () -> TensorEntry.floats("x", new long[] {2, 2}, new float[3]))
            .getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> TensorEntry.bytes("x", TensorType.I32, new long[] {1}, new byte[5]));
  }

  @Test
  void aSourceThatProducesTooLittleOrTooMuchIsRefused() {
    for (int count : new int[] {0, 1, 3, 100_000}) {
      TensorEntry entry = TensorEntry.floats("x", new long[] {2}, () -> new float[count]);
      IOException e =
          assertThrows(IOException.class, () -> entry.writeTo(new ByteArrayOutputStream()));
      assertEquals(
          String.format(
              "Tensor \"x\" produced %s bytes, expected 8 for F32 of shape [2].",
              count == 100_000
                  ? "at least 65536"
                  : count == 3 ? "at least 12" : String.valueOf(4 * count)),
          e.getMessage());
    }
    TensorEntry single = TensorEntry.of("x", TensorType.U8, new long[] {0}, out -> out.write(1));
    assertThrows(IOException.class, () -> single.writeTo(new ByteArrayOutputStream()));
  }

  @Test
  void shapesThatNoFileCanHoldAreRefused() {
    for (long[] shape :
        new long[][] {
          {-1}, {1L << 62, 2}, {1L << 61}, {Long.MAX_VALUE, Long.MAX_VALUE}, new long[65]
        }) {
      assertThrows(
          IllegalArgumentException.class,
          () -> TensorEntry.of("x", TensorType.F32, shape, out -> {}));
    }
  }

  @Test
  void aHostileNameStaysOnOneLineOfAMessage() {
    assertEquals("\"a\\u000ab\\u001b\\u2028\"", PrintableName.quoted("a\nb\u001b\u2028"));
    assertEquals("\"" + "n".repeat(80) + "...\"", PrintableName.quoted("n".repeat(1000)));
  }
}
