package io.pemn.packager;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.Archive;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Golden archives of every version, mask encoding, kind of remainder and prototype, changed in
 * every place: no change is read as an archive. {@link DamagedArchiveTest} does some of it to the
 * archives that are written now.
 */
class MutatedArchiveTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "version-1/mlp",
        "version-1/stored-values-shuffled",
        "version-2/module-float16",
        "version-2/ternary",
        "version-3/module-coded",
        "version-3/coded",
        "version-3/dense-int8",
        "version-3/mixed-masks-bitmap",
        "version-3/mixed-masks-entropy",
        "version-3/mixed-masks",
        "version-4/explicit-kept",
        "version-4/explicit-indexed",
        "version-4/res-net"
      })
  void noChangeOfAByteIsRead(String name) throws IOException {
    byte[] whole = golden(name);
    boolean smallest = whole.length < 600;
    for (int at = 0; at < whole.length; at++) {
      int value = whole[at] & 0xFF;
      IntStream flipped = IntStream.range(0, 8).map(bit -> value ^ 1 << bit);
      int[] others =
          smallest
              ? IntStream.concat(flipped, IntStream.of(value + 1, value - 1, 0, 0xFF)).toArray()
              : new int[] {value + 1, value - 1, value ^ 1 << (at & 7), 0, 0xFF};
      for (int other : others) {
        if ((other & 0xFF) != value) {
          byte[] changed = whole.clone();
          changed[at] = (byte) other;
          refuse(changed, "byte " + at + " of " + name + " as " + (other & 0xFF));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "version-1/mlp",
        "version-2/module-float16",
        "version-3/module-coded",
        "version-3/mixed-masks-bitmap",
        "version-3/mixed-masks-entropy",
        "version-3/coded",
        "version-4/explicit-indexed"
      })
  void noInsertedRemovedOrDoubledByteIsRead(String name) throws IOException {
    byte[] whole = golden(name);
    for (int at = 0; at <= whole.length; at++) {
      for (int inserted : new int[] {0, 0x0A, 0x80, 0xFF, at < whole.length ? whole[at] : 1}) {
        byte[] longer = spliced(whole, at, at, new byte[] {(byte) inserted});
        if (!Arrays.equals(longer, whole)) {
          refuse(longer, inserted + " before byte " + at + " of " + name);
        }
      }
      if (at < whole.length) {
        refuse(spliced(whole, at, at + 1, new byte[0]), "without byte " + at + " of " + name);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "version-1/mlp",
        "version-2/module-float16",
        "version-3/module-coded",
        "version-3/mixed-masks-entropy",
        "version-3/dense-int8",
        "version-4/explicit-indexed"
      })
  void cutAnywhereItIsTruncated(String name) throws IOException {
    byte[] whole = golden(name);
    for (int length = 0; length < whole.length; length++) {
      PemnFormatException refusal =
          refuse(Arrays.copyOf(whole, length), name + " cut to " + length + " bytes");
      assertTrue(refusal instanceof PemnFormatException.Truncated, refusal::toString);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"version-1/stored-values", "version-2/module", "version-4/explicit-indexed"})
  void sectionsInAnotherOrderOrOfAnotherArchiveAreNotRead(String name) throws IOException {
    byte[] whole = golden(name);
    List<byte[]> fields = fields(whole);
    assertArrayEquals(whole, joined(fields));
    for (int i = 0; i < fields.size(); i++) {
      for (int j = i + 1; j < fields.size(); j++) {
        List<byte[]> swapped = new ArrayList<>(fields);
        swapped.set(i, fields.get(j));
        swapped.set(j, fields.get(i));
        refuse(joined(swapped), "fields " + i + " and " + j + " of " + name + " swapped");
      }
      List<byte[]> without = new ArrayList<>(fields);
      without.remove(i);
      refuse(joined(without), name + " without field " + i);
      List<byte[]> twice = new ArrayList<>(fields);
      twice.add(i, fields.get(i));
      refuse(joined(twice), name + " with field " + i + " twice");
    }
    List<byte[]> other = fields(golden("version-4/explicit-kept"));
    for (int i = 2; i < Math.min(fields.size(), other.size()); i++) {
      List<byte[]> mixed = new ArrayList<>(fields);
      mixed.set(i, other.get(i));
      if (!Arrays.equals(joined(mixed), whole)) {
        refuse(joined(mixed), name + " with field " + i + " of another");
      }
    }
  }

  /** Tag, length and contents of each field, found by leaving one after another away. */
  private static List<byte[]> fields(byte[] whole) throws IOException {
    List<byte[]> fields = new ArrayList<>();
    Archive.Builder rest = Archive.parseFrom(whole).toBuilder();
    int from = 0;
    for (var field : List.copyOf(rest.getAllFields().keySet())) {
      rest.clearField(field);
      int to = whole.length - rest.build().getSerializedSize();
      fields.add(Arrays.copyOfRange(whole, from, to));
      from = to;
    }
    return fields;
  }

  private static byte[] joined(List<byte[]> fields) {
    java.io.ByteArrayOutputStream file = new java.io.ByteArrayOutputStream();
    fields.forEach(file::writeBytes);
    return file.toByteArray();
  }

  private static byte[] spliced(byte[] bytes, int from, int to, byte[] with) {
    byte[] spliced = new byte[bytes.length - (to - from) + with.length];
    System.arraycopy(bytes, 0, spliced, 0, from);
    System.arraycopy(with, 0, spliced, from, with.length);
    System.arraycopy(bytes, to, spliced, from + with.length, bytes.length - to);
    return spliced;
  }

  private static byte[] golden(String name) throws IOException {
    int slash = name.indexOf('/');
    int version = Integer.parseInt(name.substring("version-".length(), slash));
    return Files.readAllBytes(GoldenArchives.file(version, name.substring(slash + 1)));
  }

  /** What the change ends in; a change that is read fails the test, whatever its weights. */
  private static PemnFormatException refuse(byte[] changed, String what) {
    try {
      PemnArchive archive = PemnArchive.read(changed);
      archive.verify();
      for (Layer layer : archive.layers()) {
        archive.rebuild(layer);
      }
    } catch (PemnFormatException e) {
      assertFalse(e.getMessage().isBlank(), what);
      return e;
    } catch (IOException | RuntimeException e) {
      throw new AssertionError(what + " ends in something else", e);
    }
    throw new AssertionError(what + " is read");
  }
}
