package io.pemn.compressor.augment;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.function.Function;

/** Small pictures written out by hand. */
final class Pictures implements AutoCloseable {
  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");

  NDManager manager() {
    return manager;
  }

  /** A batch of one grey picture, row by row. */
  NDArray grey(int width, float... pixels) {
    return of(1, 1, pixels.length / width, width, pixels);
  }

  NDArray of(int count, int channels, int height, int width, float... pixels) {
    return manager.create(pixels, new Shape(count, channels, height, width));
  }

  /** One picture again and again. */
  static NDArray times(NDArray picture, int count) {
    return picture.repeat(0, count);
  }

  /** All numbers, without the sign of a zero. */
  static float[] numbers(NDArray array) {
    float[] numbers = array.toFloatArray();
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] += 0f;
    }
    return numbers;
  }

  /** Those of one picture of a batch. */
  static float[] numbers(NDArray batch, int picture) {
    float[] all = numbers(batch);
    int each = (int) (all.length / batch.getShape().get(0));
    return Arrays.copyOfRange(all, picture * each, (picture + 1) * each);
  }

  @Override
  public void close() {
    manager.close();
  }

  /** Makes one change. */
  static NDArray changed(NDArray images, Function<Numbers, BatchChange> decided) {
    Numbers numbers = new Numbers();
    BatchChange change = decided.apply(numbers);
    numbers.copyTo(images.getManager());
    return change.apply(images);
  }

  /** An image, resized from a window of it. */
  static NDArray cropped(NDArray image, RandomResizedCrop.Window... windows) {
    int height = (int) image.getShape().get(2);
    int width = (int) image.getShape().get(3);
    return changed(image, n -> RandomResizedCrop.resized(height, width, windows, n));
  }
}
