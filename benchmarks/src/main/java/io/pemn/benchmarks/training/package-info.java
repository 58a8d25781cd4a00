/**
 * How long training steps take, dense and masked, in pemn and in PyTorch as one writes them by hand
 * there. Processes of both stand side by side and make steps in turn.
 */
package io.pemn.benchmarks.training;
