package io.pemn.compressor.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The processor of a machine.
 *
 * @param model its name, or the kind of processor that Java runs on
 * @param cores that this process may use
 */
public record Processor(String model, int cores) {
  static Processor of(Surroundings machine) {
    return new Processor(
        model(machine.root().resolve("proc/cpuinfo"), machine),
        Runtime.getRuntime().availableProcessors());
  }

  private static String model(Path file, Surroundings machine) {
    try {
      for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
        if (line.startsWith("model name") && line.contains(":")) {
          return line.substring(line.indexOf(':') + 1).strip();
        }
      }
    } catch (IOException e) {
      // Not every system has such a file.
    }
    return machine
        .environment("PROCESSOR_IDENTIFIER")
        .orElse(String.valueOf(machine.property().apply("os.arch")));
  }
}
