package io.pemn.format.storage;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The digest of one layer: the first 8 bytes of the SHA-256 of its weights as little-endian
 * float32. Takes the weights stretch by stretch; for one thread and one layer.
 *
 * @since 0.1
 */
public final class LayerDigest {
  /** Length of a layer's digest: the beginning of a SHA-256. */
  public static final int BYTES = 8;

  private static final int AT_ONCE = 1 << 12;

  private final MessageDigest sha256 = ArchiveFormat.sha256();
  private final ByteBuffer chunk =
      ByteBuffer.allocate(AT_ONCE * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final FloatBuffer floats = chunk.asFloatBuffer();

  /** The digest of a whole layer, row-major. */
  public static byte[] of(float[] weights) {
    return new LayerDigest().add(FloatBuffer.wrap(weights)).finish();
  }

  /**
   * Adds the next weights.
   *
   * @param weights from position to limit, which stay as they are
   * @return this
   */
  public LayerDigest add(FloatBuffer weights) {
    for (int from = weights.position(); from < weights.limit(); from += AT_ONCE) {
      int count = Math.min(AT_ONCE, weights.limit() - from);
      floats.clear().put(weights.slice(from, count));
      sha256.update(chunk.clear().limit(count * Float.BYTES));
    }
    return this;
  }

  /** The digest of all that was added; what is added afterwards is another layer. */
  public byte[] finish() {
    return Arrays.copyOf(sha256.digest(), BYTES);
  }
}
