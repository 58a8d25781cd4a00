package io.pemn.compressor.loading;

import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import io.pemn.format.NumberType;
import io.pemn.format.network.InputTensor;
import io.pemn.packager.FileDigest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * One load of a model and one prediction, of a sample that is always the same.
 *
 * @param seconds until the numbers that it predicts are on the heap
 * @param loadedAfter seconds until the model was loaded, within those
 * @param loadSeconds how long loading took, within those; the engine's start is a part of it where
 *     the engine was not running
 * @param peakBytes greatest resident set of this process so far; 0 where the system does not say it
 * @param outputs the numbers of the first output
 * @param digest of the bits of all outputs: SHA-256, in hexadecimal
 */
public record FirstPrediction(
    double seconds,
    double loadedAfter,
    double loadSeconds,
    long peakBytes,
    float[] outputs,
    String digest) {
  private static final int PIXEL_VALUES = 255;

  /** How a model is loaded. */
  @FunctionalInterface
  public interface Loading {
    /**
     * Loads it.
     *
     * @throws IOException in one sentence, if its file is damaged
     */
    Model load() throws IOException;
  }

  /**
   * Loads and predicts.
   *
   * @param begin from when on time is taken
   * @param loading of the model, which is closed at the end
   * @param inputs what it takes
   * @throws IOException in one sentence, if it cannot be loaded or does not predict
   */
  public static FirstPrediction measure(Instant begin, Loading loading, List<InputTensor> inputs)
      throws IOException {
    Instant loadingBegan = Instant.now();
    try (Model model = loading.load()) {
      double loadSeconds = secondsSince(loadingBegan);
      double loadedAfter = secondsSince(begin);
      try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator(null));
          NDManager manager = model.getNDManager().newSubManager()) {
        NDList predicted = predictor.predict(sample(inputs, manager));
        predicted.attach(manager);
        List<ByteBuffer> bits = predicted.stream().map(NDArray::toByteBuffer).toList();
        double seconds = secondsSince(begin);
        MessageDigest digest = FileDigest.sha256();
        bits.forEach(digest::update);
        return new FirstPrediction(
            seconds,
            loadedAfter,
            loadSeconds,
            residentSetPeak(),
            floats(predicted.head()),
            HexFormat.of().formatHex(digest.digest()));
      }
    } catch (TranslateException e) {
      throw new IOException("The network does not predict: " + e.getMessage(), e);
    }
  }

  private static float[] floats(NDArray output) {
    try (NDArray floats = output.toType(DataType.FLOAT32, true)) {
      return floats.toFloatArray();
    }
  }

  private static double secondsSince(Instant begin) {
    return Duration.between(begin, Instant.now()).toNanos() / 1e9;
  }

  /** Numbers of all sizes where the network takes floats, else 0 and 1, which every table has. */
  private static NDList sample(List<InputTensor> inputs, NDManager manager) {
    NDList sample = new NDList();
    for (InputTensor input : inputs) {
      float[] values = new float[input.elements()];
      for (int i = 0; i < values.length; i++) {
        values[i] =
            input.type().isFloat() ? (float) (i * 31L % PIXEL_VALUES) / PIXEL_VALUES - 0.5f : i % 2;
      }
      long[] shape =
          Stream.concat(Stream.of(1), input.shape().stream())
              .mapToLong(Integer::longValue)
              .toArray();
      NDArray floats = manager.create(FloatBuffer.wrap(values), new Shape(shape));
      sample.add(floats.toType(dataType(input.type()), false));
    }
    return sample;
  }

  private static DataType dataType(NumberType type) {
    return type == NumberType.BOOL ? DataType.BOOLEAN : DataType.valueOf(type.name());
  }

  private static long residentSetPeak() throws IOException {
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
}
