/**
 * Reads images and other samples from disk and turns them into the batches that training and
 * evaluation consume: shuffled, and images normalized and augmented, in a way that only a seed and
 * the epoch decide. It knows nothing of networks or of an engine; a new data set is one {@link
 * io.pemn.compressor.data.DataSource} and its line in {@link io.pemn.compressor.data.DataSources}.
 */
package io.pemn.compressor.data;
