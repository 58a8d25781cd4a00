package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.modality.Classifications;
import io.pemn.format.network.ImageShape;
import io.pemn.loader.PemnArchive;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The programs of docs/embedding.md compile and do what the page says. */
class EmbeddingTest {
  private static final Path HOME = Path.of(System.getProperty("pemn.home"));
  private static final Path ARCHIVE =
      HOME.resolve("testdata/golden/version-1/random-vector-copy.pemn");
  private static final List<String> LOADER_BRINGS =
      List.of("proto", "loader", "protobuf-java", "zstd-jni", "RoaringBitmap", "gson");

  private static final List<String> DJL_BRINGS =
      List.of("api-", "pytorch-", "jna-", "commons-", "slf4j-");
  private static final String NATIVES = "pytorch-native-cpu";
  private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();

  @TempDir private Path folder;

  @Test
  void theFirstProgramRebuildsWeightsWithoutDjlOnTheClassPath() throws Exception {
    String classPath = whatTheLoaderBrings();
    compile("RebuildWeights", classPath);

    assertRebuilds(
        java("-cp", classPath + File.pathSeparator + folder, "RebuildWeights", ARCHIVE.toString()));
  }

  @Test
  void theFirstProgramIsAModuleThatNeedsNoDjl() throws Exception {
    String modulePath = whatTheLoaderBrings();
    Path declaration = write("module-info.java", block("module-info"));
    Path program = write("RebuildWeights.java", "package example;\n" + block("RebuildWeights"));
    assertEquals("", compileModule(modulePath, declaration, program));

    assertRebuilds(
        java(
            "-p",
            modulePath + File.pathSeparator + folder.resolve("classes"),
            "-m",
            "example.application/example.RebuildWeights",
            ARCHIVE.toString()));
  }

  @Test
  void aSignatureIsCheckedOnTheClassPathAndByModules() throws Exception {
    Path vectors = HOME.resolve("testdata/signatures");
    Path archive = Files.copy(vectors.resolve("model.pemn"), folder.resolve("a.pemn"));
    String path = whatTheLoaderBrings();
    compile("RequireSignature", path);
    String[] onClassPath = {
      "-cp",
      path + File.pathSeparator + folder,
      "RequireSignature",
      archive.toString(),
      vectors.resolve("signer.pub").toString()
    };
    Path declaration = write("module-info.java", block("module-info"));
    Path program = write("RequireSignature.java", "package example;\n" + block("RequireSignature"));
    assertEquals("", compileModule(path, declaration, program));
    String[] onModulePath = {
      "-p",
      path + File.pathSeparator + folder.resolve("classes"),
      "-m",
      "example.application/example.RequireSignature",
      archive.toString(),
      vectors.resolve("signer.pub").toString()
    };

    assertTrue(java(onClassPath).startsWith("refused: There is no signature "));
    Files.copy(vectors.resolve("folder.sig"), folder.resolve("a.pemn.sig"));
    assertTrue(java(onClassPath).startsWith("signed as folder"));
    assertTrue(java(onModulePath).startsWith("signed as folder"));
  }

