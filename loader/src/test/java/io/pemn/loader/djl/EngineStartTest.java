package io.pemn.loader.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.repository.zoo.Criteria;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An engine that is not on the class path is asked for by name. */
class EngineStartTest {
  @TempDir private Path cache;

  @Test
  void withoutPyTorchsEngineItsDependencyIsNamed() throws Exception {
    assertEquals(
        "DJL's PyTorch engine, which runs the networks of archives, is not on the class path; add"
            + " ai.djl.pytorch:pytorch-engine:0.35.1 and the native libraries"
            + " ai.djl.pytorch:pytorch-jni and ai.djl.pytorch:pytorch-native-cpu.",
        refusalWithout("pytorch-engine"));
  }

  @Test
  void withoutNativeLibrariesTheirDependenciesAreNamed() throws Exception {
    String refusal = refusalWithout("pytorch-native");

    assertTrue(
        refusal.startsWith(
            "DJL's PyTorch engine, which runs the networks of archives, does not start: "),
        refusal);
    assertTrue(
        refusal.endsWith(
            "; add its native libraries ai.djl.pytorch:pytorch-jni, in the version that belongs to"
                + " DJL 0.35.1, and ai.djl.pytorch:pytorch-native-cpu, with the classifier of this"
                + " platform."),
        refusal);
  }

  private String refusalWithout(String jar) throws IOException, InterruptedException {
    String classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !Path.of(entry).getFileName().toString().startsWith(jar))
            .collect(Collectors.joining(File.pathSeparator));
    ProcessBuilder java =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Dpemn.home=" + System.getProperty("pemn.home"),
            "-cp",
            classPath,
            Loading.class.getName());
    java.environment().put("DJL_CACHE_DIR", cache.toString());
    java.environment().put("DJL_OFFLINE", "true");
    Process process = java.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes()).strip();
    assertEquals(0, process.waitFor(), output);
    return output;
  }

  /** What runs in another JVM. */
  static final class Loading {
    private Loading() {}

    public static void main(String[] arguments) throws Exception {
      try {
        Criteria.builder()
            .setTypes(Image.class, Classifications.class)
            .optModelPath(GoldenArchive.COLOUR)
            .optEngine("Pemn")
            .build()
            .loadModel()
            .close();
      } catch (EngineException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
