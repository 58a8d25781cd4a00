package io.pemn.compressor.training;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * The metrics of a training as CSV: a row an epoch and, where that was asked for, rows within
 * epochs, in which what is measured once an epoch stays empty. Every masked layer has a column with
 * its density.
 *
 * @param layers the masked layers, as their columns name them
 * @param rows in the order of the file
 */
public record MetricsCsv(List<String> layers, List<Row> rows) {
  private static final int LONGEST_HEADER = 1 << 20;
  private static final String DENSITY = "density:";
  private static final List<String> COLUMNS =
      List.of(
          "epoch",
          "step",
          "lr",
          "train_loss",
          "train_accuracy",
          "validation_loss",
          "validation_accuracy",
          "test_loss",
          "test_accuracy",
          "mask_flips",
          "seconds",
          "images_per_second");

  /** Keeps the lists as they are. */
  public MetricsCsv {
    layers = List.copyOf(layers);
    rows = List.copyOf(rows);
  }

  /**
   * A row.
   *
   * @param values the numbers that it has, by column
   */
  public record Row(Map<String, Double> values) {
    /** What a column has, if it is not empty. */
    public OptionalDouble value(String column) {
      Double value = values.get(column);
      return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    /** The density of a layer, if the row has it. */
    public OptionalDouble density(String layer) {
      return value(DENSITY + layer);
    }

    /** Whether this is the row of an epoch, and not one within it. */
    public boolean endsEpoch() {
      return values.containsKey("mask_flips");
    }
  }

  /** The first line of a file, with its line break. */
  static String header(Collection<String> layers) {
    StringBuilder header = new StringBuilder(String.join(",", COLUMNS));
    Set<String> columns = new HashSet<>();
    for (String layer : layers) {
      String name = plain(layer);
      while (!columns.add(name)) {
        name += "_";
      }
      header.append(',').append(DENSITY).append(name);
    }
    return header.append('\n').toString();
  }

  /** A name without what would end its cell. */
  private static String plain(String layer) {
    return layer.replaceAll("[,\"\\s]", "_");
  }

  /** The row of an epoch, after the rows within it, with their line breaks. */
  static String rows(EpochMetrics epoch, Collection<String> layers) {
    StringBuilder rows = new StringBuilder();
    epoch.within().forEach(within -> rows.append(row(epoch.epoch(), within, layers)));
    return rows.append(row(epoch, layers)).toString();
  }

  /** The row of an epoch, with its line break. */
  static String row(EpochMetrics epoch, Collection<String> layers) {
    StringBuilder row = new StringBuilder();
    row.append(
        String.format(
            Locale.ROOT,
            "%d,%d,%.6g,%.6f,%.6f,%s,%s,%d,%.2f,%.1f",
            epoch.epoch(),
            epoch.steps(),
            epoch.learningRate(),
            epoch.trainLoss(),
            epoch.trainAccuracy(),
            measured(epoch.validation()),
            measured(epoch.test()),
            epoch.maskFlips(),
            epoch.seconds(),
            epoch.imagesPerSecond()));
    for (String layer : layers) {
      Double density = epoch.densities().get(layer);
      row.append(',').append(density == null ? "" : String.format(Locale.ROOT, "%.6f", density));
    }
    return row.append('\n').toString();
  }

  private static String measured(Optional<Evaluation> evaluation) {
    return evaluation.map(e -> e.loss() + "," + e.accuracy()).orElse(",");
  }

  /** A row within an epoch, with its line break. */
  static String row(int epoch, StepMetrics within, Collection<String> layers) {
    return String.format(
            Locale.ROOT,
            "%d,%d,%.6g,%.6f,%.6f,,,,,,%.2f,%.1f",
            epoch,
            within.steps(),
            within.learningRate(),
            within.trainLoss(),
            within.trainAccuracy(),
            within.seconds(),
            within.imagesPerSecond())
        + ",".repeat(layers.size())
        + "\n";
  }

