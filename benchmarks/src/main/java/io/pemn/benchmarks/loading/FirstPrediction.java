package io.pemn.benchmarks.loading;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import com.sun.management.OperatingSystemMXBean;
import io.pemn.format.network.ImageShape;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The process that is measured: loads one network, predicts once, and prints when it had what.
 *
 * <p>{@code FirstPrediction SITUATION SHIPPED_AS NETWORK FILE LAUNCHED}, the last being the instant
 * at which the process was launched.
 */
final class FirstPrediction {
  /** 100 Mbit/s. */
  static final double BYTES_A_SECOND = 12.5e6;

  private static final int AGAIN = 3;
  private static final int PRINTED_OUTPUTS = 8;
  private static final int PIXEL_VALUES = 255;

  private final ShippedAs way;
  private final LoadedNetwork network;
  private final Path file;
  private final Path scratch;

  private FirstPrediction(ShippedAs way, LoadedNetwork network, Path file, Path scratch) {
    this.way = way;
    this.network = network;
    this.file = file;
    this.scratch = scratch;
  }

  public static void main(String[] arguments) throws IOException, TranslateException {
    Situation situation = Situation.of(arguments[0]);
    ShippedAs way = ShippedAs.valueOf(arguments[1]);
    LoadedNetwork network = LoadedNetwork.of(arguments[2]);
    Instant launched = Instant.parse(arguments[4]);
    Path scratch = Files.createTempDirectory("pemn-");
    try {
      new FirstPrediction(way, network, Path.of(arguments[3]), scratch)
          .measure(situation, launched);
    } finally {
      empty(scratch);
      Files.delete(scratch);
    }
  }

  private void measure(Situation situation, Instant launched)
      throws IOException, TranslateException {
    Instant begin = launched;
    double spent = 0;
    if (situation != Situation.PROCESS) {
      startEngine();
      spent = processorSeconds();
      begin = Instant.now();
    }
    double loaded;
    double predicted;
    float[] outputs;
    try (Model model = situation == Situation.TRANSFER ? transfer() : load()) {
      loaded = secondsSince(begin);
      outputs = predict(model);
      predicted = secondsSince(begin);
    }
    print("seconds", predicted);
    print("loaded", loaded);
    print("processor", processorSeconds() - spent);
    print("peak", peakBytes());
    print("heap", heapBytes());
    if (situation == Situation.ENGINE) {
      print("again", again(AGAIN, this::load));
    } else if (situation == Situation.TRANSFER) {
      print("again", again(1, this::transfer));
    }
    print(
        "outputs",
        IntStream.range(0, Math.min(PRINTED_OUTPUTS, outputs.length))
            .mapToObj(i -> Float.toString(outputs[i]))
            .collect(Collectors.joining(";")));
  }

  private static double secondsSince(Instant begin) {
    return Duration.between(begin, Instant.now()).toNanos() / 1e9;
  }

  private static void print(String what, Object value) {
    System.out.println(what + "=" + value);
  }

  /** Loads the engine's libraries and computes with it once. */
  private static void startEngine() {
    try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
      manager.ones(new Shape(1)).add(1).toFloatArray();
    }
  }

  private Model load() throws IOException {
    return way.load(network, file, scratch);
  }

  private Model transfer() throws IOException {
    try (InputStream line =
        new ThrottledStream(
            Files.newInputStream(file), BYTES_A_SECOND, System::nanoTime, LockSupport::parkNanos)) {
      return way.load(network, line, scratch);
    }
  }

  private float[] predict(Model model) throws TranslateException {
    ImageShape image = network.image();
    float[] pixels = new float[image.values()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) (i * 31L % PIXEL_VALUES) / PIXEL_VALUES - 0.5f;
    }
    try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator(null));
        NDManager manager = model.getNDManager().newSubManager()) {
      Shape shape = new Shape(1, image.channels(), image.height(), image.width());
      NDList logits =
          predictor.predict(new NDList(manager.create(FloatBuffer.wrap(pixels), shape)));
      logits.attach(manager);
      return logits.head().toFloatArray();
    }
  }

  private interface Loading {
    Model load() throws IOException;
  }

  /** The median of some more loads and predictions, in a JVM that has done it before. */
  private double again(int times, Loading loading) throws IOException, TranslateException {
    double[] seconds = new double[times];
    for (int i = 0; i < times; i++) {
      empty(scratch);
      Instant begin = Instant.now();
      try (Model model = loading.load()) {
        predict(model);
        seconds[i] = secondsSince(begin);
      }
    }
    Arrays.sort(seconds);
    return seconds[times / 2];
  }

  /** What all threads of this process computed so far, those of the JVM and of the system too. */
  private static double processorSeconds() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? system.getProcessCpuTime() / 1e9
        : 0;
  }

  /** The greatest resident set of this process so far; 0 where the system does not say it. */
  private static long peakBytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst()
          .orElse(0);
    }
  }

  /** What the pools of the Java heap held at most, each at its own moment, together. */
  private static long heapBytes() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .map(MemoryPoolMXBean::getPeakUsage)
        .mapToLong(MemoryUsage::getUsed)
        .sum();
  }

  private static void empty(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }
}
