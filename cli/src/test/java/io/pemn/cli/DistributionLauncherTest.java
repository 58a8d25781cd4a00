package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher of the zip that {@code mvn -Pdist package} builds, with a runtime that only says how
 * it was started.
 */
class DistributionLauncherTest {
  private static final Path SOURCE =
      Path.of(System.getProperty("pemn.home")).resolve("cli/src/dist").toAbsolutePath();

  @TempDir Path temporary;
  private Path folder;
  private Path home;
  private Path java;

  @BeforeEach
  void unpackBesideARuntime() throws IOException {
    assumeTrue(File.separatorChar == '/', "no sh here");
    folder = temporary.toRealPath();
    home = unpack(folder.resolve("my tools/pemn"));
    java = folder.resolve("a runtime");
    executable(
        java.resolve("bin/java"),
        "[ \"$1\" = -version ] && echo 'openjdk version \"11.0.2\" 2019' >&2 && exit",
        "printf '%s\\n' \"$@\"",
        "env");
    runtimeOfVersion("17.0.15");
  }

  @Test
  void runsTheJarsOfItsOwnFolder() throws Exception {
    Run run = pemn(Map.of(), "inspect", "a file.pemn");
    assertEquals(0, run.code(), run.text());
    assertEquals(home + "/lib/*:" + home + "/lib/cpu/*", run.after("-cp"));
    assertTrue(run.lines().contains("-Dpemn.home=" + home), run.text());
    assertEquals("inspect", run.after("io.pemn.cli.Pemn"));
    assertEquals("a file.pemn", run.after("inspect"));
  }

  @Test
  void findsItsFolderThroughLinks() throws Exception {
    Path other = Files.createDirectories(folder.resolve("other folder"));
    Path first = Files.createSymbolicLink(other.resolve("first"), home.resolve("bin/pemn"));
    Path second = Files.createSymbolicLink(folder.resolve("second"), Path.of("other folder/first"));
    for (Path link : List.of(first, second)) {
      Run run = run(Map.of("JAVA_HOME", java.toString()), link.toString());
      assertTrue(run.lines().contains("-Dpemn.home=" + home), run.text());
    }
  }

  @Test
  void switchesUsageReportsAndSpinningOff() throws Exception {
    Run run = pemn(Map.of("OPT_OUT_TRACKING", "false"));
    assertTrue(run.lines().contains("OPT_OUT_TRACKING=true"), run.text());
    assertTrue(run.lines().contains("OMP_WAIT_POLICY=passive"), run.text());
    assertTrue(
        pemn(Map.of("OMP_WAIT_POLICY", "active")).lines().contains("OMP_WAIT_POLICY=active"));
  }

  @Test
  void passesThreadsAndOptionsOfTheJvm() throws Exception {
    Run run = pemn(Map.of("PEMN_THREADS", "3", "PEMN_JAVA_OPTS", "-Xmx8g -Da=b"));
    assertTrue(run.lines().contains("-Dai.djl.pytorch.num_threads=3"), run.text());
    assertEquals("-Da=b", run.after("-Xmx8g"));
  }

  @Test
  void findsJavaOnThePath() throws Exception {
    Run run = run(Map.of("PATH", java + "/bin:" + System.getenv("PATH")), home + "/bin/pemn");
    assertTrue(run.lines().contains("-Dpemn.home=" + home), run.text());
  }

  @Test
  void refusesARuntimeThatIsTooOld() throws Exception {
    for (String version : List.of("11.0.2", "1.8.0_402", "9-ea")) {
      runtimeOfVersion(version);
      assertRefused(
          java
              + "/bin/java is Java "
              + version
              + ", but pemn needs 17 or newer; install one, or set"
              + " JAVA_HOME to one.",
          pemn(Map.of()));
    }
    for (String version : List.of("17", "21.0.1", "25-ea")) {
      runtimeOfVersion(version);
      assertEquals(0, pemn(Map.of()).code(), version);
    }
  }

  @Test
  void asksARuntimeThatHasNoNoteOfItsVersion() throws Exception {
    Files.delete(java.resolve("release"));
    assertRefused(
        java
            + "/bin/java is Java 11.0.2, but pemn needs 17 or newer; install one, or set JAVA_HOME"
            + " to one.",
        pemn(Map.of()));
    executable(java.resolve("bin/java"), "echo 'Unable to locate a Java Runtime.' >&2", "exit 1");
    assertRefused(
        java
            + "/bin/java does not start; install a Java runtime of version 17 or newer, or set"
            + " JAVA_HOME to one.",
        pemn(Map.of()));
  }

