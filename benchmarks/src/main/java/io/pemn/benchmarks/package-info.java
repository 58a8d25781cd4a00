/** Benchmarks, which nothing depends on. */
package io.pemn.benchmarks;
