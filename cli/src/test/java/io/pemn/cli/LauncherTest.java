package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherTest {
  private static final Path HOME = Path.of(System.getProperty("pemn.home")).toAbsolutePath();

  @TempDir Path folder;

  @Test
  void theLauncherIsSoundBash() throws IOException, InterruptedException {
    assertEquals("", output(folder, "bash", "-n", HOME.resolve("pemn").toString()));
  }

  @Test
  void theLauncherFindsItsHomeThroughALinkWithASpaceInItsName()
      throws IOException, InterruptedException {
    Path link = Files.createDirectory(folder.resolve("my tools")).resolve("pemn link");
    Files.createSymbolicLink(link, HOME.resolve("pemn"));
    // Only the part that needs no build: the test itself may be running in one.
    String script =
        "set -- --version; java() { echo 'java version \"17\"'; printf '%s\\n' \"$@\"; };"
            + " exec() { \"$@\"; }; find() { :; };"
            + " mvn() { rm -f \"$log\"; builtin exit 0; }; . \"$0\"";
    assumeTrue(Files.exists(HOME.resolve("cli/target/classpath.txt")), "not yet packaged");
    String arguments = output(folder, "bash", "-c", script, link.toString());
    assumeTrue(arguments.contains("io.pemn.cli.Pemn"), "not yet packaged: " + arguments);
    assertEquals(
        "-Dpemn.home=" + HOME.toRealPath(),
        arguments.lines().filter(line -> line.startsWith("-Dpemn.home=")).findFirst().orElse(""));
  }

  private static String output(Path directory, String... command)
      throws IOException, InterruptedException {
    Process process;
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    // The Java that it finds on the PATH can be a function of the test.
    builder.environment().remove("JAVA_HOME");
    try {
      process = builder.start();
    } catch (IOException e) {
      assumeTrue(false, "no bash here");
      throw e;
    }
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), text);
    return text;
  }
}
