package io.pemn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PemnFormatExceptionTest {
  private static final Finding FINDING = Finding.of(ArchiveSection.MASKS, "3 bits", "4 bits").at(5);
  private static final String SENTENCE = "The masks have {found}, not {expected}.";
  private static final IOException CAUSE = new IOException("the cause");

  static List<PemnFormatException> kinds() {
    return List.of(
        new PemnFormatException.NotAnArchive(FINDING, SENTENCE, CAUSE),
        new PemnFormatException.TooNew(FINDING, SENTENCE, CAUSE),
        new PemnFormatException.Truncated(FINDING, SENTENCE, CAUSE),
        new PemnFormatException.Corrupt(FINDING, SENTENCE, CAUSE),
        new PemnFormatException.LimitExceeded(FINDING, SENTENCE, CAUSE),
        new PemnFormatException.Unsupported(FINDING, SENTENCE, CAUSE),
        new PemnFormatException.NotTrusted(FINDING, SENTENCE, CAUSE));
  }

  @Test
  void theseAreAllKinds() {
    assertEquals(
        Stream.of(PemnFormatException.class.getPermittedSubclasses()).map(Class::getName).toList(),
        kinds().stream().map(kind -> kind.getClass().getName()).toList());
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void tellsPeopleAndPrograms(PemnFormatException e) {
    assertEquals("The masks have 3 bits, not 4 bits.", e.getMessage());
    assertSame(CAUSE, e.getCause());
    assertEquals(ArchiveSection.MASKS, e.section());
    assertEquals(OptionalLong.of(5), e.offset());
    assertEquals("3 bits", e.found());
    assertEquals("4 bits", e.expected());
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void isTheSameTroubleOnceItsPlaceInTheFileIsKnown(PemnFormatException e) {
    PemnFormatException placed = e.within(1000);
    assertSame(e.getClass(), placed.getClass());
    assertEquals(OptionalLong.of(1005), placed.offset());
    assertEquals(e.getMessage(), placed.getMessage());
    assertEquals(e.found(), placed.found());
    assertEquals(e.expected(), placed.expected());
    assertSame(e.getCause(), placed.getCause());
    assertArrayEquals(e.getStackTrace(), placed.getStackTrace());
  }

  @Test
  void withoutAPlaceOfItsOwnIsWhereItsSectionBegins() {
    PemnFormatException e =
        new PemnFormatException.Corrupt(
            Finding.of(ArchiveSection.MODULE, "nothing", "a module"), "It has {found}.");
    assertEquals(OptionalLong.empty(), e.offset());
    assertEquals(OptionalLong.of(77), e.within(77).offset());
  }

  @Test
  void aMessageIsNotFilledInTwice() {
    PemnFormatException e =
        new PemnFormatException.Corrupt(
            Finding.of(ArchiveSection.METADATA, "a layer {expected}", "none"), "It has {found}.");
    assertEquals("It has a layer {expected}.", e.within(3).getMessage());
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void travelsBetweenVirtualMachines(PemnFormatException e)
      throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(e);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      PemnFormatException arrived = (PemnFormatException) in.readObject();
      assertEquals(e.offset(), arrived.offset());
      assertEquals(e.section(), arrived.section());
      assertEquals(e.found(), arrived.found());
    }
  }
}
