package io.pemn.packager.baseline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.Float16;
import io.pemn.format.NumberType;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WeightFileTest {
  /** Header of the file, and of a weight tensor of two dimensions. */
  private static final int HEAD = 5;

  private static final int MATRIX = 10;

  private static float[] random(int size, double kept) {
    Random random = new Random(size);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = random.nextDouble() < kept ? (float) random.nextGaussian() : 0;
    }
    return values;
  }

  private static PlainTensor.Weights matrix(int rows, int columns, float... values) {
    return new PlainTensor.Weights(List.of(rows, columns), values);
  }

  private static float[] decoded(PlainTensor tensor, WeightFormat format) throws IOException {
    PlainTensor found = WeightFile.decode(WeightFile.encode(List.of(tensor), format)).get(0);
    return found instanceof PlainTensor.Weights weights
        ? weights.values()
        : ((PlainTensor.Floats) found).values();
  }

  @ParameterizedTest
  @EnumSource
  void whatAFileHoldsIsWrittenAgainToTheSameBytes(WeightFormat format) throws IOException {
    List<PlainTensor> tensors =
        List.of(
            matrix(7, 13, random(91, 0.3)),
            new PlainTensor.Weights(List.of(3, 1, 5, 5), random(75, 0.5)),
            matrix(2, 300, random(600, 0.1)),
            matrix(1, 70_000, random(70_000, 0.01)),
            matrix(2, 3, new float[6]),
            new PlainTensor.Floats(List.of(3), new float[] {1, -2.5f, 0}),
            new PlainTensor.Floats(List.of(), new float[] {0.125f}),
            new PlainTensor.Numbers(List.of(2), NumberType.INT16, new byte[] {1, 2, 3, 4}));
    byte[] file = WeightFile.pack(tensors, format);
    List<PlainTensor> found = WeightFile.unpack(file);
    assertEquals(tensors.size(), found.size());
    for (int i = 0; i < found.size(); i++) {
      assertEquals(tensors.get(i).shape(), found.get(i).shape());
      assertEquals(tensors.get(i).getClass(), found.get(i).getClass());
    }
    assertArrayEquals(
        WeightFile.encode(found, format), WeightFile.encode(WeightFile.unpack(file), format));
    // Rounding what is rounded changes nothing; int4 chooses its scales anew.
    if (format != WeightFormat.INT4) {
      assertArrayEquals(file, WeightFile.pack(found, format));
    }
    assertArrayEquals(
        new byte[] {1, 2, 3, 4}, ((PlainTensor.Numbers) found.get(found.size() - 1)).data());
  }

  @Test
  void floatsAreRoundedToTheNearest() throws IOException {
    float[] values = random(200, 1);
    assertArrayEquals(values, decoded(matrix(20, 10, values), WeightFormat.FLOAT32));
    float[] halves = decoded(matrix(20, 10, values), WeightFormat.FLOAT16);
    for (int i = 0; i < values.length; i++) {
      assertEquals(Float16.toFloat(Float16.fromFloat(values[i])), halves[i]);
    }
    assertEquals(HEAD + MATRIX + 800, content(matrix(20, 10, values), WeightFormat.FLOAT32));
    assertEquals(HEAD + MATRIX + 400, content(matrix(20, 10, values), WeightFormat.FLOAT16));
  }

  @Test
  void int8HasOneScaleATensor() throws IOException {
    float[] values = random(200, 1);
    float[] found = decoded(matrix(20, 10, values), WeightFormat.INT8);
    float greatest = 0;
    for (float value : values) {
      greatest = Math.max(greatest, Math.abs(value));
    }
    for (int i = 0; i < values.length; i++) {
      assertEquals(values[i], found[i], greatest / 127 / 2 * 1.0001);
    }
    assertEquals(HEAD + MATRIX + 4 + 200, content(matrix(20, 10, values), WeightFormat.INT8));
  }

  @Test
  void int4HasOneScaleAnOutputChannel() throws IOException {
    // Each channel is a multiple of -7 to 7 of a scale of its own.
    float[] values = {7, -7, 3, 0, 0.875f, -0.25f, 0.125f, -0.875f, 0, 0, 0, 0};
    assertArrayEquals(values, decoded(matrix(3, 4, values), WeightFormat.INT4));
    assertEquals(HEAD + MATRIX + 3 * 2 + 6, content(matrix(3, 4, values), WeightFormat.INT4));
    assertEquals(HEAD + MATRIX + 3 * 2 + 5, content(matrix(3, 3, random(9, 1)), WeightFormat.INT4));
  }

  @Test
  void int4ClipsAnOutlierWhereThatErrsLess() throws IOException {
    float[] values = random(400, 1);
    values[0] = 8;
    float[] found = decoded(matrix(1, 400, values), WeightFormat.INT4);
    double clipped = 0;
    double whole = 0;
    for (int i = 0; i < values.length; i++) {
      clipped += Math.pow(values[i] - found[i], 2);
      whole += Math.pow(values[i] - Math.round(values[i] / 8 * 7) * 8f / 7, 2);
    }
    assertTrue(found[0] < 8, "" + found[0]);
    assertTrue(clipped < whole, clipped + " is not less than " + whole);
  }

  @Test
  void csrKeepsWhatIsNot0AtItsPlace() throws IOException {
    float[] values = {0, 1.5f, 0, 0, 0, 0, -2, 0, 0.25f};
    assertArrayEquals(values, decoded(matrix(3, 3, values), WeightFormat.CSR));
    // How many there are, 3 values, 3 columns and 4 pointers of one byte each.
    assertEquals(HEAD + MATRIX + 4 + 6 + 3 + 4, content(matrix(3, 3, values), WeightFormat.CSR));
    // 257 columns take two bytes an index, and 300 values two a pointer.
    float[] wide = new float[2 * 257];
    Arrays.fill(wide, 0, 300, 1);
    assertArrayEquals(wide, decoded(matrix(2, 257, wide), WeightFormat.CSR));
    assertEquals(
        HEAD + MATRIX + 4 + 600 + 600 + 6, content(matrix(2, 257, wide), WeightFormat.CSR));
  }

  @Test
  void whatIsNoWholeFileIsRefused() {
    byte[] content = WeightFile.encode(List.of(matrix(3, 3, random(9, 1))), WeightFormat.FLOAT16);
    for (int length = 0; length < content.length; length++) {
      byte[] cut = Arrays.copyOf(content, length);
      assertThrows(IOException.class, () -> WeightFile.decode(cut), "" + length);
    }
    byte[] longer = Arrays.copyOf(content, content.length + 1);
    assertThrows(IOException.class, () -> WeightFile.decode(longer));
    assertThrows(IOException.class, () -> WeightFile.unpack(new byte[3]));
    assertThrows(IOException.class, () -> WeightFile.unpack(new byte[30]));
    assertThrows(IllegalArgumentException.class, () -> matrix(2, 2, 1, 2, 3));
  }

  @Test
  void thePaperCounts32BitsForValuesIndicesAndPointers() {
    assertEquals(4 * (3 + 3 + 4), PaperCount.sparse(3, 3));
    assertEquals(2, PaperCount.masks(9));
    assertEquals(36, PaperCount.numbers(9));
  }

  private static int content(PlainTensor tensor, WeightFormat format) {
    return WeightFile.encode(List.of(tensor), format).length;
  }
}
