package io.pemn.loader.torchscript;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Where a tensor's elements stand in its storage: element (i, j, ...) at {@code offset + i *
 * strides[0] + j * strides[1] + ...}. Whatever the numbers, no method overflows.
 *
 * @param shape dimensions, 0 or more each
 * @param offset of the first element, in elements, 0 or more
 * @param strides one a dimension, in elements, 0 or more each
 */
public record TensorLayout(List<Integer> shape, long offset, List<Long> strides) {
  /** The most dimensions that a tensor has, as in PyTorch. */
  static final int MAX_DIMENSIONS = 64;

  /** Takes a tensor's elements in row-major order. */
  @FunctionalInterface
  public interface IndexConsumer {
    /**
     * One element.
     *
     * @param element its number in row-major order
     * @param index its place in the storage, in elements
     */
    void accept(int element, int index);
  }

  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException if a number is negative, if there are more than {@link
   *     #MAX_DIMENSIONS} or not as many strides as dimensions, or if the elements or their places
   *     reach 2^63
   */
  public TensorLayout {
    shape = List.copyOf(shape);
    strides = List.copyOf(strides);
    if (shape.size() > MAX_DIMENSIONS || strides.size() != shape.size()) {
      throw new IllegalArgumentException(
          "A tensor has "
              + shape.size()
              + " dimensions and "
              + strides.size()
              + " strides, but as many of one as of the other are possible, at most "
              + MAX_DIMENSIONS
              + ".");
    }
    if (offset < 0
        || shape.stream().anyMatch(dimension -> dimension < 0)
        || strides.stream().anyMatch(stride -> stride < 0)) {
      throw new IllegalArgumentException(
          "A tensor has shape "
              + shape
              + ", offset "
              + offset
              + " and strides "
              + strides
              + ", but none of these numbers can be negative.");
    }
    try {
      size(shape);
      last(shape, offset, strides);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "A tensor of shape "
              + shape
              + " at offset "
              + offset
              + " with strides "
              + strides
              + " reaches beyond 2^63 elements; none can be that large.",
          e);
    }
  }

  /**
   * A row-major tensor without gaps.
   *
   * @throws IllegalArgumentException as the constructor does
   */
  public static TensorLayout contiguous(List<Integer> shape, long offset) {
    List<Long> strides = new ArrayList<>(shape.size());
    long stride = 1;
    for (int i = shape.size() - 1; i >= 0; i--) {
      strides.add(stride);
      try {
        stride = Math.multiplyExact(stride, Math.max(1, shape.get(i)));
      } catch (ArithmeticException e) {
        throw new IllegalArgumentException(
            "A tensor of shape " + shape + " has 2^63 elements or more; none can be that large.",
            e);
      }
    }
    Collections.reverse(strides);
    return new TensorLayout(shape, offset, strides);
  }

  /** Number of elements. */
  public long size() {
    return size(shape);
  }

  /** One more than the greatest place of an element; 0 if there is none. */
  public long end() {
    return isEmpty(shape) ? 0 : last(shape, offset, strides) + 1;
  }

  /** Whether the elements stand in row-major order without gaps. */
  public boolean isContiguous() {
    long stride = 1;
    for (int i = shape.size() - 1; i >= 0; i--) {
      if (shape.get(i) != 1 && strides.get(i) != stride && !isEmpty(shape)) {
        return false;
      }
      stride *= shape.get(i);
    }
    return true;
  }

  /**
   * Whether no two elements share a place, as far as the strides show it: each exceeds all places
   * that the smaller ones reach. A few odd tensors without shared places are taken for ones with.
   */
  public boolean isInjective() {
    if (isEmpty(shape)) {
      return true;
    }
    long reach = 0;
    for (int i :
        IntStream.range(0, shape.size())
            .filter(i -> shape.get(i) > 1)
            .boxed()
            .sorted(Comparator.comparing(strides::get))
            .toList()) {
      if (strides.get(i) <= reach) {
        return false;
      }
      reach += (shape.get(i) - 1) * strides.get(i);
    }
    return true;
  }

  /**
   * Goes through the elements.
   *
   * @throws IllegalStateException if there are 2^31 or more, or their places reach that
   */
  public void forEach(IndexConsumer consumer) {
    if (size() > Integer.MAX_VALUE || end() > Integer.MAX_VALUE) {
      throw new IllegalStateException(
          "A tensor of shape " + shape + " has 2^31 elements or more; check its size before.");
    }
    int size = (int) size();
    int[] position = new int[shape.size()];
    long index = offset;
    for (int element = 0; element < size; element++) {
      consumer.accept(element, (int) index);
      for (int i = position.length - 1; i >= 0; i--) {
        index += strides.get(i);
        if (++position[i] < shape.get(i)) {
          break;
        }
        index -= position[i] * strides.get(i);
        position[i] = 0;
      }
    }
  }

  private static boolean isEmpty(List<Integer> shape) {
    return shape.contains(0);
  }

  private static long size(List<Integer> shape) {
    if (isEmpty(shape)) {
      return 0;
    }
    long size = 1;
    for (int dimension : shape) {
      size = Math.multiplyExact(size, dimension);
    }
    return size;
  }

  private static long last(List<Integer> shape, long offset, List<Long> strides) {
    if (isEmpty(shape)) {
      return 0;
    }
    long last = offset;
    for (int i = 0; i < shape.size(); i++) {
      last = Math.addExact(last, Math.multiplyExact(strides.get(i), (long) shape.get(i) - 1));
    }
    return Math.addExact(last, 1) - 1;
  }
}
