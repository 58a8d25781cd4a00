/**
 * How long it takes from a file to a first prediction, and how much memory: archives beside what
 * else a network can be shipped as, each in a process of its own.
 */
package io.pemn.benchmarks.loading;
