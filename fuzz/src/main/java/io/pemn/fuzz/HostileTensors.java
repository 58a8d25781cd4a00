package io.pemn.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Safetensors files, whose header is JSON behind its length. */
final class HostileTensors {
  private static final String REFUSED = "SafetensorsException";

  private final List<HostileFile> files = new ArrayList<>();

  private HostileTensors() {}

  /** All of them. */
  static List<HostileFile> all() {
    HostileTensors tensors = new HostileTensors();
    tensors.lengths();
    tensors.headers();
    return tensors.files;
  }

  private void add(String name, String attack, long length, byte[] rest) {
    byte[] file =
        ByteBuffer.allocate(8 + rest.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(length)
            .put(rest)
            .array();
    files.add(new HostileFile("safetensors/" + name + ".safetensors", attack, REFUSED, file));
  }

  private void header(String name, String attack, String header, int dataBytes) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    add(name, attack, text.length, HandmadeFrame.join(text, new byte[dataBytes]));
  }

  private void tensor(String name, String attack, String shape, String offsets, int dataBytes) {
    header(name, attack, "{\"a\":" + entry(shape, offsets) + "}", dataBytes);
  }

  private static String entry(String shape, String offsets) {
    return "{\"dtype\":\"F32\",\"shape\":[" + shape + "],\"data_offsets\":[" + offsets + "]}";
  }

  private void lengths() {
    byte[] empty = {'{', '}'};
    add("length-beyond-the-file", "a header longer than the file", 1000, empty);
    add("length-100-MB", "a header of 99,999,999 bytes", 99_999_999, empty);
    add("length-2^63-1", "a header of 2^63 - 1 bytes", Long.MAX_VALUE, empty);
    add("length-2^64-1", "a header of 2^64 - 1 bytes", -1, empty);
    add("length-0", "a header of no bytes", 0, new byte[0]);
    files.add(
        new HostileFile(
            "safetensors/length-cut.safetensors",
            "half of the header's length",
            REFUSED,
            new byte[4]));
  }

  private void headers() {
    tensor("offsets-beyond-the-file", "a tensor that ends behind the file", "4", "0,16", 8);
    tensor("offsets-backwards", "a tensor that ends before it begins", "0", "8,0", 8);
    tensor("offsets-negative", "a tensor that begins at -4", "1", "-4,0", 4);
    tensor("offsets-2^64", "offsets beyond 64 bits", "1", "0,18446744073709551620", 4);
    tensor("offsets-with-a-gap", "bytes that belong to no tensor", "1", "4,8", 8);
    tensor("shape-2^64", "a dimension of 2^64", "18446744073709551616", "0,0", 0);
    tensor(
        "shape-overflows", "2^32 x 2^32 numbers, 0 in 64 bits", "4294967296,4294967296", "0,0", 0);
    tensor("shape-negative", "a dimension of -1", "-1", "0,0", 0);
    tensor("shape-of-a-fraction", "a dimension of 1.5", "1.5", "0,4", 4);
    tensor("shape-1e400", "a dimension that is infinite in double", "1e400", "0,4", 4);
    tensor("shape-other-than-the-bytes", "a shape of fewer bytes than the offsets", "1", "0,8", 8);
    tensor("bytes-behind", "bytes behind the last tensor", "1", "0,4", 8);
    tensor(
        "dimensions-without-end",
        "a shape of 20,000 dimensions",
        "1,".repeat(19_999) + "1",
        "0,4",
        4);
    header(
        "offsets-overlap",
        "two tensors in one place",
        "{\"a\":" + entry("2", "0,8") + ",\"b\":" + entry("2", "4,12") + "}",
        12);
    header(
        "name-twice",
        "two tensors of one name",
        "{\"a\":" + entry("1", "0,4") + ",\"a\":" + entry("1", "4,8") + "}",
        8);
    header(
        "name-twice-escaped",
        "one name in two spellings",
        "{\"a\":" + entry("1", "0,4") + ",\"\\u0061\":" + entry("1", "4,8") + "}",
        8);
    header(
        "member-twice",
        "a tensor with two shapes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"shape\":[2],\"data_offsets\":[0,4]}}",
        4);
    header(
        "nested",
        "20,000 arrays in one another",
        "{\"a\":" + "[".repeat(20_000) + "]".repeat(20_000) + "}",
        0);
    header("metadata-not-text", "metadata that are no text", "{\"__metadata__\":{\"a\":1}}", 0);
    header("type-unknown", "a type that no version has", entryOfType("F128"), 4);
    header("not-json", "a header that is Python", "{'a': None}", 0);
    header("behind-the-header", "two headers", "{}{}", 0);
    header(
        "surrogate-alone",
        "half a character as a name",
        "{\"\\ud800\":" + entry("1", "0,4") + "}",
        4);
    header("string-open", "a name without end", "{\"aaaaaaaa}", 0);
    add(
        "not-utf-8",
        "a name that is no UTF-8",
        5,
        new byte[] {'{', '"', (byte) 0xC0, (byte) 0x80, '}'});
    add(
        "byte-order-mark",
        "a byte order mark before the header",
        5,
        new byte[] {-17, -69, -65, '{', '}'});
    header(
        "escapes",
        "a name that moves the cursor, of a type that there is not",
        "{\"\\u001b[2J\\u001b[H\":{\"dtype\":\"\\u001b[31m\",\"shape\":[],\"data_offsets\":[0,0]}}",
        0);
  }

  private static String entryOfType(String type) {
    return "{\"a\":" + entry("1", "0,4").replace("F32", type) + "}";
  }
}