  @Test
  void saysThatThereIsNoJava() throws Exception {
    Path tools = Files.createDirectory(folder.resolve("tools"));
    for (String tool : List.of("sh", "dirname", "readlink", "sed")) {
      Files.createSymbolicLink(tools.resolve(tool), onThePath(tool));
    }
    assertRefused(
        "there is no java; install a Java runtime of version 17 or newer, or set JAVA_HOME to one.",
        run(Map.of("PATH", tools.toString()), home + "/bin/pemn"));
    assertRefused(
        "JAVA_HOME is /nowhere, which has no bin/java; set it to a Java runtime of version 17 or"
            + " newer, or unset it.",
        run(Map.of("JAVA_HOME", "/nowhere"), home + "/bin/pemn"));
  }

  @Test
  void refusesAFolderThatNoClassPathCanName() throws Exception {
    Path bad = unpack(folder.resolve("c:pemn"));
    assertRefused(
        "a class path cannot have the colon in " + bad + "; move pemn to a folder without one.",
        run(Map.of("JAVA_HOME", java.toString()), bad + "/bin/pemn"));
  }

  @Test
  void leavesTheNativesOfTheCpuOutForThoseThatDjlDownloads() throws Exception {
    Run run = pemn(Map.of("PEMN_CUDA", "download"));
    assertEquals(home + "/lib/*", run.after("-cp"));
    assertTrue(run.lines().contains("PYTORCH_FLAVOR=cu128"), run.text());
  }

  @Test
  void namesTheVersionOfCudaNativesThatItIsGiven() throws Exception {
    Path natives = Files.createDirectory(folder.resolve("torch lib"));
    Map<String, String> environment = Map.of("PYTORCH_LIBRARY_PATH", natives.toString());
    assertFalse(pemn(environment).text().contains("PYTORCH_FLAVOR"), "natives of the CPU");
    assertFalse(pemn(environment).text().contains("jna.library.path"), "natives of the CPU");
    Files.createFile(natives.resolve("libtorch_cuda.so"));
    Run run = pemn(environment);
    assertTrue(run.lines().contains("PYTORCH_FLAVOR=cu128"), run.text());
    assertTrue(run.lines().contains("PYTORCH_VERSION=2.7.1"), run.text());
    String runtime = natives + ":" + natives + "/../../nvidia/cuda_runtime/lib";
    assertTrue(run.lines().contains("-Djna.library.path=" + runtime), run.text());
  }

  @Test
  void bothLaunchersNameTheEngineThatIsBuiltIn() throws IOException {
    String pom = Files.readString(SOURCE.resolve("../../../pom.xml").normalize());
    Matcher version = Pattern.compile("<pytorch.version>(.*)</pytorch.version>").matcher(pom);
    assertTrue(version.find());
    for (String script : List.of("lib/launch.sh", "bin/pemn.bat")) {
      String text = Files.readString(SOURCE.resolve(script));
      assertTrue(text.contains(version.group(1) + "-cu128"), script);
    }
  }

  private Run pemn(Map<String, String> environment, String... arguments) throws Exception {
    Map<String, String> all = new HashMap<>(environment);
    all.put("JAVA_HOME", java.toString());
    List<String> command = new ArrayList<>(List.of(home + "/bin/pemn"));
    command.addAll(List.of(arguments));
    return run(all, command.toArray(String[]::new));
  }

  private Run run(Map<String, String> environment, String... command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    Map<String, String> own = builder.environment();
    own.keySet().removeIf(name -> name.matches("JAVA_HOME|PEMN_.*|PYTORCH_.*|OMP_.*"));
    own.putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), text);
  }

  private static void assertRefused(String sentence, Run run) {
    assertEquals("pemn: " + sentence + "\n", run.text());
    assertEquals(1, run.code());
  }

  private static Path unpack(Path to) throws IOException {
    for (String name : List.of("bin/pemn", "lib/launch.sh")) {
      Files.createDirectories(to.resolve(name).getParent());
      Files.copy(SOURCE.resolve(name), to.resolve(name));
    }
    return to;
  }

  private void runtimeOfVersion(String version) throws IOException {
    Files.writeString(
        java.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
  }

  private static void executable(Path file, String... lines) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static Path onThePath(String tool) {
    for (String entry : System.getenv("PATH").split(File.pathSeparator)) {
      Path file = Path.of(entry, tool);
      if (Files.isExecutable(file)) {
        return file;
      }
    }
    throw new AssertionError("no " + tool + " here");
  }

  /** What the launcher did: its exit code, and what it and the runtime wrote, line by line. */
  private record Run(int code, String text) {
    List<String> lines() {
      return text.lines().toList();
    }

    String after(String line) {
      int at = lines().indexOf(line);
      return at < 0 ? "no " + line + " in " + text : lines().get(at + 1);
    }
  }
}
