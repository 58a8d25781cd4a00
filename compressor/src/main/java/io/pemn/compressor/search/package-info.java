/** Looks for the masks that meet a target: a file's size, or a loss of accuracy. */
package io.pemn.compressor.search;
