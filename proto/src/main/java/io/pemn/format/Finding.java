package io.pemn.format;

import io.pemn.format.text.ShownText;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What was found in an archive where something else was expected: what a {@link
 * PemnFormatException} tells a program. Texts are made fit to be shown: control characters are
 * escaped, and what is too long to be read is cut.
 *
 * @param section where
 * @param offset the byte where it begins, counted from the beginning of the file, or of the section
 *     where only that is known yet; empty where no byte is meant
 * @param found what is there, such as {@code 7 labels}
 * @param expected what should be there, such as {@code 10 labels}
 * @since 0.1
 */
public record Finding(ArchiveSection section, OptionalLong offset, String found, String expected) {
  private static final Pattern PLACES = Pattern.compile("\\{(found|expected)}");
  private static final int MOST_CHARACTERS = 400;
  private static final int MOST_CHARACTERS_OF_SENTENCE = 2_000;

  /**
   * Makes the texts fit to be shown.
   *
   * @param section where
   * @param offset the byte where it begins
   * @param found what is there
   * @param expected what should be there
   * @throws IllegalArgumentException if the offset is negative
   */
  public Finding {
    if (offset.isPresent() && offset.getAsLong() < 0) {
      throw new IllegalArgumentException(
          "A place in a file cannot be byte " + offset.getAsLong() + "; give 0 or more.");
    }
    found = ShownText.of(found, MOST_CHARACTERS);
    expected = ShownText.of(expected, MOST_CHARACTERS);
  }

  /**
   * A finding of which no place is known, or not yet.
   *
   * @param section where
   * @param found what is there, shown as {@link String#valueOf(Object)} has it
   * @param expected what should be there, likewise
   * @return the finding
   */
  public static Finding of(ArchiveSection section, Object found, Object expected) {
    return new Finding(
        section, OptionalLong.empty(), String.valueOf(found), String.valueOf(expected));
  }

  /**
   * The same at a place.
   *
   * @param offset the byte where it begins
   * @return the finding
   */
  public Finding at(long offset) {
    return new Finding(section, OptionalLong.of(offset), found, expected);
  }

  /** The sentence with what was found, and expected, in their places; fit to be shown. */
  String in(String sentence) {
    // What is put in is not searched again: it may have been written by a stranger.
    String whole =
        PLACES
            .matcher(sentence)
            .replaceAll(
                place ->
                    Matcher.quoteReplacement(place.group(1).equals("found") ? found : expected));
    return ShownText.of(whole, MOST_CHARACTERS_OF_SENTENCE);
  }
}
