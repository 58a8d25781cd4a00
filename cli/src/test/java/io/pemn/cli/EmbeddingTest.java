package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.modality.Classifications;
import io.pemn.format.network.ImageShape;
import io.pemn.loader.PemnArchive;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of docs/embedding.md compile and do what the page says. */
class EmbeddingTest {
  private static final Path HOME = Path.of(System.getProperty("pemn.home"));
  private static final Path ARCHIVE =
      HOME.resolve("testdata/golden/version-1/random-vector-copy.pemn");
  private static final List<String> LOADER_BRINGS =
      List.of("proto", "loader", "protobuf-java", "zstd-jni", "RoaringBitmap");

  @TempDir private Path folder;

  @Test
  void theFirstProgramRebuildsWeightsWithoutDjlOnTheClassPath() throws Exception {
    String classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(EmbeddingTest::theLoaderBringsIt)
            .collect(Collectors.joining(File.pathSeparator));
    compile("RebuildWeights", classPath);

    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath + File.pathSeparator + folder,
                "RebuildWeights",
                ARCHIVE.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes());

    assertEquals(0, process.waitFor(), output);
    PemnArchive archive = PemnArchive.open(ARCHIVE);
    assertTrue(output.contains(archive.layers().get(0).name()), output);
    assertTrue(
        output.contains(archive.remainder().size() + " tensors are stored as they are"), output);
  }

  @Test
  void theSecondProgramClassifiesAnImageOfAnySize() throws Exception {
    compile("PredictImage", System.getProperty("java.class.path"));
    Path image = folder.resolve("image.png");
    ImageIO.write(new BufferedImage(30, 20, BufferedImage.TYPE_INT_RGB), "png", image.toFile());

    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      Classifications classes =
          (Classifications)
              loader
                  .loadClass("PredictImage")
                  .getMethod("classify", Path.class, Path.class)
                  .invoke(null, ARCHIVE, image);

      assertEquals(PemnArchive.open(ARCHIVE).classLabels(), classes.getClassNames());
      assertEquals(
          classifiedPixels(loader), classes.best().getClassName(), "black stays black, resized");
    }
  }

  @Test
  void theThirdProgramClassifiesPixels() throws Exception {
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      String label = classifiedPixels(loader);

      assertTrue(PemnArchive.open(ARCHIVE).classLabels().contains(label), "label " + label);
    }
  }

  /** The third program's label of a black image. */
  private String classifiedPixels(URLClassLoader loader) throws Exception {
    compile("PredictPixels", System.getProperty("java.class.path"));
    byte[] pixels = new byte[PemnArchive.open(ARCHIVE).network().image().orElseThrow().values()];
    return (String)
        loader
            .loadClass("PredictPixels")
            .getMethod("classify", Path.class, byte[].class)
            .invoke(null, ARCHIVE, pixels);
  }

  @Test
  void theFourthProgramPredictsTensors() throws Exception {
    compile("PredictTensors", System.getProperty("java.class.path"));
    PemnArchive archive = PemnArchive.open(ARCHIVE);
    ImageShape input = archive.network().image().orElseThrow();

    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      float[] logits =
          (float[])
              loader
                  .loadClass("PredictTensors")
                  .getMethod("logits", Path.class, int.class, long[].class)
                  .invoke(
                      null,
                      ARCHIVE,
                      2,
                      new long[] {input.channels(), input.height(), input.width()});

      assertEquals(2 * archive.network().classes(), logits.length);
    }
  }

  private static boolean theLoaderBringsIt(String entry) {
    Path path = Path.of(entry);
    String name = path.getFileName().toString();
    String module =
        name.equals("classes") ? path.getParent().getParent().getFileName().toString() : name;
    return LOADER_BRINGS.stream()
        .anyMatch(
            part ->
                module.equals(part)
                    || module.startsWith(part + "-")
                    || module.startsWith("pemn-" + part + "-"));
  }

  private void compile(String name, String classPath) throws IOException {
    String page = Files.readString(HOME.resolve("docs/embedding.md"));
    Matcher block =
        Pattern.compile("<!-- " + name + " -->\\s*```java\\n(.*?)```", Pattern.DOTALL)
            .matcher(page);
    assertTrue(block.find(), "docs/embedding.md has a program " + name);
    Path source = folder.resolve(name + ".java");
    Files.writeString(source, block.group(1));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    int result =
        compiler.run(
            null, null, null, "-cp", classPath, "-d", folder.toString(), source.toString());
    assertEquals(0, result, name + " compiles");
  }
}
