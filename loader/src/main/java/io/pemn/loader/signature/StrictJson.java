package io.pemn.loader.signature;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.pemn.format.PemnFormatException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * JSON of which nobody knows who wrote it: RFC 8259 to the letter, no name twice in an object, no
 * value of another type than is asked for, no depth, nothing after the end. What is wrong is said
 * in one sentence that begins with what the JSON is of.
 */
final class StrictJson {
  private static final int MOST_DEPTH = 16;
  private static final int MOST_SHOWN = 80;
  private static final String BYTE_ORDER_MARK = "\ufeff";
  private static final String GET_IT_AGAIN = "get it again";

  private final String subject;
  private final JsonReader json;

  /** Reads the value that belongs to a name. */
  @FunctionalInterface
  interface Value {
    void read(String name) throws IOException;
  }

  /** Reads a value without a name. */
  @FunctionalInterface
  interface Element {
    void read() throws IOException;
  }

  private StrictJson(String subject, String text) {
    this.subject = subject;
    this.json = new JsonReader(new StringReader(text));
    json.setStrictness(Strictness.STRICT);
    json.setNestingLimit(MOST_DEPTH);
  }

  /**
   * Reads a whole text, which must be one object.
   *
   * @param subject what it is, to begin sentences with
   * @param bytes UTF-8
   * @param fields gets each of the object's names, and reads its value
   */
  static void read(String subject, byte[] bytes, Fields fields) throws IOException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw Refusal.of(subject, "something else than UTF-8", "JSON", GET_IT_AGAIN);
    }
    if (text.startsWith(BYTE_ORDER_MARK)) {
      // Gson would pass over it.
      throw Refusal.of(subject, "a byte order mark", "JSON", GET_IT_AGAIN);
    }
    StrictJson json = new StrictJson(subject, text);
    json.object(name -> fields.read(json, name));
    if (json.peek() != JsonToken.END_DOCUMENT) {
      throw json.failure("something more after its end");
    }
  }

  /** Reads the fields of an object. */
  @FunctionalInterface
  interface Fields {
    void read(StrictJson json, String name) throws IOException;
  }

  void object(Value value) throws IOException {
    expect(JsonToken.BEGIN_OBJECT, "an object");
    guarded(json::beginObject);
    Set<String> names = new HashSet<>();
    while (peek() != JsonToken.END_OBJECT) {
      String[] name = new String[1];
      guarded(() -> name[0] = json.nextName());
      if (!names.add(name[0])) {
        throw failure("the name " + cut(name[0]) + " twice in one object");
      }
      value.read(name[0]);
    }
    guarded(json::endObject);
  }

  /** Reads an array and {@return how many elements it had} */
  int array(Element element) throws IOException {
    expect(JsonToken.BEGIN_ARRAY, "an array");
    guarded(json::beginArray);
    int count = 0;
    while (peek() != JsonToken.END_ARRAY) {
      element.read();
      count++;
    }
    guarded(json::endArray);
    return count;
  }

  String text() throws IOException {
    expect(JsonToken.STRING, "text");
    String[] text = new String[1];
    guarded(() -> text[0] = json.nextString());
    return text[0];
  }

  /** Bytes in Base64 (RFC 4648, section 4), in its only canonical spelling. */
  byte[] base64() throws IOException {
    String text = text();
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      if (Base64.getEncoder().encodeToString(bytes).equals(text)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      // It is said below.
    }
    throw failure("something else than Base64");
  }

  /** Passes over a value of which nothing is wanted, by the same rules. */
  void skip() throws IOException {
    switch (peek()) {
      case BEGIN_OBJECT -> object(name -> skip());
      case BEGIN_ARRAY -> array(this::skip);
      default -> guarded(json::skipValue);
    }
  }

  /** What is wrong here, in one sentence. */
  private PemnFormatException failure(String found) {
    return Refusal.of(
        subject, found + " at " + cut(json.getPath()), "the JSON of a signature", GET_IT_AGAIN);
  }

  /** A name of somebody's choice, no longer than names are. */
  private static String cut(String text) {
    return text.length() > MOST_SHOWN ? text.substring(0, MOST_SHOWN) + "..." : text;
  }

  private void expect(JsonToken token, String what) throws IOException {
    JsonToken found = peek();
    if (found != token) {
      throw failure(
          found.name().toLowerCase(Locale.ROOT).replace('_', ' ') + " instead of " + what);
    }
  }

  private JsonToken peek() throws IOException {
    JsonToken[] token = new JsonToken[1];
    guarded(() -> token[0] = json.peek());
    return token[0];
  }

  /** Gson's own words advise a lenient reader, which is the last thing wanted here. */
  private void guarded(Element step) throws IOException {
    try {
      step.read();
    } catch (IOException | IllegalStateException | NumberFormatException e) {
      throw failure("invalid JSON");
    }
  }
}
