package io.pemn.compressor.augment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Different changes to different images of one batch, each made to all its images at once. */
final class BatchGroups {
  /** Some images and what happens to them. */
  private record Group(int[] images, BatchChange change) {}

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
  void add(int[] images, BatchChange change) {
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

  /** The change of the whole batch, in its order; images of no group are as they were. */
  BatchChange together(Numbers numbers) {
    if (groups.isEmpty()) {
      return batch -> batch;
    }
    // A group of all images in their order needs no copy of them.
    int[] first = groups.get(0).images();
    return Arrays.equals(first, IntStream.range(0, size).toArray())
        ? groups.get(0).change()
        : mixed(numbers);
  }

  private BatchChange mixed(Numbers numbers) {
    int[] order =
        IntStream.concat(
                groups.stream().flatMapToInt(group -> Arrays.stream(group.images())),
                IntStream.range(0, size).filter(image -> !taken[image]))
            .toArray();
    int[] place = new int[size];
    for (int i = 0; i < size; i++) {
      place[order[i]] = i;
    }
    Numbers.Part ordering = numbers.indices(order);
    Numbers.Part places = numbers.indices(place);
    return batch -> mixed(batch, ordering, places);
  }

  private NDArray mixed(NDArray batch, Numbers.Part ordering, Numbers.Part places) {
    NDManager owner = batch.getManager();
    try (NDManager work = owner.newSubManager()) {
      NDArray ordered = batch.get(work, new NDIndex("{}", ordering.array(work)));
      NDList parts = new NDList();
      int from = 0;
      for (Group group : groups) {
        int to = from + group.images().length;
        parts.add(group.change().apply(ordered.get(new NDIndex().addSliceDim(from, to))));
        from = to;
      }
      if (from < size) {
        parts.add(ordered.get(new NDIndex().addSliceDim(from, size)));
      }
      return NDArrays.concat(parts).get(owner, new NDIndex("{}", places.array(work)));
    }
  }
}
