package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Different changes to different images of one batch, each made to all its images at once. */
final class BatchGroups {
  /** Some images and what happens to them. */
  private record Group(int[] images, UnaryOperator<NDArray> change) {}

  private final int size;
  private final List<Group> groups = new ArrayList<>();
  private final boolean[] taken;

  /** Groups for a batch of so many images, none yet. */
  BatchGroups(int size) {
    this.size = size;
    this.taken = new boolean[size];
  }

  /**
   * Adds a group; none if it has no images.
   *
   * @param images which of the batch, each in one group at most
   * @param change gives an array of the shape it is given, without writing to that
   */
  void add(int[] images, UnaryOperator<NDArray> change) {
    if (images.length == 0) {
      return;
    }
    for (int image : images) {
      if (taken[image]) {
        throw new IllegalArgumentException("Image " + image + " is in two groups.");
      }
      taken[image] = true;
    }
    groups.add(new Group(images, change));
  }

  /** The changed batch, in its order; images of no group are as they were. */
  NDArray apply(NDArray batch) {
    if (groups.isEmpty()) {
      return batch;
    }
    if (groups.size() == 1 && groups.get(0).images().length == size) {
      // A group may name them in any order only if it changes them one like the other.
      return inOrder(groups.get(0).images()) ? groups.get(0).change().apply(batch) : mixed(batch);
    }
    return mixed(batch);
  }

  private static boolean inOrder(int[] images) {
    for (int i = 0; i < images.length; i++) {
      if (images[i] != i) {
        return false;
      }
    }
    return true;
  }

  private NDArray mixed(NDArray batch) {
    NDManager owner = batch.getManager();
    try (NDManager work = owner.newSubManager()) {
      NDList parts = new NDList();
      long[] place = new long[size];
      int filled = 0;
      for (Group group : groups) {
        NDArray part = rows(batch, longs(group.images()), work);
        parts.add(group.change().apply(part));
        for (int image : group.images()) {
          place[image] = filled++;
        }
      }
      int[] others = others();
      if (others.length > 0) {
        parts.add(rows(batch, longs(others), work));
        for (int image : others) {
          place[image] = filled++;
        }
      }
      NDArray joined = NDArrays.concat(parts);
      return rows(joined, place, owner);
    }
  }

  private int[] others() {
    return java.util.stream.IntStream.range(0, size).filter(image -> !taken[image]).toArray();
  }

  private static long[] longs(int[] numbers) {
    return java.util.Arrays.stream(numbers).asLongStream().toArray();
  }

  /** Some images, owned by a manager. */
  private static NDArray rows(NDArray batch, long[] images, NDManager owner) {
    try (NDArray index = owner.create(images)) {
      NDArray rows = batch.get(index);
      rows.attach(owner);
      return rows;
    }
  }
}
