package io.pemn.compressor.device;

import ai.djl.Device;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
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
   *     takes the first GPU that the engine can use, else the CPU
   * @throws IOException in one sentence, if there is no such device
   */
  public static DeviceChoice of(String spec) throws IOException {
    return of(spec, () -> new PyTorch(Surroundings.here()), Surroundings.here());
  }

  static DeviceChoice of(String spec, Supplier<InstalledEngine> engine, Surroundings machine)
      throws IOException {
    List<Device> named = named(spec);
    if (named.equals(List.of(Device.cpu()))) {
      return new DeviceChoice(Device.cpu(), Optional.empty());
    }
    InstalledEngine started = engine.get();
    if (named.isEmpty()) {
      return started.hasGpu(0)
          ? new DeviceChoice(Device.gpu(0), Optional.empty())
          : new DeviceChoice(Device.cpu(), unusedGpu(started, machine));
    }
    requireSeen(named, spec, started, machine);
    return new DeviceChoice(named.get(0), named.subList(1, named.size()), Optional.empty());
  }

  /**
   * The devices that a text names, whether they are there or not; none if it is {@code auto}.
   *
   * @throws IllegalArgumentException in one sentence, if it names no devices, or one twice
   */
  static List<Device> named(String spec) {
    if (spec.equals("cpu")) {
      return List.of(Device.cpu());
    }
    if (spec.equals("auto")) {
      return List.of();
    }
    Matcher gpu = GPUS.matcher(spec);
    if (!gpu.matches()) {
      throw new IllegalArgumentException(
          "There is no device \"" + spec + "\"; use auto, cpu, gpu, gpu:N or gpu:N,M.");
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
    return devices;
  }

  private static void requireSeen(
      List<Device> devices, String spec, InstalledEngine engine, Surroundings machine)
      throws IOException {
    for (Device device : devices) {
      if (!engine.hasGpu(device.getDeviceId())) {
        int gpus = engine.countedGpus();
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
                    : unusedGpu(engine, machine)
                        .orElse("use --device cpu, or see what is missing with pemn doctor.")));
      }
    }
  }

  private static Optional<String> unusedGpu(InstalledEngine engine, Surroundings machine) {
    if (NvidiaDriver.find(machine).isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        engine.hasCuda()
            ? "An NVIDIA driver is here, but its GPU stays unused: the engine's CUDA natives find"
                + " none that they can use; the driver may be too old for CUDA 12.8, or"
                + " CUDA_VISIBLE_DEVICES hide it (pemn doctor looks)."
            : "An NVIDIA driver is here, but its GPU stays unused because the PyTorch engine was"
                + " loaded with CPU natives; pemn doctor says how to provide CUDA ones.");
  }
}
