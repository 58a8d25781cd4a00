package io.pemn.format.network;

import java.util.List;

/**
 * A residual network for small images (He et al., "Deep residual learning for image recognition",
 * CVPR 2016, section 4.2): a convolution of 3x3, then three stages of (depth - 2) / 6 blocks each,
 * of width, 2 * width and 4 * width channels, the second and the third at half the resolution of
 * the one before; a block is two convolutions of 3x3 beside an identity, which takes every second
 * row and column and adds channels of zeros where the sizes change (their option A); then the mean
 * over all positions and a linear classifier with bias. Convolutions have no bias and are followed
 * by batch normalisation and the activation, the second of a block after the sum.
 *
 * <p>Of width 16, for images of three channels in ten classes, ResNet-20 has 269,722 parameters,
 * ResNet-32 464,154, ResNet-44 658,586, ResNet-56 853,018 and ResNet-110 1,727,962 (0.27, 0.46,
 * 0.66, 0.85 and 1.7 million in their table 6), running statistics not counted.
 *
 * @param depth layers with weights: 8, 14, 20, ..., 6 n + 2, up to 1202
 * @param width channels of the first stage, 1 to 4096
 * @param activation the non-linearity; theirs is {@link Activation#RELU}
 * @param norm what batch normalisation learns
 * @since 0.1
 */
public record ResNetArchitecture(int depth, int width, Activation activation, Norm norm)
    implements Architecture {
  /** The number of stages. */
  private static final int STAGES = 3;

  private static final int LAYERS_A_BLOCK = 2;

  /**
   * Checks the ranges.
   *
   * @param depth layers with weights
   * @param width channels of the first stage
   * @param activation the non-linearity
   * @param norm what batch normalisation learns
   * @throws IllegalArgumentException in one sentence, if a size is out of range
   */
  public ResNetArchitecture {
    Sizes.check("the ResNet's depth", depth, 8, 1202);
    Sizes.check("the ResNet's width", width, 1, 1 << 12);
    if ((depth - 2) % (STAGES * LAYERS_A_BLOCK) != 0) {
      throw new IllegalArgumentException(
          "The ResNet's depth must be 6 n + 2, such as 20, 32, 44, 56 or 110, not " + depth + ".");
    }
  }

  /** {@return the number of blocks in all stages} */
  public int blocks() {
    return (depth - 2) / LAYERS_A_BLOCK;
  }

  /** The stage of a block, from 0. */
  private int stage(int block) {
    return block / (blocks() / STAGES);
  }

  /**
   * The channels that a block gives.
   *
   * @param block from 0
   * @return the width of its stage
   */
  public int channels(int block) {
    return width << stage(block);
  }

  /**
   * Whether a block begins a stage of half the resolution.
   *
   * @param block from 0
   * @return whether it does
   */
  public boolean halves(int block) {
    return block > 0 && stage(block) > stage(block - 1);
  }

  @Override
  public List<ParameterShape> parameters(ImageShape input, int classes) {
    ParameterList parameters =
        new ParameterList()
            .weight("stem.conv", width, input.channels(), 3, 3)
            .batchNorm("stem.norm", width, norm);
    int before = width;
    for (int i = 0; i < blocks(); i++) {
      String block = "blocks." + i;
      int channels = channels(i);
      parameters
          .weight(block + ".first.conv", channels, before, 3, 3)
          .batchNorm(block + ".first.norm", channels, norm)
          .weight(block + ".second.conv", channels, channels, 3, 3)
          .batchNorm(block + ".second.norm", channels, norm);
      before = channels;
    }
    return parameters.weight("head", classes, before).bias("head", classes).toList();
  }

  @Override
  public String inWords() {
    return "ResNet-" + depth + ", width " + width + ", " + activation + norm.inWords();
  }
}
