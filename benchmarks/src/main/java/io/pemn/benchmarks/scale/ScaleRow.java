package io.pemn.benchmarks.scale;

import java.util.Locale;

/**
 * One measurement.
 *
 * @param network what was worked on
 * @param weights how many of its weights have masks
 * @param step what was done
 * @param batch images a training step, 0 where nothing is trained
 * @param round from 1
 * @param seconds of the whole process
 * @param peakBytes resident at most, 0 where the system does not say
 * @param denseMs median of a dense step, 0 but for {@link Step#BENCH_TRAIN}
 * @param maskedMs median of a masked step, likewise
 */
record ScaleRow(
    ScaledNetwork network,
    long weights,
    Step step,
    int batch,
    int round,
    double seconds,
    long peakBytes,
    double denseMs,
    double maskedMs) {
  static final String HEADER =
      "network,weights,step,batch,round,seconds,peak_bytes,dense_ms,masked_ms";

  String toCsv() {
    return String.format(
        Locale.ROOT,
        "%s,%d,%s,%d,%d,%.4f,%d,%.4f,%.4f",
        network,
        weights,
        step,
        batch,
        round,
        seconds,
        peakBytes,
        denseMs,
        maskedMs);
  }
}
