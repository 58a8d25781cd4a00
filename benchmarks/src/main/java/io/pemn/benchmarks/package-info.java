/** Benchmarks of the masks' codes and of rebuilding weights, run by JMH; they need no engine. */
package io.pemn.benchmarks;
