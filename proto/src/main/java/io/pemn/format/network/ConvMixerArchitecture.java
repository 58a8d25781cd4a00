package io.pemn.format.network;

import java.util.List;

/**
 * ConvMixer (Trockman and Kolter, "Patches are all you need?", TMLR 2022), as the paper's authors
 * build it: a patch convolution, then {@code depth} blocks of a residual depthwise and a pointwise
 * convolution, every convolution without bias and followed by the activation and batch
 * normalisation, then the mean over all positions and a linear classifier without bias.
 *
 * <p>Of dim 256 and depth 6, with kernel 5 and patch 2, for images of three channels in ten
 * classes, it has 437,248 weights that masks can replace (the paper's ConvMixer 6/256).
 *
 * @param dim number of channels, 1 to 16384
 * @param depth number of blocks, 1 to 1024
 * @param kernel side of the depthwise kernels, odd, 1 to 63
 * @param patch side and stride of the patch convolution, 1 to 256
 * @param activation the non-linearity
 * @param norm what batch normalisation learns
 * @since 0.1
 */
public record ConvMixerArchitecture(
    int dim, int depth, int kernel, int patch, Activation activation, Norm norm)
    implements Architecture {

  /**
   * Checks the ranges.
   *
   * @param dim number of channels
   * @param depth number of blocks
   * @param kernel side of the depthwise kernels
   * @param patch side and stride of the patch convolution
   * @param activation the non-linearity
   * @param norm what batch normalisation learns
   * @throws IllegalArgumentException in one sentence, if a size is out of range
   */
  public ConvMixerArchitecture {
    Sizes.check("the ConvMixer's dim", dim, 1, 1 << 14);
    Sizes.check("the ConvMixer's depth", depth, 1, 1 << 10);
    Sizes.check("the ConvMixer's kernel", kernel, 1, 63);
    Sizes.check("the ConvMixer's patch", patch, 1, 256);
    if (kernel % 2 == 0) {
      throw new IllegalArgumentException(
          "The ConvMixer's kernel must be odd so that images keep their size, not " + kernel + ".");
    }
  }

  /**
   * With normalisation that is learned.
   *
   * @param dim number of channels
   * @param depth number of blocks
   * @param kernel side of the depthwise kernels
   * @param patch side and stride of the patch convolution
   * @param activation the non-linearity
   * @throws IllegalArgumentException in one sentence, if a size is out of range
   */
  public ConvMixerArchitecture(int dim, int depth, int kernel, int patch, Activation activation) {
    this(dim, depth, kernel, patch, activation, Norm.LEARN);
  }

  @Override
  public List<ParameterShape> parameters(ImageShape input, int classes) {
    if (patch > Math.min(input.height(), input.width())) {
      throw new IllegalArgumentException(
          "The ConvMixer's patch of " + patch + " does not fit into images of " + input + ".");
    }
    ParameterList parameters =
        new ParameterList()
            .weight("stem.conv", dim, input.channels(), patch, patch)
            .batchNorm("stem.norm", dim, norm);
    for (int i = 0; i < depth; i++) {
      String block = "blocks." + i;
      parameters
          .weight(block + ".depthwise.conv", dim, 1, kernel, kernel)
          .batchNorm(block + ".depthwise.norm", dim, norm)
          .weight(block + ".pointwise.conv", dim, dim, 1, 1)
          .batchNorm(block + ".pointwise.norm", dim, norm);
    }
    return parameters.weight("head", classes, dim).toList();
  }

  @Override
  public String inWords() {
    return "ConvMixer dim "
        + dim
        + ", depth "
        + depth
        + ", kernel "
        + kernel
        + ", patch "
        + patch
        + ", "
        + activation
        + norm.inWords();
  }
}
