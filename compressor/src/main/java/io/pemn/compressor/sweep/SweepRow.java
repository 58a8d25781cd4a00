package io.pemn.compressor.sweep;

import io.pemn.compressor.table.RowFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The result of a run: a row of the CSV.
 *
 * @param data name of the data set
 * @param arch family of the network
 * @param network the network in words without commas, sizes included
 * @param dim its width, if its family has that option
 * @param depth its depth, if its family has that option
 * @param strategy what was trained
 * @param ratio of a random-vector prototype, as asked for
 * @param kept fraction that pruning left, as asked for
 * @param seed of the training
 * @param epochs of the training; of pruned networks those after pruning
 * @param denseEpochs of the dense training before pruning; else 0
 * @param trainImages images an epoch
 * @param testImages images that accuracy and loss are of
 * @param accuracy fraction of the test images, 0 to 1, after the last epoch, of what the file
 *     decodes to
 * @param loss mean cross-entropy on them, 0 or more
 * @param trainAccuracy fraction of the last epoch's training images, as they were trained on
 * @param weights of convolutions and linear layers: what masks can replace
 * @param parameters all numbers of the network, running statistics included
 * @param uniqueValues values of the prototype; of dense and pruned networks weights that are not 0
 *     by construction
 * @param uniqueRatio those over the weights of the largest layer
 * @param fileBytes the whole file as it was written: an archive, or fp32 weights compressed by
 *     zstd, or sparse rows likewise
 * @param paperBytes the same as {@link io.pemn.packager.baseline.PaperCount} has it
 * @param fp32Bytes all parameters as float32
 * @param compression {@code fp32Bytes / fileBytes}
 * @param seconds that training took, evaluation and the dense training before pruning excluded
 * @param imagesPerSecond training images a second
 * @param device where it was trained, such as {@code cpu} or {@code gpu:0}
 * @param settings digest of everything that decides the row but the seed and the machine
 * @param version of pemn
 * @param options of the training but the network's and the seed, as {@code name=value}, separated
 *     by spaces
 */
