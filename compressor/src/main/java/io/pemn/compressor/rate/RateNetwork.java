package io.pemn.compressor.rate;

import java.util.Map;

/**
 * A network of the table, with the budget that every method has on it.
 *
 * @param name as rows name it; no comma
 * @param options of {@link io.pemn.compressor.training.TrainingOptions}, by their names there: what
 *     it is, and its images, epochs, batch size and augmentation
 */
public record RateNetwork(String name, Map<String, String> options) {
  /** Copies the options. */
  public RateNetwork {
    RateRow.requirePlain(name);
    options = Map.copyOf(options);
  }
}
