package io.pemn.compressor.device;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import io.pemn.compressor.device.Diagnosis.JavaRuntime;
import io.pemn.compressor.device.Diagnosis.Tried;
import io.pemn.loader.message.EngineMessage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Looks what a machine has for training, tries it, and says what is missing. */
public final class Doctor {
  /** More than any machine has. */
  private static final int MOST_GPUS = 64;

  private static final List<String> SETTINGS =
      List.of(
          "PEMN_THREADS",
          "PEMN_CUDA",
          "OMP_NUM_THREADS",
          "OMP_WAIT_POLICY",
          "MKL_NUM_THREADS",
          "PYTORCH_LIBRARY_PATH",
          "PYTORCH_VERSION",
          "PYTORCH_FLAVOR",
          "CUDA_VISIBLE_DEVICES",
          "LD_LIBRARY_PATH",
          "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
          "NVIDIA_TF32_OVERRIDE",
          "DJL_CACHE_DIR",
          "ENGINE_CACHE_DIR");

  private final Surroundings machine;
  private final Supplier<InstalledEngine> start;
  private final List<String> faults = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  private Doctor(Surroundings machine, Supplier<InstalledEngine> start) {
    this.machine = machine;
    this.start = start;
  }

  /**
   * Examines this machine.
   *
   * @param spec the devices that shall work, as {@link DeviceChoice#of} takes them; with {@code
   *     auto} the CPU, and a GPU if the engine can use one
   * @throws IllegalArgumentException in one sentence, if it names no devices
   */
  public static Diagnosis examine(String spec) {
    Surroundings here = Surroundings.here();
    return examine(spec, here, () -> new PyTorch(here));
  }

  static Diagnosis examine(String spec, Surroundings machine, Supplier<InstalledEngine> start) {
    return new Doctor(machine, start).diagnosis(DeviceChoice.named(spec));
  }

  private Diagnosis diagnosis(List<Device> wanted) {
    Optional<NvidiaDriver> driver = NvidiaDriver.find(machine);
    Optional<InstalledEngine> engine = started();
    List<Gpu> gpus = new ArrayList<>();
    List<Tried> tried = new ArrayList<>();
    if (engine.isPresent()) {
      gpus.addAll(gpus(engine.get()));
      List<Device> devices = wanted.isEmpty() ? List.of(Device.cpu()) : wanted;
      for (Device device : devices) {
        tried.add(tried(device, engine.get(), driver));
      }
      if (wanted.isEmpty() && !gpus.isEmpty()) {
        tried.add(tried(Device.gpu(0), engine.get(), driver));
      }
      noteGpus(wanted, gpus, engine.get(), driver);
    }
    noteThreads();
    return new Diagnosis(
        JavaRuntime.of(machine),
        Processor.of(machine),
        machine.platform(),
        engine.map(EngineFacts::of),
        CacheFolder.here(),
        settings(),
        driver,
        gpus,
        tried,
        faults,
        notes);
  }

  private Optional<InstalledEngine> started() {
    try {
      return Optional.of(start.get());
    } catch (EngineException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      faults.add(
          "The PyTorch engine does not start: "
              + EngineMessage.of(cause)
              + "; if its natives cannot be unpacked, free space or set DJL_CACHE_DIR.");
      return Optional.empty();
    }
  }

  private static List<Gpu> gpus(InstalledEngine engine) {
    List<Gpu> gpus = new ArrayList<>();
    while (gpus.size() < MOST_GPUS && engine.hasGpu(gpus.size())) {
      gpus.add(engine.gpu(gpus.size()));
    }
    return gpus;
  }

  private Tried tried(Device device, InstalledEngine engine, Optional<NvidiaDriver> driver) {
    Optional<String> trouble = engine.trouble(device);
    String name = device.isGpu() ? "gpu:" + device.getDeviceId() : "cpu";
    trouble.ifPresent(
        words -> faults.add(device.isGpu() ? gpuFault(name, words, engine, driver) : cpu(words)));
    return new Tried(name, trouble);
  }

