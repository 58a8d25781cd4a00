package io.pemn.compressor.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An NVIDIA driver.
 *
 * @param version such as {@code 570.124.06}, where it says so
 * @param evidence the file that shows that it is there
 */
public record NvidiaDriver(Optional<String> version, String evidence) {
  /**
   * The oldest that runs programs built with any CUDA 12: "CUDA Toolkit and Minimum Required Driver
   * Version for CUDA Minor Version Compatibility" in NVIDIA's release notes of CUDA 12.8.
   */
  static final String OLDEST = "525.60";

  private static final String VERSION_FILE = "proc/driver/nvidia/version";

  /** The kernel's devices; that of the Windows Subsystem for Linux; and Windows' own library. */
  private static final List<String> OTHERS =
      List.of("dev/nvidiactl", "dev/dxg", "Windows/System32/nvcuda.dll");

  private static final Pattern VERSION =
      Pattern.compile("Kernel Module(?: for \\S+)?\\s+(\\d{3,}\\.\\d+(?:\\.\\d+)?)");

  /** The driver of a machine, if there is one. */
  public static Optional<NvidiaDriver> find(Surroundings machine) {
    Path file = machine.root().resolve(VERSION_FILE);
    if (Files.isReadable(file)) {
      return Optional.of(new NvidiaDriver(version(file), file.toString()));
    }
    return OTHERS.stream()
        .map(machine.root()::resolve)
        .filter(Files::exists)
        .findFirst()
        .map(found -> new NvidiaDriver(Optional.empty(), found.toString()));
  }

  private static Optional<String> version(Path file) {
    try {
      Matcher found = VERSION.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
      return found.find() ? Optional.of(found.group(1)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Whether it is known to be too old for the engine's CUDA natives. */
  boolean isTooOld() {
    return version.isPresent() && compare(version.get(), OLDEST) < 0;
  }

  private static int compare(String one, String two) {
    String[] first = one.split("\\.");
    String[] second = two.split("\\.");
    int major = Integer.compare(Integer.parseInt(first[0]), Integer.parseInt(second[0]));
    return major != 0
        ? major
        : Integer.compare(Integer.parseInt(first[1]), Integer.parseInt(second[1]));
  }
}
