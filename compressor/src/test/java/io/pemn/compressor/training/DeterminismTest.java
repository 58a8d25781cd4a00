package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import io.pemn.compressor.device.DeviceChoice;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a training that can be repeated to the bit is allowed. */
class DeterminismTest {
  @Test
  void itTakesOneThreadUnlessMoreAreAskedFor() {
    assertEquals(1, Determinism.of("auto", Optional.empty(), false).threads());
    assertEquals(1, Determinism.of("cpu", Optional.empty(), true).threads());
    assertEquals(3, Determinism.of("cpu", Optional.of("3"), false).threads());
    assertEquals(1, Determinism.of("auto", Optional.of("1"), true).threads());
  }

  @ParameterizedTest
  @CsvSource({
    "gpu, 1, false, --device is gpu",
    "'gpu:0,1', 1, false, '--device is gpu:0,1'",
    "cpu, 2, true, PEMN_THREADS is 2",
    "auto, 0, false, 'PEMN_THREADS is \"0\"'",
    "auto, many, false, 'PEMN_THREADS is \"many\"'"
  })
  void whatCannotBeRepeatedIsRefused(String device, String threads, boolean module, String why) {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> Determinism.of(device, Optional.of(threads), module));
    assertTrue(refused.getMessage().contains(why), refused.getMessage());
  }

  @Test
  void theEngineHasSoManyThreadsFromThenOnAndTheDeviceIsTheCpu() throws IOException {
    Engine.getEngine("PyTorch");
    int before = JniUtils.getNumThreads();
    try {
      for (int threads : new int[] {3, 1}) {
        DeviceChoice choice =
            Determinism.of("auto", Optional.of(String.valueOf(threads)), false).begin();
        assertEquals(threads, JniUtils.getNumThreads());
        assertEquals("cpu", choice.device().getDeviceType());
        assertEquals(1, choice.count());
      }
    } finally {
      JniUtils.setNumThreads(before);
    }
  }
}
