package io.pemn.compressor.search;

/**
 * What a drop of accuracy is measured from.
 *
 * @param network in words, such as {@code the trained network}
 * @param accuracy on the validation samples, 0 to 1
 */
public record Reference(String network, double accuracy) {}
