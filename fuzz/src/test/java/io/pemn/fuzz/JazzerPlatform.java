package io.pemn.fuzz;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips fuzz targets where Jazzer has no native library, rather than failing there. */
final class JazzerPlatform implements ExecutionCondition {
  private static final List<String> LIBRARIES =
      List.of("linux_x86_64", "linux_aarch64", "macos_x86_64", "macos_aarch64", "windows_x86_64");

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    String system = System.getProperty("os.name");
    String processor = System.getProperty("os.arch");
    return hasLibrary(system, processor)
        ? ConditionEvaluationResult.enabled("Jazzer runs here.")
        : ConditionEvaluationResult.disabled(
            "Jazzer has no library for " + system + " on " + processor + ".");
  }

  /** Whether there is one for a system and a processor, as Java names them. */
  static boolean hasLibrary(String system, String processor) {
    return LIBRARIES.contains(name(system, processor));
  }

  /** How Jazzer names a platform. */
  private static String name(String system, String processor) {
    String lower = system.toLowerCase(Locale.ROOT);
    String family =
        lower.startsWith("mac")
            ? "macos"
            : lower.startsWith("windows") ? "windows" : lower.replace(' ', '_');
    String kind =
        switch (processor.toLowerCase(Locale.ROOT)) {
          case "amd64", "x86_64" -> "x86_64";
          case "arm64", "aarch64" -> "aarch64";
          default -> processor;
        };
    return family + "_" + kind;
  }
}
