import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.translate.TranslateException;
import ai.djl.util.JsonUtils;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.pemn.format.proto.Provenance;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.djl.ImageTranslator;
import io.pemn.loader.djl.LiveModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A small web service that classifies images with the network of an archive.
 *
 * <pre>
 * POST /predict   an image file (PNG, JPEG, ...): the most probable classes
 * GET  /model     which model answers, and where it comes from
 * POST /reload    opens the archive's file again, once it was replaced, and predicts with it from then on;
 *                 requests that are under way are answered by the model on which they began
 * </pre>
 *
 * Start it with a JDK and pemn's libraries, for instance those of the distribution (docs/install.md):
 * {@code java -cp "lib/*:lib/cpu/*" PredictionService.java model.pemn 8080}
 */
public final class PredictionService implements AutoCloseable {
  private static final int LARGEST_REQUEST = 16 << 20;
  private static final int THREADS = 32;
  private static final int LAST_SECONDS = 30;

  private final Path file;
  private final LoadPolicy policy;
  private final LiveModel<Image, Classifications> model;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

  /**
   * Loads the archive and begins to answer, on this machine only.
   *
   * @param file the archive
   * @param policy what it may bring, now and when it was replaced
   * @param port 0 for any free one
   */
  public PredictionService(Path file, LoadPolicy policy, int port) throws IOException {
    this.file = file;
    this.policy = policy;
    this.model =
        LiveModel.of(
            PemnArchive.open(file, policy),
            Device.cpu(),
            archive -> new ImageTranslator(archive, true));
    this.server = server(port);
    answer("/predict", "POST", this::predict);
    answer("/model", "GET", exchange -> describe(model.archive()));
    answer("/reload", "POST", exchange -> reload());
    server.setExecutor(threads);
    server.start();
  }

  private HttpServer server(int port) throws IOException {
    try {
      return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    } catch (IOException | RuntimeException e) {
      model.close(); // Such as if the port is taken; nobody else will.
      throw e;
    }
  }

  /** Where it listens. */
  public int port() {
    return server.getAddress().getPort();
  }

  private Object predict(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(LARGEST_REQUEST + 1);
    if (body.length > LARGEST_REQUEST) {
      throw new Refusal(413, "Send an image of at most " + LARGEST_REQUEST + " bytes.");
    }
    Image image;
    try {
      image = ImageFactory.getInstance().fromInputStream(new ByteArrayInputStream(body));
    } catch (IOException | RuntimeException e) {
      throw new Refusal(400, "The request's body is no image that Java reads; send PNG or JPEG.");
    }
    try {
      List<Classifications.Classification> best = model.predict(image).topK(5);
      return best.stream()
          .map(each -> Map.of("class", each.getClassName(), "probability", each.getProbability()))
          .toList();
    } catch (TranslateException e) {
      // That is the cause if the engine failed with a sound input.
      throw new Refusal(e.getCause() instanceof EngineException ? 500 : 400, e.getMessage());
    }
  }

  private Object reload() throws IOException {
    try {
      PemnArchive next = PemnArchive.open(file, policy);
      model.swap(next);
      return describe(next);
    } catch (IOException | IllegalArgumentException e) {
      throw new Refusal(409, e.getMessage() + " The model stays as it is.");
    }
  }

  private static Map<String, Object> describe(PemnArchive archive) {
    Provenance provenance = archive.provenance();
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("digest", archive.digest());
    model.put("bytes", archive.fileBytes());
    model.put("parameters", archive.parameters());
    model.put("classes", archive.classLabels());
    model.put("tool", provenance.getTool());
    model.put("data_set", provenance.getDataSet());
    model.put("test_images", provenance.getMetrics().getTestImages());
    model.put("accuracy", provenance.getMetrics().getAccuracy());
    return model;
  }

  private void answer(String path, String method, Answer answer) {
    server.createContext(
        path,
        exchange -> {
          int status = 200;
          Object content;
          try {
            if (!exchange.getRequestMethod().equals(method)) {
              throw new Refusal(405, path + " takes " + method + " only.");
            }
            content = answer.to(exchange);
          } catch (Refusal e) {
            status = e.status;
            content = Map.of("error", e.getMessage());
          } catch (RuntimeException e) {
            status = 500;
            content = Map.of("error", String.valueOf(e.getMessage()));
          }
          byte[] json = JsonUtils.GSON.toJson(content).getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "application/json");
          exchange.sendResponseHeaders(status, json.length);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(json);
          }
        });
  }

  /** Takes no more requests, and ends after those that are under way, but after 30 seconds at most. */
  @Override
  public void close() {
    threads.shutdown();
    try {
      threads.awaitTermination(LAST_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // Whoever waits for this is in a hurry.
    }
    server.stop(0);
    model.close();
  }

  private interface Answer {
    Object to(HttpExchange exchange) throws IOException;
  }

  private static final class Refusal extends IOException {
    private static final long serialVersionUID = 1L;
    private final int status;

    Refusal(int status, String message) {
      super(message);
      this.status = status;
    }
  }

  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      System.err.println("Usage: PredictionService ARCHIVE PORT");
      System.exit(2);
    }
    // Built-in networks only. For an archive of your own TorchScript module use allowTorchScript(), or
    // signedBy(key).andTorchScript(), so that nobody else's is loaded.
    PredictionService service =
        new PredictionService(
            Path.of(args[0]), LoadPolicy.standard(), Integer.parseInt(args[1]));
    Runtime.getRuntime().addShutdownHook(new Thread(service::close));
    System.out.println("listening on http://127.0.0.1:" + service.port());
  }
}
