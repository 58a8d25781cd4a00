package io.pemn.benchmarks;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What a benchmark has worked through: JMH reports each of these numbers beside the score, in the
 * score's unit of time.
 */
@AuxCounters
@State(Scope.Thread)
public class Volume {
  /** Weights, mask bits or scores. */
  public long weights;

  /** The bytes that its floor writes or copies for as many. */
  public long bytes;

  /** How often it was called. */
  public long calls;

  /** Counts one call. */
  void add(long moreWeights, long moreBytes) {
    weights += moreWeights;
    bytes += moreBytes;
    calls++;
  }
}
