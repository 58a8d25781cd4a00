package io.pemn.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FindingTest {
  @Test
  void whatWasFoundAndExpectedStandsInTheSentence() {
    Finding finding = Finding.of(ArchiveSection.METADATA, "7 labels", "10 labels");
    assertEquals(
        "There are 7 labels, but 10 labels are needed; get 10 labels.",
        finding.in("There are {found}, but {expected} are needed; get {expected}."));
    assertEquals(OptionalLong.empty(), finding.offset());
    assertEquals(OptionalLong.of(12), finding.at(12).offset());
    assertThrows(IllegalArgumentException.class, () -> finding.at(-1));
  }

  @Test
  void whatAStrangerWroteIsNoTemplate() {
    Finding finding = Finding.of(ArchiveSection.METADATA, "{expected} $1 \\1", "{found}");
    assertEquals("A {expected} $1 \\1 is no {found}.", finding.in("A {found} is no {expected}."));
  }

  @ParameterizedTest
  @CsvSource({
    "'a\nERROR forged line', 'a\\u000AERROR forged line'",
    "'\u001B[2J\u001B[1;31mred', '\\u001B[2J\\u001B[1;31mred'",
    "'\u202Egpj.exe', '\\u202Egpj.exe'",
    "'\u200Bunseen\uFEFF', '\\u200Bunseen\\uFEFF'",
    "'line\u2028paragraph\u2029', 'line\\u2028paragraph\\u2029'",
    "'half \uD83D', 'half \\uD83D'",
    "'\u0085\u009B31m', '\\u0085\\u009B31m'",
    "'größer 层 \uD83D\uDE00', 'größer 层 \uD83D\uDE00'",
    "'\uDB40\uDC41 a tag', '\\uDB40\\uDC41 a tag'"
  })
  void nothingThatATerminalWouldActOnIsShownAsItIs(String text, String shown) {
    Finding finding = Finding.of(ArchiveSection.METADATA, text, text);
    assertEquals(shown, finding.found());
    assertEquals(shown, finding.expected());
    assertEquals("It has " + shown + ".", finding.in("It has " + text + "."));
  }

  @Test
  void textsThatNobodyReadsToTheirEndAreCut() {
    Finding finding = Finding.of(ArchiveSection.METADATA, "x".repeat(1 << 20), "y");
    assertEquals("x".repeat(400) + "...", finding.found());
    assertTrue(finding.in("z".repeat(1 << 20)).length() < 2_100);
  }
}
