/**
 * How long it takes from a file to a first prediction: an archive beside full weights, each loaded
 * by a process of its own. The archives may be of networks that nobody trained.
 */
package io.pemn.compressor.loading;
