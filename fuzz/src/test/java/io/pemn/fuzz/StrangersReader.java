package io.pemn.fuzz;

import io.pemn.loader.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A program that reads files of strangers one after another, for virtual machines of little memory.
 */
final class StrangersReader {
  private static final Path STATUS = Path.of("/proc/self/status");

  /** {@link Limits#DEFAULT}. */
  static final String USUAL_LIMITS = "usual";

  /** {@link StrangersFile#LIMITS}. */
  static final String SMALL_LIMITS = "small";

  private StrangersReader() {}

  /**
   * Prints what each file ends in, and the most memory that was resident, in KiB, where the system
   * says so.
   *
   * @param arguments {@code open} to open archives within the usual limits and do no more, or
   *     {@code read} to read all of every file within those of {@link StrangersFile}; then the
   *     files
   */
  public static void main(String[] arguments) throws IOException {
    for (int i = 1; i < arguments.length; i++) {
      Path path = Path.of(arguments[i]);
      Limits limits = arguments[0].equals(USUAL_LIMITS) ? Limits.DEFAULT : StrangersFile.LIMITS;
      Optional<IOException> refusal =
          new StrangersFile(path, path.getParent().getFileName().toString(), limits).refusal();
      System.out.println(
          path + "\t" + refusal.map(e -> e.getClass().getSimpleName()).orElse(HostileFile.READ));
    }
    if (Files.exists(STATUS)) {
      try (Stream<String> lines = Files.lines(STATUS)) {
        String peak = lines.filter(line -> line.startsWith("VmHWM:")).findFirst().orElseThrow();
        System.out.println("peak\t" + peak.replaceAll("\\D", ""));
      }
    }
  }
}
