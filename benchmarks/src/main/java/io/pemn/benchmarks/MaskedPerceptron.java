package io.pemn.benchmarks;

import io.pemn.compressor.loading.RandomNetwork;
import io.pemn.compressor.masking.FillingStrategy;
import io.pemn.compressor.masking.MaskType;
import io.pemn.format.Distribution;
import io.pemn.format.network.Activation;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.MlpArchitecture;
import io.pemn.format.storage.FloatCoding;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.MaskCodecChoice;
import io.pemn.packager.MaskedNetwork;
import java.io.IOException;
import java.util.Collections;

/** Perceptrons with random masks, and their archives. */
public final class MaskedPerceptron {
  /** Of the input, and of hidden layers of a million weights. */
  static final int WIDTH = 1024;

  private static final ImageShape INPUT = new ImageShape(1, 32, 32);
  private static final int CLASSES = 10;

  private MaskedPerceptron() {}

  /** What masks say, and how many weights they keep. */
  public enum Masks {
    /** {0, 1}, half of the weights kept. */
    KEEP_50(MaskType.BINARY, 0.5),
    /** {0, 1}, a twentieth kept. */
    KEEP_05(MaskType.BINARY, 0.05),
    /** {-1, 1}. */
    SIGN(MaskType.SIGN, 1),
    /** {-1, 0, 1}, half kept. */
    TERNARY_50(MaskType.TERNARY, 0.5),
    /** {-1, 0, 1}, a twentieth kept. */
    TERNARY_05(MaskType.TERNARY, 0.05);

    private final MaskType type;
    private final double density;

    Masks(MaskType type, double density) {
      this.type = type;
      this.density = density;
    }
  }

  /** Where the values come from that masks are laid over. */
  public enum Values {
    /** The paper's recipe: a normal prototype a thousandth as long as the largest layer. */
    SHORT(new FillingStrategy.RandomVector(0.001, false), Distribution.NORMAL),
    /** A normal prototype as long as the largest layer. */
    MAX_LAYER(new FillingStrategy.MaxLayer(), Distribution.NORMAL),
    /** A value of their own for all weights, normal: each is generated once. */
    OWN_NORMAL(new FillingStrategy.OwnWeights(), Distribution.NORMAL),
    /** The same of equal magnitude, as pemn compress has it where nothing is asked for. */
    OWN_CONSTANT(new FillingStrategy.OwnWeights(), Distribution.SIGNED_CONSTANT);

    private final FillingStrategy strategy;
    private final Distribution distribution;

    Values(FillingStrategy strategy, Distribution distribution) {
      this.strategy = strategy;
      this.distribution = distribution;
    }
  }

  /**
   * The network.
   *
   * @param hidden number of hidden layers, 1 to 64
   * @param width of each of them; at {@value #WIDTH} each has 1,048,576 weights
   */
  static MaskedNetwork network(int hidden, int width, Masks masks, Values values) {
    BuiltInDescription network =
        new BuiltInDescription(
            new MlpArchitecture(Collections.nCopies(hidden, width), Activation.RELU),
            INPUT,
            CLASSES);
    RandomNetwork.Masking masking =
        new RandomNetwork.Masking(
            masks.type, masks.density, values.strategy, values.distribution, FloatCoding.FP32);
    return RandomNetwork.builtIn(network, masking);
  }

  /**
   * The bytes of an archive.
   *
   * @param hidden number of hidden layers, 1 to 64; each has 1,048,576 weights
   */
  static byte[] archive(int hidden, Masks masks, Values values, MaskCodecChoice codec)
      throws IOException {
    return ArchiveWriter.toBytes(network(hidden, WIDTH, masks, values), codec);
  }
}
