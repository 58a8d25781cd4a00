package io.pemn.compressor.table;

import io.pemn.packager.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;

/**
 * Measured rows in a CSV file that is written anew in one step whenever some are added, so that it
 * holds whole rows whatever happens to the process.
 *
 * @param <R> a row
 */
public final class RowFile<R> {
  private final Path file;
  private final Format<R> format;
  private final List<R> rows = new ArrayList<>();

  private RowFile(Path file, Format<R> format) {
    this.file = file;
    this.format = format;
  }

  /**
   * What the rows of a file are.
   *
   * @param <R> a row
   */
  public interface Format<R> {
    /** The command that writes such files, for messages. */
    String command();

    /** The first line: the names of the columns. */
    String header();

    /** A row as a line. */
    String toCsv(R row);

    /**
     * A line as a row.
     *
     * @throws IllegalArgumentException if it is none
     */
    R parse(String line);
  }

  /**
   * Opens a file that may not be there yet.
   *
   * @throws IOException in one sentence, if it is another file
   */
  public static <R> RowFile<R> open(Path file, Format<R> format) throws IOException {
    RowFile<R> opened = new RowFile<>(file, format);
    opened.read();
    return opened;
  }

  private void read() throws IOException {
    rows.clear();
    if (!Files.exists(file)) {
      return;
    }
    List<String> lines = text().lines().toList();
    if (lines.isEmpty() || !lines.get(0).equals(format.header())) {
      throw new IOException(
          file
              + " is no table of "
              + format.command()
              + " of this version"
              + (lines.isEmpty() ? ": it is empty" : differences(lines.get(0)))
              + "; name another table.");
    }
    for (int i = 1; i < lines.size(); i++) {
      try {
        rows.add(format.parse(lines.get(i)));
      } catch (IllegalArgumentException e) {
        throw new IOException(
            "Line " + (i + 1) + " of " + file + " is no row of the table; delete the line.", e);
      }
    }
  }

  /** The file's text; what is not UTF-8 becomes signs that no header has. */
  private String text() throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  /** Which columns differ, if the line has columns at all. */
  private String differences(String line) {
    List<String> found = List.of(line.split(",", -1));
    List<String> expected = List.of(format.header().split(",", -1));
    List<String> missing = expected.stream().filter(name -> !found.contains(name)).toList();
    List<String> foreign = found.stream().filter(name -> !expected.contains(name)).toList();
    if (missing.size() == expected.size()) {
      return ": its first line is not the names of the columns";
    }
    String text = missing.isEmpty() ? "" : ": it lacks the columns " + String.join(", ", missing);
    if (!foreign.isEmpty()) {
      text += (text.isEmpty() ? ": it has" : " and has") + " the foreign columns ";
      text += String.join(", ", foreign);
    }
    return text.isEmpty() ? ": its columns are in another order" : text;
  }

  /** All rows, in the order of their measurement. */
  public List<R> rows() {
    return List.copyOf(rows);
  }

  /**
   * Adds rows, in place of those that they supersede, and saves all. What another process has added
   * to the file in the meantime stays.
   *
   * @param supersedes whether the first row takes the second one's place
   * @throws IOException in one sentence, if the file cannot be written
   */
  public void add(List<R> added, BiPredicate<R, R> supersedes) throws IOException {
    read();
    rows.removeIf(row -> added.stream().anyMatch(own -> supersedes.test(own, row)));
    rows.addAll(added);
    write(file, format, rows);
  }

  /**
   * Writes a file anew, whatever was there.
   *
   * @throws IOException in one sentence, if it cannot be written
   */
  public static <R> void write(Path file, Format<R> format, List<R> rows) throws IOException {
    StringBuilder text = new StringBuilder(format.header()).append('\n');
    rows.forEach(row -> text.append(format.toCsv(row)).append('\n'));
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file, out -> out.write(bytes));
  }
}
