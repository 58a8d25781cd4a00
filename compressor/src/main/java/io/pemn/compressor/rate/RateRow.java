package io.pemn.compressor.rate;

import java.util.List;
import java.util.Locale;

/**
 * One measurement: a row of the CSV.
 *
 * @param network the {@link RateNetwork}
 * @param group the method's
 * @param method the {@link RateMethod}
 * @param seed of the training
 * @param accuracy fraction of all test images, 0 to 1, after the last epoch, of the values that the
 *     file decodes to
 * @param loss mean cross-entropy on them
 * @param fileBytes the whole file
 * @param bitsPerWeight stored mask bits a masked weight; of what has no masks all the file's bits
 *     over the weights of convolutions and linear layers
 * @param epochs of the training
 * @param parameters all numbers of the trained network, running statistics included
 * @param weights those of them that are weights of convolutions and linear layers
 * @param fp32Bytes all parameters as float32
 * @param paperBytes the file as {@link io.pemn.packager.baseline.PaperCount} has it
 * @param settings digest of everything that decides the row but the machine
 */
public record RateRow(
    String network,
    String group,
    String method,
    long seed,
    double accuracy,
    double loss,
    long fileBytes,
    double bitsPerWeight,
    int epochs,
    long parameters,
    long weights,
    long fp32Bytes,
    long paperBytes,
    String settings) {
  /** The first line of the CSV. */
  static final String HEADER =
      "network,group,method,seed,accuracy,loss,file_bytes,bits_per_weight,epochs,parameters,"
          + "weights,fp32_bytes,paper_bytes,settings";

  /** Checks that a name can stand in a CSV as it is. */
  static void requirePlain(String name) {
    if (name.isEmpty() || !name.matches("[^,\"|\\p{Cntrl}]+")) {
      throw new IllegalArgumentException(
          "A name in the table has no commas, quotes or bars, unlike \"" + name + "\".");
    }
  }

  /** Whether another row is of the same network, method and seed. */
  boolean sameAs(RateRow other) {
    return network.equals(other.network) && method.equals(other.method) && seed == other.seed;
  }

  /** A line of the CSV. */
  String toCsv() {
    return String.format(
        Locale.ROOT,
        "%s,%s,%s,%d,%s,%s,%d,%.4f,%d,%d,%d,%d,%d,%s",
        network,
        group,
        method,
        seed,
        accuracy,
        loss,
        fileBytes,
        bitsPerWeight,
        epochs,
        parameters,
        weights,
        fp32Bytes,
        paperBytes,
        settings);
  }

  /**
   * Reads a line of the CSV.
   *
   * @throws IllegalArgumentException if it is none
   */
  static RateRow parse(String line) {
    List<String> cells = List.of(line.split(",", -1));
    if (cells.size() != HEADER.split(",").length) {
      throw new IllegalArgumentException("It has " + cells.size() + " cells.");
    }
    return new RateRow(
        cells.get(0),
        cells.get(1),
        cells.get(2),
        Long.parseLong(cells.get(3)),
        Double.parseDouble(cells.get(4)),
        Double.parseDouble(cells.get(5)),
        Long.parseLong(cells.get(6)),
        Double.parseDouble(cells.get(7)),
        Integer.parseInt(cells.get(8)),
        Long.parseLong(cells.get(9)),
        Long.parseLong(cells.get(10)),
        Long.parseLong(cells.get(11)),
        Long.parseLong(cells.get(12)),
        cells.get(13));
  }
}
