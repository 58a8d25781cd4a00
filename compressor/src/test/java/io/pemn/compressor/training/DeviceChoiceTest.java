package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceChoiceTest {
  @Test
  void theCpuIsTakenWithoutAWord() throws IOException {
    assertEquals(new DeviceChoice(Device.cpu(), Optional.empty()), DeviceChoice.of("cpu"));
  }

  @Test
  void autoTakesAGpuExactlyWhereTheEngineSeesOne() throws IOException {
    boolean seen = Engine.getEngine("PyTorch").getGpuCount() > 0;
    assertEquals(seen ? Device.gpu(0) : Device.cpu(), DeviceChoice.of("auto").device());
  }

  @Test
  void aGpuThatIsNotThereIsRefusedInASentence() {
    int gpus = Engine.getEngine("PyTorch").getGpuCount();
    String spec = gpus == 0 ? "gpu" : "gpu:" + gpus;
    String message = assertThrows(IOException.class, () -> DeviceChoice.of(spec)).getMessage();
    assertTrue(
        message.startsWith("The PyTorch engine sees " + gpus + (gpus == 1 ? " GPU," : " GPUs,")),
        message);
    assertTrue(message.contains("there is no " + spec + ";"), message);
    assertTrue(message.endsWith("."), message);
    assertThrows(IOException.class, () -> DeviceChoice.of("gpu:9999"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "tpu", "GPU", "gpu:", "gpu:-1", "gpu:x", "gpu:99999", "cpu:0", "auto "})
  void nonsenseIsRefusedWithWhatIsPossible(String spec) {
    assertEquals(
        "There is no device \"" + spec + "\"; use auto, cpu, gpu or gpu:N.",
        assertThrows(IllegalArgumentException.class, () -> DeviceChoice.of(spec)).getMessage());
  }
}
