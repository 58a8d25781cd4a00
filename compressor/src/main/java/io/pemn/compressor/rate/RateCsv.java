package io.pemn.compressor.rate;

import io.pemn.packager.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The measured rows, in a CSV file that is written anew in one step whenever some are added, so
 * that an interrupted table goes on where it was.
 */
public final class RateCsv {
  private final Path file;
  private final List<RateRow> rows = new ArrayList<>();

  private RateCsv(Path file) {
    this.file = file;
  }

  /**
   * Opens a file that may not be there yet.
   *
   * @throws IOException in one sentence, if it is another file
   */
  public static RateCsv open(Path file) throws IOException {
    RateCsv csv = new RateCsv(file);
    if (!Files.exists(file)) {
      return csv;
    }
    List<String> lines = Files.readString(file).lines().toList();
    if (lines.isEmpty() || !lines.get(0).equals(RateRow.HEADER)) {
      throw new IOException(
          file + " is no table of pemn bench rate of this version; name another with -o.");
    }
    for (int i = 1; i < lines.size(); i++) {
      try {
        csv.rows.add(RateRow.parse(lines.get(i)));
      } catch (IllegalArgumentException e) {
        throw new IOException(
            "Line " + (i + 1) + " of " + file + " is no row of the table; delete the line.", e);
      }
    }
    return csv;
  }

  /** All rows, in the order of their measurement. */
  public List<RateRow> rows() {
    return List.copyOf(rows);
  }

  /** Whether a row is there that was measured with these settings. */
  boolean has(String network, String method, long seed, String settings) {
    return rows.stream()
        .anyMatch(
            row ->
                row.network().equals(network)
                    && row.method().equals(method)
                    && row.seed() == seed
                    && row.settings().equals(settings));
  }

  /** Adds rows, in place of those of the same network, method and seed, and saves all. */
  public void add(List<RateRow> added) throws IOException {
    rows.removeIf(row -> added.stream().anyMatch(row::sameAs));
    rows.addAll(added);
    StringBuilder text = new StringBuilder(RateRow.HEADER).append('\n');
    rows.forEach(row -> text.append(row.toCsv()).append('\n'));
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file, out -> out.write(bytes));
  }
}
