/**
 * Runs the benchmarks of pemn's kernels, each beside its floor, and makes tables of what they
 * measured.
 */
package io.pemn.benchmarks.kernels;
