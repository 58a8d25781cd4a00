package io.pemn.format.network;

import java.util.List;

/**
 * A multilayer perceptron: linear layers without bias, each followed by batch normalisation and the
 * activation, then a linear classifier with bias.
 *
 * @param hidden widths of the hidden layers, one to 64 of them, each 1 to 65536
 * @param activation the non-linearity
 * @param norm what batch normalisation learns
 * @since 0.1
 */
public record MlpArchitecture(List<Integer> hidden, Activation activation, Norm norm)
    implements Architecture {

  /**
   * Checks the ranges and copies the list.
   *
   * @param hidden widths of the hidden layers
   * @param activation the non-linearity
   * @param norm what batch normalisation learns
   * @throws IllegalArgumentException in one sentence, if a size is out of range
   */
  public MlpArchitecture {
    Sizes.check("the number of hidden layers", hidden.size(), 1, 64);
    hidden = List.copyOf(hidden);
    for (int width : hidden) {
      Sizes.check("the width of a hidden layer", width, 1, 1 << 16);
    }
  }

  /**
   * With normalisation that is learned.
   *
   * @param hidden widths of the hidden layers
   * @param activation the non-linearity
   * @throws IllegalArgumentException in one sentence, if a size is out of range
   */
  public MlpArchitecture(List<Integer> hidden, Activation activation) {
    this(hidden, activation, Norm.LEARN);
  }

  @Override
  public List<ParameterShape> parameters(ImageShape input, int classes) {
    ParameterList parameters = new ParameterList();
    int inputs = input.values();
    for (int i = 0; i < hidden.size(); i++) {
      parameters
          .weight("layers." + i + ".linear", hidden.get(i), inputs)
          .batchNorm("layers." + i + ".norm", hidden.get(i), norm);
      inputs = hidden.get(i);
    }
    return parameters.weight("head", classes, inputs).bias("head", classes).toList();
  }

  @Override
  public String inWords() {
    return "MLP of " + hidden + ", " + activation + norm.inWords();
  }
}
