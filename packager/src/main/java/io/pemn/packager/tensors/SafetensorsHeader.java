package io.pemn.packager.tensors;

import static io.pemn.packager.tensors.PrintableName.quoted;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The JSON header of a safetensors file: the only place that knows its grammar.
 *
 * <pre>
 * file    = length header data
 * length  = u64, little-endian: bytes of header, at most 100,000,000
 * header  = UTF-8 JSON object, then any number of spaces
 *         { "__metadata__": { TEXT: TEXT, ... },      (may be absent)
 *           NAME: { "dtype": TYPE, "shape": [N, ...], "data_offsets": [BEGIN, END] }, ... }
 * data    = the tensors' bytes, [BEGIN, END) each, counted from the first byte after the header,
 *           little-endian, C order, without hole or overlap
 * </pre>
 *
 * <p>Source: <a href="https://github.com/huggingface/safetensors#format">safetensors, Format</a>.
 *
 * @param metadata the text map, in the header's order
 * @param tensors where each tensor lies, in the header's order
 */
record SafetensorsHeader(Map<String, String> metadata, Map<String, Slot> tensors) {

  /** Bytes of {@code length}. */
  static final int LENGTH_BYTES = 8;

  /** The most bytes that a header may have, as in the reference implementation. */
  static final int MAX_BYTES = 100_000_000;

  private static final String METADATA = "__metadata__";

  /**
   * Where a tensor lies.
   *
   * @param begin first byte, counted from the end of the header
   * @param end one past the last byte
   */
  record Slot(TensorType type, long[] shape, long begin, long end) {}

