package io.pemn.benchmarks.kernels;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Prints what was measured of the kernels as a page of Markdown: medians of all iterations, of
 * weights also the least and the greatest.
 *
 * <p>{@code KernelTables KERNELS.json MACHINE.txt}
 */
final class KernelTables {
  private static final double MEGA = 1e6;
  private static final double MILLI = 1e3;
  private static final double SMALL = 10;
  private static final int COLUMNS = 110;

  private final PrintStream out;

  KernelTables(PrintStream out) {
    this.out = out;
  }

  public static void main(String[] arguments) throws IOException {
    new KernelTables(new PrintStream(System.out, true, StandardCharsets.UTF_8))
        .print(
            Measured.parse(Files.readString(Path.of(arguments[0]))),
            Files.readAllLines(Path.of(arguments[1])));
  }

  /**
   * Prints the page.
   *
   * @param measured in the order of the rows
   * @param machine the lines of its description
   * @throws IllegalArgumentException in one sentence, if a floor is missing
   */
  void print(List<Measured> measured, List<String> machine) {
    out.println("# All tables of the kernels");
    out.println();
    paragraph(
        "This page is what [benchmarks/kernels.sh](../benchmarks/kernels.sh) writes;"
            + " [performance.md](performance.md) says what was found. Every kernel stands beside its"
            + " floor, measured in the same run.");
    out.println();
    machine.forEach(line -> out.println("- " + line));
    for (Section section : Section.values()) {
      List<Measured> rows =
          measured.stream()
              .filter(row -> row.kernel().section() == section && !row.kernel().isFloor())
              .toList();
      if (!rows.isEmpty()) {
        out.println();
        out.println("## " + section.title());
        out.println();
        paragraph(section.explanation());
        out.println();
        row(
            List.of(
                "what", "ms", "million weights/s", "MB/s", "floor, MB/s", "share of the floor"));
        out.println("|---|---|---|---|---|---|");
        rows.forEach(row -> row(cells(row, floor(row, measured))));
      }
    }
  }

  private static Measured floor(Measured row, List<Measured> measured) {
    return measured.stream()
        .filter(other -> other.isFloorOf(row))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "The floor of \""
                        + row.inWords()
                        + "\", "
                        + row.kernel().floor().benchmark()
                        + ", was not measured at the same size; add it to KernelPlan."));
  }

  private static List<String> cells(Measured row, Measured floor) {
    double share = 100 * row.bytes().median() / floor.bytes().median();
    return List.of(
        row.inWords(),
        number(MILLI / row.calls().median()),
        row.weights().scaled(1 / MEGA).toText(row.weights().median() < SMALL * MEGA ? 2 : 0),
        number(row.bytes().median() / MEGA),
        number(floor.bytes().median() / MEGA),
        number(share) + " %");
  }

  /** In lines as long as those of the other pages. */
  private void paragraph(String text) {
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ")) {
      if (line.length() + word.length() >= COLUMNS) {
        out.println(line);
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    out.println(line);
  }

  /** With three digits or so. */
  private static String number(double value) {
    int decimals = value < 0.1 ? 4 : value < SMALL ? 2 : value < SMALL * SMALL ? 1 : 0;
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }

  private void row(List<String> cells) {
    out.println(cells.stream().collect(Collectors.joining(" | ", "| ", " |")));
  }
}
