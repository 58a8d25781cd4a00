package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pemn.format.Distribution;
import io.pemn.format.Normalization;
import io.pemn.format.NumberType;
import io.pemn.format.Prototype;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.InputTensor;
import io.pemn.format.network.TorchScriptDescription;
import io.pemn.format.proto.Provenance;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.MaskedNetwork;
import io.pemn.packager.PrototypeSource;
import io.pemn.packager.torchscript.ModuleTensor;
import io.pemn.packager.torchscript.TorchScriptFile;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.imageio.ImageIO;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/PredictionService.java does what its beginning says. */
class PredictionServiceTest {
  private static final Path HOME = Path.of(System.getProperty("pemn.home"));
  private static final Path FIRST = HOME.resolve("testdata/golden/version-3/max-layer.pemn");
  private static final Path SECOND =
      HOME.resolve("testdata/golden/version-3/random-vector-copy.pemn");

  @TempDir private static Path classes;
  private static URLClassLoader loader;

  @TempDir private Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private Path file;
  private AutoCloseable service;
  private int port;

  @BeforeAll
  static void compile() throws Exception {
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-Xlint:all,-processing",
                "-Werror",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                classes.toString(),
                HOME.resolve("docs/PredictionService.java").toString());
    assertEquals(0, result, "it compiles");
    loader = new URLClassLoader(new URL[] {classes.toUri().toURL()});
  }

  @AfterAll
  static void close() throws Exception {
    loader.close();
  }

  @BeforeEach
  void start() throws Exception {
    file = Files.copy(FIRST, folder.resolve("model.pemn"));
    Class<?> type = loader.loadClass("PredictionService");
    service =
        (AutoCloseable)
            type.getConstructor(Path.class, LoadPolicy.class, int.class)
                .newInstance(file, LoadPolicy.allowTorchScript(), 0);
    port = (int) type.getMethod("port").invoke(service);
  }

  @AfterEach
  void stop() throws Exception {
    service.close();
  }

  @Test
  void anImageOfAnySizeGetsItsMostProbableClasses() throws Exception {
    JsonArray classes = json(post("/predict", png(40, 30)), 200).getAsJsonArray();
    List<String> labels = PemnArchive.open(FIRST).classLabels();
    double sum = 0;
    for (JsonElement each : classes) {
      JsonObject entry = each.getAsJsonObject();
      assertTrue(labels.contains(entry.get("class").getAsString()), entry.toString());
      sum += entry.get("probability").getAsDouble();
    }
    assertEquals(1, sum, 1e-5);
  }

  @Test
  void theModelIsNamedByItsDigest() throws Exception {
    JsonObject model = json(get("/model"), 200).getAsJsonObject();
    PemnArchive archive = PemnArchive.open(FIRST);
    assertEquals(archive.digest(), model.get("digest").getAsString());
    assertEquals(archive.parameters(), model.get("parameters").getAsLong());
    assertEquals(archive.provenance().getTool(), model.get("tool").getAsString());
  }

  @Test
  void aNewArchiveTakesOverWhileRequestsAreAnswered() throws Exception {
    byte[] image = png(8, 8);
    JsonElement first = json(post("/predict", image), 200);
    AtomicBoolean done = new AtomicBoolean();
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try {
      List<Future<List<JsonElement>>> clients = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        clients.add(
            pool.submit(
                () -> {
                  List<JsonElement> answers = new ArrayList<>();
                  while (!done.get()) {
                    answers.add(json(post("/predict", image), 200));
                  }
                  return answers;
                }));
      }
      for (int swap = 1; swap <= 10; swap++) {
        Path next = Files.copy(swap % 2 == 1 ? SECOND : FIRST, folder.resolve("next.pemn"));
        Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
        String digest = PemnArchive.open(file).digest();
        JsonObject model = json(post("/reload", new byte[0]), 200).getAsJsonObject();
        assertEquals(digest, model.get("digest").getAsString());
        assertEquals(
            digest, json(get("/model"), 200).getAsJsonObject().get("digest").getAsString());
      }
      Path last = Files.copy(SECOND, folder.resolve("next.pemn"));
      Files.move(last, file, StandardCopyOption.REPLACE_EXISTING);
      json(post("/reload", new byte[0]), 200);
      JsonElement second = json(post("/predict", image), 200);
      assertFalse(first.equals(second), "the two archives answer differently");
      done.set(true);
      for (Future<List<JsonElement>> each : clients) {
        assertFalse(each.get().isEmpty());
        for (JsonElement answer : each.get()) {
          assertTrue(answer.equals(first) || answer.equals(second), answer.toString());
        }
      }
    } finally {
      done.set(true);
      pool.shutdownNow();
    }
  }

  @Test
  void aDamagedArchiveIsRefusedAndTheModelStays() throws Exception {
    byte[] damaged = Files.readAllBytes(SECOND);
    damaged[damaged.length - 1] ^= 1;
    Files.write(file, damaged);
    JsonObject refusal = json(post("/reload", new byte[0]), 409).getAsJsonObject();
    String error = refusal.get("error").getAsString();
    assertTrue(error.contains("damaged") && error.endsWith("The model stays as it is."), error);
    assertEquals(
        PemnArchive.open(FIRST).digest(),
        json(get("/model"), 200).getAsJsonObject().get("digest").getAsString());
    json(post("/predict", png(8, 8)), 200);
  }

  @Test
  void whatIsNoImageOrNoSuchRequestIsRefusedInASentence() throws Exception {
    assertEquals(
        "The request's body is no image that Java reads; send PNG or JPEG.",
        json(post("/predict", new byte[] {1, 2, 3}), 400)
            .getAsJsonObject()
            .get("error")
            .getAsString());
    assertEquals(
        "/predict takes POST only.",
        json(get("/predict"), 405).getAsJsonObject().get("error").getAsString());
  }

  @Test
  void anEngineThatFailsIsNoFaultOfTheRequest() throws Exception {
    Files.write(file, ArchiveWriter.toBytes(networkThatTakesOtherImagesThanItSays()));
    json(post("/reload", new byte[0]), 200);

    JsonObject failure = json(post("/predict", png(4, 4)), 500).getAsJsonObject();

    String error = failure.get("error").getAsString();
    assertTrue(
        error.startsWith("The PyTorch engine fails with the input FLOAT32 (1, 1, 4, 4), "), error);
    assertTrue(error.contains("shapes cannot be multiplied"), error);
  }

  @Test
  void requestsThatAreUnderWayAreAnsweredBeforeItCloses() throws Exception {
    byte[] image = png(8, 8);
    ExecutorService closing = Executors.newSingleThreadExecutor();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      OutputStream out = socket.getOutputStream();
      InputStream in = socket.getInputStream();
      String head =
          "POST /predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: "
              + image.length
              + "\r\nExpect: 100-continue\r\n\r\n";
      out.write(head.getBytes(StandardCharsets.US_ASCII));
      String goOn = head(in);
      assertTrue(goOn.startsWith("HTTP/1.1 100 Continue"), goOn);

      Future<?> closed =
          closing.submit(
              () -> {
                service.close();
                return null;
              });
      assertThrows(TimeoutException.class, () -> closed.get(2, TimeUnit.SECONDS));
      assertThrows(IOException.class, () -> get("/model"), "it takes no more requests");
      out.write(image);
      String answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);

      assertTrue(answer.startsWith("HTTP/1.1 200 OK"), answer);
      assertTrue(answer.contains("probability"), answer);
      closed.get();
    } finally {
      closing.shutdown();
    }
  }

  @Test
  void aTakenPortLeavesNoModelBehind() throws Exception {
    int before = heldByTheEngine();

    InvocationTargetException failure =
        assertThrows(
            InvocationTargetException.class,
            () ->
                loader
                    .loadClass("PredictionService")
                    .getConstructor(Path.class, LoadPolicy.class, int.class)
                    .newInstance(file, LoadPolicy.standard(), port));

    assertInstanceOf(BindException.class, failure.getCause());
    assertTrue(heldByTheEngine() <= before);
  }

  /** An answer up to the empty line. */
  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    for (int next = in.read(); next >= 0; next = in.read()) {
      head.append((char) next);
      if (head.toString().endsWith("\r\n\r\n")) {
        break;
      }
    }
    return head.toString();
  }

  /** Arrays and managers, found from the root of all managers down. */
  private static int heldByTheEngine() throws ReflectiveOperationException {
    try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
      return heldBy(manager.getParentManager());
    }
  }

  private static int heldBy(NDManager manager) throws ReflectiveOperationException {
    Field resources = BaseNDManager.class.getDeclaredField("resources");
    resources.setAccessible(true);
    int count = 0;
    for (Object resource : ((Map<?, ?>) resources.get(manager)).values()) {
      count += resource instanceof NDManager child ? 1 + heldBy(child) : 1;
    }
    return count;
  }

  private static MaskedNetwork networkThatTakesOtherImagesThanItSays() throws Exception {
    List<RemainderTensor> tensors = new ArrayList<>();
    try (TorchScriptFile module = TorchScriptFile.open(Modules.file("tiny/raises-scripted.pt"))) {
      for (ModuleTensor tensor : module.tensors()) {
        tensors.add(
            new RemainderTensor(
                tensor.name(),
                tensor.shape(),
                tensor.type(),
                ByteBuffer.wrap(module.bytes(tensor))));
      }
      return new MaskedNetwork(
          new TorchScriptDescription(
              List.of(new InputTensor(List.of(1, 4, 4), NumberType.FLOAT32)),
              Optional.of(new ImageShape(1, 4, 4)),
              16),
          Optional.of(new Normalization(List.of(0.5f), List.of(0.5f))),
          List.of(),
          new PrototypeSource.Generated(new Prototype(3, Distribution.NORMAL, 50), 0, false),
          List.of(),
          tensors,
          Optional.of(module.skeleton()),
          Provenance.getDefaultInstance());
    }
  }

  private static byte[] png(int width, int height) throws Exception {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(Color.ORANGE);
    graphics.fillOval(0, 0, width, height);
    graphics.dispose();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String path, byte[] body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri(path)).POST(BodyPublishers.ofByteArray(body)).build(),
        BodyHandlers.ofString());
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  private static JsonElement json(HttpResponse<String> response, int status) {
    assertEquals(status, response.statusCode(), response.body());
    return JsonParser.parseString(response.body());
  }
}
