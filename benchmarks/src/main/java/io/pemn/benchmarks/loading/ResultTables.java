package io.pemn.benchmarks.loading;

import io.pemn.benchmarks.RebuildRun;
import io.pemn.compressor.loading.Spread;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * Prints what was measured as Markdown: medians, and the least and the greatest of all repetitions.
 *
 * <p>{@code ResultTables LOADING.csv REBUILD.csv}
 */
final class ResultTables {
  private static final double MEGA = 1e6;
  private static final String COMMENT = "#";

  private final PrintStream out;

  ResultTables(PrintStream out) {
    this.out = out;
  }

  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    new ResultTables(out)
        .print(
            Files.readAllLines(Path.of(arguments[0])), Files.readAllLines(Path.of(arguments[1])));
  }

  /** Prints all tables. */
  void print(List<String> loading, List<String> rebuilding) {
    loading.stream()
        .filter(line -> line.startsWith(COMMENT))
        .forEach(line -> out.println("- " + line.substring(COMMENT.length()).trim()));
    rebuild(rebuilding.stream().filter(line -> !line.equals(RebuildRun.HEADER)).toList());
    List<LoadingRow> rows =
        loading.stream()
            .filter(line -> !line.startsWith(COMMENT) && !line.equals(LoadingRow.HEADER))
            .map(LoadingRow::parse)
            .toList();
    for (Situation situation : Situation.values()) {
      Map<Integer, List<LoadingRow>> byCores =
          rows.stream()
              .filter(row -> row.situation() == situation)
              .collect(Collectors.groupingBy(LoadingRow::cores, TreeMap::new, Collectors.toList()));
      byCores.forEach(
          (cores, same) -> {
            out.println();
            out.println(title(situation) + ", " + cores + (cores == 1 ? " core:" : " cores:"));
            out.println();
            loading(situation, same);
          });
    }
  }

  private static String title(Situation situation) {
    return switch (situation) {
      case PROCESS -> "From the start of the process";
      case ENGINE -> "From the file, the engine running";
      case TRANSFER -> "From a request over 100 Mbit/s, the engine running";
    };
  }

  private void loading(Situation situation, List<LoadingRow> rows) {
    boolean again = situation != Situation.PROCESS;
    ShippedAs reference = situation == Situation.TRANSFER ? ShippedAs.PEMN : ShippedAs.TORCHSCRIPT;
    List<String> head =
        new ArrayList<>(
            List.of(
                "network",
                "shipped as",
                "file, bytes",
                "first prediction, s",
                "to " + reference,
                "loaded after, s",
                "processor, s"));
    if (again) {
      head.add("once more, s");
    }
    head.addAll(List.of("peak memory, MB", "Java heap, MB"));
    head(head);
    for (LoadedNetwork network : LoadedNetwork.all()) {
      Map<ShippedAs, List<LoadingRow>> byWay =
          rows.stream()
              .filter(row -> row.network() == network)
              .collect(Collectors.groupingBy(LoadingRow::way, TreeMap::new, Collectors.toList()));
      byWay.forEach(
          (way, same) -> {
            LoadingRow first = same.get(0);
            double median = spread(same, LoadingRow::seconds).median();
            List<String> cells =
                new ArrayList<>(
                    List.of(
                        network + " (" + number(first.parameters(), 0) + ")",
                        way.toString(),
                        number(first.fileBytes(), 0),
                        spread(same, LoadingRow::seconds).toText(2),
                        byWay.containsKey(reference)
                            ? number(
                                median / spread(byWay.get(reference), LoadingRow::seconds).median(),
                                2)
                            : "",
                        number(spread(same, LoadingRow::loaded).median(), 2),
                        number(spread(same, LoadingRow::processor).median(), 2)));
            if (again) {
              cells.add(number(spread(same, LoadingRow::again).median(), 2));
            }
            cells.add(number(spread(same, LoadingRow::peakBytes).median() / MEGA, 0));
            cells.add(number(spread(same, LoadingRow::heapBytes).median() / MEGA, 0));
            row(cells);
          });
    }
  }

  private static Spread spread(List<LoadingRow> rows, ToDoubleFunction<LoadingRow> value) {
    return Spread.of(rows.stream().map(value::applyAsDouble).toList());
  }

  private void rebuild(List<String> lines) {
    // What was measured, in the order of the run, to the scores by number of cores.
    Map<String, Map<String, List<Double>>> scores = new LinkedHashMap<>();
    Map<String, String> units = new LinkedHashMap<>();
    for (String line : lines) {
      String[] cells = line.split(",");
      String what = cells[2] + "," + cells[3];
      scores
          .computeIfAbsent(what, first -> new TreeMap<>())
          .computeIfAbsent(cells[1], first -> new ArrayList<>())
          .add(Double.valueOf(cells[5]));
      units.put(what, cells[6]);
    }
    List<String> cores =
        new ArrayList<>(
            scores.values().stream()
                .flatMap(byCores -> byCores.keySet().stream())
                .collect(Collectors.toCollection(TreeSet::new)));
    for (String unit : new TreeSet<>(units.values())) {
      boolean rate = unit.equals("ops/us");
      out.println();
      out.println(rate ? "Million weights a second:" : "Microseconds:");
      out.println();
      List<String> head = new ArrayList<>(List.of("what", "masks", "over", "encoding", "layers"));
      cores.forEach(count -> head.add(count + (count.equals("1") ? " core" : " cores")));
      head(head);
      scores.forEach(
          (what, byCores) -> {
            if (!units.get(what).equals(unit)) {
              return;
            }
            String[] parts = what.split(",", 2);
            Function<String, String> parameter =
                name ->
                    List.of(parts[1].split(" ")).stream()
                        .filter(pair -> pair.startsWith(name + "="))
                        .findFirst()
                        .map(pair -> pair.substring(name.length() + 1))
                        .orElse("")
                        .toLowerCase(Locale.ROOT)
                        .replace('_', ' ');
            boolean decoded = !parts[0].endsWith(".decodeAndRebuild");
            List<String> cells =
                new ArrayList<>(
                    List.of(
                        inWords(parts[0]),
                        parameter.apply("masks"),
                        parameter.apply("values"),
                        decoded ? "" : parameter.apply("encoding"),
                        parameter.apply("layers")));
            for (String count : cores) {
              cells.add(byCores.containsKey(count) ? Spread.of(byCores.get(count)).toText(0) : "");
            }
            row(cells);
          });
    }
  }

  private static String inWords(String benchmark) {
    return switch (benchmark) {
      case "RebuildFloorBenchmark.write" -> "write floats that are in the cache";
      case "RebuildFloorBenchmark.copy" -> "copy floats from the heap";
      case "RebuildBenchmark.rebuild" -> "rebuild";
      case "RebuildBenchmark.rebuildAndCheck" -> "rebuild and check the digests";
      case "RebuildBenchmark.decodeAndRebuild" -> "decode and rebuild";
      case "OpenBenchmark.open" -> "open";
      default -> benchmark;
    };
  }

  private void head(List<String> cells) {
    row(cells);
    out.println("|" + "---|".repeat(cells.size()));
  }

  private void row(List<String> cells) {
    out.println(cells.stream().collect(Collectors.joining(" | ", "| ", " |")));
  }

  private static String number(double value, int decimals) {
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }
}
