package io.pemn.compressor.training;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The device that a run uses, or the devices.
 *
 * @param device where; of several the first
 * @param others further devices, each named once
 * @param note what the user should know about it: a GPU that is there and not used, and why
 */
public record DeviceChoice(Device device, List<Device> others, Optional<String> note) {
  private static final Pattern GPUS = Pattern.compile("gpu(?::(\\d{1,4}(?:,(?:gpu:)?\\d{1,4})*))?");
  private static final List<Path> NVIDIA_DRIVER =
      List.of(
          Path.of("/proc/driver/nvidia/version"),
          Path.of("/dev/nvidiactl"),
          Path.of("/dev/dxg"),
          Path.of("C:\\Windows\\System32\\nvcuda.dll"));

  /** Keeps the list as it is. */
  public DeviceChoice {
    others = List.copyOf(others);
  }

  private DeviceChoice(Device device, Optional<String> note) {
    this(device, List.of(), note);
  }

  /** How many devices there are, at least 1. */
  public int count() {
    return 1 + others.size();
  }

  /**
   * Chooses a device, or several.
   *
   * @param spec {@code auto}, {@code cpu}, {@code gpu}, {@code gpu:N} or {@code gpu:N,M,...}; auto
   *     takes the first GPU that the engine sees, else the CPU
   * @throws IOException in one sentence, if there is no such device
   */
  public static DeviceChoice of(String spec) throws IOException {
    if (spec.equals("cpu")) {
      return new DeviceChoice(Device.cpu(), Optional.empty());
    }
    Matcher gpu = GPUS.matcher(spec);
    if (!spec.equals("auto") && !gpu.matches()) {
      throw new IllegalArgumentException(
          "There is no device \"" + spec + "\"; use auto, cpu, gpu, gpu:N or gpu:N,M.");
    }
    if (spec.equals("auto")) {
      return Engine.getEngine("PyTorch").getGpuCount() > 0
          ? new DeviceChoice(Device.gpu(0), Optional.empty())
          : new DeviceChoice(Device.cpu(), unusedGpu());
    }
    List<Device> devices = new ArrayList<>();
    String numbers = gpu.group(1) == null ? "0" : gpu.group(1).replace("gpu:", "");
    for (String number : numbers.split(",")) {
      Device device = Device.gpu(Integer.parseInt(number));
      if (devices.contains(device)) {
        throw new IllegalArgumentException(
            "GPU " + number + " is named twice in " + spec + "; name each device once.");
      }
      devices.add(device);
    }
    requireSeen(devices, spec);
    return new DeviceChoice(devices.get(0), devices.subList(1, devices.size()), Optional.empty());
  }

  private static void requireSeen(List<Device> devices, String spec) throws IOException {
    int gpus = Engine.getEngine("PyTorch").getGpuCount();
    for (Device device : devices) {
      if (device.getDeviceId() >= gpus) {
        throw new IOException(
            "The PyTorch engine sees "
                + gpus
                + (gpus == 1 ? " GPU" : " GPUs")
                + ", so there is no "
                + (devices.size() == 1 ? spec : "gpu:" + device.getDeviceId())
                + "; "
                + (gpus > 0
                    ? (devices.size() == 1 ? "use a number below " : "use numbers below ")
                        + gpus
                        + "."
                    : unusedGpu().orElse("use --device cpu.")));
      }
    }
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
