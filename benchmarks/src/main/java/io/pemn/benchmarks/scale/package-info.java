/**
 * How time and memory grow with a network: the public commands, each in a process of its own, for
 * networks of 100 thousand to 50 million weights.
 */
package io.pemn.benchmarks.scale;