  /** The natives stand on the class path: the name of their file can be no module's. */
  @Test
  void theProgramsForImagesAndPixelsAreAModuleBesideDjl() throws Exception {
    List<String> entries = List.of(System.getProperty("java.class.path").split(File.pathSeparator));
    List<String> natives = entries.stream().filter(entry -> entry.contains(NATIVES)).toList();
    String modulePath =
        entries.stream()
            .filter(entry -> theLoaderBringsIt(entry) || djlBringsIt(entry))
            .collect(Collectors.joining(File.pathSeparator));
    Path declaration =
        write("module-info.java", block("module-info").replace("}", "  requires ai.djl.api;\n}"));
    Path pixelsProgram = write("PredictPixels.java", "package example;\n" + block("PredictPixels"));
    Path imageProgram = write("PredictImage.java", "package example;\n" + block("PredictImage"));
    Path image = blackImage();
    Path main =
        write(
            "Main.java",
            """
            package example;

            import ai.djl.engine.Engine;
            import ai.djl.ndarray.NDList;
            import ai.djl.repository.Repository;
            import ai.djl.repository.zoo.Criteria;
            import io.pemn.loader.djl.PemnEngineProvider;
            import io.pemn.loader.djl.PemnRepositoryFactory;
            import java.nio.file.Path;

            public final class Main {
              public static void main(String[] args) throws Exception {
                Engine.registerEngine(new PemnEngineProvider());
                System.out.println("engine " + Engine.getEngine("Pemn"));
                Repository.registerRepositoryFactory(new PemnRepositoryFactory());
                Path archive = Path.of(args[0]);
                byte[] pixels = new byte[Integer.parseInt(args[1])];
                System.out.println("label " + PredictPixels.classify(archive, pixels));
                System.out.println(
                    "classes "
                        + PredictImage.classify(archive, Path.of(args[2])).getClassNames());
                Criteria.builder()
                    .setTypes(NDList.class, NDList.class)
                    .optModelUrls("pemn:" + archive.toUri())
                    .build()
                    .loadModel()
                    .close();
              }
            }
            """);
    assertEquals("", compileModule(modulePath, declaration, pixelsProgram, imageProgram, main));

    int pixels = PemnArchive.open(ARCHIVE).network().image().orElseThrow().values();
    String output =
        java(
            "-p",
            modulePath + File.pathSeparator + folder.resolve("classes"),
            "-cp",
            String.join(File.pathSeparator, natives),
            "--add-modules",
            "ALL-MODULE-PATH",
            "-m",
            "example.application/example.Main",
            ARCHIVE.toString(),
            String.valueOf(pixels),
            image.toString());

    assertTrue(output.contains("label "), output);
    assertTrue(output.contains("classes " + PemnArchive.open(ARCHIVE).classLabels()), output);
    assertTrue(output.contains("engine Pemn"), output);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "io.pemn.format.mask.MaskCodecs",
        "io.pemn.format.storage.ZstdFrame",
        "io.pemn.loader.torchscript.ModuleFile"
      })
  void modulesDoNotSeeWhatIsInternal(String internal) throws Exception {
    Path declaration = write("module-info.java", block("module-info"));
    Path program =
        write("Curious.java", "package example; class Curious { " + internal + " found; }");

    String complaints = compileModule(whatTheLoaderBrings(), declaration, program);

    assertTrue(complaints.contains("is not visible"), complaints);
  }

  @Test
  void theSecondProgramClassifiesAnImageOfAnySize() throws Exception {
    compile("PredictImage", System.getProperty("java.class.path"));
    Path image = blackImage();

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

  private Path blackImage() throws IOException {
    Path image = folder.resolve("image.png");
    ImageIO.write(new BufferedImage(30, 20, BufferedImage.TYPE_INT_RGB), "png", image.toFile());
    return image;
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

  private static void assertRebuilds(String output) throws IOException {
    PemnArchive archive = PemnArchive.open(ARCHIVE);
    assertTrue(output.contains(archive.layers().get(0).name()), output);
    assertTrue(
        output.contains(archive.remainder().size() + " tensors are stored as they are"), output);
  }

  private static String whatTheLoaderBrings() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(EmbeddingTest::theLoaderBringsIt)
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static boolean djlBringsIt(String entry) {
    String file = Path.of(entry).getFileName().toString();
    return !file.contains(NATIVES) && DJL_BRINGS.stream().anyMatch(file::startsWith);
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

  private static String java(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.waitFor(), output);
    return output;
  }

  private void compile(String name, String classPath) throws IOException {
    Path source = write(name + ".java", block(name));
    int result =
        COMPILER.run(
            null, null, null, "-cp", classPath, "-d", folder.toString(), source.toString());
    assertEquals(0, result, name + " compiles");
  }

  /** What the compiler complains of; nothing if it does not. */
  private String compileModule(String modulePath, Path... sources) {
    List<String> arguments =
        new ArrayList<>(List.of("-p", modulePath, "-d", folder.resolve("classes").toString()));
    for (Path source : sources) {
      arguments.add(source.toString());
    }
    ByteArrayOutputStream complaints = new ByteArrayOutputStream();
    COMPILER.run(null, complaints, complaints, arguments.toArray(String[]::new));
    return complaints.toString(StandardCharsets.UTF_8);
  }

  private Path write(String file, String text) throws IOException {
    return Files.writeString(folder.resolve(file), text);
  }

  /** A listing of the page. */
  private static String block(String name) throws IOException {
    String page = Files.readString(HOME.resolve("docs/embedding.md"));
    Matcher block =
        Pattern.compile("<!-- " + name + " -->\\s*```java\\n(.*?)```", Pattern.DOTALL)
            .matcher(page);
    assertTrue(block.find(), "docs/embedding.md has a program " + name);
    return block.group(1);
  }
}
