/**
 * Benchmarks of pemn's kernels, run by JMH: masks and their codes, weights, prototypes, thresholds,
 * archives. Only that of thresholds needs the engine.
 */
package io.pemn.benchmarks;
