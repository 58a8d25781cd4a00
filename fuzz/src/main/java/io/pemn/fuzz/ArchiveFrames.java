package io.pemn.fuzz;

import io.pemn.format.storage.ZstdFrame;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Zstd frames that lie, in place of a remainder. */
final class ArchiveFrames {
  private static final String CORRUPT = "Corrupt";
  private static final String TOO_MUCH = "LimitExceeded";
  private static final String PERCEPTRON = "version-3/coded";

  private final HostileArchives archives;

  ArchiveFrames(HostileArchives archives) {
    this.archives = archives;
  }

  /** Adds them all. */
  void add() throws IOException {
    byte[] sound = HostileArchives.opened(PERCEPTRON).getRemainder().toByteArray();
    frame(
        "zstd-bomb",
        "16 KB of remainder that are 512 MiB of zeros",
        TOO_MUCH,
        HandmadeFrame.zeros(1 << 29, 1 << 29));
    frame(
        "zstd-of-4-GiB",
        "a frame of a byte that states 4 GiB",
        TOO_MUCH,
        HandmadeFrame.raw(1L << 32, new byte[1]));
    frame(
        "zstd-bomb-that-says-little",
        "a frame of 64 MiB that states 64 bytes",
        CORRUPT,
        HandmadeFrame.zeros(64, 1 << 26));
    frame(
        "zstd-that-says-too-much",
        "a frame that states a byte more than it has",
        CORRUPT,
        HandmadeFrame.raw(sound.length + 1, sound));
    frame(
        "zstd-that-says-too-little",
        "a frame that states a byte less than it has",
        CORRUPT,
        HandmadeFrame.raw(sound.length - 1, sound));
    frame(
        "zstd-of-2^63-bytes",
        "a content size that is negative as a signed number",
        CORRUPT,
        HandmadeFrame.raw(Long.MIN_VALUE, sound));
    frame(
        "zstd-of-2^64-1-bytes",
        "the content size by which zstd means that it is unknown",
        CORRUPT,
        HandmadeFrame.raw(-1, sound));
    frame(
        "zstd-of-2^64-2-bytes",
        "the content size by which zstd means an error",
        CORRUPT,
        HandmadeFrame.raw(-2, sound));
    frame(
        "zstd-without-size",
        "a frame that states no content size",
        CORRUPT,
        HandmadeFrame.withoutSize(sound));
    frame(
        "zstd-window",
        "a frame that wants a window of 3.75 TiB",
        CORRUPT,
        HandmadeFrame.withHugeWindow(sound));
    frame(
        "zstd-dictionary",
        "a frame that needs a dictionary",
        CORRUPT,
        HandmadeFrame.withDictionary(sound));
    byte[] whole = ZstdFrame.compress(sound);
    byte[] hidden = HandmadeFrame.skippable("hidden".getBytes(StandardCharsets.UTF_8));
    frame(
        "zstd-skippable-first",
        "a skippable frame before the remainder's",
        CORRUPT,
        HandmadeFrame.join(hidden, whole));
    frame(
        "zstd-skippable-last",
        "a skippable frame behind the remainder's",
        CORRUPT,
        HandmadeFrame.join(whole, hidden));
    frame("zstd-twice", "two frames of half the remainder each", CORRUPT, twoFrames(sound));
    frame("zstd-of-nothing", "no section where one is announced", "Truncated", new byte[0]);
  }

  private void frame(String name, String attack, String refusal, byte[] frame) throws IOException {
    archives.add(
        name,
        attack,
        refusal,
        ForgedArchive.of(TestData.golden(PERCEPTRON)).remainderFrame(frame, 0).toBytes());
  }

  private static byte[] twoFrames(byte[] content) {
    int half = content.length / 2;
    return HandmadeFrame.join(
        ZstdFrame.compress(Arrays.copyOf(content, half)),
        ZstdFrame.compress(Arrays.copyOfRange(content, half, content.length)));
  }
}
