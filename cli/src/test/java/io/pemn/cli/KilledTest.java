package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pemn.compressor.sweep.SweepRow;
import io.pemn.compressor.training.Checkpoint;
import io.pemn.compressor.training.MetricsCsv;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Processes that are killed with SIGKILL, at random moments and at random lines of the code that
 * writes: no file under a final name is ever half there, and the same command ends with exactly
 * what it would have ended with undisturbed.
 *
 * <p>{@code -Dpemn.kill.seed=N} replays the choices of a failure; at which instruction a process is
 * when its time is over cannot be replayed, but at which line it is killed can.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no SIGKILL")
class KilledTest {
  private static final long SEED = Long.getLong("pemn.kill.seed", System.nanoTime() % 1_000_000);
  private static final Path MODEL = Modules.file("resnet8-traced.pt");

  /** What processes that live, or that were killed, may leave behind. */
  private static final Pattern TEMPORARY =
      Pattern.compile("\\..+\\.[0-9a-f]{8}-[0-9a-f]{4}\\.tmp(\\.folder)?");

  private static final Set<String> NO_RESULTS = Set.of("run.lock", "sweep.lock", "log.txt");

  @TempDir static Path shared;
  private static String images;
  private static String samples;
  private static int kills;
  private static final List<String> PLACES = new ArrayList<>();

  @TempDir Path folder;
  private Random random;

  @BeforeAll
  static void writeData() throws IOException {
    images = SmallImages.write(shared.resolve("images"));
    samples = Modules.tensors(shared.resolve("samples.safetensors"), 10, 1, 8, 8);
  }

  @BeforeEach
  void seed(TestInfo test) {
    random = new Random(SEED + test.getDisplayName().hashCode());
  }

  @AfterAll
  static void countKills() {
    System.out.printf(
        "%d processes were killed (pemn.kill.seed=%d), of these at lines: %s%n",
        kills, SEED, PLACES);
  }

  // ---------------------------------------------------------------------------------- compress

  @Test
  void compressIsResumedToTheSameEnd() throws Exception {
    Object[] options = {
      "--dim",
      8,
      "--depth",
      1,
      "--kernel",
      3,
      "--patch",
      4,
      "--batch-size",
      32,
      "--epochs",
      12,
      "--metrics-every",
      3
    };
    resumedToTheSameEnd(14, concat(new Object[] {"compress", "--data", images}, options));
  }

  @Test
  void compressOfATrainedNetworkIsResumedToTheSameEnd() throws Exception {
    Object[] options = {"--epochs", 6, "--batch-size", 16};
    resumedToTheSameEnd(6, concat(new Object[] {"compress", MODEL, "--data", samples}, options));
  }

  /** Kills a training again and again while it goes on, until it has ended, several times over. */
  private void resumedToTheSameEnd(int wanted, Object... command) throws Exception {
    Object[] all = concat(command, "--device", "cpu", "--json", "--resume", "-o");
    Path whole = Files.createDirectory(folder.resolve("whole"));
    int lines = WritingCode.run(logs(), concat(all, archive(whole)));
    assertTrue(lines > 200, "the debugger saw " + lines + " lines");
    JsonObject undisturbed = said();
    long start = System.nanoTime();
    ChildPemn.start(logs(), concat(all, archive(whole))).json();
    long startMillis = (System.nanoTime() - start) / 1_000_000;

    int killed = 0;
    for (int round = 0; killed < wanted; round++) {
      Path place = Files.createDirectory(folder.resolve("round" + round));
      Object[] arguments = concat(all, archive(place));
      boolean ended = false;
      for (int left = lines; !ended; ) {
        if (killed == wanted) {
          ChildPemn.start(logs(), arguments).json();
          ended = true;
        } else if (random.nextInt(3) > 0) {
          WritingCode.Course course =
              WritingCode.killAt(1 + random.nextInt(Math.max(1, left)), logs(), arguments);
          ended = !noted(course);
          // What was killed late leaves less to do.
          left = Math.max(100, left - course.lines() / 2);
        } else {
          ended = !killedAfter(startMillis + random.nextInt(1000), arguments);
        }
        killed += ended ? 0 : 1;
        checkAll(place, whole);
      }
      assertArrayEquals(
          Files.readAllBytes(archive(whole)), Files.readAllBytes(archive(place)), context());
      for (String key : List.of("accuracy", "loss", "train_loss", "epochs")) {
        assertEquals(undisturbed.get(key), said().get(key), key + " " + context());
      }
      assertEquals(metrics(whole), metrics(place), context());
      Checkpoint end = Checkpoint.load(place.resolve("a.run/checkpoint.safetensors"));
      Checkpoint expected = Checkpoint.load(whole.resolve("a.run/checkpoint.safetensors"));
      assertEquals(expected.masks(), end.masks(), context());
      assertEquals(List.of(), leftBehind(place), context());
    }
  }