  SafetensorsHeader {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /** Lays the tensors out one after the other, in the order of the list. */
  static SafetensorsHeader of(Map<String, String> metadata, List<TensorEntry> tensors)
      throws SafetensorsException {
    Map<String, Slot> slots = new LinkedHashMap<>();
    long begin = 0;
    for (TensorEntry tensor : tensors) {
      if (tensor.name().equals(METADATA)) {
        throw new SafetensorsException(
            "A tensor is named "
                + quoted(METADATA)
                + ", which safetensors keeps for itself; rename the tensor.");
      }
      long end;
      try {
        end = Math.addExact(begin, tensor.byteLength());
      } catch (ArithmeticException e) {
        throw new SafetensorsException(
            "The tensors up to " + quoted(tensor.name()) + " count 2^63 bytes or more.", e);
      }
      Slot slot = new Slot(tensor.type(), tensor.shape(), begin, end);
      if (slots.put(tensor.name(), slot) != null) {
        throw new SafetensorsException(
            "Two tensors are named "
                + quoted(tensor.name())
                + ", expected each name once; rename one of them.");
      }
      begin = end;
    }
    // Sorted, so that the same content gives the same bytes whatever map it came in.
    return new SafetensorsHeader(new TreeMap<>(metadata), slots);
  }

  /** The header's bytes, padded with spaces to a multiple of 8 so that the data is aligned. */
  byte[] encode() throws SafetensorsException {
    StringWriter json = new StringWriter();
    try (JsonWriter writer = new JsonWriter(json)) {
      writer.beginObject();
      if (!metadata.isEmpty()) {
        writer.name(METADATA).beginObject();
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
          writer.name(entry.getKey()).value(entry.getValue());
        }
        writer.endObject();
      }
      for (Map.Entry<String, Slot> entry : tensors.entrySet()) {
        Slot slot = entry.getValue();
        writer.name(entry.getKey()).beginObject();
        writer.name("dtype").value(slot.type().name());
        writer.name("shape").beginArray();
        for (long dimension : slot.shape()) {
          writer.value(dimension);
        }
        writer.endArray();
        writer.name("data_offsets").beginArray().value(slot.begin()).value(slot.end()).endArray();
        writer.endObject();
      }
      writer.endObject();
    } catch (IOException e) {
      throw new IllegalStateException("A StringWriter does not fail", e);
    }
    ByteBuffer utf8;
    try {
      utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(json.getBuffer()));
    } catch (CharacterCodingException e) {
      throw new SafetensorsException(
          "A tensor's name or a metadata text holds half a surrogate pair, expected Unicode text;"
              + " rename it.",
          e);
    }
    int length = utf8.remaining();
    if (length > MAX_BYTES - 7) {
      throw new SafetensorsException(
          String.format(
              "The names, shapes and metadata of %d tensors take %d bytes, expected at most %d;"
                  + " shorten the names or the metadata.",
              tensors.size(), length, MAX_BYTES - 7));
    }
    byte[] padded = new byte[(length + 7) / 8 * 8];
    Arrays.fill(padded, (byte) ' ');
    utf8.get(padded, 0, length);
    return padded;
  }

  /**
   * Parses and checks a header.
   *
   * @param file for messages
   * @param header the header's bytes
   * @param dataLength bytes of the file after the header
   * @throws SafetensorsException if anything is not as the grammar says
   */
  static SafetensorsHeader parse(Path file, byte[] header, long dataLength)
      throws SafetensorsException {
    SafetensorsHeader parsed = new Parser(file, header).parse();
    parsed.checkLayout(file, header.length, dataLength);
    return parsed;
  }

  private void checkLayout(Path file, int headerLength, long dataLength)
      throws SafetensorsException {
    List<Map.Entry<String, Slot>> inFileOrder = new ArrayList<>(tensors.entrySet());
    inFileOrder.sort(
        Comparator.comparingLong((Map.Entry<String, Slot> e) -> e.getValue().begin())
            .thenComparingLong(e -> e.getValue().end()));
    long expected = 0;
    for (Map.Entry<String, Slot> entry : inFileOrder) {
      long begin = entry.getValue().begin();
      if (begin != expected) {
        throw new SafetensorsException(
            String.format(
                "%s: tensor %s begins at data offset %d, expected %d: there is %s; the file is"
                    + " damaged.",
                file,
                quoted(entry.getKey()),
                begin,
                expected,
                begin > expected ? "a hole before it" : "an overlap with another tensor"));
      }
      expected = entry.getValue().end();
    }
    long dataBegin = (long) LENGTH_BYTES + headerLength;
    if (expected > dataLength) {
      throw new SafetensorsException(
          String.format(
              "%s: the file ends after %d bytes of tensor data, expected %d: it is truncated;"
                  + " download or save it again.",
              file, dataLength, expected));
    }
    if (expected < dataLength) {
      throw new SafetensorsException(
          String.format(
              "%s: %d bytes follow the last tensor, which ends at byte %d, expected none; the file"
                  + " is damaged.",
              file, dataLength - expected, dataBegin + expected));
    }
  }

  /** Reads the grammar above and nothing else: no duplicate, no unknown key, no other number. */
  private static final class Parser {
    private final Path file;
    private final byte[] header;
    private final CharsetEncoder unicode = StandardCharsets.UTF_8.newEncoder();
    private JsonReader json;

    Parser(Path file, byte[] header) {
      this.file = file;
      this.header = header;
    }

    SafetensorsHeader parse() throws SafetensorsException {
      if (header.length == 0 || header[0] != '{') {
        throw failure(
            "the header begins with %s at byte %d, expected '{'; this is not a safetensors file",
            header.length == 0 ? "nothing" : String.format("byte 0x%02x", header[0]), LENGTH_BYTES);
      }
      int length = header.length;
      while (header[length - 1] == ' ') {
        length--;
      }
      if (header[length - 1] != '}') {
        throw failure(
            "the header ends with byte 0x%02x at byte %d, expected '}' and only spaces after it;"
                + " the file is damaged",
            header[length - 1], LENGTH_BYTES + length - 1L);
      }
      json = new JsonReader(new StringReader(utf8(length)));
      json.setStrictness(Strictness.STRICT);
      try {
        SafetensorsHeader parsed = parseHeader();
        if (json.peek() != JsonToken.END_DOCUMENT) {
          throw failure("the header goes on after its closing '}'; the file is damaged");
        }
        return parsed;
      } catch (SafetensorsException e) {
        throw e;
      } catch (IOException | IllegalStateException | NumberFormatException e) {
        // Gson's own words advise a lenient reader, which is the last thing wanted here.
        throw new SafetensorsException(
            String.format(
                "%s: the header is not valid JSON near %s, expected a safetensors header; the file"
                    + " is damaged.",
                file, quoted(json.getPath())),
            e);
      }
    }

    private String utf8(int length) throws SafetensorsException {
      ByteBuffer bytes = ByteBuffer.wrap(header, 0, length);
      try {
        return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
      } catch (CharacterCodingException e) {
        throw new SafetensorsException(
            String.format(
                "%s: the header is not valid UTF-8 at byte %d, expected JSON text; the file is"
                    + " damaged.",
                file, (long) LENGTH_BYTES + bytes.position()),
            e);
      }
    }

    private SafetensorsHeader parseHeader() throws IOException {
      Map<String, String> metadata = new LinkedHashMap<>();
      Map<String, Slot> tensors = new LinkedHashMap<>();
      Set<String> names = new HashSet<>();
      begin(JsonToken.BEGIN_OBJECT, "the header");
      while (json.peek() != JsonToken.END_OBJECT) {
        String name = name();
        if (!names.add(name)) {
          throw failure(
              "the header names %s twice, expected each name once; the file is damaged",
              quoted(name));
        }
        if (name.equals(METADATA)) {
          parseMetadata(metadata);
        } else {
          tensors.put(name, parseSlot(name));
        }
      }
      json.endObject();
      return new SafetensorsHeader(metadata, tensors);
    }

    private void parseMetadata(Map<String, String> metadata) throws IOException {
      begin(JsonToken.BEGIN_OBJECT, METADATA);
      while (json.peek() != JsonToken.END_OBJECT) {
        String key = name();
        String value = text("the value of metadata " + quoted(key));
        if (metadata.put(key, value) != null) {
          throw failure(
              "the metadata names %s twice, expected each name once; the file is damaged",
              quoted(key));
        }
      }
      json.endObject();
    }

    private Slot parseSlot(String name) throws IOException {
      String tensor = "tensor " + quoted(name);
      TensorType type = null;
      long[] shape = null;
      long[] offsets = null;
      begin(JsonToken.BEGIN_OBJECT, tensor);
      while (json.peek() != JsonToken.END_OBJECT) {
        String key = name();
        boolean again;
        switch (key) {
          case "dtype" -> {
            again = type != null;
            type = type(tensor);
          }
          case "shape" -> {
            again = shape != null;
            shape = integers(tensor + ", shape", TensorEntry.MAX_DIMENSIONS);
          }
          case "data_offsets" -> {
            again = offsets != null;
            offsets = integers(tensor + ", data_offsets", 2);
          }
          default ->
              throw failure(
                  "%s has the key %s, expected dtype, shape and data_offsets; the file is damaged",
                  tensor, quoted(key));
        }
        if (again) {
          throw failure(
              "%s has the key %s twice, expected it once; the file is damaged",
              tensor, quoted(key));
        }
      }
      json.endObject();
      if (type == null || shape == null || offsets == null) {
        throw failure(
            "%s lacks %s, expected dtype, shape and data_offsets; the file is damaged",
            tensor, type == null ? "dtype" : shape == null ? "shape" : "data_offsets");
      }
      if (offsets.length != 2 || offsets[0] > offsets[1]) {
        throw failure(
            "%s has the data_offsets %s, expected a begin and an end not before it; the file is"
                + " damaged",
            tensor, Arrays.toString(offsets));
      }
      long bytes;
      try {
        bytes = type.bytes(shape);
      } catch (ArithmeticException e) {
        throw failure(
            "%s has the shape %s, expected fewer than 2^63 bytes of %s; the file is damaged",
            tensor, Arrays.toString(shape), type);
      }
      if (offsets[1] - offsets[0] != bytes) {
        throw failure(
            "%s has %d bytes between its data_offsets, expected %d for %s of shape %s; the file is"
                + " damaged",
            tensor, offsets[1] - offsets[0], bytes, type, Arrays.toString(shape));
      }
      return new Slot(type, shape, offsets[0], offsets[1]);
    }

    private TensorType type(String tensor) throws IOException {
      String dtype = text("the dtype of " + tensor);
      for (TensorType type : TensorType.values()) {
        if (type.name().equals(dtype)) {
          return type;
        }
      }
      throw failure(
          "%s has the dtype %s, expected one of %s; convert it, to F32 for example",
          tensor, quoted(dtype), Arrays.toString(TensorType.values()));
    }

    private long[] integers(String what, int most) throws IOException {
      long[] values = new long[most];
      int count = 0;
      begin(JsonToken.BEGIN_ARRAY, what);
      while (json.peek() != JsonToken.END_ARRAY) {
        expect(JsonToken.NUMBER, what);
        // As text: nextLong would take "8", 8.0 and 8e0 as well.
        String digits = json.nextString();
        if (!digits.matches("0|[1-9][0-9]{0,18}")) {
          throw notAnInteger(what, digits);
        }
        if (count == most) {
          throw failure("%s has more than %d numbers; the file is damaged", what, most);
        }
        try {
          values[count++] = Long.parseLong(digits);
        } catch (NumberFormatException e) {
          throw notAnInteger(what, digits);
        }
      }
      json.endArray();
      return Arrays.copyOf(values, count);
    }

    private SafetensorsException notAnInteger(String what, String digits) {
      return failure(
          "%s holds %s, expected integers from 0 to 2^63 - 1; the file is damaged",
          what, quoted(digits));
    }

    private String name() throws IOException {
      return unicode(json.nextName());
    }

    private String text(String what) throws IOException {
      expect(JsonToken.STRING, what);
      return unicode(json.nextString());
    }

    /** An escaped half of a surrogate pair is valid JSON and yet no text. */
    private String unicode(String text) throws SafetensorsException {
      if (!unicode.canEncode(text)) {
        throw failure(
            "the header holds half a surrogate pair near %s, expected Unicode text; the file is"
                + " damaged",
            quoted(json.getPath()));
      }
      return text;
    }

    private void begin(JsonToken bracket, String what) throws IOException {
      expect(bracket, what);
      if (bracket == JsonToken.BEGIN_OBJECT) {
        json.beginObject();
      } else {
        json.beginArray();
      }
    }

    private void expect(JsonToken token, String what) throws IOException {
      JsonToken found = json.peek();
      if (found != token) {
        throw failure(
            "%s is or holds %s, expected %s; the file is damaged",
            what, inWords(found), inWords(token));
      }
    }

    private static String inWords(JsonToken token) {
      return switch (token) {
        case BEGIN_ARRAY -> "an array";
        case BEGIN_OBJECT -> "an object";
        case STRING -> "a text";
        case NUMBER -> "a number";
        case BOOLEAN -> "true or false";
        case NULL -> "null";
        case NAME, END_ARRAY, END_OBJECT, END_DOCUMENT -> "nothing";
      };
    }

    private SafetensorsException failure(String sentence, Object... values) {
      return new SafetensorsException(file + ": " + String.format(sentence, values) + ".");
    }
  }
}
