package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is wrong with a module or its data, a user reads one sentence and loses nothing. */
class BadModuleTest {
  private static final Path MLP = Modules.file("tiny/mlp-scripted.pt");

  @TempDir static Path shared;
  private static String data;
  private static String unlabelled;
  private static String rows;
  private static String images;
  private static Path builtIn;

  @TempDir Path folder;
  private Path output;

  @BeforeAll
  static void writeData() throws IOException {
    data = Modules.tensors(shared.resolve("data.safetensors"), 10, 1, 8, 8);
    unlabelled = Modules.tensors(shared.resolve("unlabelled.safetensors"), 0, 1, 8, 8);
    rows = Modules.tensors(shared.resolve("rows.safetensors"), 10, 16);
    images = SmallImages.write(shared.resolve("images"));
    builtIn = shared.resolve("built-in.pemn");
    CommandRun.compressTiny(images, builtIn).done();
  }

  @BeforeEach
  void keepAPreviousFile() throws IOException {
    output = Files.writeString(folder.resolve("a.pemn"), "previous");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tiny/plain-pickle.pt | plain-pickle.pt",
        "tiny/legacy-pickle.pt | legacy-pickle.pt",
        "tiny/not-a-model.zip | not-a-model.zip",
        "tiny/no-such-file.pt | no-such-file.pt",
        "tiny | tiny",
        "tiny/frozen.pt | has no parameters, so there is nothing to mask; if it was frozen",
        "tiny/no-parameters-scripted.pt | has no parameters",
        "tiny/only-norms-scripted.pt | no parameter that is worth a mask",
        "tiny/quantized.pt | keeps its weights quantised",
        "tiny/raises-scripted.pt | ''"
      })
  void whatCannotBeCompressedIsRefusedByEveryCommand(String name, String expected)
      throws IOException {
    Path model = Modules.file(name.strip());
    String sentence = expected.strip().replace("''", "");
    assertFailed(Modules.compress(model, data, output), sentence);
    boolean opens = name.contains("raises");
    boolean runs = name.contains("frozen") || name.contains("quantized");
    if (!name.contains("norms") && !name.contains("no-parameters") && !runs) {
      assertFailed(CommandRun.of("eval", model, "--data", data, "--device", "cpu"), "");
      assertFailed(CommandRun.of("compare", MLP, model, "--data", data, "--device", "cpu"), "");
    }
    if (!opens && !name.contains("norms") && !name.contains("no-parameters") && !runs) {
      assertFailed(CommandRun.of("compress", model, "--dry-run"), sentence);
    }
    assertNothingWritten();
  }

  @Test
  void aForwardThatRaisesIsToldInItsOwnWords() throws IOException {
    assertFailed(
        Modules.compress(Modules.file("tiny/raises-scripted.pt"), rows, output),
        "this network takes no batches");
    assertNothingWritten();
  }

  @Test
  void aTruncatedModuleIsOneSentenceWhereverItEnds() throws IOException {
    byte[] whole = Files.readAllBytes(MLP);
    Path cut = folder.resolve("cut.pt");
    for (int length = 0; length < whole.length; length += 1 + whole.length / 12) {
      Files.write(cut, Arrays.copyOf(whole, length));
      assertFailed(Modules.compress(cut, data, output), "cut.pt");
      assertFailed(CommandRun.of("compress", cut, "--dry-run"), "cut.pt");
    }
    Files.write(cut, Arrays.copyOf(whole, whole.length - 1));
    assertFailed(Modules.compress(cut, data, output), "cut.pt");
    Files.delete(cut);
    assertNothingWritten();
  }

  @Test
  void aBfloat16ModuleIsRefusedInsteadOfEndingTheProcess() throws IOException {
    Path model = Modules.file("tiny/bfloat16-scripted.pt");
    String sentence = "takes bfloat16 inputs";
    assertFailed(Modules.compress(model, data, output), sentence);
    assertFailed(CommandRun.of("eval", model, "--data", data), sentence);
    assertFailed(CommandRun.of("compare", MLP, model, "--data", data), sentence);
    assertFailed(
        CommandRun.of("bench", "train", model, "--data", data, "--device", "cpu"), sentence);
    CommandRun.of("compress", model, "--dry-run").done();
    assertNothingWritten();
  }

  @ParameterizedTest
  @CsvSource({"mlp-scripted", "two-inputs-two-outputs-scripted", "text-scripted"})
  void dataOfAnotherShapeOrTypeIsRefused(String name) throws IOException {
    Path model = Modules.file("tiny/" + name + ".pt");
    assertFailed(Modules.compress(model, rows, output), "does not run on the data");
    assertFailed(CommandRun.of("eval", model, "--data", rows), "does not run on");
    assertFailed(CommandRun.of("compare", model, model, "--data", rows), "does not run on");
    assertNothingWritten();
  }

  @Test
  void tokensThatTheModuleDoesNotKnowAreToldWhenTheyCome() throws IOException {
    Path model = Modules.file("tiny/text-scripted.pt");
    String wild = Modules.tokens(folder.resolve("wild.safetensors"), 5000, 12);
    CommandRun run = Modules.compress(model, wild, output);
    assertFailed(run, "index out of range");
    assertFailed(CommandRun.of("eval", model, "--data", wild), "index out of range");
    assertEquals("previous", Files.readString(output));
  }

  @Test
  void labelsThatTheModuleHasNoOutputForAreRefused() throws IOException {
    String many = Modules.tensors(shared.resolve("many.safetensors"), 12, 1, 8, 8);
    assertFailed(
        Modules.compress(MLP, many, output),
        "has 12 classes, but the module tells 10 apart; give data of its own classes");
    for (String command : List.of("eval", "compare")) {
      Object[] models = command.equals("eval") ? new Object[] {MLP} : new Object[] {MLP, MLP};
      assertFailed(
          CommandRun.of(
              Stream.of(Stream.of(command), Arrays.stream(models), Stream.of("--data", many))
                  .flatMap(words -> words)
                  .toArray()),
          "mlp-scripted.pt tells 10 classes apart, but tensors has 12");
    }
    assertNothingWritten();
  }

  @Test
  void namedClassesAreExactlyThoseOfTheNetwork() throws IOException {
    Path pictures = Files.createDirectory(folder.resolve("pictures"));
    for (String name : List.of("cat", "dog", "owl")) {
      Files.createDirectory(pictures.resolve(name));
      for (int i = 0; i < 3; i++) {
        ImageIO.write(
            new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_GRAY),
            "png",
            pictures.resolve(name).resolve(i + ".png").toFile());
      }
    }
    String three = "image-folder:" + pictures;
    assertFailed(
        Modules.compress(MLP, three, output), "has 3 classes, but the module tells 10 apart");
    assertFailed(
        CommandRun.of("eval", MLP, "--data", three),
        "tells 10 classes apart, but image-folder has 3");
    assertFailed(
        CommandRun.of("eval", builtIn, "--data", three + "?size=28x28"),
        "The network takes images of 1 x 28 x 28 in 10 classes, but image-folder has images of 1 x"
            + " 28 x 28 in 3");
    assertEquals("previous", Files.readString(output));
  }

  @Test
  void imageFoldersWithoutSoundImagesAreRefused() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertFailed(Modules.compress(MLP, "image-folder:" + empty, output), "empty");
    Files.createDirectories(empty.resolve("cats"));
    assertFailed(Modules.compress(MLP, "image-folder:" + empty, output), "empty");
    for (String name : List.of("cat.png", "cat2.png", "cat3.png")) {
      Files.writeString(empty.resolve("cats").resolve(name), "no picture");
    }
    assertFailed(Modules.compress(MLP, "image-folder:" + empty, output), "cats/cat");
    assertFailed(CommandRun.of("eval", MLP, "--data", "image-folder:" + empty), "cats/cat");
  }

  @Test
  void aLossThatIsNoNumberEndsTheTrainingInASentence() throws IOException {
    CommandRun run = Modules.compress(Modules.file("tiny/nan-scripted.pt"), rows, output);
    assertFailed(run, "The training loss is NaN in step 1");
    assertTrue(run.err().contains("stopped in epoch 1"), run.err());
    assertEquals("previous", Files.readString(output));
    assertFalse(Files.exists(folder.resolve("a.run").resolve("checkpoint.safetensors")));
  }

  @Test
  void aTrainingThatFlewApartKeepsTheEpochBefore() throws IOException {
    Path run = folder.resolve("a.run");
    Object[] options = {
      "--mask", "dense", "--epochs", "3", "--lr", "3e37", "--weight-decay", "0", "--distill", "0"
    };
    CommandRun failed = Modules.compress(MLP, data, output, options);
    assertEquals(Pemn.FAILURE, failed.code(), failed.toString());
    assertTrue(failed.err().contains("loss is "), failed.err());
    assertFalse(failed.err().contains("Exception"), failed.err());
    if (Files.exists(run.resolve("checkpoint.safetensors"))) {
      assertTrue(failed.err().contains("the epoch before is kept in " + run), failed.err());
    }
    assertEquals("previous", Files.readString(output));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--distill -0.1 | share of distillation must be at least 0 and at most 1, not -0.1",
        "--distill 1.5 | at most 1, not 1.5",
        "--distill NaN | not NaN",
        "--temperature 0 | temperature must be greater than 0, not 0.0",
        "--temperature -1 | greater than 0",
        "--temperature NaN | not NaN",
        "--mask-include [ | has a name like \"[\"",
        "--mask-exclude nosuch* | has a name like \"nosuch*\"",
        "--mask-exclude * | no parameter that is worth a mask",
        "--arch mlp | leave one of them out",
        "--density 0.5 | sign masks must be 1",
        "--mask ternary --density 0 | greater than 0",
        "--mask binary --warm-start --scores absolute | signed for a warm start",
        "--objective regress --distill 0.5 | has no targets",
        "--train-images 1000 | at most"
      })
  void anImpossibleTrainingIsRefusedBeforeAnythingIsWritten(String options, String expected)
      throws IOException {
    assertFailed(
        Modules.compress(MLP, data, output, (Object[]) options.strip().split(" ")),
        expected.strip());
    assertNothingWritten();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.5", "0"})
  void withoutLabelsTheTeacherMustBeTheOnlyOneToLearnFrom(String share) throws IOException {
    assertFailed(
        Modules.compress(MLP, unlabelled, output, "--distill", share),
        "has no labels, so the student can learn from its teacher alone; give --distill 1");
    assertFailed(CommandRun.of("eval", MLP, "--data", unlabelled), "no labels");
    assertNothingWritten();
  }

  @Test
  void theModelIsNotOverwritten() throws IOException {
    Path model = Files.copy(MLP, folder.resolve("model.pt"));
    byte[] before = Files.readAllBytes(model);
    assertFailed(Modules.compress(model, data, model), "needed for something else");
    assertFailed(
        Modules.compress(model, data, output, "--metrics", model), "needed for something else");
    Files.delete(output);
    Modules.compress(model, data, output).done();
    Path kept = folder.resolve("a.run").resolve("module.pt");
    assertFailed(
        Modules.compress(model, data, kept, "--run-dir", folder.resolve("a.run"), "--overwrite"),
        "needed for something else");
    assertFailed(
        CommandRun.of("pack", folder.resolve("a.run"), "-o", kept), "needed for something else");
    Modules.compress(kept, data, output, "--overwrite").done();
    assertArrayEquals(before, Files.readAllBytes(model));
    assertArrayEquals(before, Files.readAllBytes(kept));
  }

  @Test
  void aPreviewNeedsAModel() throws IOException {
    assertUsage(CommandRun.of("compress", "--dry-run"), "name one");
    assertUsage(CommandRun.of("compress", MLP, "-o", output), "--data");
    assertUsage(CommandRun.of("compress", MLP, "--data", data), "--output");
    assertUsage(Modules.compress(MLP, data, output, "--objective", "guess"), "classify");
    assertUsage(Modules.compress(MLP, data, output, "--mask", "trinary"), "ternary");
    assertUsage(Modules.compress(MLP, data, output, "--dim", "8"), "--dim is for networks of pemn");
    assertUsage(Modules.compress(MLP, data, output, "--budget", "uniform"), "sign masks keep all");
    assertNothingWritten();
  }

  @Test
  void aBuiltInNetworkIsNotUnpackedIntoAModule() throws IOException {
    Path module = folder.resolve("x.pt");
    assertFailed(CommandRun.of("unpack", builtIn, "-o", module), "no TorchScript module");
    assertFalse(Files.exists(module));
  }

  @Test
  void aBuiltInNetworkNeedsImages() throws IOException {
    assertFailed(CommandRun.compressTiny(data, output), "classify images");
    assertFailed(CommandRun.compressTiny(unlabelled, output), "give");
    assertNothingWritten();
  }

  @Test
  void modelsOfDifferentTasksAreNotCompared() throws IOException {
    assertFailed(
        CommandRun.of(
            "compare",
            Modules.file("tiny/dict-output-scripted.pt"),
            Modules.file("tiny/views-scripted.pt"),
            "--data",
            rows),
        "compare models of the same task");
    assertFailed(CommandRun.of("compare", builtIn, MLP, "--data", data), "images of 1 x 28 x 28");
    assertFailed(CommandRun.of("compare", builtIn, MLP, "--data", images), "does not run on");
  }

  @Test
  void aRunIsNotResumedForAnotherModule() throws IOException {
    Files.delete(output);
    Modules.compress(MLP, data, output).done();
    byte[] before = Files.readAllBytes(output);
    assertFailed(
        Modules.compress(Modules.file("tiny/mlp-traced.pt"), data, output, "--resume"),
        "begun with model",
        true);
    assertFailed(Modules.compress(MLP, data, output), "already holds a run");
    Files.delete(folder.resolve("a.run").resolve("module.pt"));
    assertFailed(
        CommandRun.of("pack", folder.resolve("a.run"), "-o", folder.resolve("b.pemn")),
        "module.pt");
    assertArrayEquals(before, Files.readAllBytes(output));
    assertFalse(Files.exists(folder.resolve("b.pemn")));
  }

  private void assertNothingWritten() throws IOException {
    assertEquals("previous", Files.readString(output));
    try (Stream<Path> entries = Files.list(folder)) {
      assertEquals(List.of("a.pemn"), entries.map(path -> path.getFileName().toString()).toList());
    }
  }

  private static void assertFailed(CommandRun run, String expected) {
    assertFailed(run, expected, false);
  }

  /** One sentence; a traced module may have been warned of before. */
  private static void assertFailed(CommandRun run, String expected, boolean warned) {
    assertEquals(Pemn.FAILURE, run.code(), run.toString());
    assertEquals("", run.out());
    List<String> lines = run.err().lines().toList();
    assertTrue(lines.size() == 1 || warned, run.err());
    String last = lines.get(lines.size() - 1);
    assertTrue(last.endsWith("."), run.err());
    assertTrue(last.contains(expected), run.err());
    assertFalse(run.err().contains("Exception") || run.err().contains("Traceback"), run.err());
  }

  private static void assertUsage(CommandRun run, String expected) {
    assertEquals(2, run.code(), run.toString());
    List<String> lines = run.err().lines().toList();
    assertEquals(2, lines.size(), run.err());
    assertTrue(lines.get(0).contains(expected), run.err());
  }
}
