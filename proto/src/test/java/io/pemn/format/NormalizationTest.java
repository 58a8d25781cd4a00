package io.pemn.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NormalizationTest {
  @Test
  void onePairStandsForAllChannels() {
    Normalization normalization = Normalization.parse("0.2860,0.3530");

    assertEquals(List.of(0.2860f), normalization.means());
    assertEquals(List.of(0.3530f), normalization.deviations());
    assertSame(normalization, normalization.requireChannels(1));
    assertSame(normalization, normalization.requireChannels(3));
    assertEquals(normalization.tableFor(0)[17], normalization.tableFor(2)[17]);
  }

  @Test
  void aSlashSeparatesTheMeansOfTheChannelsFromTheirDeviations() {
    Normalization normalization = Normalization.parse("0.49, 0.48,0.44/0.2,0.19,2e-1");

    assertEquals(List.of(0.49f, 0.48f, 0.44f), normalization.means());
    assertEquals(List.of(0.2f, 0.19f, 0.2f), normalization.deviations());
    assertSame(normalization, normalization.requireChannels(3));
  }

  @Test
  void aTableHoldsThePixelScaledToOneLessTheMeanOverTheDeviationOfItsChannel() {
    Normalization normalization = Normalization.parse("0.5,0/0.25,1");

    float[] first = normalization.tableFor(0);
    float[] second = normalization.tableFor(1);

    assertEquals(256, first.length);
    assertEquals(-2f, first[0]);
    assertEquals(2f, first[255]);
    assertEquals((51 / 255f - 0.5f) / 0.25f, first[51]);
    assertEquals(0f, second[0]);
    assertEquals(0.2f, second[51]);
    assertEquals(1f, second[255]);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {"0.2860,0.3530;0.286,0.353", "1,2/3,4;1.0,2.0/3.0,4.0", "-0.5/2;-0.5,2.0"})
  void whatItPrintsIsWhatItReads(String text, String printed) {
    Normalization normalization = Normalization.parse(text);

    assertEquals(printed, normalization.toString());
    assertEquals(normalization, Normalization.parse(printed));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "0.5;has 1 number and no slash",
        "0.1,0.2,0.3;has 3 numbers and no slash",
        "'';has '' where a decimal number must stand",
        "0.5,;has '' where a decimal number must stand",
        "0.5,x;has 'x' where a decimal number must stand",
        "0.5,1d;has '1d' where a decimal number must stand",
        "NaN,1;has 'NaN' where a decimal number must stand",
        "1/2/3;has '1/2/3' where a decimal number must stand",
        "0.1,0.2/0.3;has 2 means and 1 deviations",
        "0.5,0;The deviation of channel 0 is 0.0",
        "0.5,1e-60;The deviation of channel 0 is 0.0",
        "0.5,0.5/1,-1;The deviation of channel 1 is -1.0",
        "0.5,1e60;The deviation of channel 0 is Infinity",
        "1e60,1;The mean of channel 0 is Infinity",
        "0.5,1e-40;beyond the range of float32",
        "-3e38,0.5;beyond the range of float32",
      })
  void whatIsNoNormalizationIsRefusedInOneSentence(String text, String found) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Normalization.parse(text)).getMessage();

    assertTrue(message.contains(found), message);
    assertTrue(message.contains("; give ") && message.endsWith("."), message);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void severalPairsFitOnlyAsManyChannels(int channels) {
    Normalization three = Normalization.parse("1,2,3/4,5,6");

    String message =
        assertThrows(IllegalArgumentException.class, () -> three.requireChannels(channels))
            .getMessage();

    assertTrue(message.contains("for 3 channels, but the images have " + channels), message);
  }

  @Test
  void aChannelThatDoesNotExistHasNoTable() {
    Normalization two = Normalization.parse("1,2/4,5");

    assertThrows(IllegalArgumentException.class, () -> two.tableFor(2));
    assertThrows(IllegalArgumentException.class, () -> two.tableFor(-1));
    assertThrows(IllegalArgumentException.class, () -> Normalization.parse("0.5,0.5").tableFor(-1));
  }

  @Test
  void aChangeOfTheListsAfterwardsChangesNothing() {
    List<Float> means = new ArrayList<>(List.of(0.5f));
    Normalization normalization = new Normalization(means, List.of(0.25f));

    means.set(0, 0f);
    normalization.tableFor(0)[0] = 7;

    assertEquals(List.of(0.5f), normalization.means());
    assertEquals(-2f, normalization.tableFor(0)[0]);
  }
}
