package io.pemn.compressor.data;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** What a data spec says after its colon. */
final class Location {
  private static final String PART = "?part";

  private Location() {}

  /**
   * Returns the path that a location names.
   *
   * @param source whose location it is
   * @param location what stands after the colon
   * @param kind what must lie there, {@code folder} or {@code file}
   * @param content what that holds, as in "the folder of the four IDX files"
   * @param whatToDo how the message on a location that is not given ends
   * @throws DataException if it names none that could exist
   */
  static Path path(DataSource source, String location, String kind, String content, String whatToDo)
      throws DataException {
    if (location.isBlank()) {
      throw new DataException(
          "The data spec '"
              + source.scheme()
              + "' names no "
              + kind
              + ", but must be "
              + source.syntax()
              + " with the "
              + kind
              + " of "
              + content
              + "; "
              + whatToDo
              + ".");
    }
    try {
      return Path.of(location);
    } catch (InvalidPathException e) {
      throw new DataException(
          "The data spec '"
              + source.scheme()
              + ":"
              + location
              + "' names no "
              + kind
              + " that could exist here, but must be "
              + source.syntax()
              + "; give the "
              + kind
              + " of "
              + content
              + ".",
          e);
    }
  }

  /** Whether a location ends in {@code ?part}: fewer images than the official ones are meant. */
  static boolean isPart(String location) {
    return location.endsWith(PART);
  }

  /** The location without {@code ?part}. */
  static String withoutPart(String location) {
    return isPart(location) ? location.substring(0, location.length() - PART.length()) : location;
  }
}
