package io.pemn.loader.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import ai.djl.Application;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.cv.Image;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code pemn:} and a URL or path say where an archive is, and what loads it. */
class PemnUrlTest {
  private static final byte[] PIXELS = GoldenArchive.pixels(3, 8, 8);

  @TempDir private Path folder;

  @Test
  void anArchiveIsLoadedFromAWebServerAnewEachTime() throws Exception {
    Path[] served = {GoldenArchive.COLOUR};
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/models/colour.pemn",
        exchange -> {
          byte[] bytes = Files.readAllBytes(served[0]);
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    try {
      String url =
          "pemn:http://127.0.0.1:" + server.getAddress().getPort() + "/models/colour.pemn?token=1";
      List<Double> before = classify(url);
      assertEquals(expected(), before);
      try (ZooModel<Image, Classifications> model = criteria(url).loadModel()) {
        assertEquals("colour", model.getName());
      }

      served[0] = GoldenArchive.OTHER_COLOUR;

      assertNotEquals(before, classify(url));
    } finally {
      server.stop(0);
    }
  }

  @Test
  void anArchiveIsLoadedFromAJarOnTheClassPath() throws Exception {
    Path jar = folder.resolve("application.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new JarEntry("models/colour.pemn"));
      Files.copy(GoldenArchive.COLOUR, out);
      out.closeEntry();
    }
    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()})) {
      assertEquals(expected(), classify("pemn:" + loader.getResource("models/colour.pemn")));
    }
  }

  @Test
  void anArchiveIsLoadedFromAFileUrlAndFromAPath() throws Exception {
    Path file = folder.resolve("with spaces and ü.pemn");
    Files.copy(GoldenArchive.COLOUR, file);

    assertEquals(expected(), classify("pemn:" + file.toUri()));
    assertEquals(expected(), classify("pemn:" + file.toUri().getRawPath()));
    Path comma = Files.copy(file, folder.resolve("a,b.pemn"));
    assertEquals(expected(), classify("pemn:" + comma.toUri().toString().replace(",", "%2C")));
  }

  @Test
  void anArchiveInAFolderIsNamedAsForDjlsOwnEngines() throws Exception {
    Files.copy(GoldenArchive.COLOUR, folder.resolve("best.pemn"));

    Criteria<Image, Classifications> criteria =
        Criteria.builder()
            .setTypes(Image.class, Classifications.class)
            .optModelUrls("pemn:" + folder.toUri())
            .optModelName("best")
            .build();
    assertEquals(expected(), classify(criteria));
  }

  @Test
  void whatLiesBesideAnArchiveIsNotLookedAt() throws Exception {
    Path file = folder.resolve("model.pemn");
    Files.copy(GoldenArchive.COLOUR, file);
    // DJL would take its settings from here, and fail.
    Files.writeString(folder.resolve("serving.properties"), "blockFactory=there.is.None");

    assertEquals(expected(), classify("pemn:" + file.toUri()));
  }

  @Test
  void pixelsAndServersGetTheirTranslatorsToo() throws Exception {
    String url = "pemn:" + GoldenArchive.COLOUR.toUri();
    Criteria<byte[], Classifications> pixels =
        Criteria.builder().setTypes(byte[].class, Classifications.class).optModelUrls(url).build();
    try (ZooModel<byte[], Classifications> model = pixels.loadModel();
        Predictor<byte[], Classifications> predictor = model.newPredictor()) {
      assertEquals(expected(), predictor.predict(PIXELS).getProbabilities());
    }
    Criteria<Input, Output> server =
        Criteria.builder()
            .setTypes(Input.class, Output.class)
            .optApplication(Application.CV.IMAGE_CLASSIFICATION)
            .optModelUrls(url)
            .build();
    try (ZooModel<Input, Output> model = server.loadModel();
        Predictor<Input, Output> predictor = model.newPredictor()) {
      Input input = new Input();
      input.add(GoldenArchive.png(PIXELS, 3, 8, 8));
      String json = predictor.predict(input).getData().getAsString();
      assertEquals(4, json.split("probability", -1).length - 1, json);
    }
  }

  private static List<Double> classify(String url) throws Exception {
    return classify(criteria(url));
  }

  private static List<Double> classify(Criteria<Image, Classifications> criteria) throws Exception {
    try (ZooModel<Image, Classifications> model = criteria.loadModel();
        Predictor<Image, Classifications> predictor = model.newPredictor()) {
      return predictor.predict(GoldenArchive.image(PIXELS, 3, 8, 8)).getProbabilities();
    }
  }

  private static Criteria<Image, Classifications> criteria(String url) {
    return Criteria.builder()
        .setTypes(Image.class, Classifications.class)
        .optModelUrls(url)
        .build();
  }

  private static List<Double> expected() throws IOException, ai.djl.translate.TranslateException {
    return GoldenArchive.ofPixels(GoldenArchive.COLOUR, PIXELS).getProbabilities();
  }
}
