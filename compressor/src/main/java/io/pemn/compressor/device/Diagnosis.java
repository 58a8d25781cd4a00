package io.pemn.compressor.device;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a machine has for training, and what it lacks.
 *
 * @param java the Java runtime
 * @param processor the CPU
 * @param platform in DJL's words, such as {@code linux-x86_64}
 * @param engine the engine, if it starts
 * @param cache where the engine's natives are unpacked
 * @param settings the environment variables that decide how fast or where the engine runs, by name;
 *     those that are set
 * @param driver the NVIDIA driver, if there is one
 * @param gpus that the engine can use
 * @param devices what was tried
 * @param faults why a device that was asked for does not work, a sentence each
 * @param notes what could be better, and what a GPU would need, a sentence each
 */
public record Diagnosis(
    JavaRuntime java,
    Processor processor,
    String platform,
    Optional<EngineFacts> engine,
    CacheFolder cache,
    Map<String, String> settings,
    Optional<NvidiaDriver> driver,
    List<Gpu> gpus,
    List<Tried> devices,
    List<String> faults,
    List<String> notes) {
  /** Keeps what it is given. */
  public Diagnosis {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    gpus = List.copyOf(gpus);
    devices = List.copyOf(devices);
    faults = List.copyOf(faults);
    notes = List.copyOf(notes);
  }

  /**
   * A device on which something was computed.
   *
   * @param device {@code cpu} or {@code gpu:N}
   * @param trouble what went wrong, in the engine's words; nothing if it works
   */
  public record Tried(String device, Optional<String> trouble) {}

  /**
   * The Java runtime.
   *
   * @param version such as 17.0.12
   * @param vendor who built it
   * @param home where it lies
   * @param maxHeapBytes that it may use
   */
  public record JavaRuntime(String version, String vendor, String home, long maxHeapBytes) {
    static JavaRuntime of(Surroundings machine) {
      return new JavaRuntime(
          machine.property().apply("java.version"),
          machine.property().apply("java.vendor"),
          machine.property().apply("java.home"),
          Runtime.getRuntime().maxMemory());
    }
  }

  /** Whether all devices that were asked for work. */
  public boolean sound() {
    return faults.isEmpty();
  }
}
