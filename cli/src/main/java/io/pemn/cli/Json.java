package io.pemn.cli;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.pemn.format.text.ShownText;

/** Reports as JSON objects with snake_case keys. */
final class Json {
  private static final Gson GSON =
      new GsonBuilder()
          .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
          .setPrettyPrinting()
          .disableHtmlEscaping()
          .create();

  private Json() {}

  /** The components of a record as an object. */
  static JsonObject object(Object values) {
    return GSON.toJsonTree(values).getAsJsonObject();
  }

  /**
   * The text of an object. What a terminal would act on is escaped: JSON demands it of the first 32
   * characters alone, but a name from a file may have others.
   */
  static String text(JsonObject object) {
    StringBuilder text = new StringBuilder();
    GSON.toJson(object).codePoints().forEach(codePoint -> append(codePoint, text));
    return text.toString();
  }

  private static void append(int codePoint, StringBuilder text) {
    // Gson has escaped the line ends in texts; those that are left stand between them.
    if (codePoint == '\n' || ShownText.isSeen(codePoint)) {
      text.appendCodePoint(codePoint);
    } else {
      for (char unit : Character.toChars(codePoint)) {
        text.append(String.format("\\u%04x", (int) unit));
      }
    }
  }
}
