package io.pemn.benchmarks.loading;

import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * Measures how long it takes from a file to a first prediction: every network, shipped as all that
 * it can be, in turn, and that several times over.
 *
 * <p>{@code LoadingRun FOLDER TABLE.csv CORES,... REPETITIONS NETWORK...}, with 0 cores for all
 * that there are, where no process can be pinned.
 */
final class LoadingRun {
  /** Outputs of networks without softmax; different kernels round differently. */
  private static final double TOLERANCE = 1e-3;

  private final Path folder;
  private final Path table;
  private final List<Integer> coreCounts;
  private final List<LoadedNetwork> networks;
  private final Cores cores;
  private final Map<LoadedNetwork, Long> parameters = new EnumMap<>(LoadedNetwork.class);
  private final Map<LoadedNetwork, double[]> outputs = new EnumMap<>(LoadedNetwork.class);

  private LoadingRun(
      Path folder, Path table, List<Integer> coreCounts, List<LoadedNetwork> networks)
      throws IOException {
    this.folder = folder;
    this.table = table;
    this.coreCounts = coreCounts;
    this.networks = networks;
    this.cores = Cores.ofThisProcess();
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    List<Integer> coreCounts = Stream.of(arguments[2].split(",")).map(Integer::valueOf).toList();
    List<LoadedNetwork> networks = Arrays.stream(arguments).skip(4).map(LoadedNetwork::of).toList();
    new LoadingRun(Path.of(arguments[0]), Path.of(arguments[1]), coreCounts, networks)
        .run(Integer.parseInt(arguments[3]));
  }

  private void run(int repetitions) throws IOException, InterruptedException {
    List<String> head = new ArrayList<>();
    Machine.describe().forEach(line -> head.add("# " + line));
    head.add(LoadingRow.HEADER);
    Files.write(table, head);
    for (LoadedNetwork network : networks) {
      Path archive = ShippedAs.PEMN.file(folder, network);
      if (Files.exists(archive)) {
        parameters.put(network, PemnArchive.open(archive).parameters());
      }
      for (ShippedAs way : ShippedAs.values()) {
        if (way.suits(network) && Files.notExists(way.file(folder, network))) {
          System.err.println(
              network + " as " + way + " is left out: there is no " + way.file(folder, network));
        }
      }
    }
    for (int round = 1; round <= repetitions; round++) {
      for (int count : coreCounts) {
        for (LoadedNetwork network : networks) {
          measure(round, count, network);
        }
      }
    }
    append("# " + Machine.load("after"));
  }

  private void measure(int round, int count, LoadedNetwork network)
      throws IOException, InterruptedException {
    List<ShippedAs> ways = new ArrayList<>();
    for (ShippedAs way : ShippedAs.values()) {
      if (way.suits(network) && Files.exists(way.file(folder, network))) {
        ways.add(way);
      }
    }
    // Each goes first in some round.
    Collections.rotate(ways, -(round - 1));
    for (Situation situation : Situation.values()) {
      // The line is as slow for one core as for two.
      if (situation == Situation.TRANSFER && count != coreCounts.get(coreCounts.size() - 1)) {
        continue;
      }
      for (ShippedAs way : ways) {
        LoadingRow row = measure(round, count, situation, network, way);
        append(row.toCsv());
        System.err.printf(
            "round %d, %d cores, %s, %s as %s: %.3f s%n",
            round, row.cores(), situation, network, way, row.seconds());
      }
    }
  }

  private LoadingRow measure(
      int round, int count, Situation situation, LoadedNetwork network, ShippedAs way)
      throws IOException, InterruptedException {
    Path file = way.file(folder, network);
    // Into the page cache.
    try (OutputStream nowhere = OutputStream.nullOutputStream()) {
      Files.copy(file, nowhere);
    }
    List<String> command = new ArrayList<>();
    if (count > 0) {
      command.addAll(cores.pinned(count));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    int threads = count > 0 ? count : Runtime.getRuntime().availableProcessors();
    command.add("-Dai.djl.pytorch.num_threads=" + threads);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(LoadingProcess.class.getName());
    command.addAll(List.of(situation.toString(), way.name(), network.label(), file.toString()));
    command.add(Instant.now().toString());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String printed;
    try (var out = process.getInputStream()) {
      printed = new String(out.readAllBytes(), StandardCharsets.UTF_8);
    }
    if (process.waitFor() != 0) {
      throw new IOException(
          "The process that loads " + file + " failed; what it says of it stands above.");
    }
    Properties measured = new Properties();
    measured.load(new StringReader(printed));
    if (way.hasMaskedWeights()) {
      checkOutputs(network, way, measured.getProperty("outputs"));
    }
    return new LoadingRow(
        round,
        threads,
        situation,
        network,
        parameters.get(network),
        way,
        Files.size(file),
        number(measured, "seconds"),
        number(measured, "loaded"),
        number(measured, "again"),
        number(measured, "processor"),
        (long) number(measured, "peak"),
        (long) number(measured, "heap"));
  }

  private static double number(Properties measured, String name) {
    return Double.parseDouble(measured.getProperty(name, "0"));
  }

  /** A comparison is fair only between the same networks. */
  private void checkOutputs(LoadedNetwork network, ShippedAs way, String text) throws IOException {
    double[] found = Arrays.stream(text.split(";")).mapToDouble(Double::parseDouble).toArray();
    double[] expected = outputs.computeIfAbsent(network, first -> found);
    double greatest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    for (int i = 0; i < found.length; i++) {
      if (!(Math.abs(found[i] - expected[i]) <= TOLERANCE * greatest)) {
        throw new IOException(
            network
                + " as "
                + way
                + " predicts "
                + Arrays.toString(found)
                + ", but as it was loaded first "
                + Arrays.toString(expected)
                + "; make its files anew in an empty folder.");
      }
    }
  }

  private void append(String line) throws IOException {
    Files.write(table, List.of(line), StandardOpenOption.APPEND);
  }
}
