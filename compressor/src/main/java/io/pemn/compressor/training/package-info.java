/**
 * The training loop: options, steps, evaluation, checkpoints and run directories. A run is started
 * or resumed by {@link io.pemn.compressor.training.TrainingRun}.
 */
package io.pemn.compressor.training;
