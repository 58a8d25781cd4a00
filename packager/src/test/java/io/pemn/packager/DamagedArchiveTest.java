package io.pemn.packager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import com.google.protobuf.ByteString;
import io.pemn.format.ArchiveSection;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.Archive;
import io.pemn.format.storage.ArchiveFormat;
import io.pemn.loader.Limits;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** No damage goes unnoticed, and none ends in anything but a {@link PemnFormatException}. */
class DamagedArchiveTest {
  static List<String> networks() {
    return List.of(
        "mlp",
        "stored-values-shuffled",
        "dense",
        "mixed-masks",
        "module",
        "coded",
        "module-coded",
        "res-net",
        "vision-transformer",
        "explicit-kept",
        "explicit-indexed");
  }

  @ParameterizedTest
  @MethodSource("networks")
  void anArchiveCutAnywhereIsTruncated(String name) throws IOException {
    byte[] whole = archive(name);
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertInstanceOf(
          PemnFormatException.Truncated.class, failure(cut), "cut to " + length + " bytes");
    }
  }

  @ParameterizedTest
  @MethodSource("networks")
  void everyChangedByteIsNoticed(String name) throws IOException {
    byte[] whole = archive(name);
    for (int at = 0; at < whole.length; at++) {
      for (int change : new int[] {0x01, 0x02, 0x08, 0x40, 0x80, 0xFF}) {
        byte[] changed = whole.clone();
        changed[at] ^= (byte) change;
        failure(changed);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("networks")
  void appendedBytesAreCorrupt(String name) throws IOException {
    byte[] whole = archive(name);
    for (int more : new int[] {1, 2, whole.length}) {
      byte[] longer = Arrays.copyOf(whole, whole.length + more);
      System.arraycopy(whole, 0, longer, whole.length, more);
      PemnFormatException e = failure(longer);
      assertInstanceOf(PemnFormatException.Corrupt.class, e);
      assertEquals(ArchiveSection.FILE, e.section());
      assertEquals(whole.length, e.offset().orElseThrow());
    }
  }

  /** A file of two kinds is read as one here and as the other elsewhere, past a scanner. */
  @Test
  void aFileOfTwoKindsIsRefused() throws IOException {
    byte[] whole = archive("mlp");
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(zip)) {
      out.putNextEntry(new ZipEntry("data.pkl"));
      out.write(new byte[100]);
    }
    byte[] behind = joined(whole, zip.toByteArray());
    assertEquals(whole.length, failure(behind).offset().orElseThrow());
    byte[] before = joined(zip.toByteArray(), whole);
    assertInstanceOf(PemnFormatException.NotAnArchive.class, failure(before));
    byte[] commented = joined("#!/bin/sh\n".getBytes(StandardCharsets.US_ASCII), whole);
    assertInstanceOf(PemnFormatException.NotAnArchive.class, failure(commented));
  }

  private static byte[] joined(byte[] first, byte[] second) {
    return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
  }

  @ParameterizedTest
  @MethodSource("networks")
  void damageIsFoundInItsSectionAndToldWhereThatBegins(String name) throws IOException {
    byte[] whole = archive(name);
    Archive sound = Archive.parseFrom(whole);
    // Prototype values are packed: as a field of bytes they are what stands behind tag and length.
    ByteString values =
        Archive.newBuilder()
            .addAllPrototypeValues(sound.getPrototypeValuesList())
            .build()
            .toByteString();
    Map<ArchiveSection, ByteString> sections =
        Map.of(
            ArchiveSection.METADATA, sound.getMetadata().toByteString(),
            ArchiveSection.MASKS, sound.getMasks(),
            ArchiveSection.REMAINDER, sound.getRemainder(),
            ArchiveSection.PROTOTYPE_VALUES,
                values.isEmpty()
                    ? values
                    : values.substring(values.size() - 4 * sound.getPrototypeValuesCount()),
            ArchiveSection.MODULE, sound.getModule(),
            ArchiveSection.CODED_PROTOTYPE, sound.getCodedPrototype());
    for (Map.Entry<ArchiveSection, ByteString> section : sections.entrySet()) {
      byte[] content = section.getValue().toByteArray();
      int start = Collections.indexOfSubList(list(whole), list(content));
      for (int at = 0; at < content.length; at += 7) {
        byte[] damaged = whole.clone();
        damaged[start + at] ^= 0x10;
        PemnFormatException e = failure(damaged);
        if (section.getKey() == ArchiveSection.METADATA) {
          // Its digest is the head's.
          assertEquals(ArchiveSection.HEAD, e.section(), e.getMessage());
        } else {
          assertEquals(section.getKey(), e.section(), e.getMessage());
          assertEquals(start, e.offset().orElseThrow(), e.getMessage());
        }
        assertTrue(e.found().startsWith("SHA-256 "), e.found());
      }
    }
  }

  @Test
  void whatThePageForProgramsSaysIsSo() throws IOException {
    byte[] damaged = archive("mlp");
    int size = Archive.parseFrom(damaged).getMasks().size();
    int start = 287;
    damaged[start + size - 1] ^= 1;
    PemnFormatException e = failure(damaged);
    String page =
        Files.readString(Path.of(System.getProperty("pemn.home")).resolve("docs/embedding.md"));
    assertTrue(page.contains("| `section()` | `ArchiveSection." + e.section() + "`"));
    assertTrue(page.contains("| `offset()` | " + e.offset().orElseThrow() + ","));
    assertTrue(page.contains("| `found()` | `" + e.found() + "` |"), e.found());
    assertTrue(page.contains("| `expected()` | `" + e.expected() + "` |"), e.expected());
  }

  private static List<Byte> list(byte[] bytes) {
    List<Byte> list = new ArrayList<>();
    for (byte each : bytes) {
      list.add(each);
    }
    return list;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"PK\u0003\u0004 a zip file", "\u0089PNG\r\n\u001a\n", "PEMN", "\n\bPEMN\n"})
  void anotherFormatIsNoArchive(String beginning) {
    byte[] bytes = Arrays.copyOf(beginning.getBytes(StandardCharsets.ISO_8859_1), 1000);
    assertInstanceOf(PemnFormatException.NotAnArchive.class, failure(bytes));
  }

  @Test
  void aTransferInTextModeIsMentioned() throws IOException {
    String text = new String(archive("mlp"), StandardCharsets.ISO_8859_1).replace("\r\n", "\n");
    PemnFormatException e = failure(text.getBytes(StandardCharsets.ISO_8859_1));
    assertInstanceOf(PemnFormatException.NotAnArchive.class, e);
    assertTrue(e.getMessage().contains("text mode"), e.getMessage());
  }

  @Test
  void aNewerFormatVersionIsTooNew() throws IOException {
    byte[] newer = archive("res-net");
    assertEquals(ArchiveFormat.VERSION, newer[11]);
    newer[11]++;
    PemnFormatException e = failure(newer);
    assertInstanceOf(PemnFormatException.TooNew.class, e);
    assertTrue(e.getMessage().contains("version " + newer[11]), e.getMessage());
    newer[11] = 0;
    assertInstanceOf(PemnFormatException.Corrupt.class, failure(newer));
  }

  @Test
  void aVersionThatCannotOrNeedNotHoldTheNetworkIsCorrupt() throws IOException {
    for (String name :
        List.of("mlp", "res-net", "vision-transformer", "plain-norm", "explicit-kept")) {
      Archive sound = Archive.parseFrom(archive(name));
      boolean newest = !name.equals("mlp");
      assertEquals(newest ? 4 : 3, sound.getFormatVersion());
      for (int other : newest ? List.of(1, 2, 3) : List.of(4)) {
        PemnFormatException e = failure(withVersion(sound, other));
        assertInstanceOf(PemnFormatException.Corrupt.class, e);
        assertEquals(
            "The archive has format version "
                + other
                + ", but what it holds has version "
                + sound.getFormatVersion()
                + "; it was written by a faulty tool.",
            e.getMessage());
      }
    }
  }

  /** The same with another version in its head, and the head's digest. */
  private static byte[] withVersion(Archive sound, int version) {
    Archive wrong = sound.toBuilder().setFormatVersion(version).build();
    byte[] head =
        wrong.toBuilder()
            .clearHeadDigest()
            .clearMasks()
            .clearRemainder()
            .clearPrototypeValues()
            .clearCodedPrototype()
            .build()
            .toByteArray();
    ByteString digest = ByteString.copyFrom(ArchiveFormat.digest(ByteBuffer.wrap(head)));
    return wrong.toBuilder().setHeadDigest(digest).build().toByteArray();
  }

  @Test
  void aVersionThatNeverEndsIsCorrupt() throws IOException {
    byte[] endless = archive("mlp");
    Arrays.fill(endless, 11, endless.length, (byte) 0xFF);
    assertInstanceOf(PemnFormatException.Corrupt.class, failure(endless));
  }

  @Test
  void filesAreCheckedBeforeTheyAreRead(@TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("a.pemn"), archive("mlp"));
    Limits small = new Limits(Files.size(file) - 1, 1000, 100, 10_000, 0);
    assertThrows(
        PemnFormatException.LimitExceeded.class,
        () -> PemnArchive.open(file, LoadPolicy.standard().withLimits(small)));
    assertThrows(PemnFormatException.NotAnArchive.class, () -> PemnArchive.open(folder));
    assertThrows(NoSuchFileException.class, () -> PemnArchive.open(folder.resolve("b.pemn")));
  }

  @Test
  void limitsAreEnforcedToTheLastOne() throws IOException {
    byte[] bytes = archive("mlp");
    PemnArchive archive = PemnArchive.read(bytes);
    long weights = archive.maskedWeights();
    int layers = archive.layers().size();
    // 4 * (9 + 5) + 3 numbers of 4 bytes.
    PemnArchive.read(
            bytes,
            LoadPolicy.standard().withLimits(new Limits(bytes.length, weights, layers, 236, 0)))
        .verify();
    for (Limits limits :
        List.of(
            new Limits(bytes.length, weights - 1, layers, 236, 0),
            new Limits(bytes.length, weights, layers - 1, 236, 0),
            new Limits(bytes.length, weights, layers, 235, 0))) {
      assertThrows(
          PemnFormatException.LimitExceeded.class,
          () -> PemnArchive.read(bytes, LoadPolicy.standard().withLimits(limits)));
    }
  }

  @Test
  void theLimitsOfAModuleAreEnforcedToTheLastOne() throws IOException {
    byte[] bytes = archive("module");
    Archive archive = Archive.parseFrom(bytes);
    long weights = PemnArchive.read(bytes).maskedWeights();
    long remainder = Zstd.getFrameContentSize(archive.getRemainder().toByteArray());
    int tensors = PemnArchive.read(bytes).remainder().size();
    long module = Zstd.getFrameContentSize(archive.getModule().toByteArray());
    PemnArchive.read(
            bytes,
            LoadPolicy.standard()
                .withLimits(new Limits(bytes.length, weights, tensors, remainder, module)))
        .verify();
    for (Limits limits :
        List.of(
            new Limits(bytes.length, weights - 1, tensors, remainder, module),
            new Limits(bytes.length, weights, tensors - 1, remainder, module),
            new Limits(bytes.length, weights, tensors, remainder - 1, module),
            new Limits(bytes.length, weights, tensors, remainder, module - 1))) {
      assertThrows(
          PemnFormatException.LimitExceeded.class,
          () -> PemnArchive.read(bytes, LoadPolicy.standard().withLimits(limits)).verify());
    }
  }

  @Test
  void constantsThatAreWrittenOutCountAsMuchAsOthers() throws IOException {
    MaskedNetwork dense = TinyNetworks.all().get("dense");
    MaskedNetwork zeros =
        TinyNetworks.withRemainder(
            dense,
            dense.remainder().stream()
                .map(t -> new RemainderTensor(t.name(), t.shape(), new float[t.size()]))
                .toList());
    byte[] bytes = ArchiveWriter.toBytes(zeros);
    long needed = 4 * PemnArchive.read(bytes).parameters();
    assertTrue(bytes.length < needed / 2);
    PemnArchive.read(
            bytes, LoadPolicy.standard().withLimits(new Limits(bytes.length, 0, 0, needed, 0)))
        .verify();
    Limits small = new Limits(bytes.length, 0, 0, needed - 1, 0);
    assertThrows(
        PemnFormatException.LimitExceeded.class,
        () -> PemnArchive.read(bytes, LoadPolicy.standard().withLimits(small)));
  }

  private static byte[] archive(String name) throws IOException {
    return GoldenArchives.toBytes(name);
  }

  /** What opening or verifying ends in; anything but a PemnFormatException fails the test. */
  private static PemnFormatException failure(byte[] bytes) {
    return ForgedArchives.refusal(bytes);
  }
}