public record SweepRow(
    String data,
    String arch,
    String network,
    Optional<Integer> dim,
    Optional<Integer> depth,
    SweepStrategy strategy,
    Optional<Double> ratio,
    Optional<Double> kept,
    long seed,
    int epochs,
    int denseEpochs,
    int trainImages,
    int testImages,
    double accuracy,
    double loss,
    double trainAccuracy,
    long weights,
    long parameters,
    long uniqueValues,
    double uniqueRatio,
    long fileBytes,
    long paperBytes,
    long fp32Bytes,
    double compression,
    double seconds,
    double imagesPerSecond,
    String device,
    String settings,
    String version,
    String options) {
  private static final String HEADER =
      "data,arch,network,dim,depth,strategy,ratio,kept,seed,epochs,dense_epochs,train_images,"
          + "test_images,accuracy,loss,train_accuracy,weights,parameters,unique_values,unique_ratio,file_bytes,"
          + "paper_bytes,fp32_bytes,compression,seconds,images_per_second,device,settings,version,options";

  static final RowFile.Format<SweepRow> FORMAT =
      new RowFile.Format<>() {
        @Override
        public String command() {
          return "pemn sweep";
        }

        @Override
        public String header() {
          return HEADER;
        }

        @Override
        public String toCsv(SweepRow row) {
          return row.toCsv();
        }

        @Override
        public SweepRow parse(String line) {
          return SweepRow.parse(line);
        }
      };

  /**
   * Checks that the numbers are such as a run can have.
   *
   * @throws IllegalArgumentException in one sentence, if one is out of its range
   */
  public SweepRow {
    require(dim.orElse(1) > 0 && depth.orElse(1) > 0, "A width or depth is below 1.");
    require(
        ratio.isPresent() == (strategy == SweepStrategy.RANDOM_VECTOR),
        "A ratio belongs to random-vector, and to nothing else.");
    require(
        kept.isPresent() == strategy.pruned(),
        "A kept fraction belongs to pruned networks, and to nothing else.");
    require(
        positive(ratio.orElse(1.0)) && positive(kept.orElse(1.0)) && kept.orElse(1.0) <= 1,
        "A ratio or kept fraction is out of range.");
    require(epochs > 0 && denseEpochs >= 0, "There are too few epochs.");
    require(trainImages > 0 && testImages > 0, "There are no images.");
    require(
        fraction(accuracy) && fraction(trainAccuracy),
        "An accuracy is not from 0 to 1: " + accuracy);
    require(notNegative(loss), "The loss is " + loss + ", which is not finite or below 0.");
    require(weights > 0 && parameters > 0, "The network has no weights.");
    require(uniqueValues > 0 && positive(uniqueRatio), "There are no unique values.");
    require(
        fileBytes > 0 && paperBytes > 0 && fp32Bytes > 0 && positive(compression),
        "A size is not above 0.");
    require(
        notNegative(seconds) && notNegative(imagesPerSecond), "A time is not finite or below 0.");
  }

  private static void require(boolean sound, String message) {
    if (!sound) {
      throw new IllegalArgumentException(message);
    }
  }

  private static boolean fraction(double number) {
    return number >= 0 && number <= 1;
  }

  private static boolean positive(double number) {
    return number > 0 && notNegative(number);
  }

  private static boolean notNegative(double number) {
    return number >= 0 && Double.isFinite(number);
  }

  /**
   * The table in a file that may not be there yet.
   *
   * @throws IOException in one sentence, if it is another file
   */
  public static RowFile<SweepRow> table(Path file) throws IOException {
    return RowFile.open(file, FORMAT);
  }

  /** Whether this is the result of a run. */
  public boolean isOf(SweepRun run) {
    return settings.equals(run.settings()) && seed == run.seed();
  }

  /** Whether this takes another row's place: the same training, begun anew. */
  public boolean supersedes(SweepRow other) {
    return settings.equals(other.settings) && seed == other.seed;
  }

  private String toCsv() {
    return String.format(
        Locale.ROOT,
        "%s,%s,%s,%s,%s,%s,%s,%s,%d,%d,%d,%d,%d,%s,%s,%.6f,%d,%d,%d,%.6g,%d,%d,%d,%.4f,%.2f,%.1f,%s,%s,%s,%s",
        cell(data),
        cell(arch),
        cell(network),
        dim.map(String::valueOf).orElse(""),
        depth.map(String::valueOf).orElse(""),
        strategy,
        ratio.map(SweepRun::plain).orElse(""),
        kept.map(SweepRun::plain).orElse(""),
        seed,
        epochs,
        denseEpochs,
        trainImages,
        testImages,
        accuracy,
        loss,
        trainAccuracy,
        weights,
        parameters,
        uniqueValues,
        uniqueRatio,
        fileBytes,
        paperBytes,
        fp32Bytes,
        compression,
        seconds,
        imagesPerSecond,
        device,
        settings,
        cell(version),
        cell(options));
  }

  /** A name that can stand in a CSV as it is. */
  private static String cell(String name) {
    return name.replaceAll("[,\"\\p{Cntrl}]", " ");
  }

  private static SweepRow parse(String line) {
    List<String> cells = List.of(line.split(",", -1));
    if (cells.size() != HEADER.split(",").length) {
      throw new IllegalArgumentException("It has " + cells.size() + " cells.");
    }
    return new SweepRow(
        cells.get(0),
        cells.get(1),
        cells.get(2),
        given(cells.get(3)).map(Integer::valueOf),
        given(cells.get(4)).map(Integer::valueOf),
        SweepStrategy.of(cells.get(5)),
        given(cells.get(6)).map(Double::valueOf),
        given(cells.get(7)).map(Double::valueOf),
        Long.parseLong(cells.get(8)),
        Integer.parseInt(cells.get(9)),
        Integer.parseInt(cells.get(10)),
        Integer.parseInt(cells.get(11)),
        Integer.parseInt(cells.get(12)),
        Double.parseDouble(cells.get(13)),
        Double.parseDouble(cells.get(14)),
        Double.parseDouble(cells.get(15)),
        Long.parseLong(cells.get(16)),
        Long.parseLong(cells.get(17)),
        Long.parseLong(cells.get(18)),
        Double.parseDouble(cells.get(19)),
        Long.parseLong(cells.get(20)),
        Long.parseLong(cells.get(21)),
        Long.parseLong(cells.get(22)),
        Double.parseDouble(cells.get(23)),
        Double.parseDouble(cells.get(24)),
        Double.parseDouble(cells.get(25)),
        cells.get(26),
        cells.get(27),
        cells.get(28),
        cells.get(29));
  }

  private static Optional<String> given(String cell) {
    return cell.isEmpty() ? Optional.empty() : Optional.of(cell);
  }
}
