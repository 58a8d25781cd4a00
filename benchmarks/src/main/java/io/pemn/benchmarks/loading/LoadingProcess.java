package io.pemn.benchmarks.loading;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.sun.management.OperatingSystemMXBean;
import io.pemn.compressor.loading.FirstPrediction;
import io.pemn.compressor.loading.Spread;
import io.pemn.format.NumberType;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.InputTensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The process that is measured: loads one network, predicts once, and prints when it had what.
 *
 * <p>{@code LoadingProcess SITUATION SHIPPED_AS NETWORK FILE LAUNCHED}, the last being the instant
 * at which the process was launched.
 */
final class LoadingProcess {
  /** 100 Mbit/s. */
  static final double BYTES_A_SECOND = 12.5e6;

  private static final int AGAIN = 3;
  private static final int PRINTED_OUTPUTS = 8;

  private final ShippedAs way;
  private final LoadedNetwork network;
  private final Path file;
  private final Path scratch;

  private LoadingProcess(ShippedAs way, LoadedNetwork network, Path file, Path scratch) {
    this.way = way;
    this.network = network;
    this.file = file;
    this.scratch = scratch;
  }

  public static void main(String[] arguments) throws IOException {
    Situation situation = Situation.of(arguments[0]);
    ShippedAs way = ShippedAs.valueOf(arguments[1]);
    LoadedNetwork network = LoadedNetwork.of(arguments[2]);
    Instant launched = Instant.parse(arguments[4]);
    Path scratch = Files.createTempDirectory("pemn-");
    try {
      new LoadingProcess(way, network, Path.of(arguments[3]), scratch).measure(situation, launched);
    } finally {
      empty(scratch);
      Files.delete(scratch);
    }
  }

  private void measure(Situation situation, Instant launched) throws IOException {
    Instant begin = launched;
    double spent = 0;
    if (situation != Situation.PROCESS) {
      startEngine();
      spent = processorSeconds();
      begin = Instant.now();
    }
    FirstPrediction first =
        FirstPrediction.measure(
            begin, situation == Situation.TRANSFER ? this::transfer : this::load, inputs());
    print("seconds", first.seconds());
    print("loaded", first.loadedAfter());
    print("processor", processorSeconds() - spent);
    print("peak", first.peakBytes());
    print("heap", heapBytes());
    if (situation == Situation.ENGINE) {
      print("again", again(AGAIN, this::load));
    } else if (situation == Situation.TRANSFER) {
      print("again", again(1, this::transfer));
    }
    float[] outputs = first.outputs();
    print(
        "outputs",
        IntStream.range(0, Math.min(PRINTED_OUTPUTS, outputs.length))
            .mapToObj(i -> Float.toString(outputs[i]))
            .collect(Collectors.joining(";")));
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

  private List<InputTensor> inputs() {
    ImageShape image = network.image();
    return List.of(
        new InputTensor(
            List.of(image.channels(), image.height(), image.width()), NumberType.FLOAT32));
  }

  /** The median of some more loads and predictions, in a JVM that has done it before. */
  private double again(int times, FirstPrediction.Loading loading) throws IOException {
    List<Double> seconds = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      empty(scratch);
      seconds.add(FirstPrediction.measure(Instant.now(), loading, inputs()).seconds());
    }
    return Spread.of(seconds).median();
  }

  /** What all threads of this process computed so far, those of the JVM and of the system too. */
  private static double processorSeconds() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? system.getProcessCpuTime() / 1e9
        : 0;
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
