package io.pemn.compressor.training;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The device that a run uses.
 *
 * @param device where
 * @param note what the user should know about it: a GPU that is there and not used, and why
 */
public record DeviceChoice(Device device, Optional<String> note) {
  private static final Pattern GPU = Pattern.compile("gpu(?::(\\d{1,4}))?");
  private static final List<Path> NVIDIA_DRIVER =
      List.of(
          Path.of("/proc/driver/nvidia/version"),
          Path.of("/dev/nvidiactl"),
          Path.of("/dev/dxg"),
          Path.of("C:\\Windows\\System32\\nvcuda.dll"));

  /**
   * Chooses a device.
   *
   * @param spec {@code auto}, {@code cpu}, {@code gpu} or {@code gpu:N}; auto takes the first GPU
   *     that the engine sees, else the CPU
   * @throws IOException in one sentence, if there is no such device
   */
  public static DeviceChoice of(String spec) throws IOException {
    if (spec.equals("cpu")) {
      return new DeviceChoice(Device.cpu(), Optional.empty());
    }
    Matcher gpu = GPU.matcher(spec);
    if (!spec.equals("auto") && !gpu.matches()) {
      throw new IllegalArgumentException(
          "There is no device \"" + spec + "\"; use auto, cpu, gpu or gpu:N.");
    }
    int gpus = Engine.getEngine("PyTorch").getGpuCount();
    if (spec.equals("auto")) {
      return gpus > 0
          ? new DeviceChoice(Device.gpu(0), Optional.empty())
          : new DeviceChoice(Device.cpu(), unusedGpu());
    }
    int number = gpu.group(1) == null ? 0 : Integer.parseInt(gpu.group(1));
    if (number >= gpus) {
      throw new IOException(
          "The PyTorch engine sees "
              + gpus
              + (gpus == 1 ? " GPU" : " GPUs")
              + ", so there is no "
              + spec
              + "; "
              + (gpus > 0
                  ? "use a number below " + gpus + "."
                  : unusedGpu().orElse("use --device cpu.")));
    }
    return new DeviceChoice(Device.gpu(number), Optional.empty());
  }

  private static Optional<String> unusedGpu() {
    if (NVIDIA_DRIVER.stream().noneMatch(Files::exists)) {
      return Optional.empty();
    }
    return Optional.of(
        JniUtils.getFeatures().contains("CUDA")
            ? "An NVIDIA driver is here, but its GPU stays unused: the engine's CUDA natives find"
                + " none that they can use; the driver may be too old for CUDA 12.8, or"
                + " CUDA_VISIBLE_DEVICES hide it."
            : "An NVIDIA driver is here, but its GPU stays unused because the PyTorch engine was"
                + " loaded with CPU natives; docs/gpu.md says how to provide CUDA ones.");
  }
}
