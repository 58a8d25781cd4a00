package io.pemn.benchmarks.loading;

import java.util.List;
import java.util.Locale;

/**
 * What one process measured.
 *
 * @param round which of the repetitions, from 1
 * @param cores that the process had
 * @param situation from when time was taken
 * @param network which
 * @param parameters of the network
 * @param way what it was shipped as
 * @param fileBytes of that file
 * @param seconds to the first prediction
 * @param loaded seconds to the loaded model, within those
 * @param again seconds of a later load and prediction in the same process; 0 if not measured
 * @param processor seconds that all its threads together computed, up to the first prediction
 * @param peakBytes greatest resident set of the process up to then; 0 if unknown
 * @param heapBytes of it the Java heap's, at most
 */
record LoadingRow(
    int round,
    int cores,
    Situation situation,
    LoadedNetwork network,
    long parameters,
    ShippedAs way,
    long fileBytes,
    double seconds,
    double loaded,
    double again,
    double processor,
    long peakBytes,
    long heapBytes) {
  /** The columns of the table. */
  static final String HEADER =
      "round,cores,situation,network,parameters,shipped_as,file_bytes,seconds,loaded_seconds,"
          + "again_seconds,processor_seconds,peak_bytes,heap_bytes";

  /** The row of a table. */
  String toCsv() {
    return String.join(
        ",",
        List.of(
            Integer.toString(round),
            Integer.toString(cores),
            situation.toString(),
            network.label(),
            Long.toString(parameters),
            way.name().toLowerCase(Locale.ROOT),
            Long.toString(fileBytes),
            Double.toString(seconds),
            Double.toString(loaded),
            Double.toString(again),
            Double.toString(processor),
            Long.toString(peakBytes),
            Long.toString(heapBytes)));
  }

  /** Reads what {@link #toCsv} wrote. */
  static LoadingRow parse(String line) {
    String[] cells = line.split(",");
    return new LoadingRow(
        Integer.parseInt(cells[0]),
        Integer.parseInt(cells[1]),
        Situation.of(cells[2]),
        LoadedNetwork.of(cells[3]),
        Long.parseLong(cells[4]),
        ShippedAs.valueOf(cells[5].toUpperCase(Locale.ROOT)),
        Long.parseLong(cells[6]),
        Double.parseDouble(cells[7]),
        Double.parseDouble(cells[8]),
        Double.parseDouble(cells[9]),
        Double.parseDouble(cells[10]),
        Long.parseLong(cells[11]),
        Long.parseLong(cells[12]));
  }
}
