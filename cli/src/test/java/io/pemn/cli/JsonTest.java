package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;

/** JSON may be printed to a terminal whatever the names in it are. */
class JsonTest {
  @Test
  void whatATerminalWouldActOnIsEscapedAndComesBack() {
    JsonObject object = new JsonObject();
    object.addProperty("\u009b31m", "\u001b[2J\r\n\u202e\u2028\u007f");
    object.addProperty("\ud83d\ude00 \u00e9", "\udb40\udc01");
    String text = Json.text(object);
    assertEquals(
        """
        {
          "\\u009b31m": "\\u001b[2J\\r\\n\\u202e\\u2028\\u007f",
          "\ud83d\ude00 \u00e9": "\\udb40\\udc01"
        }""",
        text);
    assertEquals(object, JsonParser.parseString(text));
  }
}
