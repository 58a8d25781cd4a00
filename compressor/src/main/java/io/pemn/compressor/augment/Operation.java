package io.pemn.compressor.augment;

/** The operations that RandAugment draws from, in torchvision's order. */
enum Operation {
  IDENTITY(false),
  SHEAR_X(true),
  SHEAR_Y(true),
  TRANSLATE_X(true),
  TRANSLATE_Y(true),
  ROTATE(true),
  BRIGHTNESS(true),
  COLOR(true),
  CONTRAST(true),
  SHARPNESS(true),
  POSTERIZE(false),
  SOLARIZE(false),
  AUTO_CONTRAST(false),
  EQUALIZE(false);

  /** How many magnitudes there are: 0..30. */
  static final int MAGNITUDES = 31;

  private final boolean signed;

  Operation(boolean signed) {
    this.signed = signed;
  }

  /** Whether the opposite strength is as likely. */
  boolean signed() {
    return signed;
  }

  /**
   * What a magnitude means: of shears the offset a pixel of distance, of translations pixels, of
   * rotations degrees, of blends how far the factor is from 1, of posterize the bits that are kept,
   * of solarize the threshold, and 0 where there is none.
   *
   * @param magnitude 0..30
   * @param height of the images
   * @param width of the images
   */
  float strength(int magnitude, int height, int width) {
    return switch (this) {
      case IDENTITY, AUTO_CONTRAST, EQUALIZE -> 0;
      case SHEAR_X, SHEAR_Y -> spaced(0, 0.3, magnitude);
      case TRANSLATE_X -> spaced(0, 150.0 / 331 * width, magnitude);
      case TRANSLATE_Y -> spaced(0, 150.0 / 331 * height, magnitude);
      case ROTATE -> spaced(0, 30, magnitude);
      case BRIGHTNESS, COLOR, CONTRAST, SHARPNESS -> spaced(0, 0.9, magnitude);
      case POSTERIZE -> 8 - Math.round(magnitude * 4f / (MAGNITUDES - 1));
      case SOLARIZE -> spaced(255, 0, magnitude);
    };
  }

  /** One of 31 evenly spaced numbers, in float32 counted from the nearer end, as torch does. */
  private static float spaced(double first, double last, int magnitude) {
    float step = ((float) last - (float) first) / (MAGNITUDES - 1);
    return magnitude < MAGNITUDES / 2
        ? (float) first + step * magnitude
        : (float) last - step * (MAGNITUDES - 1 - magnitude);
  }
}
