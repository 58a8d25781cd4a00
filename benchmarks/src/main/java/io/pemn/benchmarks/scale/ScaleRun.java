package io.pemn.benchmarks.scale;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pemn.benchmarks.loading.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Runs the public commands on networks of growing width, and writes what they took as {@code
 * scale.csv}, {@code scale.json} and {@code scale.md}.
 *
 * <p>{@code ScaleRun quick|full FOLDER PEMN}, PEMN being the program.
 */
final class ScaleRun {
  /** Images a step. */
  static final int BATCH = 8;

  /** For the memory that activations take: what it adds over {@link #BATCH}. */
  static final int LARGER_BATCH = 16;

  private static final int TRAIN_IMAGES = 32;
  private static final int TEST_IMAGES = 16;

  private final Path folder;
  private final Path pemn;
  private final boolean quick;
  private final String data;
  private final List<ScaleRow> rows = new ArrayList<>();

  private ScaleRun(boolean quick, Path folder, Path pemn) {
    this.quick = quick;
    this.folder = folder;
    this.pemn = pemn;
    this.data = "--data=mnist:" + folder.resolve("images");
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    boolean quick = arguments[0].equals("quick");
    new ScaleRun(quick, Path.of(arguments[1]), Path.of(arguments[2])).run();
  }

  private void run() throws IOException, InterruptedException {
    List<String> machine = new ArrayList<>(Machine.describe());
    machine.add("threads: " + System.getenv().getOrDefault("PEMN_THREADS", "as many as cores"));
    SyntheticImages.write(folder.resolve("images"), TRAIN_IMAGES, TEST_IMAGES);
    for (ScaledNetwork network : ScaledNetwork.values()) {
      if (!quick || network.ordinal() <= ScaledNetwork.ONE_MILLION.ordinal()) {
        measure(network);
      }
    }
    machine.add(Machine.load("after"));
    List<String> csv = new ArrayList<>();
    machine.forEach(line -> csv.add("# " + line));
    csv.add(ScaleRow.HEADER);
    rows.forEach(row -> csv.add(row.toCsv()));
    Files.write(folder.resolve("scale.csv"), csv);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("machine", machine);
    json.put("measurements", rows);
    Files.writeString(
        folder.resolve("scale.json"), new GsonBuilder().setPrettyPrinting().create().toJson(json));
    Files.writeString(folder.resolve("scale.md"), new ScaleTables(rows).toMarkdown(machine));
  }

  private void measure(ScaledNetwork network) throws IOException, InterruptedException {
    Path archive = folder.resolve(network + ".pemn");
    Path run = folder.resolve(network + ".run");
    for (int batch : List.of(LARGER_BATCH, BATCH)) {
      List<String> command = new ArrayList<>(List.of("compress", data, "-o", archive.toString()));
      command.addAll(List.of("--run-dir=" + run, "--overwrite", "--epochs=2"));
      command.addAll(List.of("--batch-size=" + batch, "--train-images=" + 2 * batch));
      command.addAll(network.options());
      step(network, Step.COMPRESS, batch, 1, command);
    }
    boolean large = network == ScaledNetwork.FIFTY_MILLION;
    List<String> bench = new ArrayList<>(List.of("bench", "train", data, "--json"));
    bench.addAll(List.of("--batch-size=" + BATCH, "--warm-up=" + (quick || large ? 3 : 10)));
    bench.add("--steps=" + (quick ? 3 : large ? 15 : 40));
    bench.addAll(network.options());
    step(network, Step.BENCH_TRAIN, BATCH, 1, bench);
    for (int round = 1; round <= (quick ? 1 : 3); round++) {
      Path packed = folder.resolve(network + "-packed.pemn");
      step(network, Step.PACK, round, List.of("pack", run.toString(), "-o", packed.toString()));
      unpack(network, Step.UNPACK_SAFETENSORS, round, archive, network + ".safetensors");
      unpack(network, Step.UNPACK_NPY, round, archive, network + ".npy/");
      step(network, Step.VERIFY, round, List.of("verify", archive.toString()));
      step(network, Step.INSPECT, round, List.of("inspect", archive.toString()));
    }
    delete(run);
    Path module = folder.resolve(network + ".pt");
    if (Files.exists(module)) {
      Path archived = folder.resolve(network + "-module.pemn");
      WatchedProcess.run(
          List.of(
              pemn.toString(),
              "compress",
              module.toString(),
              data,
              "-o",
              archived.toString(),
              "--run-dir=" + run,
              "--overwrite",
              "--epochs=1",
              "--batch-size=" + BATCH,
              "--train-images=" + BATCH,
              "--distill=0",
              "--no-warm-start"),
          Map.of(),
          folder.resolve("module.log"));
      delete(run);
      for (int round = 1; round <= (quick ? 1 : 3); round++) {
        unpack(network, Step.UNPACK_TORCHSCRIPT, round, archived, network + "-unpacked.pt");
      }
    }
  }

  private void unpack(ScaledNetwork network, Step step, int round, Path archive, String to)
      throws IOException, InterruptedException {
    Path target = folder.resolve(to);
    delete(target);
    String given = to.endsWith("/") ? target + "/" : target.toString();
    step(network, step, round, List.of("unpack", archive.toString(), "-o", given));
    delete(target);
  }

  private void step(ScaledNetwork network, Step step, int round, List<String> arguments)
      throws IOException, InterruptedException {
    step(network, step, 0, round, arguments);
  }

  private void step(ScaledNetwork network, Step step, int batch, int round, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(pemn.toString()));
    command.addAll(arguments);
    WatchedProcess process = WatchedProcess.run(command, Map.of(), folder.resolve("process.log"));
    double dense = 0;
    double masked = 0;
    if (step == Step.BENCH_TRAIN) {
      JsonObject result = JsonParser.parseString(process.output()).getAsJsonObject();
      dense = result.get("dense_ms").getAsDouble();
      masked = result.get("masked_ms").getAsDouble();
    }
    rows.add(
        new ScaleRow(
            network,
            network.weights(),
            step,
            batch,
            round,
            process.seconds(),
            process.peakBytes(),
            dense,
            masked));
    System.err.printf(
        "%s, %s%s, round %d: %.2f s, %,d MB%n",
        network,
        step,
        batch == 0 ? "" : " with batches of " + batch,
        round,
        process.seconds(),
        process.peakBytes() / 1_000_000);
  }

  /** Deletes a file, or a folder of files. */
  private static void delete(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      List<Path> files;
      try (Stream<Path> listed = Files.list(path)) {
        files = listed.toList();
      }
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.deleteIfExists(path);
  }
}
