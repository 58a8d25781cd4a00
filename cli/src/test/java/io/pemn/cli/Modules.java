package io.pemn.cli;

import io.pemn.packager.tensors.SafetensorsWriter;
import io.pemn.packager.tensors.TensorEntry;
import io.pemn.packager.tensors.TensorType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** TorchScript files of testdata, and data for them. */
final class Modules {
  private static final int SAMPLES = 80;

  private Modules() {}

  /** A fixture: {@code resnet8-traced.pt}, or of the small ones {@code tiny/frozen.pt}. */
  static Path file(String name) {
    return Path.of(System.getProperty("pemn.home")).resolve("testdata/torchscript").resolve(name);
  }

  /** Runs {@code pemn compress} of a module with the options of a training that takes a moment. */
  static CommandRun compress(Object model, Object data, Object output, Object... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("compress", model, "--data", data, "-o", output));
    arguments.addAll(List.of("--device", "cpu", "--batch-size", "32"));
    if (!List.of(more).contains("--epochs")) {
      arguments.addAll(List.of("--epochs", "1"));
    }
    arguments.addAll(Arrays.asList(more));
    return CommandRun.of(arguments.toArray());
  }

  /** Writes random float32 samples, with labels 0..classes-1 unless there are no classes. */
  static String tensors(Path file, int classes, int... shape) throws IOException {
    List<TensorEntry> tensors = new ArrayList<>();
    tensors.add(floats("x", shape));
    if (classes > 0) {
      ByteBuffer labels = ByteBuffer.allocate(8 * SAMPLES).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < SAMPLES; i++) {
        labels.putLong(i % classes);
      }
      tensors.add(TensorEntry.bytes("y", TensorType.I64, new long[] {SAMPLES}, labels.array()));
    }
    return write(file, tensors);
  }

  /** Writes random samples of integers from 0 to below a bound, with labels of four classes. */
  static String tokens(Path file, int bound, int length) throws IOException {
    Random random = new Random(1);
    ByteBuffer tokens = ByteBuffer.allocate(8 * SAMPLES * length).order(ByteOrder.LITTLE_ENDIAN);
    while (tokens.hasRemaining()) {
      tokens.putLong(random.nextInt(bound));
    }
    // The first samples are harmless, so that a trial run finds nothing.
    for (int i = 0; i < 4 * length; i++) {
      tokens.putLong(8 * i, 1);
    }
    byte[] labels = new byte[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      labels[i] = (byte) (i % 4);
    }
    return write(
        file,
        List.of(
            TensorEntry.bytes("x", TensorType.I64, new long[] {SAMPLES, length}, tokens.array()),
            TensorEntry.bytes("y", TensorType.U8, new long[] {SAMPLES}, labels)));
  }

  private static TensorEntry floats(String name, int... shape) {
    long[] all = new long[shape.length + 1];
    all[0] = SAMPLES;
    int size = SAMPLES;
    for (int i = 0; i < shape.length; i++) {
      all[i + 1] = shape[i];
      size *= shape[i];
    }
    Random random = new Random(size);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return TensorEntry.floats(name, all, values);
  }

  private static String write(Path file, List<TensorEntry> tensors) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      SafetensorsWriter.write(out, Map.of(), tensors);
    }
    return "tensors:" + file;
  }
}
