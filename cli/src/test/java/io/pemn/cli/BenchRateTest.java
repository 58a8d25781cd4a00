package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pemn.compressor.rate.RateMethod;
import io.pemn.compressor.rate.RateNetwork;
import io.pemn.packager.baseline.WeightFormat;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import picocli.CommandLine;

class BenchRateTest {
  private static final String HEADER =
      "network,group,method,seed,accuracy,loss,file_bytes,bits_per_weight,epochs,parameters,"
          + "weights,fp32_bytes,paper_bytes,settings\n";

  private static final List<RateNetwork> NETWORKS =
      List.of(
          new RateNetwork(
              "tiny",
              Map.of(
                  "arch", "mlp",
                  "hidden", "8",
                  "train-images", "100",
                  "epochs", "1",
                  "batch-size", "32",
                  "augmentation", "none")));

  private static final List<RateMethod> METHODS =
      List.of(
          method("dense-fp16", WeightFormat.FLOAT16),
          method("dense-int4", WeightFormat.INT4),
          new RateMethod(
              "sign",
              "pemn",
              List.of("*"),
              new RateMethod.Masks(
                  Map.of(
                      "mask", "sign",
                      "select", "top-k",
                      "budget", "uniform",
                      "density", "1",
                      "scores", "signed",
                      "remainder-lr", "0.02",
                      "prototype", "signed-constant",
                      "remainder", "bf16"),
                  RateMethod.Stored.ARCHIVE)));

  @TempDir Path folder;

  private static RateMethod method(String name, WeightFormat format) {
    return new RateMethod(name, "dense", List.of("tiny"), new RateMethod.Dense(format, Map.of()));
  }

