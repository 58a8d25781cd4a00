package io.pemn.compressor.masking;

import ai.djl.ndarray.NDArray;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Finds the k-th largest of scores again and again while they change little, as from one step of a
 * training to the next. On the CPU it counts what lies above a window around the bound that it
 * found before, and selects among what lies within; where the wanted score is not there, it selects
 * among all. What it finds is exactly what {@link KthLargest} finds.
 */
final class BoundSearch {
  /** How far the window reaches to both sides, in movements of the bound from step to step. */
  private static final int MARGIN = 4;

  /** One in so many scores may be in the window. */
  private static final int CROWDED = 16;

  /** Fewer scores than these are selected from at once. */
  private static final int FEW = 4 * EngineMemory.CHUNK;

  private final ScoreMode mode;
  private boolean known;
  private int last;
  private long reach;
  private long windows;

  /** Begins without a bound. */
  BoundSearch(ScoreMode mode) {
    this.mode = mode;
  }

  /**
   * What one thread found.
   *
   * @param above how many scores lie above the window
   * @param near those within it; not all if it is crowded
   */
  private record Found(long above, int[] near, boolean crowded) {}

  /**
   * The k-th largest score.
   *
   * @param scores any shape, float32, contiguous; none of them NaN; as many each time
   * @param k from 1 to the number of scores
   */
  Bound kthLargest(NDArray scores, int k) {
    return kthLargest(List.of(scores), k);
  }

  /**
   * The k-th largest of the scores of several layers.
   *
   * @param scores any shapes, float32, contiguous, on one device; none of them NaN; as many each
   *     time
   * @param k from 1 to the number of all scores
   */
  Bound kthLargest(List<NDArray> scores, long k) {
    if (scores.get(0).getDevice().isGpu()) {
      return new Bound.OnDevice(KthLargest.onDevice(scores, Math.toIntExact(k), mode));
    }
    return new Bound.Known(
        kthLargest(scores.stream().map(EngineMemory::bits).toArray(IntBuffer[]::new), k));
  }

  /** The same of scores in the engine's memory. */
  float kthLargest(IntBuffer[] scores, long k) {
    long size = Arrays.stream(scores).mapToLong(IntBuffer::limit).sum();
    if (size >= FEW && reach > 0) {
      List<Found> found = window(scores);
      long rank = k - found.stream().mapToLong(Found::above).sum();
      long within = found.stream().mapToLong(part -> part.near().length).sum();
      if (found.stream().noneMatch(Found::crowded) && rank >= 1 && rank <= within) {
        windows++;
        IntBuffer[] near =
            found.stream().map(part -> IntBuffer.wrap(part.near())).toArray(IntBuffer[]::new);
        return moved(KthLargest.select(near, rank, mode.bits()));
      }
    }
    return moved(KthLargest.select(scores, k, mode.bits()));
  }

  /** How often the wanted score was in the window. */
  long windows() {
    return windows;
  }

  private float moved(float bound) {
    int key = key(Float.floatToRawIntBits(bound));
    reach = known ? MARGIN * Math.max(1, Math.abs((long) key - last)) : 0;
    last = key;
    known = true;
    return bound;
  }

  /** What lies within the window, and how many lie above it. */
  private List<Found> window(IntBuffer[] scores) {
    int least = (int) Math.max(Integer.MIN_VALUE, last - reach);
    int most = (int) Math.min(Integer.MAX_VALUE, last + reach);
    List<Found> found = new ArrayList<>();
    for (IntBuffer layer : scores) {
      Found[] parts = new Found[EngineMemory.pieces(layer.limit())];
      EngineMemory.run(
          layer.limit(),
          (from, to) -> parts[from / EngineMemory.PIECE] = window(layer, from, to, least, most));
      found.addAll(Arrays.asList(parts));
    }
    return found;
  }

  private Found window(IntBuffer scores, int begin, int end, int least, int most) {
    int[] chunk = new int[Math.min(EngineMemory.CHUNK, end - begin)];
    int[] near = new int[(end - begin) / CROWDED + chunk.length];
    int width = most - least + Integer.MIN_VALUE;
    long above = 0;
    int within = 0;
    for (int from = begin; from < end; from += chunk.length) {
      int count = Math.min(chunk.length, end - from);
      scores.get(from, chunk, 0, count);
      for (int i = 0; i < count; i++) {
        int key = key(chunk[i]);
        // Half of all scores are above, in no order: a branch would be mistaken for half of them.
        above += (long) most - key >>> 63;
        // Both as unsigned numbers.
        if (key - least + Integer.MIN_VALUE <= width) {
          near[within++] = chunk[i];
        }
      }
      if (within > near.length - chunk.length) {
        return new Found(above, new int[0], true);
      }
    }
    return new Found(above, Arrays.copyOf(near, within), false);
  }

  /** A signed integer that has the order of the strengths of scores. */
  private int key(int score) {
    int strength = score & mode.bits();
    return strength ^ (strength >> 31 & Integer.MAX_VALUE);
  }
}
