package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.pemn.compressor.data.SeededRandom;
import java.util.Arrays;
import java.util.Optional;

/**
 * Sets a rectangle of a normalized image to 0 (Zhong et al., AAAI 2020): torchvision's {@code
 * RandomErasing}, whose rectangles have 0.02 to 0.33 of the image's area and are 0.3 to 3.3 times
 * as high as wide. Ten are tried that may be too large for the image; then it stays as it is.
 *
 * @param probability of erasing an image, above 0 and at most 1
 */
public record RandomErasing(double probability) implements RandomChange {
  private static final int ATTEMPTS = 10;
  private static final double LEAST_AREA = 0.02;
  private static final double GREATEST_AREA = 0.33;
  private static final double LEAST_LOG_ASPECT = Math.log(0.3);
  private static final double GREATEST_LOG_ASPECT = Math.log(3.3);

  /**
   * Checks the probability.
   *
   * @throws IllegalArgumentException if it is out of range
   */
  public RandomErasing {
    if (!(probability > 0 && probability <= 1)) {
      throw new IllegalArgumentException(
          "The probability of random erasing must be above 0 and at most 1, not "
              + probability
              + ".");
    }
  }

  /** What is erased: {@code height} rows from {@code top} and {@code width} columns from left. */
  record Rectangle(int top, int left, int height, int width) {}

  /** Draws what is erased of an image, if anything. */
  Optional<Rectangle> draw(SeededRandom random, int height, int width) {
    if (random.uniform() >= probability) {
      return Optional.empty();
    }
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      double share = LEAST_AREA + (GREATEST_AREA - LEAST_AREA) * random.uniform();
      double area = share * height * width;
      double aspect =
          Math.exp(LEAST_LOG_ASPECT + (GREATEST_LOG_ASPECT - LEAST_LOG_ASPECT) * random.uniform());
      int rows = (int) Math.rint(Math.sqrt(area * aspect));
      int columns = (int) Math.rint(Math.sqrt(area / aspect));
      if (rows < height && columns < width) {
        int top = random.below(height - rows + 1);
        return Optional.of(new Rectangle(top, random.below(width - columns + 1), rows, columns));
      }
    }
    return Optional.empty();
  }

  @Override
  public BatchChange draw(SeededRandom[] random, Shape images, Numbers numbers) {
    int height = (int) images.get(2);
    int width = (int) images.get(3);
    Rectangle[] rectangles = new Rectangle[random.length];
    for (int i = 0; i < rectangles.length; i++) {
      rectangles[i] = draw(random[i], height, width).orElse(new Rectangle(0, 0, 0, 0));
    }
    return erased(height, width, rectangles, numbers);
  }

  /** Erases one rectangle of each image; nothing where it has no rows or columns. */
  static BatchChange erased(int height, int width, Rectangle[] rectangles, Numbers numbers) {
    float[] rows = new float[rectangles.length * height];
    float[] columns = new float[rectangles.length * width];
    for (int i = 0; i < rectangles.length; i++) {
      Rectangle r = rectangles[i];
      Arrays.fill(rows, i * height + r.top(), i * height + r.top() + r.height(), 1);
      Arrays.fill(columns, i * width + r.left(), i * width + r.left() + r.width(), 1);
    }
    Numbers.Part down = numbers.floats(rows, new Shape(rectangles.length, 1, height, 1));
    Numbers.Part across = numbers.floats(columns, new Shape(rectangles.length, 1, 1, width));
    return images -> {
      NDManager owner = images.getManager();
      NDArray erased = down.array(owner).mul(across.array(owner));
      return images.mul(erased.neg().add(Scalar.of(erased, 1)));
    };
  }
}