  private static CommandRun tiny(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command =
        new CommandLine(new BenchRateCommand(NETWORKS, METHODS))
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err));
    String[] texts = new String[arguments.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = String.valueOf(arguments[i]);
    }
    int code = command.execute(texts);
    return new CommandRun(code, out.toString(), err.toString());
  }

  /** Two networks, three groups, two seeds. */
  private Path table() throws IOException {
    StringBuilder csv = new StringBuilder(HEADER);
    for (String network : List.of("mlp", "convmixer-64")) {
      for (int seed = 1; seed <= 2; seed++) {
        csv.append(row(network, "pemn", "pemn-sign", seed, 0.85 + seed / 100.0, 43_000));
        csv.append(row(network, "dense", "dense-int4", seed, 0.87, 148_000));
        csv.append(row(network, "dense", "dense-fp32", seed, 0.88, 1_250_000));
        csv.append(row(network, "own", "mine", seed, 0.8 - seed / 50.0, 9_000));
      }
    }
    return Files.writeString(folder.resolve("rate.csv"), csv);
  }

  private static String row(
      String network, String group, String method, int seed, double accuracy, int bytes) {
    return String.join(",", network, group, method, "" + seed, "" + accuracy)
        + ",0.5,"
        + bytes
        + ",1.05,6,337418,334336,1349672,54128,00\n";
  }

  @Test
  void measuresWhatTheTableLacksAndDrawsIt() throws IOException {
    String images = SmallImages.write(folder.resolve("images"));
    Path csv = folder.resolve("tiny.csv");
    Path plot = folder.resolve("tiny.png");
    CommandRun first =
        tiny("--data", images, "-o", csv, "--seeds", "1,2,1", "--only", "dense-*", "--plot", plot)
            .done();
    assertTrue(first.out().endsWith("4 rows measured, 4 in all" + System.lineSeparator()));
    assertTrue(
        first.err().contains("training 1 of 2: tiny, seed 1, for dense-fp16, dense-int4"),
        first.err());
    assertTrue(first.err().contains("epoch 1/1: loss"), first.err());
    assertTrue(first.err().contains("dense-int4: test accuracy"), first.err());
    assertTrue(Files.size(plot) > 1000);

    CommandRun second =
        tiny("--data", images, "-o", csv, "--seeds", "1,2", "--network", "t*", "--json").done();
    JsonObject report = JsonParser.parseString(second.out()).getAsJsonObject();
    assertEquals(2, report.get("measured").getAsInt());
    assertEquals(6, report.getAsJsonArray("rows").size());
    assertEquals(3, report.getAsJsonArray("points").size());
    assertFalse(second.err().contains("dense"), second.err());
    assertEquals(7, Files.readAllLines(csv).size());
    try (var files = Files.list(folder)) {
      assertEquals(
          Set.of("images", "tiny.csv", "tiny.png"),
          new HashSet<>(files.map(file -> file.getFileName().toString()).toList()));
    }
  }

  @Test
  void printsTheTableWithoutData() throws IOException {
    String table = CommandRun.of("bench", "rate", "-o", table(), "--table").done().out();
    assertTrue(table.startsWith("**mlp**: 337,418 parameters, 6 epochs\n\n| | method |"), table);
    assertTrue(
        table.contains(
            "| pemn | pemn-sign | 86.50 | 86.00 to 87.00 | 2 | 43,000 | 1.05 | 54,128 |\n"),
        table);
    assertTrue(table.indexOf("dense-fp32") < table.indexOf("dense-int4"), table);
  }

  @Test
  void plotsArePicturesWithEverySeries() throws Exception {
    Path png = folder.resolve("rate.png");
    Path svg = folder.resolve("rate.SVG");
    CommandRun.of("bench", "rate", "-o", table(), "--plot-only", "--plot", png, "--plot", svg)
        .done();

    BufferedImage image = ImageIO.read(png.toFile());
    assertEquals(2 * 2 * 640, image.getWidth());
    assertEquals(2 * 480, image.getHeight());
    // Of pemn, dense, and a group that the table does not know, on both panels.
    for (int panel = 0; panel < 2; panel++) {
      Set<Integer> colors = new HashSet<>();
      for (int x = panel * 1280; x < (panel + 1) * 1280; x++) {
        for (int y = 0; y < 960; y++) {
          colors.add(image.getRGB(x, y) & 0xFFFFFF);
        }
      }
      assertTrue(colors.containsAll(Set.of(0x0072B2, 0x000000, 0xD55E00)), "" + panel);
    }

    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
    Document document = factory.newDocumentBuilder().parse(svg.toFile());
    assertEquals("1280", document.getDocumentElement().getAttribute("width"));
    assertTrue(document.getElementsByTagName("path").getLength() > 50);
    String text = Files.readString(svg);
    assertTrue(text.contains("rgb(0,114,178)"), "no line in the colour of pemn");
    assertTrue(Files.size(svg) < 300_000, "" + Files.size(svg));
  }

  @Test
  void whatCannotBeDoneIsSaidBeforeAnythingIsMeasured() throws IOException {
    Path csv = table();
    usage(CommandRun.of("bench", "rate", "-o", csv), "Missing required option: '--data=SPEC'");
    usage(CommandRun.of("bench", "rate", "-o", csv, "--plot-only"), "Name a file with --plot");
    usage(
        CommandRun.of("bench", "rate", "-o", csv, "--plot-only", "--plot", "x.pdf"),
        "A plot is a .svg or .png file");
    usage(
        CommandRun.of("bench", "rate", "-o", csv, "--data", "bundled", "--network", "nobody"),
        "Networks: mlp, convmixer-64");
    usage(
        CommandRun.of(
            "bench",
            "rate",
            "-o",
            csv,
            "--data",
            "bundled",
            "--network",
            "mlp",
            "--only",
            "dense-dim-12"),
        "No method of these networks has such a name.");
    CommandRun none = CommandRun.of("bench", "rate", "-o", folder.resolve("none.csv"), "--table");
    assertEquals(1, none.code());
    assertTrue(none.err().startsWith("There are no rows in "), none.err());
    CommandRun empty =
        CommandRun.of(
            "bench",
            "rate",
            "-o",
            folder.resolve("none.csv"),
            "--plot-only",
            "--plot",
            folder.resolve("none.svg"));
    assertEquals(1, empty.code());
    assertTrue(empty.err().startsWith("There is nothing to draw"), empty.err());
    CommandRun same =
        CommandRun.of(
            "bench",
            "rate",
            "-o",
            folder.resolve("a.svg"),
            "--plot-only",
            "--plot",
            folder.resolve("a.svg"));
    assertEquals(1, same.code());
  }

  private static void usage(CommandRun run, String message) {
    assertEquals(2, run.code(), run.err());
    assertTrue(run.err().startsWith(message) || run.err().contains(message), run.err());
  }
}
