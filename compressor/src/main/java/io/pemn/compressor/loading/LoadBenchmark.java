package io.pemn.compressor.loading;

import io.pemn.compressor.network.TrustedKeys;
import io.pemn.format.NumberType;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.InputTensor;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.Unpacker;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * Times an archive, from the start of a process to a first prediction, beside files of the same
 * network's full weights. Every measurement is a process of its own, on the CPU, and all files are
 * in the page cache.
 *
 * <p>A built-in network is compared with safetensors, which an application reads into the network
 * that it has in its code; a TorchScript module with the TorchScript file, since safetensors have
 * none of its code. Both stand there plainly and in a zstd frame.
 */
public final class LoadBenchmark {
  private static final int ZSTD_LEVEL = 19;
  private static final int LAST_LINE = 400;

  private final List<String> java;
  private final Progress progress;

  /** Is told what is being done. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Another step begins.
     *
     * @param what is done
     * @param step its number, from 0
     * @param steps how many there are
     */
    void doing(String what, int step, int steps);
  }

  /**
   * What was measured of one file.
   *
   * @param shipped what it is
   * @param bytes of the file
   * @param first seconds from the start of the process to the first prediction
   * @param load seconds of them that loading took, the engine's own start included
   * @param again seconds from the file to a prediction once more, in the same process
   * @param peakBytes greatest resident set up to the first prediction; 0 if unknown
   */
  public record Row(
      ShippedFile shipped, long bytes, Spread first, Spread load, Spread again, Spread peakBytes) {}

  /**
   * What was measured of all.
   *
   * @param rounds how often
   * @param parameters of the network
   * @param rows of the archive, then of the full weights
   * @param ratio the archive's time to a first prediction over that of the plain full weights, of
   *     every round, in the median
   */
  public record Result(int rounds, long parameters, List<Row> rows, double ratio) {
    /** Copies the rows. */
    public Result {
      rows = List.copyOf(rows);
    }
  }

  /**
   * Prepares the benchmark.
   *
   * @param java the command that a process starts with, class path included: what follows is a main
   *     class
   * @param progress is told what is being done
   */
  public LoadBenchmark(List<String> java, Progress progress) {
    this.java = List.copyOf(java);
    this.progress = progress;
  }

  /**
   * Measures.
   *
   * @param archive the archive, opened from {@code file}
   * @param file where it is
   * @param trust whose archives the processes take
   * @param folder for files of the full weights, which stay there; best a temporary one
   * @param rounds how often everything is loaded, at least 1
   * @throws IOException in one sentence, if a file cannot be made or loaded, or not all predict the
   *     same
   */
  public Result run(PemnArchive archive, Path file, TrustedKeys trust, Path folder, int rounds)
      throws IOException {
    if (rounds < 1) {
      throw new IllegalArgumentException(
          "The benchmark needs at least 1 round, not " + rounds + ".");
    }
    requireRunnable(archive);
    Optional<BuiltInDescription> builtIn =
        archive.network() instanceof BuiltInDescription description
            ? Optional.of(description)
            : Optional.empty();
    ShippedFile plain = builtIn.isPresent() ? ShippedFile.SAFETENSORS : ShippedFile.TORCHSCRIPT;
    ShippedFile frame =
        builtIn.isPresent() ? ShippedFile.SAFETENSORS_ZSTD : ShippedFile.TORCHSCRIPT_ZSTD;
    List<ShippedFile> ways = new ArrayList<>(List.of(ShippedFile.ARCHIVE, plain, frame));
    int steps = ways.size() * rounds + 2;
    Map<ShippedFile, Path> files = new EnumMap<>(ShippedFile.class);
    files.put(ShippedFile.ARCHIVE, file.toAbsolutePath());
    for (ShippedFile full : List.of(plain, frame)) {
      files.put(full, folder.resolve("full" + full.suffix()));
    }
    progress.doing("unpacking", 0, steps);
    unpack(archive, plain, files.get(plain));
    progress.doing("compressing", 1, steps);
    FullWeights.compress(files.get(plain), files.get(frame), ZSTD_LEVEL);
    for (ShippedFile way : ways) {
      new LoadTask(way, files.get(way), trust, archive.network().inputs(), builtIn)
          .save(task(folder, way));
    }

    Map<ShippedFile, List<LoadProcess.Measured>> measured = new EnumMap<>(ShippedFile.class);
    ways.forEach(way -> measured.put(way, new ArrayList<>()));
    List<Double> ratios = new ArrayList<>();
    int step = 2;
    for (int round = 0; round < rounds; round++) {
      // Each goes first in some round.
      List<ShippedFile> order = new ArrayList<>(ways);
      Collections.rotate(order, -round);
      for (ShippedFile way : order) {
        progress.doing("loading", step++, steps);
        measured.get(way).add(measure(way, files.get(way), folder));
      }
      requireSame(measured, files, round);
      ratios.add(
          measured.get(ShippedFile.ARCHIVE).get(round).first()
              / measured.get(plain).get(round).first());
    }
    List<Row> rows = new ArrayList<>();
    for (ShippedFile way : ways) {
      rows.add(row(way, Files.size(files.get(way)), measured.get(way)));
    }
    return new Result(rounds, archive.parameters(), rows, Spread.of(ratios).median());
  }

  private static void requireRunnable(PemnArchive archive) {
    for (InputTensor input : archive.network().inputs()) {
      if (input.type() == NumberType.BFLOAT16) {
        throw new IllegalArgumentException(
            "The archive's network takes bfloat16 inputs, which the PyTorch engine cannot get from"
                + " Java; compress it as float32 or float16.");
      }
    }
  }

  private static void unpack(PemnArchive archive, ShippedFile way, Path file) throws IOException {
    if (way == ShippedFile.TORCHSCRIPT) {
      Unpacker.toTorchScript(archive, file);
    } else {
      Unpacker.toSafetensors(archive, file);
    }
  }

  private static Path task(Path folder, ShippedFile way) {
    return folder.resolve(way.key() + ".task");
  }

  private LoadProcess.Measured measure(ShippedFile way, Path file, Path folder) throws IOException {
    // Into the page cache.
    try (InputStream in = Files.newInputStream(file)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    Path result = folder.resolve("result");
    Files.deleteIfExists(result);
    Path log = folder.resolve("log");
    // The engine takes it by its name.
    Path scratch = folder.resolve("decompressed" + (way.isOfBuiltIn() ? ".safetensors" : ".pt"));
    List<String> command = new ArrayList<>(java);
    command.addAll(LoadProcess.arguments(task(folder, way), result, scratch));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    // It must not outlive this one, which deletes its folder.
    Thread end = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(end);
    try {
      int code = process.waitFor();
      if (Files.notExists(result)) {
        throw new IOException(
            "The process that loads "
                + way
                + " ended with exit code "
                + code
                + " and without a result; it said last: "
                + lastLine(log));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("The benchmark was interrupted.", e);
    } finally {
      process.destroy();
      forget(end);
      Files.deleteIfExists(scratch);
    }
    return LoadProcess.read(result);
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // It runs already.
    }
  }

  /** What a process's libraries say may be in another encoding, and long. */
  private static String lastLine(Path log) throws IOException {
    List<String> lines =
        new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
            .lines()
            .filter(line -> !line.isBlank())
            .toList();
    String last = lines.isEmpty() ? "nothing" : lines.get(lines.size() - 1);
    return last.substring(0, Math.min(last.length(), LAST_LINE));
  }

  private static void requireSame(
      Map<ShippedFile, List<LoadProcess.Measured>> measured,
      Map<ShippedFile, Path> files,
      int round)
      throws IOException {
    String expected = measured.get(ShippedFile.ARCHIVE).get(0).digest();
    for (Map.Entry<ShippedFile, List<LoadProcess.Measured>> way : measured.entrySet()) {
      if (!way.getValue().get(round).digest().equals(expected)) {
        throw new IOException(
            "The network predicts other numbers from "
                + way.getKey()
                + " than from "
                + files.get(ShippedFile.ARCHIVE)
                + ", although all weights are the same; if it draws random numbers its loading"
                + " cannot be compared, else run again with PEMN_THREADS=1.");
      }
    }
  }

  private static Row row(ShippedFile way, long bytes, List<LoadProcess.Measured> rounds) {
    return new Row(
        way,
        bytes,
        spread(rounds, LoadProcess.Measured::first),
        spread(rounds, LoadProcess.Measured::load),
        spread(rounds, LoadProcess.Measured::again),
        spread(rounds, LoadProcess.Measured::peakBytes));
  }

  private static Spread spread(
      List<LoadProcess.Measured> rounds, ToDoubleFunction<LoadProcess.Measured> of) {
    return Spread.of(rounds.stream().map(of::applyAsDouble).toList());
  }
}
