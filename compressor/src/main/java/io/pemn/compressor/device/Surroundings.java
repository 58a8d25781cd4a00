package io.pemn.compressor.device;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Where facts about a machine are found.
 *
 * @param root the folder that its file system begins at
 * @param variable the value of an environment variable, or null
 * @param property the value of a Java system property, or null
 */
public record Surroundings(
    Path root, UnaryOperator<String> variable, UnaryOperator<String> property) {
  /** Those of this process. */
  public static Surroundings here() {
    Path root = Path.of("").toAbsolutePath().getRoot();
    return new Surroundings(root, System::getenv, System::getProperty);
  }

  /** An environment variable that is set and not empty. */
  public Optional<String> environment(String name) {
    return Optional.ofNullable(variable.apply(name)).filter(value -> !value.isBlank());
  }

  boolean isWindows() {
    return name().startsWith("windows");
  }

  /** The platform in DJL's words, such as {@code linux-x86_64}. */
  String platform() {
    String system = isWindows() ? "win" : name().startsWith("mac") ? "osx" : "linux";
    String processor = String.valueOf(property.apply("os.arch"));
    return system + "-" + (processor.equals("amd64") ? "x86_64" : processor);
  }

  /** Whether there are CUDA builds of the engine for this platform. */
  boolean canHaveCuda() {
    return platform().equals("linux-x86_64") || platform().equals("win-x86_64");
  }

  private String name() {
    return String.valueOf(property.apply("os.name")).toLowerCase(Locale.ROOT);
  }
}