  private static Path archive(Path place) {
    return place.resolve("a.pemn");
  }

  /** The rows without what depends on the clock. */
  private static List<String> metrics(Path place) throws IOException {
    List<String> lines = Files.readAllLines(place.resolve("a.run").resolve("metrics.csv"));
    int seconds = List.of(lines.get(0).split(",")).indexOf("seconds");
    return lines.stream()
        .map(line -> new ArrayList<>(List.of(line.split(",", -1))))
        .peek(cells -> cells.subList(seconds, seconds + 2).clear())
        .map(cells -> String.join(",", cells))
        .toList();
  }

  // ------------------------------------------------------------------------------- pack, unpack

  @Test
  void packWritesAWholeArchiveOrNone() throws Exception {
    Path run = shared.resolve("packed.run");
    if (!Files.exists(run)) {
      compressed(shared.resolve("packed.pemn"));
    }
    wholeOrNone(14, "a.pemn", "pack", run, "-o");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.safetensors", "a.pt", "a/"})
  void unpackWritesAllWeightsOrNone(String name) throws Exception {
    Path archive = shared.resolve("unpacked.pemn");
    if (!Files.exists(archive)) {
      compressed(archive);
    }
    wholeOrNone(6, name, "unpack", archive, "-o");
  }

  private static void compressed(Path archive) {
    Modules.compress(MODEL, samples, archive).done();
  }

  /** Kills a command at lines from the first to the last, and at random moments. */
  private void wholeOrNone(int wanted, String name, Object... command) throws Exception {
    Path whole = Files.createDirectory(folder.resolve("whole"));
    Object[] undisturbed = concat(command, whole + "/" + name);
    int lines = WritingCode.run(logs(), undisturbed);
    assertTrue(lines > 20, "the debugger saw " + lines + " lines");
    Path place = Files.createDirectory(folder.resolve("place"));
    Object[] arguments = concat(command, place + "/" + name);
    Path target = place.resolve(name);
    for (int i = 0; i < wanted; i++) {
      boolean before = Files.exists(target);
      if (i % 4 < 3) {
        // Stratified, so that the whole course is covered whatever the seed.
        int line = 1 + (int) (lines * (i + random.nextDouble()) / wanted);
        noted(WritingCode.killAt(Math.min(lines, line), logs(), arguments));
      } else {
        killedWhenSeen(place, random.nextInt(3000), arguments);
      }
      checkAll(place, whole);
      assertTrue(Files.exists(target) || !before, "the previous file is lost, " + context());
      if (Files.isDirectory(target)) {
        delete(target); // What is not empty is not unpacked into.
      }
    }
    assertEquals(0, ChildPemn.start(logs(), arguments).awaitEnd());
    assertEquals(contents(whole), contents(place), context());
  }

  // -------------------------------------------------------------------------------------- sweep

  @Test
  void aSweepIsResumedToTheSameTable() throws Exception {
    Object[] options = {
      "--dim",
      8,
      "--depth",
      1,
      "--kernel",
      3,
      "--patch",
      4,
      "--batch-size",
      32,
      "--epochs",
      6,
      "--seeds",
      1,
      "--strategies",
      "max-layer,pruned-magnitude",
      "--devices",
      "cpu",
      "--jobs",
      2
    };
    Object[] all = concat(new Object[] {"sweep", "--data", images, "--json"}, options);
    Path whole = Files.createDirectory(folder.resolve("whole"));
    long start = System.nanoTime();
    int lines = WritingCode.run(logs(), concat(all, "-o", table(whole)));
    int millis = (int) ((System.nanoTime() - start) / 1_000_000);
    Path place = Files.createDirectory(folder.resolve("place"));
    Object[] arguments = concat(all, "-o", table(place));
    int killed = 0;
    for (int i = 0; killed < 8; i++) {
      boolean ended =
          switch (i % 3) {
            case 0 -> !killedWithARunOfIt(millis / 2, arguments);
            case 1 -> !killedAfter(random.nextInt(millis), arguments);
            default -> !noted(WritingCode.killAt(1 + random.nextInt(lines), logs(), arguments));
          };
      killed += ended ? 0 : 1;
      checkAll(place, whole);
      if (ended) {
        assertEquals(rows(whole), rows(place), context());
        delete(place);
        Files.createDirectory(place);
      }
    }
    JsonObject report = ChildPemn.start(logs(), arguments).json();
    assertEquals(0, report.getAsJsonArray("failed").size());
    assertEquals(rows(whole), rows(place), context());
    assertEquals(List.of(), leftBehind(place), context());
    for (Path file : files(place)) {
      assertTrue(!file.getFileName().toString().startsWith("checkpoint"), "not tidied: " + file);
    }
  }

  private static Path table(Path place) {
    return place.resolve("results.csv");
  }

  /** The table's rows without what depends on the clock, in no order. */
  private static Set<Map<String, String>> rows(Path place) throws IOException {
    List<String> lines = Files.readAllLines(table(place));
    List<String> names = List.of(lines.get(0).split(","));
    return lines.stream()
        .skip(1)
        .map(
            line -> {
              String[] cells = line.split(",", -1);
              Map<String, String> row = new TreeMap<>();
              for (int i = 0; i < cells.length; i++) {
                row.put(names.get(i), cells[i]);
              }
              row.keySet().removeAll(Set.of("seconds", "images_per_second"));
              return row;
            })
        .collect(Collectors.toSet());
  }

  /** Kills one of the processes that the sweep started, and, by chance, then the sweep. */
  private boolean killedWithARunOfIt(int millis, Object... arguments) throws Exception {
    try (ChildPemn sweep = ChildPemn.start(logs(), arguments)) {
      if (!sweep.runsUntil(() -> sweep.process().children().findAny().isPresent())) {
        return false;
      }
      sweep.runsFor(random.nextInt(millis));
      sweep.process().children().findAny().ifPresent(ProcessHandle::destroyForcibly);
      kills++;
      if (random.nextBoolean()) {
        sweep.runsFor(random.nextInt(500));
        return sweep.kill();
      }
      int code = sweep.awaitEnd();
      assertTrue(code == 0 || code == 1, "exit code " + code + ", " + context());
      return code == 1;
    }
  }

  // -------------------------------------------------------------------------------------- kills

  private boolean killedAfter(long millis, Object... arguments) throws Exception {
    try (ChildPemn child = ChildPemn.start(logs(), arguments)) {
      child.runsFor(millis);
      return countedKill(child);
    }
  }

  /** Kills it some microseconds after a temporary file appears. */
  private boolean killedWhenSeen(Path place, int micros, Object... arguments) throws Exception {
    List<Path> before = leftBehind(place);
    try (ChildPemn child = ChildPemn.start(logs(), arguments)) {
      child.runsUntil(() -> !before.containsAll(leftBehind(place)));
      long end = System.nanoTime() + 1000L * micros;
      child.runsUntil(() -> System.nanoTime() > end);
      return countedKill(child);
    }
  }

  private boolean countedKill(ChildPemn child) throws IOException, InterruptedException {
    boolean killed = child.kill();
    kills += killed ? 1 : 0;
    int code = child.awaitEnd();
    assertTrue(killed || code == 0, "exit code " + code + ": " + child.err() + context());
    return killed;
  }

  /** Counts a kill; no if it ended well before it came to the line. */
  private static boolean noted(WritingCode.Course course) {
    if (course.stopped().isEmpty()) {
      assertEquals(0, course.code(), context());
      return false;
    }
    kills++;
    PLACES.add(course.stopped().get());
    return true;
  }

  private Path logs() {
    return folder.resolve("logs");
  }

  private JsonObject said() throws IOException {
    return JsonParser.parseString(Files.readString(logs().resolve("out.txt"))).getAsJsonObject();
  }

  private static String context() {
    return "replay with -Dpemn.kill.seed=" + SEED + ", last killed at " + last();
  }

  private static String last() {
    return PLACES.isEmpty() ? "no line" : PLACES.get(PLACES.size() - 1);
  }

  // ---------------------------------------------------------------------------- what is allowed

  /** Checks that every file under a final name is whole. */
  private static void checkAll(Path place, Path whole) throws IOException {
    for (Path file : files(place)) {
      String name = file.getFileName().toString();
      try {
        if (!isTemporary(place, file) && !NO_RESULTS.contains(name)) {
          check(file, whole.resolve(place.relativize(file)));
        }
      } catch (NoSuchFileException e) {
        // Of a run that a killed sweep left behind, and that is ending.
        continue;
      } catch (IOException e) {
        throw new AssertionError(file + " is not whole, " + context(), e);
      }
    }
  }

  private static void check(Path file, Path expected) throws IOException {
    String name = file.getFileName().toString();
    if (name.endsWith(".pemn")) {
      PemnArchive.open(file).verify();
    } else if (name.startsWith("checkpoint.")) {
      Checkpoint.load(file);
    } else if (name.equals("metrics.csv")) {
      MetricsCsv.read(file);
    } else if (name.equals("results.csv") || name.equals("row.csv")) {
      SweepRow.table(file);
      assertTrue(Files.readString(file).endsWith("\n"), file + " " + context());
    } else if (name.equals("task.json")) {
      JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    } else if (name.equals("module.pt")) {
      assertArrayEquals(Files.readAllBytes(MODEL), Files.readAllBytes(file), context());
    } else if (name.endsWith(".png")) {
      // Of a sweep whose run was killed, with fewer points.
      assertTrue(ImageIO.read(file.toFile()) != null, file + " " + context());
    } else if (name.endsWith(".svg")) {
      assertTrue(
          Files.readString(file).replaceAll("\\s", "").endsWith("</svg>"), file + " " + context());
    } else if (name.endsWith(".zst")
        || name.endsWith(".npy")
        || name.endsWith(".pt")
        || name.endsWith(".safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(expected), Files.readAllBytes(file), file + " " + context());
    } else {
      fail("nobody writes " + file + ", " + context());
    }
    Path folder = file.getParent();
    if (name.endsWith(".npy")) {
      assertEquals(names(expected.getParent()), names(folder), folder + " " + context());
    }
  }

  private static boolean isTemporary(Path place, Path file) {
    for (Path part : place.relativize(file)) {
      if (TEMPORARY.matcher(part.toString()).matches()) {
        return true;
      }
    }
    return false;
  }

  private static List<Path> leftBehind(Path place) throws IOException {
    return files(place).stream().filter(file -> isTemporary(place, file)).toList();
  }

  private static Set<String> names(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(entry -> entry.getFileName().toString()).collect(Collectors.toSet());
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    List<Path> folders = new ArrayList<>(List.of(folder));
    while (!folders.isEmpty()) {
      try (Stream<Path> entries = Files.list(folders.remove(0))) {
        for (Path entry : entries.sorted().toList()) {
          (Files.isDirectory(entry) ? folders : files).add(entry);
        }
      } catch (NoSuchFileException e) {
        // A temporary folder that was renamed meanwhile.
        continue;
      }
    }
    return files;
  }

  private static Map<String, Integer> contents(Path folder) throws IOException {
    Map<String, Integer> contents = new TreeMap<>();
    for (Path file : files(folder)) {
      contents.put(folder.relativize(file).toString(), Arrays.hashCode(Files.readAllBytes(file)));
    }
    return contents;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : new TreeSet<>(all.toList()).descendingSet()) {
        Files.delete(path);
      }
    }
  }

  private static Object[] concat(Object[] first, Object... second) {
    return Stream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }
}
