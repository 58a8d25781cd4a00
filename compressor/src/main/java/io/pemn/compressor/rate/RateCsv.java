package io.pemn.compressor.rate;

import io.pemn.compressor.table.RowFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The measured rows, in a CSV file, so that an interrupted table goes on where it was. */
public final class RateCsv {
  private static final RowFile.Format<RateRow> FORMAT =
      new RowFile.Format<>() {
        @Override
        public String command() {
          return "pemn bench rate";
        }

        @Override
        public String header() {
          return RateRow.HEADER;
        }

        @Override
        public String toCsv(RateRow row) {
          return row.toCsv();
        }

        @Override
        public RateRow parse(String line) {
          return RateRow.parse(line);
        }
      };

  private final RowFile<RateRow> file;

  private RateCsv(RowFile<RateRow> file) {
    this.file = file;
  }

  /**
   * Opens a file that may not be there yet.
   *
   * @throws IOException in one sentence, if it is another file
   */
  public static RateCsv open(Path file) throws IOException {
    return new RateCsv(RowFile.open(file, FORMAT));
  }

  /** All rows, in the order of their measurement. */
  public List<RateRow> rows() {
    return file.rows();
  }

  /** Whether a row is there that was measured with these settings. */
  boolean has(String network, String method, long seed, String settings) {
    return rows().stream()
        .anyMatch(
            row ->
                row.network().equals(network)
                    && row.method().equals(method)
                    && row.seed() == seed
                    && row.settings().equals(settings));
  }

  /** Adds rows, in place of those of the same network, method and seed, and saves all. */
  public void add(List<RateRow> added) throws IOException {
    file.add(added, RateRow::sameAs);
  }
}
