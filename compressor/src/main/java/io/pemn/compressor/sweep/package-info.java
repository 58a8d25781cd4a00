/**
 * Grids of trainings, as the paper's figures need them: the strategies that fill a network, the
 * ratios of the prototype, and sparse networks beside them, over several seeds and sizes; each run
 * in a folder of its own, its result a row of a table.
 */
package io.pemn.compressor.sweep;