  private static String cpu(String words) {
    return "The engine does not compute rightly on the CPU: "
        + words
        + "; its natives may be damaged, so delete their folder, and they are unpacked anew.";
  }

  /** Why a GPU does not work, and what would help. */
  private String gpuFault(
      String name, String words, InstalledEngine engine, Optional<NvidiaDriver> driver) {
    String begin = name + " cannot be used: ";
    Optional<String> missing = missing(engine, driver);
    if (missing.isPresent()) {
      return begin + missing.get();
    }
    int gpus = engine.countedGpus();
    if (gpus > 0 && Integer.parseInt(name.substring(name.indexOf(':') + 1)) >= gpus) {
      return begin
          + "the engine sees "
          + (gpus == 1 ? "one GPU" : gpus + " GPUs")
          + "; use a number below "
          + gpus
          + ".";
    }
    return begin
        + "the engine's CUDA natives say \""
        + words
        + "\"; check the driver with nvidia-smi"
        + machine
            .environment("CUDA_VISIBLE_DEVICES")
            .map(value -> ", and CUDA_VISIBLE_DEVICES, which is " + value + ".")
            .orElse(".");
  }

  /** The first thing that a GPU lacks on this machine, as the rest of a sentence. */
  private Optional<String> missing(InstalledEngine engine, Optional<NvidiaDriver> driver) {
    if (!machine.canHaveCuda()) {
      return Optional.of(
          "PyTorch for DJL is built for CUDA on x86-64 Linux and Windows alone, and this is "
              + machine.platform()
              + "; use such a machine, or the CPU.");
    }
    if (driver.isEmpty()) {
      return Optional.of(
          "no NVIDIA driver is here (there is no "
              + (machine.isWindows()
                  ? "nvcuda.dll in Windows\\System32"
                  : "/proc/driver/nvidia/version, /dev/nvidiactl or /dev/dxg")
              + "); install one, version "
              + NvidiaDriver.OLDEST
              + " or newer, or use the CPU.");
    }
    if (driver.get().isTooOld()) {
      return Optional.of(
          "the NVIDIA driver is "
              + driver.get().version().orElseThrow()
              + ", but CUDA 12 needs "
              + NvidiaDriver.OLDEST
              + " or newer; update it.");
    }
    if (!engine.hasCuda()) {
      return Optional.of(
          "the engine has natives for the CPU alone, from "
              + engine.natives().source()
              + "; set PYTORCH_LIBRARY_PATH to a libtorch 2.7.1 for CUDA 12.8, or set"
              + " PEMN_CUDA=download once, which lets DJL download some GB (docs/gpu.md).");
    }
    return Optional.empty();
  }

  private void noteGpus(
      List<Device> wanted, List<Gpu> gpus, InstalledEngine engine, Optional<NvidiaDriver> driver) {
    if (!gpus.isEmpty() && engine.countedGpus() == 0) {
      notes.add(
          "A GPU works, but DJL does not find CUDA's runtime library, so that nobody knows how"
              + " much of its memory is free; put the folder of libcudart.so on LD_LIBRARY_PATH.");
    }
    if (gpus.isEmpty() && wanted.stream().noneMatch(Device::isGpu)) {
      notes.add(
          "No GPU can be used: "
              + missing(engine, driver)
                  .orElse("the engine's CUDA natives find none; try --device gpu to hear why."));
    }
  }

  private void noteThreads() {
    if (!machine.environment("OMP_WAIT_POLICY").map("passive"::equalsIgnoreCase).orElse(false)) {
      notes.add(
          "OMP_WAIT_POLICY is not passive, so that threads that wait keep their cores busy; on a"
              + " machine that does something else as well set it to passive, as pemn's launchers"
              + " do where it is not set.");
    }
  }

  private Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    for (String name : SETTINGS) {
      machine.environment(name).ifPresent(value -> settings.put(name, value));
    }
    return settings;
  }
}
