package io.pemn.compressor.masking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.junit.jupiter.api.Test;

class PrunedWeightsTest {
  @Test
  void whatIsNotKeptStaysZero() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray weights = manager.create(new float[] {3, -4, 1, 2});
      PrunedWeights pruned = PrunedWeights.byMagnitude(weights, 0.5);
      assertArrayEquals(new float[] {3, -4, 0, 0}, weights.toFloatArray());

      weights.addi(1);
      pruned.apply();

      assertArrayEquals(new float[] {4, -3, 0, 0}, weights.toFloatArray());
    }
  }

  @Test
  void aKeptWeightThatHasBecomeZeroDoesNotBringBackWhatWasPruned() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray weights = manager.create(new float[] {0, -4, 0, 0});
      PrunedWeights resumed = PrunedWeights.byMagnitude(weights, 0.5);

      weights.addi(1);
      resumed.apply();

      assertArrayEquals(new float[] {0, -3, 0, 0}, weights.toFloatArray());
    }
  }
}
