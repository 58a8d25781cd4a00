package io.pemn.format.network;

import java.util.List;

/**
 * A vision transformer (Dosovitskiy et al., "An image is worth 16x16 words", ICLR 2021): a patch
 * convolution with bias makes the image's patches tokens, row by row; a learned token for the class
 * goes before them and learned positions are added to all; then blocks of self-attention and of a
 * perceptron with one hidden layer, each behind a layer normalisation and beside an identity; at
 * last a layer normalisation and a linear classifier of the class token, or, where there is none,
 * of the mean over all tokens. All linear layers have biases.
 *
 * <p>With patch 16, dim 768, depth 12, 12 heads and ratio 4, for images of 3x224x224 in 1,000
 * classes, it has the 86,567,656 parameters of ViT-B/16.
 *
 * @param patch side and stride of the patch convolution, 1 to 256; the images are a multiple of it
 * @param dim numbers in a token, 1 to 16384
 * @param depth number of blocks, 1 to 1024
 * @param heads of the attention, each with dim / heads numbers; they divide dim
 * @param mlpRatio width of the perceptron's hidden layer over dim, 1 to 64
 * @param classToken whether there is a token for the class
 * @param positions whether positions are learned; otherwise tokens have no order
 * @param activation of the perceptron; theirs is {@link Activation#GELU}
 * @param norm what layer normalisation learns
 * @since 0.1
 */
public record VisionTransformerArchitecture(
    int patch,
    int dim,
    int depth,
    int heads,
    int mlpRatio,
    boolean classToken,
    boolean positions,
    Activation activation,
    Norm norm)
    implements Architecture {

  /**
   * Checks the ranges.
   *
   * @param patch side and stride of the patch convolution
   * @param dim numbers in a token
   * @param depth number of blocks
   * @param heads of the attention
   * @param mlpRatio width of the perceptron's hidden layer over dim
   * @param classToken whether there is a token for the class
   * @param positions whether positions are learned
   * @param activation of the perceptron
   * @param norm what layer normalisation learns
   * @throws IllegalArgumentException in one sentence, if a size is out of range, or the heads do
   *     not divide dim
   */
  public VisionTransformerArchitecture {
    Sizes.check("the vision transformer's patch", patch, 1, 256);
    Sizes.check("the vision transformer's dim", dim, 1, 1 << 14);
    Sizes.check("the vision transformer's depth", depth, 1, 1 << 10);
    Sizes.check("the vision transformer's number of heads", heads, 1, 1 << 10);
    Sizes.check("the vision transformer's MLP ratio", mlpRatio, 1, 64);
    if (dim % heads != 0) {
      throw new IllegalArgumentException(
          "The vision transformer's "
              + heads
              + " heads must share its dim evenly, but "
              + dim
              + " is no multiple of "
              + heads
              + ".");
    }
  }

  /**
   * The number of tokens, the one for the class included.
   *
   * @throws IllegalArgumentException if the images are no multiple of the patch
   */
  private int tokens(ImageShape input) {
    if (input.height() % patch != 0 || input.width() % patch != 0) {
      throw new IllegalArgumentException(
          "The vision transformer's patch of "
              + patch
              + " does not divide images of "
              + input
              + "; use one that divides their sides.");
    }
    int patches = Math.multiplyExact(input.height() / patch, input.width() / patch);
    return Math.addExact(patches, classToken ? 1 : 0);
  }

  @Override
  public List<ParameterShape> parameters(ImageShape input, int classes) {
    int tokens = tokens(input);
    ParameterList parameters =
        new ParameterList()
            .weight("stem.conv", dim, input.channels(), patch, patch)
            .bias("stem.conv", dim);
    if (classToken) {
      parameters.learned("class_token", dim);
    }
    if (positions) {
      parameters.learned("positions", tokens, dim);
    }
    for (int i = 0; i < depth; i++) {
      String attention = "blocks." + i + ".attention";
      String mlp = "blocks." + i + ".mlp";
      parameters
          .layerNorm(attention + ".norm", dim, norm)
          .linear(attention + ".qkv", 3 * dim, dim)
          .linear(attention + ".projection", dim, dim)
          .layerNorm(mlp + ".norm", dim, norm)
          .linear(mlp + ".expand", mlpRatio * dim, dim)
          .linear(mlp + ".contract", dim, mlpRatio * dim);
    }
    return parameters.layerNorm("norm", dim, norm).linear("head", classes, dim).toList();
  }

  @Override
  public String inWords() {
    return "Vision transformer patch "
        + patch
        + ", dim "
        + dim
        + ", depth "
        + depth
        + ", heads "
        + heads
        + ", MLP ratio "
        + mlpRatio
        + (classToken ? "" : ", no class token")
        + (positions ? "" : ", no positions")
        + ", "
        + activation
        + norm.inWords();
  }
}
