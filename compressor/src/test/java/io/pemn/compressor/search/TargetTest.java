package io.pemn.compressor.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {
  @ParameterizedTest
  @CsvSource({
    "40000, 40000",
    "40000B, 40000",
    "40KB, 40000",
    "40 kB, 40000",
    "40KiB, 40960",
    "1.5MB, 1500000",
    "1MiB, 1048576",
    "0.5kib, 512",
    "1.0019KB, 1001",
    "9007199254MB, 9007199254000000",
    "1, 1"
  })
  void aSizeIsANumberWithAUnit(String text, long bytes) {
    assertEquals(new Target.Size(bytes), Target.size(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "KB",
        "-1",
        "0",
        "0.5",
        "1e6",
        "40GB",
        "40 XB",
        "1,000",
        "1.KB",
        "4 0",
        " 1",
        "9007199255MB"
      })
  void whatIsNoSizeIsRefused(String text) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Target.size(text)).getMessage();
    assertTrue(message.startsWith("The target size '" + text + "' is no number"), message);
    assertTrue(message.endsWith("."), message);
  }

  @Test
  void numbersOutOfRangeAreRefused() {
    for (double ratio : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class, () -> new Target.Ratio(ratio));
    }
    for (double points : new double[] {-0.1, 100, Double.NaN}) {
      assertThrows(IllegalArgumentException.class, () -> new Target.Drop(points));
    }
    assertEquals("a drop of at most 1 point", new Target.Drop(1).toString());
    assertEquals("100 times smaller than fp32", new Target.Ratio(100).toString());
  }
}
