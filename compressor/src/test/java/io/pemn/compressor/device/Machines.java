package io.pemn.compressor.device;

import ai.djl.Device;
import io.pemn.compressor.device.EngineNatives.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** Machines that only a test has. */
final class Machines {
  static final String CLOSED =
      "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\n"
          + "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n";
  static final String OPEN =
      "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.124.06  Release Build \n";
  static final String OLD =
      "NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.256.02  Thu May  2 14:37:44 UTC 2024\n";

  private final Path root;
  private final Map<String, String> variables = new HashMap<>(Map.of("OMP_WAIT_POLICY", "passive"));
  private final Map<String, String> properties =
      new HashMap<>(Map.of("os.name", "Linux", "os.arch", "amd64", "java.version", "17"));

  /** A Linux on x86-64 with nothing in it. */
  Machines(Path root) {
    this.root = root;
  }

  Machines file(String name, String content) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
    return this;
  }

  /** With a driver of the kernel, and what it says of itself. */
  Machines driver(String note) throws IOException {
    return file("proc/driver/nvidia/version", note);
  }

  Machines variable(String name, String value) {
    variables.put(name, value);
    return this;
  }

  Machines platform(String system, String processor) {
    properties.put("os.name", system);
    properties.put("os.arch", processor);
    return this;
  }

  Surroundings surroundings() {
    return new Surroundings(root, variables::get, properties::get);
  }

  /**
   * An engine.
   *
   * @param cuda whether its natives are for CUDA
   * @param counted GPUs that DJL counts
   * @param working the devices that compute rightly
   */
  record Engine(boolean cuda, int counted, List<Device> working) implements InstalledEngine {
    static final Engine CPU = new Engine(false, 0, List.of(Device.cpu()));

    @Override
    public String version() {
      return "2.7.1";
    }

    @Override
    public String djlVersion() {
      return "0.35.1";
    }

    @Override
    public SortedSet<String> features() {
      return new TreeSet<>(cuda ? List.of("CUDA", "MKL") : List.of("MKL"));
    }

    @Override
    public EngineNatives natives() {
      return cuda
          ? new EngineNatives(true, Path.of("natives"), Source.LIBRARY_PATH, "")
          : new EngineNatives(false, Path.of("natives"), Source.CLASS_PATH, "natives.jar");
    }

    @Override
    public int threads() {
      return 2;
    }

    @Override
    public int interopThreads() {
      return 1;
    }

    @Override
    public int countedGpus() {
      return counted;
    }

    @Override
    public Gpu gpu(int number) {
      return new Gpu(number, Optional.of("9.0"), Optional.of(1L << 37), Optional.of(1L << 36));
    }

    @Override
    public Optional<String> trouble(Device device) {
      return working.contains(device)
          ? Optional.empty()
          : Optional.of("CUDA error: no kernel image is available");
    }
  }
}
