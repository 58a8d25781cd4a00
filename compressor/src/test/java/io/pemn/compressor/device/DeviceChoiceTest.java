package io.pemn.compressor.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceChoiceTest {
  @Test
  void theCpuIsTakenWithoutAWord() throws IOException {
    assertEquals(
        new DeviceChoice(Device.cpu(), List.of(), Optional.empty()), DeviceChoice.of("cpu"));
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
      strings = {
        "",
        "tpu",
        "GPU",
        "gpu:",
        "gpu:-1",
        "gpu:x",
        "gpu:99999",
        "cpu:0",
        "auto ",
        "gpu:0,",
        "gpu:,1",
        "gpu:0,cpu",
        "cpu,gpu:0",
        "gpu:0;1",
        "gpu,1"
      })
  void nonsenseIsRefusedWithWhatIsPossible(String spec) {
    assertEquals(
        "There is no device \"" + spec + "\"; use auto, cpu, gpu, gpu:N or gpu:N,M.",
        assertThrows(IllegalArgumentException.class, () -> DeviceChoice.of(spec)).getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpu:0,0", "gpu:3,1,3", "gpu:1,gpu:1", "gpu:1,01"})
  void aDeviceThatIsNamedTwiceIsRefused(String spec) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> DeviceChoice.of(spec)).getMessage();
    assertTrue(message.contains(" is named twice in " + spec + "; name each"), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpu:0,9998", "gpu:9997,9998", "gpu:0,gpu:9998"})
  void oneOfSeveralGpusThatIsNotThereIsRefusedInASentence(String spec) {
    String message = assertThrows(IOException.class, () -> DeviceChoice.of(spec)).getMessage();
    assertTrue(message.matches("The PyTorch engine sees .*, so there is no gpu:\\d+; .*"), message);
  }
}
