package io.pemn.loader;

import io.pemn.format.proto.MaskKind;
import java.util.HexFormat;
import java.util.List;

/**
 * A masked weight tensor of an archive.
 *
 * @param name such as {@code blocks.0.pointwise.conv.weight}
 * @param shape its dimensions, row-major
 * @param firstPosition where its positions start in the masks of all layers laid end to end
 * @param size number of weights
 * @param offset where it starts in the repeated prototype
 * @param scale what a kept prototype value is multiplied with
 * @param kept number of weights that the mask keeps
 * @param digest first 8 bytes, in hexadecimal, of the SHA-256 of the weights as little-endian
 *     float32
 * @param kind what its mask can say of a weight
 * @since 0.1
 */
public record Layer(
    String name,
    List<Integer> shape,
    int firstPosition,
    int size,
    long offset,
    float scale,
    int kept,
    String digest,
    MaskKind kind) {

  /**
   * Copies the shape.
   *
   * @param name of the weight
   * @param shape its dimensions
   * @param firstPosition where its positions start in the masks of all layers
   * @param size number of weights
   * @param offset where it starts in the repeated prototype
   * @param scale what a kept prototype value is multiplied with
   * @param kept number of weights that the mask keeps
   * @param digest of the weights
   * @param kind what its mask can say of a weight
   */
  public Layer {
    shape = List.copyOf(shape);
  }

  /** {@return the fraction of weights that the mask keeps, 0 to 1} */
  public double density() {
    return (double) kept / size;
  }

  static String hex(byte[] digest) {
    return HexFormat.of().formatHex(digest);
  }
}
