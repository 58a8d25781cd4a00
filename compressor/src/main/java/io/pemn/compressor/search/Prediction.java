package io.pemn.compressor.search;

/**
 * What an archive would be, measured on one with masks at random.
 *
 * @param bytes of the whole file
 * @param maskBytes those of them that the masks take
 * @param parameters of the network, masked or not
 */
public record Prediction(long bytes, long maskBytes, long parameters) {}
