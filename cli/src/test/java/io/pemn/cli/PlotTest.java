package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlotTest {
  private static final String COLUMNS =
      "epoch,step,lr,train_loss,train_accuracy,validation_loss,validation_accuracy,test_loss,"
          + "test_accuracy,mask_flips,seconds,images_per_second";
  private static final String WITHIN = "1,4,0.005,2.1,0.2,,,,,,0.5,100.0,,\n";
  private static final String FIRST = "1,8,0.01,1.9,0.3,1.8,0.4,,,900,1.0,100.0,0.5,0.4\n";
  private static final String SECOND = "2,16,0,1.2,0.6,1.1,0.7,1.15,0.65,30,1.0,110.0,0.51,0.41\n";

  private static final int ORANGE = 0xE69F00;
  private static final int BLUE = 0x0072B2;
  private static final int BLACK = 0x000000;

  @TempDir Path folder;

  private Path metrics(String name, String... rows) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(
        file, COLUMNS + ",density:stem.weight,density:head.weight\n" + String.join("", rows));
  }

  @Test
  void aRunIsDrawnWithAPanelAQuantity() throws IOException {
    Path csv = metrics("a.run/metrics.csv", WITHIN, FIRST, SECOND);
    Path png = folder.resolve("curves.png");
    Path svg = folder.resolve("curves.svg");

    JsonObject report =
        CommandRun.of("plot", csv.getParent(), "-o", png, "-o", svg, "--json").done().json();

    assertEquals(
        List.of("loss", "accuracy", "learning rate", "mask flips", "density", "speed"),
        report.getAsJsonArray("panels").asList().stream().map(JsonElement::getAsString).toList());
    JsonObject run = report.getAsJsonArray("runs").get(0).getAsJsonObject();
    assertEquals(3, run.get("rows").getAsInt());
    assertEquals(2, run.get("epochs").getAsInt());
    assertEquals(2, run.get("layers").getAsInt());
    assertEquals(csv.toString(), run.get("metrics").getAsString());
    String drawing = Files.readString(svg);
    assertTrue(drawing.contains("<svg"));
    for (String color : List.of("rgb(230,159,0)", "rgb(0,114,178)", "rgb(68,1,84)")) {
      assertTrue(drawing.contains(color), color);
    }
    assertFalse(drawing.contains(folder.toString()));
    BufferedImage image = ImageIO.read(png.toFile());
    assertEquals(2 * 2 * 640, image.getWidth());
    assertEquals(2 * 3 * 400, image.getHeight());
    for (int color : new int[] {ORANGE, BLUE, BLACK, 0x440154}) {
      assertTrue(has(image, color), Integer.toHexString(color));
    }
    byte[] before = Files.readAllBytes(png);
    CommandRun.of("plot", csv, "-o", png).done();
    assertArrayEquals(before, Files.readAllBytes(png));
  }

  @Test
  void runsAreComparedInColoursOfTheirOwn() throws IOException {
    Path one = metrics("one.run/metrics.csv", FIRST, SECOND);
    Path other = metrics("other.run/metrics.csv", FIRST);
    Path dense = folder.resolve("dense.csv");
    Files.writeString(dense, COLUMNS + "\n1,8,0.01,1.5,0.3,,,1.6,0.35,0,1.0,200.0\n");
    Path svg = folder.resolve("curves.svg");

    CommandRun run = CommandRun.of("plot", one, other, "-o", svg).done();

    assertTrue(run.out().contains("mask flips, density, speed of 2 runs"), run.out());
    String drawing = Files.readString(svg);
    for (String color : List.of("rgb(230,159,0)", "rgb(0,114,178)")) {
      assertTrue(drawing.contains(color), color);
    }
    // Where the files' own names differ, they are enough; a dense network has nothing to flip.
    assertEquals(List.of("one.run", "other.run"), names(one, other));
    assertEquals(List.of("metrics.csv", "dense.csv"), names(one, dense));
    Path deeper = metrics("deep/one.run/metrics.csv", FIRST);
    assertEquals(List.of(one.toString(), deeper.toString()), names(one, deeper));
    String panels =
        CommandRun.of("plot", dense, "-o", svg, "--json").done().json().get("panels").toString();
    assertEquals("[\"loss\",\"accuracy\",\"learning rate\",\"speed\"]", panels);
  }

  @Test
  void aTrainingInItsFirstEpochIsDrawnOverSteps() throws IOException {
    Path csv = metrics("metrics.csv", WITHIN);
    Path png = folder.resolve("curves.png");
    assertFailed(
        CommandRun.of("plot", csv, "-o", png),
        "has no row of a whole epoch yet; wait for the first epoch, or give --over step.");
    assertFalse(Files.exists(png));
    CommandRun.of("plot", csv, "-o", png, "--over", "step").done();
    // What is still being written does not disturb.
    Files.writeString(csv, Files.readString(csv) + FIRST + "2,12,0.0");
    CommandRun.of("plot", csv, "-o", png).done();
  }

  /** A layer of the first run is called as the second run is. */
  @Test
  void curvesOfOneNameAreBothDrawn() throws IOException {
    Path one = folder.resolve("a.csv");
    Path other = folder.resolve("a.csv z");
    Files.writeString(one, COLUMNS + ",density:y,density:z\n" + FIRST);
    Files.writeString(other, COLUMNS + ",density:y,density:z\n" + FIRST);
    Path svg = folder.resolve("curves.svg");
    CommandRun.of("plot", one, other, "-o", svg).done();
    assertTrue(Files.readString(svg).contains("a.csv z"));
  }

  @Test
  void whatIsNoMetricsIsRefusedInASentence() throws IOException {
    Path png = folder.resolve("curves.png");
    Path foreign = Files.writeString(folder.resolve("results.csv"), "network,seed\nmlp,1\n");
    assertFailed(
        CommandRun.of("plot", foreign, "-o", png), "its first line is \"network,seed\", but");
    Path empty = Files.writeString(folder.resolve("empty.csv"), "");
    assertFailed(CommandRun.of("plot", empty, "-o", png), "is empty");
    assertFailed(
        CommandRun.of("plot", metrics("none.csv"), "-o", png), "has no row of metrics yet");
    assertFailed(
        CommandRun.of("plot", metrics("bad.csv", FIRST, "2,16,x\n"), "-o", png), "Line 3 of ");
    Path doubled =
        Files.writeString(
            folder.resolve("doubled.csv"),
            COLUMNS + ",density:a,density:a\n1,8,0.01,1.9,0.3,1.8,0.4,,,900,1.0,100.0,0.5,0.4\n");
    assertFailed(
        CommandRun.of("plot", doubled, "-o", png), "has the column \"density:a\" twice, but");
    assertFailed(CommandRun.of("plot", folder.resolve("absent.csv"), "-o", png), "There is no");
    assertFailed(CommandRun.of("plot", folder, "-o", png), "There is no");
    assertFalse(Files.exists(png));
  }

  @Test
  void whereNothingCanBeDrawnIsRefusedInASentence() throws IOException {
    Path csv = metrics("metrics.csv", FIRST);
    assertFailed(
        CommandRun.of("plot", csv, "-o", folder.resolve("absent").resolve("c.png")), "absent");
    CommandRun other = CommandRun.of("plot", csv, "-o", folder.resolve("curves.pdf"));
    assertEquals(2, other.code());
    assertTrue(other.err().contains("A plot is a .svg or .png file"), other.err());
    CommandRun twice = CommandRun.of("plot", csv, csv, "-o", folder.resolve("c.png"));
    assertEquals(Pemn.FAILURE, twice.code());
    assertTrue(twice.err().contains("given twice"), twice.err());
    assertEquals(2, CommandRun.of("plot", "-o", folder.resolve("c.png")).code());
    assertEquals(2, CommandRun.of("plot", csv).code());
  }

  private List<String> names(Path first, Path second) {
    Path png = folder.resolve("names.png");
    JsonObject report = CommandRun.of("plot", first, second, "-o", png, "--json").done().json();
    return report.getAsJsonArray("runs").asList().stream()
        .map(run -> run.getAsJsonObject().get("name").getAsString())
        .toList();
  }

  private static void assertFailed(CommandRun run, String expected) {
    assertEquals(Pemn.FAILURE, run.code(), run.err());
    assertEquals("", run.out());
    assertEquals(1, run.err().strip().lines().count(), run.err());
    assertTrue(run.err().contains(expected), run.err());
  }

  private static boolean has(BufferedImage image, int color) {
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        if ((image.getRGB(x, y) & 0xFFFFFF) == color) {
          return true;
        }
      }
    }
    return false;
  }
}
