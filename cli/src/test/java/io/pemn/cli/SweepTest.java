package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.pemn.packager.FolderLock;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;

/** Sweeps as users run them: every run in a process of its own. */
class SweepTest {
  private static final String HEADER =
      "data,arch,network,dim,depth,strategy,ratio,kept,seed,epochs,dense_epochs,train_images,"
          + "test_images,accuracy,loss,train_accuracy,weights,parameters,unique_values,"
          + "unique_ratio,file_bytes,paper_bytes,fp32_bytes,compression,seconds,images_per_second,"
          + "device,settings,version,options\n";

  @TempDir static Path shared;
  private static String images;

  @TempDir Path folder;

  @BeforeAll
  static void writeImages() throws IOException {
    images = SmallImages.write(shared.resolve("images"));
  }

  private static Object[] tiny(Object output, Object... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("sweep", "--data", images, "-o", output, "--devices", "cpu"));
    arguments.addAll(List.of("--dim", "8", "--depth", "1", "--kernel", "3", "--patch", "4"));
    arguments.addAll(List.of("--batch-size", "32"));
    if (!List.of(more).contains("--seeds")) {
      arguments.addAll(List.of("--seeds", "1"));
    }
    arguments.addAll(List.of(more));
    return arguments.toArray();
  }

  private static List<String> column(Path csv, String name) throws IOException {
    List<String> lines = Files.readAllLines(csv);
    int place = List.of(lines.get(0).split(",")).indexOf(name);
    return lines.subList(1, lines.size()).stream().map(line -> line.split(",", -1)[place]).toList();
  }

  @Test
  void everyRunBecomesARowAndTheFiguresAreDrawn() throws IOException {
    Path csv = folder.resolve("results.csv");
    Object[] sweep =
        tiny(
            csv,
            "--strategies",
            "pruned-random,max-layer,random-vector",
            "--ratios",
            "1e-1",
            "--epochs",
            "1",
            "--json");
    CommandRun first = CommandRun.of(sweep).done();
    JsonObject report = first.json();
    assertEquals(4, report.get("runs").getAsInt());
    assertEquals(4, report.get("measured").getAsInt());
    assertEquals(0, report.getAsJsonArray("failed").size());
    assertEquals(
        Set.of("dense", "pruned-random", "max-layer", "random-vector"),
        new HashSet<>(column(csv, "strategy")));
    double best = 0;
    for (JsonElement point : report.getAsJsonArray("points")) {
      best = Math.max(best, point.getAsJsonObject().get("mean").getAsDouble());
      assertEquals(1, point.getAsJsonObject().get("seeds").getAsInt());
    }
    assertEquals(best, report.getAsJsonObject("best").get("mean").getAsDouble());
    assertTrue(first.err().contains("so that dense runs are added"), first.err());
    assertTrue(first.err().contains("[4/4] convmixer dim=8 depth=1"), first.err());
    for (String figure : List.of("accuracy.png", "accuracy.svg", "size.png", "size.svg")) {
      assertTrue(Files.size(folder.resolve("results-" + figure)) > 1000, figure);
    }

    String before = Files.readString(csv);
    CommandRun second = CommandRun.of(sweep).done();
    assertEquals(0, second.json().get("measured").getAsInt());
    assertEquals(4, second.json().get("found").getAsInt());
    assertEquals(before, Files.readString(csv));
    assertTrue(second.err().contains("4 of 4 runs are in the table already"), second.err());

    // A lost table is made again of what the folders of the runs keep, without training.
    Files.delete(csv);
    assertEquals(0, CommandRun.of(sweep).done().json().get("measured").getAsInt());
    assertEquals(new HashSet<>(before.lines().toList()), new HashSet<>(Files.readAllLines(csv)));
  }

  @Test
  void aKilledSweepGoesOnInTheMiddleOfARunAndEndsTheSame() throws Exception {
    Object[] more = {"--strategies", "max-layer", "--epochs", "20", "--jobs", "1"};
    Path undisturbed = folder.resolve("undisturbed.csv");
    CommandRun.of(tiny(undisturbed, more)).done();

    Path csv = folder.resolve("killed.csv");
    Process sweep = start(tiny(csv, more));
    Path runs = folder.resolve("killed.runs");
    await(() -> exists(runs, "checkpoint.safetensors"));
    List<ProcessHandle> children = sweep.descendants().toList();
    sweep.destroyForcibly().waitFor();
    // The run ends with its sweep, which could not tell it.
    for (ProcessHandle child : children) {
      child.onExit().get(60, TimeUnit.SECONDS);
    }
    assertFalse(children.isEmpty());
    assertFalse(Files.exists(csv));

    CommandRun.of(tiny(csv, more)).done();
    for (String name : List.of("accuracy", "loss", "file_bytes", "settings", "options")) {
      assertEquals(column(undisturbed, name), column(csv, name), name);
    }
    Path metrics;
    try (Stream<Path> files = Files.walk(runs)) {
      metrics = files.filter(f -> f.endsWith("metrics.csv")).findFirst().orElseThrow();
    }
    assertEquals(20, Files.readAllLines(metrics).size() - 1);
  }

  @Test
  void aRunThatFailsIsReportedAndTheOthersGoOn() throws IOException {
    Path csv = folder.resolve("failing.csv");
    CommandRun run =
        CommandRun.of(
            tiny(
                csv,
                "--strategies",
                "pruned-magnitude,max-layer",
                "--epochs",
                "2",
                "--dense-lr",
                "1e30",
                "--json"));
    assertEquals(Pemn.FAILURE, run.code(), run.err());
    assertEquals(List.of("max-layer"), column(csv, "strategy"));
    assertEquals(2, run.json().getAsJsonArray("failed").size());
    assertTrue(run.err().contains("dense, seed 1: failed: "), run.err());
    assertTrue(run.err().contains("a lower --lr may help"), run.err());
    assertTrue(run.err().contains("Its dense network failed"), run.err());
    assertTrue(run.err().contains("2 of 3 runs failed"), run.err());
    assertFalse(run.err().contains("\tat "), run.err());
  }

  @Test
  void aDryRunListsWhatWouldBeTrained() {
    Path csv = folder.resolve("none.csv");
    CommandRun run =
        CommandRun.of(
                tiny(
                    csv,
                    "--strategies",
                    "max-layer,random-vector",
                    "--ratios",
                    "1e-1,1e-4,1e-5",
                    "--dry-run"))
            .done();
    assertTrue(
        run.out().contains("max-layer, seed 1: 128 of 344 weights unique, 1.00 of the largest"),
        run.out());
    assertTrue(run.out().endsWith("3 runs" + System.lineSeparator()), run.out());
    assertTrue(run.err().contains("as that of 1e-4, so it is left out"), run.err());
    assertFalse(Files.exists(csv));
    JsonObject report = CommandRun.of(tiny(csv, "--dry-run", "--json", "--seeds", "2,5")).json();
    assertEquals(14, report.getAsJsonArray("runs").size());
    assertEquals(2, report.getAsJsonArray("runs").get(0).getAsJsonObject().get("seed").getAsInt());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--strategies max-layer --ratios 0.1|--ratios is for random-vector",
        "--strategies best|There is no --strategies 'best'; use one of dense, none, one-layer",
        "--seeds 0|The grid is empty",
        "--seeds many|--seeds is a number or a list",
        "--seeds 100000000|--seeds asks for 100,000,000 seeds, but a sweep has at most 10,000 runs",
        "--strategies max-layer --padding copy|--padding is for random-vector",
        "--strategies max-layer --one-layer-scope all|--one-layer-scope is for one-layer",
        "--devices gpu:0,1|write gpu: before every number, such as gpu:0,gpu:1",
        "--dry-run --devices gpu:0,1|--devices names \"1\"",
        "--strategies random-vector --ratios 0.1,0.1|--ratios names 0.1 twice",
        "--strategy max-layer|--strategy is swept over",
        "--seed 3|--seed is swept over",
        "--dims 8,16 --dim 8|--dim is swept over",
        "--mask dense|--mask dense is swept over",
        "--strategies dense --density 0.3|--density is about masks",
        "--strategies dense --lr 0.1|--lr is the rate of masks",
        "--strategies none --dense-lr 0.1|--dense-lr is for dense",
        "--distill 0.3|--distill is for a trained network",
        "--jobs 0|--jobs must be at least 1",
        "--plot figure.pdf|A plot is a .svg or .png file",
        "--plot-only other.csv|--plot-only names a table"
      })
  void whatMakesNoSenseIsRefusedBeforeAnythingRuns(String options, String message) {
    List<Object> arguments = new ArrayList<>(List.of("sweep", "--data", images));
    arguments.addAll(List.of("-o", folder.resolve("results.csv"), "--devices", "cpu"));
    arguments.addAll(List.of(options.split(" ")));
    CommandRun run = CommandRun.of(arguments.toArray());
    assertEquals(2, run.code(), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertFalse(Files.exists(folder.resolve("results.csv")));
  }

  @Test
  void aTableOfOtherColumnsIsLeftAlone() throws IOException {
    Path csv = Files.writeString(folder.resolve("mine.csv"), "date,weight\n2024-01-01,70\n");
    for (Object[] arguments :
        List.of(tiny(csv), new Object[] {"sweep", "--plot-only", csv}, table(csv))) {
      CommandRun run = CommandRun.of(arguments);
      assertEquals(Pemn.FAILURE, run.code());
      assertTrue(run.err().contains("is no table of pemn sweep of this version"), run.err());
    }
    assertEquals("date,weight\n2024-01-01,70\n", Files.readString(csv));
    Path other = Files.writeString(folder.resolve("other.csv"), HEADER.replace("loss,", "mood,"));
    assertTrue(
        CommandRun.of(tiny(other))
            .err()
            .contains("it lacks the columns loss and has the foreign columns mood"));
    CommandRun none = CommandRun.of("sweep", "--plot-only", folder.resolve("nowhere.csv"));
    assertEquals(Pemn.FAILURE, none.code());
    assertTrue(none.err().startsWith("There is no table "), none.err());
    CommandRun missing = CommandRun.of("sweep", "-o", folder.resolve("none.csv"));
    assertEquals(2, missing.code());
    assertTrue(missing.err().startsWith("Missing required option: '--data=SPEC'"), missing.err());
  }

  @ParameterizedTest
  @CsvSource({
    "accuracy,NaN",
    "accuracy,1.5",
    "loss,Infinity",
    "unique_ratio,0",
    "file_bytes,0",
    "ratio,0.1",
    "kept,0.5",
    "strategy,random-vector",
    "strategy,pruned-random"
  })
  void aRowThatNoRunCanHaveIsNamedByItsLine(String column, String value) throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(written()).subList(0, 3));
    String[] cells = lines.get(2).split(",", -1);
    cells[List.of(lines.get(0).split(",")).indexOf(column)] = value;
    lines.set(2, String.join(",", cells));
    Path csv = Files.write(folder.resolve("damaged.csv"), lines);
    CommandRun run = CommandRun.of("sweep", "--plot-only", csv);
    assertEquals(Pemn.FAILURE, run.code());
    assertEquals(
        "Line 3 of " + csv + " is no row of the table; delete the line.", run.err().strip());
  }

  @Test
  void figuresDoWithoutSizesThatATableDoesNotHave() throws IOException {
    String text = Files.readString(written());
    Path csv = folder.resolve("sizeless.csv");
    Path svg = folder.resolve("figure.svg");
    Files.writeString(csv, text.replaceAll("vit,vit dim=64 depth=4,64,4", "resnet,resnet,,"));
    CommandRun.of("sweep", "--plot-only", csv, "--plot-size", svg).done();
    assertTrue(Files.exists(svg));
  }

  @Test
  void aSecondSweepIntoATableIsRefused() throws IOException {
    Path csv = folder.resolve("taken.csv");
    FolderLock lock = new FolderLock("sweep.lock", "");
    try {
      Path runs = Files.createDirectory(folder.resolve("taken.runs"));
      lock.add(runs, "sweep into taken.csv", Duration.ZERO);
      Path elsewhere = folder.resolve("elsewhere");
      for (Object[] sweep : List.of(tiny(csv), tiny(csv, "--run-dir", elsewhere))) {
        CommandRun run = CommandRun.of(sweep);
        assertEquals(Pemn.FAILURE, run.code());
        assertTrue(run.err().startsWith("Another process of pemn is at work in "), run.err());
        assertTrue(
            run.err()
                .contains(
                    "sweep into taken.csv); wait until it ends, or name another table with -o"),
            run.err());
      }
    } finally {
      lock.close();
    }
    assertFalse(Files.exists(csv));
  }

  private static Object[] table(Path csv) {
    return new Object[] {"sweep", "-o", csv, "--table"};
  }

  @Test
  void aTableIsDrawnAndPrintedWithoutTraining() throws Exception {
    Path csv = written();
    Path png = folder.resolve("figure.png");
    Path svg = folder.resolve("size.svg");
    CommandRun run =
        CommandRun.of("sweep", "--plot-only", csv, "--plot", png, "--plot-size", svg, "--json")
            .done();
    assertEquals(2, run.json().getAsJsonArray("figures").size());
    assertEquals(10, run.json().getAsJsonArray("points").size());

    BufferedImage image = ImageIO.read(png.toFile());
    assertEquals(2 * 2 * 640, image.getWidth());
    assertEquals(2 * 480, image.getHeight());
    // Dense, mask, MP and RP on both panels.
    for (int panel = 0; panel < 2; panel++) {
      Set<Integer> colors = new HashSet<>();
      for (int x = panel * 1280; x < (panel + 1) * 1280; x++) {
        for (int y = 0; y < 960; y++) {
          colors.add(image.getRGB(x, y) & 0xFFFFFF);
        }
      }
      assertTrue(
          colors.containsAll(Set.of(0x000000, 0x009E73, 0xD55E00, 0x0072B2)), "panel " + panel);
    }
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
    Document document = factory.newDocumentBuilder().parse(svg.toFile());
    assertEquals("1280", document.getDocumentElement().getAttribute("width"));
    assertTrue(Files.size(svg) < 400_000, "" + Files.size(svg));

    String table = CommandRun.of(table(csv)).done().out();
    assertTrue(
        table.contains("| random-vector 0.01 | 41 | 0.0100 | 80.00 | 1.41 | 79.00 to 81.00 | 2 |"),
        table);
    assertEquals(table, CommandRun.of("sweep", "--plot-only", csv, "--table").done().out());
  }

  /** Two networks, five points, two seeds. */
  private Path written() throws IOException {
    StringBuilder csv = new StringBuilder(HEADER);
    for (String network : List.of("convmixer dim=64 depth=4", "vit dim=64 depth=4")) {
      String digest = network.substring(0, 3);
      for (int seed = 1; seed <= 2; seed++) {
        String start = "fashion-mnist," + network.split(" ")[0] + "," + network + ",64,4,";
        csv.append(start + row("dense,,", seed, 0.86, 23680, 90_000, digest + 0));
        csv.append(start + row("none,,", seed, 0.81, 23680, 6_000, digest + 1));
        csv.append(start + row("max-layer,,", seed, 0.815, 4096, 6_010, digest + 2));
        csv.append(start + row("random-vector,0.01,", seed, 0.8, 41, 6_020, digest + 3));
        csv.append(start + row("pruned-random,,0.04", seed, 0.7, 947, 4_000, digest + 4));
      }
    }
    return Files.writeString(folder.resolve("written.csv"), csv);
  }

  private static String row(
      String strategy, int seed, double accuracy, int unique, int bytes, String settings) {
    double own = accuracy + (seed == 1 ? -0.01 : 0.01);
    return String.join(
        ",",
        strategy,
        "" + seed,
        "10,0,10000,2000",
        "" + own,
        "0.5,0.8,23680,24832",
        "" + unique,
        "" + unique / 4096.0,
        "" + bytes,
        "9000,99328,1.0,10.0,1000.0,cpu",
        settings,
        "pemn,x\n");
  }

  private static boolean exists(Path folder, String name) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.anyMatch(file -> file.endsWith(name));
    } catch (IOException e) {
      return false;
    }
  }

  private interface Condition {
    boolean holds();
  }

  private static void await(Condition condition) throws InterruptedException {
    for (int i = 0; i < 1200; i++) {
      if (condition.holds()) {
        return;
      }
      Thread.sleep(50);
    }
    throw new AssertionError("It never came.");
  }

  /** Starts pemn in a process of its own. */
  private Process start(Object... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Dpemn.home=" + System.getProperty("pemn.home"));
    command.add("-Dai.djl.pytorch.num_threads=1");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Pemn.class.getName()));
    Arrays.stream(arguments).map(String::valueOf).forEach(command::add);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("process.txt").toFile())
        .start();
  }
}
