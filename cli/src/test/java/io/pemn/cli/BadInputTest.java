package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is wrong, a user reads one sentence and loses nothing. */
class BadInputTest {
  @TempDir static Path shared;
  private static Path images;
  private static String data;
  private static Path archive;
  private static byte[] bytes;

  @TempDir Path folder;

  @BeforeAll
  static void compress() throws IOException {
    images = shared.resolve("images");
    data = SmallImages.write(images);
    archive = shared.resolve("tiny.pemn");
    CommandRun.compressTiny(data, archive).done();
    bytes = Files.readAllBytes(archive);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--ratio 0 | greater than 0 and at most 1, not 0.0",
        "--ratio 2 | greater than 0 and at most 1, not 2.0",
        "--density 0 | density must be greater than 0 and at most 1, not 0.0",
        "--density 2 | density must be greater than 0 and at most 1, not 2.0",
        "--density NaN | not NaN",
        "--epochs 0 | epochs must be at least 1, not 0",
        "--batch-size 0 | batch size must be at least 1",
        "--lr 0 | learning rate must be greater than 0",
        "--weight-decay -1 | weight decay must be at least 0",
        "--train-images 0 | at least 1",
        "--train-images 1000000 | at most",
        "--arch mlp --hidden 0 | width of a hidden layer must be between 1 and 65536, not 0",
        "--dim 0 | dim must be between",
        "--kernel 4 | must be odd",
        "--arch resnet --depth 21 | depth must be 6 n + 2, such as 20, 32, 44, 56 or 110, not 21",
        "--arch vit --patch 5 | patch of 5 does not divide images of 1 x 28 x 28",
        "--arch vit --dim 6 | 4 heads must share its dim evenly, but 6 is no multiple of 4",
        "--patch 29 | does not fit into images of 1 x 28 x 28",
        "--normalize garbage | garbage",
        "--normalize 0,0 | 0",
        "--device gpu:9999 | GPU",
        "--device tpu | There is no device",
        "--data nothing:x | unknown kind 'nothing'",
        "--data fashion-mnist:/nowhere/at/all | There is no folder"
      })
  void anImpossibleTrainingIsRefusedBeforeAnythingIsWritten(String options, String expected)
      throws IOException {
    Path output = Files.writeString(folder.resolve("a.pemn"), "previous");
    String[] words = options.strip().split(" ");
    Object[] more = Arrays.copyOf(words, words.length, Object[].class);
    CommandRun run =
        words[0].equals("--data")
            ? CommandRun.compressTiny(words[1], output)
            : CommandRun.of(
                Stream.concat(
                        Stream.of("compress", "--data", data, "-o", output), Arrays.stream(more))
                    .toArray());

    assertFailed(run, expected.strip());
    assertEquals("previous", Files.readString(output));
    assertEquals(List.of("a.pemn"), names(folder));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--strategy some-layers | none, one-layer, max-layer, random-vector",
        "--mask quaternary | binary, sign, ternary, dense",
        "--epochs many | many",
        "--no-such-option | --no-such-option",
        "--hidden 1,x | x",
        "--mask dense --budget fan-in | --budget is about masks, but --mask dense has none",
        "--mask dense --density 0.3 | --density is about masks",
        "--mask dense --remainder-lr 0.1 | --remainder-lr is about masks",
        "--mask sign --select global | --select is about masks that leave weights out",
        "--mask sign --target-size 4KB --scores signed | --scores is about masks that leave",
        "--mask ternary --scores absolute | --scores is about binary masks",
        "--strategy max-layer --ratio 0.5 | --ratio is about --strategy random-vector, but the",
        "--strategy one-layer --padding shuffle | --padding is about --strategy random-vector",
        "--strategy none --target-size 4KB --padding copy | but the strategy is none",
        "--ratio 0.5 --one-layer-scope all | but the strategy is random-vector",
        "--arch resnet | --kernel is not an option of --arch resnet",
        "--heads 4 | --heads is not an option of --arch convmixer",
        "--no-warm-start | --warm-start is for a trained network",
        "--target-ratio 4 --distill 0.5 | --distill is for a trained network"
      })
  void aWrongCommandLineIsAUsageErrorThatPointsToTheHelp(String options, String expected)
      throws IOException {
    CommandRun run =
        CommandRun.compressTiny(
            data, folder.resolve("a.pemn"), (Object[]) options.strip().split(" "));

    assertUsage(run, expected.strip());
    assertEquals(List.of(), names(folder));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--epochs 2",
        "--batch-size 32 --batch-size 64",
        "--epochs=2",
        "--seed 1 --seed 2"
      })
  void anOptionThatIsGivenTwiceIsAUsageErrorInGroupsToo(String again) throws IOException {
    CommandRun run =
        CommandRun.compressTiny(
            data, folder.resolve("a.pemn"), (Object[]) ("--epochs 1 " + again).split(" "));

    assertUsage(run, again.split("[ =]")[0] + " is given more than once; give it once.");
    assertEquals(List.of(), names(folder));
  }

  @Test
  void aMissingCommandOrArgumentIsAUsageError() {
    assertUsage(CommandRun.of(), "A command is missing.");
    assertUsage(CommandRun.of("bench"), "A benchmark is missing");
    assertUsage(CommandRun.of("nonsense"), "nonsense");
    assertUsage(CommandRun.of("inspect"), "ARCHIVE");
    assertUsage(CommandRun.of("compress"), "--output");
    assertUsage(CommandRun.of("compress", "-o", "a.pemn"), "--data");
    assertUsage(CommandRun.of("unpack", archive), "--output");
  }

  @Test
  void damagedImagesAreRefused() throws IOException {
    Path damaged = Files.createDirectory(folder.resolve("damaged"));
    for (String name : names(images)) {
      Files.copy(images.resolve(name), damaged.resolve(name));
    }
    Path trainImages = damaged.resolve("train-images-idx3-ubyte");
    byte[] whole = Files.readAllBytes(trainImages);
    Path output = folder.resolve("a.pemn");

    Files.write(trainImages, Arrays.copyOf(whole, whole.length - 1));
    assertFailed(
        CommandRun.compressTiny("fashion-mnist:" + damaged, output), trainImages.toString());
    Files.write(trainImages, whole);

    Path labels = damaged.resolve("train-labels-idx1-ubyte");
    Files.copy(
        damaged.resolve("t10k-labels-idx1-ubyte"),
        labels,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertFailed(CommandRun.compressTiny("fashion-mnist:" + damaged, output), "labels");
    assertEquals(List.of("damaged"), names(folder));
  }

  @Test
  void anOutputThatCannotBeIsRefusedBeforeTheTraining() throws IOException {
    Path plain = Files.writeString(folder.resolve("file"), "x");
    for (Path output :
        List.of(folder.resolve("missing").resolve("a.pemn"), plain.resolve("a.pemn"), folder)) {
      CommandRun compress = CommandRun.compressTiny(data, output);
      assertFailed(compress, "");
      assertFalse(compress.err().contains("epoch"), compress.err());
      assertFailed(CommandRun.of("pack", shared.resolve("tiny.run"), "-o", output), "");
      assertFailed(CommandRun.of("unpack", archive, "-o", output), "");
    }
    assertEquals(List.of("file"), names(folder));
    assertEquals("x", Files.readString(plain));
  }

  @Test
  void aRunThatIsAlreadyThereIsKeptUnlessToldOtherwise() throws IOException {
    Path run = shared.resolve("tiny.run");
    byte[] checkpoint = Files.readAllBytes(run.resolve("checkpoint.safetensors"));
    Path output = folder.resolve("a.pemn");

    assertFailed(CommandRun.compressTiny(data, output, "--run-dir", run), "already holds a run");
    assertFailed(
        CommandRun.compressTiny(
            data, output, "--run-dir", run, "--resume", "--weight-decay", "0.3"),
        "begun with weight-decay 0.005, not 0.3");
    assertFailed(
        CommandRun.compressTiny(data, output, "--run-dir", run, "--overwrite", "--patch", "29"),
        "does not fit");

    assertArrayEquals(checkpoint, Files.readAllBytes(run.resolve("checkpoint.safetensors")));
    assertEquals(List.of(), names(folder));
  }

  @Test
  void metricsAreNotPutInThePlaceOfAnotherTableAndTheOldRunStays() throws IOException {
    Path table = Files.writeString(folder.resolve("results.csv"), "network,method\n");
    Path run = shared.resolve("tiny.run");
    byte[] checkpoint = Files.readAllBytes(run.resolve("checkpoint.safetensors"));
    assertFailed(
        CommandRun.compressTiny(
            data, folder.resolve("a.pemn"), "--run-dir", run, "--overwrite", "--metrics", table),
        "is no file of metrics");
    assertEquals("network,method\n", Files.readString(table));
    assertArrayEquals(checkpoint, Files.readAllBytes(run.resolve("checkpoint.safetensors")));
  }

  @Test
  void devicesThatAreNotThereOrAreNamedTwiceAreRefused() throws IOException {
    Path output = folder.resolve("a.pemn");
    assertFailed(
        CommandRun.of("compress", "--data", data, "-o", output, "--device", "gpu:0,9998"),
        "there is no gpu:");
    assertFailed(
        CommandRun.of("compress", "--data", data, "-o", output, "--device", "gpu:0,0"),
        "GPU 0 is named twice");
    assertFailed(
        CommandRun.of("eval", archive, "--data", data, "--device", "gpu:0,"),
        "There is no device \"gpu:0,\"; use auto, cpu, gpu, gpu:N or gpu:N,M.");
  }

  @Test
  void knobsOfTrainingOutOfRangeAreRefused() throws IOException {
    Path output = folder.resolve("a.pemn");
    assertFailed(
        CommandRun.compressTiny(data, output, "--clip-norm", 0), "must be greater than 0, not 0");
    assertFailed(
        CommandRun.compressTiny(data, output, "--validation", 0), "must be at least 1, not 0");
    assertFailed(CommandRun.compressTiny(data, output, "--validation", 200), "hold out 1..199");
    assertFailed(
        CommandRun.compressTiny(data, output, "--metrics-every", 0), "must be at least 1, not 0");
    for (String option : List.of("--validation", "--metrics-every")) {
      CommandRun both = CommandRun.compressTiny(data, output, "--target-size", "1KB", option, 10);
      assertEquals(2, both.code());
      assertTrue(both.err().contains(option + " is for a single training"), both.err());
    }
  }

  @Test
  void oneResultIsNotPutInThePlaceOfAnother() throws IOException {
    Path output = folder.resolve("a.pemn");
    assertFailed(
        CommandRun.compressTiny(data, output, "--metrics", output), "needed for something else");
    Path checkpoint = shared.resolve("tiny.run").resolve("checkpoint.safetensors");
    byte[] before = Files.readAllBytes(checkpoint);
    assertFailed(
        CommandRun.of("pack", shared.resolve("tiny.run"), "-o", checkpoint),
        "needed for something else");
    assertArrayEquals(before, Files.readAllBytes(checkpoint));
    Path copy = Files.copy(archive, folder.resolve("copy.pemn"));
    assertFailed(CommandRun.of("unpack", copy, "-o", copy), "the archive itself");
    assertArrayEquals(bytes, Files.readAllBytes(copy));
    assertEquals(2, CommandRun.compressTiny(data, output, "--resume", "--overwrite").code());
  }

  @Test
  void aRunIsNotResumedOnOtherImages() throws IOException {
    Path output = folder.resolve("a.pemn");
    CommandRun.compressTiny(data, output).done();
    Path changed = folder.resolve("changed");
    String other = SmallImages.write(changed);
    Path images = changed.resolve("train-images-idx3-ubyte");
    byte[] pixels = Files.readAllBytes(images);
    pixels[1000] ^= 1;
    Files.write(images, pixels);
    assertFailed(CommandRun.compressTiny(other, output, "--resume"), "begun with data");
  }

  @Test
  void packingAFolderWithoutACheckpointIsRefused() throws IOException {
    Path output = folder.resolve("a.pemn");
    assertFailed(
        CommandRun.of("pack", folder.resolve("none"), "-o", output), "no file or run directory");
    assertFailed(CommandRun.of("pack", images, "-o", output), "holds no checkpoint yet");
    Path cut = Files.createDirectory(folder.resolve("cut"));
    byte[] checkpoint =
        Files.readAllBytes(shared.resolve("tiny.run").resolve("checkpoint.safetensors"));
    Files.write(
        cut.resolve("checkpoint.safetensors"), Arrays.copyOf(checkpoint, checkpoint.length / 2));
    assertFailed(CommandRun.of("pack", cut, "-o", output), "checkpoint.safetensors");
    assertEquals(List.of("cut"), names(folder));
  }

  @ParameterizedTest
  @ValueSource(strings = {"inspect", "verify", "eval", "unpack"})
  void aMissingOrDamagedArchiveIsOneSentenceForEveryCommand(String command) throws IOException {
    Path damaged = folder.resolve("damaged.pemn");
    Path output = Files.writeString(folder.resolve("out.safetensors"), "previous");
    assertFailed(read(command, folder.resolve("none.pemn"), output), "none.pemn");
    assertFailed(read(command, folder, output), "");
    Files.write(damaged, new byte[0]);
    assertFailed(read(command, damaged, output), "");
    Files.write(damaged, "just some text, no archive".getBytes());
    assertFailed(read(command, damaged, output), "");
    for (int length : new int[] {1, 20, bytes.length / 2, bytes.length - 1}) {
      Files.write(damaged, Arrays.copyOf(bytes, length));
      assertFailed(read(command, damaged, output), "");
    }
    Files.write(damaged, Arrays.copyOf(bytes, bytes.length + 1));
    assertFailed(read(command, damaged, output), "");
    for (int at = 0; at < bytes.length; at += 1 + bytes.length / 23) {
      byte[] flipped = bytes.clone();
      flipped[at] ^= 4;
      Files.write(damaged, flipped);
      CommandRun run = read(command, damaged, output);
      // Opening checks the head; inspecting decodes nothing behind it.
      if (!command.equals("inspect") || run.code() != 0) {
        assertFailed(run, "");
      }
    }
    assertEquals("previous", Files.readString(output));
    assertEquals(List.of("damaged.pemn", "out.safetensors"), names(folder));
  }

  @Test
  void imagesOfAnotherShapeAreRefusedByEval() throws IOException {
    String smaller = SmallImages.write(folder.resolve("smaller"), 20);
    assertFailed(
        CommandRun.of("eval", archive, "--data", smaller),
        "The network takes images of 1 x 28 x 28 in 10 classes");
  }

  @Test
  void aFolderThatIsNotEmptyIsNotUnpackedInto() throws IOException {
    Path full = Files.createDirectory(folder.resolve("full"));
    Files.writeString(full.resolve("mine"), "x");
    assertFailed(CommandRun.of("unpack", archive, "-o", full + "/"), "not empty");
    assertEquals(List.of("mine"), names(full));
  }

  @Test
  void aStackTraceIsShownIfAskedForAndTheSentenceStillIs() {
    CommandRun run = CommandRun.of("inspect", "--verbose", folder.resolve("none.pemn"));
    assertEquals(Pemn.FAILURE, run.code());
    assertTrue(run.err().contains("\tat io.pemn."), run.err());
    assertTrue(run.err().strip().endsWith("check the path of the archive."), run.err());
    CommandRun before = CommandRun.of("--verbose", "inspect", folder.resolve("none.pemn"));
    assertTrue(before.err().contains("\tat io.pemn."), before.err());
  }

  @Test
  void aFullDiskIsOneSentenceAndKeepsThePreviousFile() throws IOException, InterruptedException {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk.toString()) == 0,
        "only root may mount a small disk, on Linux");
    try {
      Path output = Files.writeString(disk.resolve("w.safetensors"), "previous");
      Path bigger = folder.resolve("bigger.pemn");
      CommandRun.compressTiny(data, bigger, "--dim", "64", "--overwrite");
      CommandRun unpack = CommandRun.of("unpack", bigger, "-o", output);
      assertFailed(unpack, "The disk is full");
      assertTrue(unpack.err().contains("the previous file is kept"), unpack.err());
      assertEquals("previous", Files.readString(output));
      assertFailed(
          CommandRun.of("unpack", bigger, "-o", disk.resolve("npy") + "/"), "disk is full");
      assertEquals(List.of("w.safetensors"), names(disk));

      CommandRun training = CommandRun.compressTiny(data, disk.resolve("a.pemn"), "--dim", "64");
      assertFailed(training, "The disk is full", true);
      assertFalse(Files.exists(disk.resolve("a.pemn")));
    } finally {
      run("umount", disk.toString());
    }
  }

  private static int run(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      return -1;
    }
  }

  private static CommandRun read(String command, Path archive, Path output) {
    return switch (command) {
      case "eval" -> CommandRun.of("eval", archive, "--data", data, "--device", "cpu");
      case "unpack" -> CommandRun.of("unpack", archive, "-o", output);
      default -> CommandRun.of(command, archive);
    };
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private static void assertFailed(CommandRun run, String expected) {
    assertFailed(run, expected, false);
  }

  private static void assertFailed(CommandRun run, String expected, boolean afterProgress) {
    assertEquals(Pemn.FAILURE, run.code(), run.toString());
    assertEquals("", run.out());
    List<String> lines =
        run.err().lines().filter(line -> !(afterProgress && line.startsWith("epoch "))).toList();
    assertEquals(1, lines.size(), run.err());
    assertTrue(lines.get(0).endsWith("."), run.err());
    assertTrue(lines.get(0).contains(expected), run.err());
    assertFalse(run.err().contains("Exception"), run.err());
  }

  private static void assertUsage(CommandRun run, String expected) {
    assertEquals(2, run.code(), run.toString());
    assertEquals("", run.out());
    List<String> lines = run.err().lines().toList();
    assertEquals(2, lines.size(), run.err());
    assertTrue(lines.get(0).contains(expected), run.err());
    assertTrue(lines.get(1).matches("See 'pemn.* --help'\\."), run.err());
  }
}
