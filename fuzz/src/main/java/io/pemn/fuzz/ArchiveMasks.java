package io.pemn.fuzz;

import io.pemn.format.proto.Archive;
import io.pemn.format.storage.ZstdFrame;
import io.pemn.fuzz.HandmadeBitmap.Container;
import java.io.IOException;
import java.util.Arrays;

/** Masks of all encodings. */
final class ArchiveMasks {
  private static final String CORRUPT = "Corrupt";
  private static final String LARGE = "version-3/several-containers";
  private static final String PERCEPTRON = "version-3/coded";
  private static final String BITS = "version-3/mixed-masks-bitmap";
  private static final String ENTROPY = "version-3/mixed-masks-entropy";

  private final HostileArchives archives;

  ArchiveMasks(HostileArchives archives) {
    this.archives = archives;
  }

  /** Adds them all. */
  void add() throws IOException {
    masks("roaring-unsorted", "members of an array in the wrong order", Container.of(0, 5, 3));
    masks("roaring-member-twice", "a member of an array twice", Container.of(0, 5, 5));
    masks("roaring-beyond", "a member beyond the last weight", Container.of(0, 5, 60_000));
    masks(
        "roaring-container-beyond", "a container beyond the last weight", Container.of(0xFFFF, 1));
    masks(
        "roaring-containers-unsorted",
        "containers in the wrong order",
        Container.of(1, 0),
        Container.of(0, 0));
    masks("roaring-container-twice", "a container twice", Container.of(0, 0), Container.of(0, 1));
    masks(
        "roaring-cardinality",
        "an array that says it has 4,096 members",
        new Container(0, 4096, 1));
    masks(
        "roaring-cardinality-of-a-bitmap",
        "a bitmap of which two bytes are there",
        new Container(0, 65_536, 1));
    rawMasks(
        "roaring-65536-containers", "65,536 containers in eight bytes", HandmadeBitmap.of(65_536));
    rawMasks("roaring-2^31-containers", "-1 containers", HandmadeBitmap.of(-1));
    rawMasks(
        "roaring-other-cookie", "what is no RoaringBitmap", new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
    rawMasks(
        "roaring-runs-overlap",
        "runs of which one begins within another",
        new byte[] {0x3B, 0x30, 0, 0, 1, 0, 0, 9, 0, 2, 0, 0, 0, 5, 0, 3, 0, 2, 0});
    rawMasks(
        "roaring-run-too-long",
        "a run beyond the end of its container",
        new byte[] {0x3B, 0x30, 0, 0, 1, 0, 0, 9, 0, 1, 0, -1, -1, -1, -1});
    rawMasks(
        "roaring-bytes-behind",
        "bytes behind the last container",
        HandmadeFrame.join(HandmadeBitmap.of(1, Container.of(0, 1)), new byte[3]));
    byte[] bits = HostileArchives.opened(BITS).getMasks().toByteArray();
    bits[bits.length - 1] |= (byte) 0x80;
    archives.add(
        "bitmap-beyond",
        "a bit behind the last",
        CORRUPT,
        ForgedArchive.of(TestData.golden(BITS)).masks(ZstdFrame.compress(bits)).toBytes());
    byte[] code = Archive.parseFrom(TestData.golden(ENTROPY)).getMasks().toByteArray();
    ForgedArchive entropy = ForgedArchive.of(TestData.golden(ENTROPY));
    archives.add(
        "entropy-bytes-behind",
        "zeros behind a code",
        CORRUPT,
        entropy.masks(Arrays.copyOf(code, code.length + 4)).toBytes());
    archives.add(
        "entropy-cut",
        "a code that ends early",
        CORRUPT,
        entropy.masks(Arrays.copyOf(code, code.length / 2)).toBytes());
    archives.add(
        "entropy-empty",
        "no masks where they are announced",
        CORRUPT,
        entropy.masks(new byte[0]).toBytes());
    archives.add(
        "entropy-ones",
        "a code of ones alone",
        CORRUPT,
        entropy.masks(HostileArchives.filled(code.length, 0xFF)).toBytes());
    archives.claim(
        "masks-of-another-encoding",
        "bits that are called an arithmetic code",
        CORRUPT,
        BITS,
        m -> m.getMasksBuilder().setEncodingValue(3).clearDecodedBytes());
    archives.claim(
        "masks-of-an-encoding-to-come",
        "an encoding that no version has",
        "Unsupported",
        BITS,
        m -> m.getMasksBuilder().setEncodingValue(4));
  }

  private void masks(String name, String attack, Container... containers) throws IOException {
    boolean several = containers.length > 1;
    rawMasks(
        several ? LARGE : PERCEPTRON,
        name,
        attack,
        HandmadeBitmap.of(containers.length, containers));
  }

  private void rawMasks(String name, String attack, byte[] bitmap) throws IOException {
    rawMasks(PERCEPTRON, name, attack, bitmap);
  }

  private void rawMasks(String base, String name, String attack, byte[] bitmap) throws IOException {
    archives.add(
        name,
        attack,
        CORRUPT,
        ForgedArchive.of(TestData.golden(base))
            .metadata(m -> m.getMasksBuilder().setDecodedBytes(bitmap.length))
            .masks(ZstdFrame.compress(bitmap))
            .toBytes());
  }
}