  /**
   * Checks that a file may be written as metrics: there is none, or it holds metrics already.
   *
   * @throws IOException in one sentence, if it holds anything else
   */
  static void requireNothingElse(Path file) throws IOException {
    if (Files.isRegularFile(file) && Files.size(file) > 0) {
      layers(firstLine(file), file);
    }
  }

  /**
   * Checks that a file holds the metrics of a network, if it is there and not empty.
   *
   * @throws IOException in one sentence, if it holds anything else
   */
  static void requireSame(Path file, Collection<String> layers) throws IOException {
    requireNothingElse(file);
    if (Files.isRegularFile(file)
        && Files.size(file) > 0
        && !(firstLine(file) + "\n").equals(header(layers))) {
      throw new IOException(
          file
              + " holds the metrics of a network with other layers than this one; give the run its"
              + " own, or name another file with --metrics.");
    }
  }

  private static String firstLine(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return text(in.readNBytes(LONGEST_HEADER)).lines().findFirst().orElse("");
    }
  }

  /** What cannot be a file of metrics may hold anything. */
  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static List<String> layers(String header, Path file) throws IOException {
    List<String> columns = List.of(header.split(",", -1));
    boolean ours =
        columns.size() >= COLUMNS.size()
            && columns.subList(0, COLUMNS.size()).equals(COLUMNS)
            && columns.stream().skip(COLUMNS.size()).allMatch(name -> name.startsWith(DENSITY));
    if (!ours) {
      throw new IOException(
          file
              + " is no file of metrics: its first line is \""
              + (header.length() > 60 ? header.substring(0, 60) + "..." : header)
              + "\", but metrics begin with \"epoch,step,lr,train_loss,...\"; name another file.");
    }
    Set<String> seen = new HashSet<>();
    for (String column : columns) {
      if (!seen.add(column)) {
        throw new IOException(
            file
                + " has the column \""
                + (column.length() > 60 ? column.substring(0, 60) + "..." : column)
                + "\" twice, but metrics have each once; give the file as pemn compress wrote it.");
      }
    }
    return columns.stream()
        .skip(COLUMNS.size())
        .map(name -> name.substring(DENSITY.length()))
        .toList();
  }

  /**
   * Reads a file. A last row without its line break is left out: it is still being written.
   *
   * @throws IOException in one sentence, if it is no file of metrics
   */
  public static MetricsCsv read(Path file) throws IOException {
    String header = firstLine(file);
    if (header.isEmpty()) {
      throw new IOException(
          file + " is empty, but metrics begin with a line of names; give the file of a run.");
    }
    List<String> layers = layers(header, file);
    String text = text(Files.readAllBytes(file));
    List<String> lines = text.lines().toList();
    List<String> columns = new ArrayList<>(COLUMNS);
    layers.forEach(layer -> columns.add(DENSITY + layer));
    int whole = text.endsWith("\n") ? lines.size() : lines.size() - 1;
    List<Row> rows = new ArrayList<>();
    for (int i = 1; i < whole; i++) {
      rows.add(row(lines.get(i), columns, i + 1, file));
    }
    return new MetricsCsv(layers, rows);
  }

  private static Row row(String line, List<String> columns, int number, Path file)
      throws IOException {
    String[] cells = line.split(",", -1);
    Map<String, Double> values = new LinkedHashMap<>();
    try {
      if (cells.length != columns.size()) {
        throw new NumberFormatException(cells.length + " cells");
      }
      for (int i = 0; i < cells.length; i++) {
        if (!cells[i].isEmpty()) {
          values.put(columns.get(i), Double.valueOf(cells[i]));
        }
      }
      if (!values.containsKey("epoch") || !values.containsKey("step")) {
        throw new NumberFormatException("no step");
      }
    } catch (NumberFormatException e) {
      throw new IOException(
          "Line "
              + number
              + " of "
              + file
              + " is no row of metrics, which has "
              + columns.size()
              + " cells of numbers and begins with an epoch and a step; delete the line.",
          e);
    }
    return new Row(values);
  }
}
