package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.pemn.packager.tensors.SafetensorsFile;
import io.pemn.packager.torchscript.ModuleTensor;
import io.pemn.packager.torchscript.TorchScriptFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a trained module to an archive and back, as a user goes. */
class ModulePathTest {
  private static final Path MODEL = Modules.file("resnet8-traced.pt");
  private static final String NORMALIZE = "0.2860,0.3530";

  @TempDir static Path shared;
  private static String images;
  private static Path archive;
  private static CommandRun compressed;

  @TempDir Path folder;

  @BeforeAll
  static void compress() throws IOException {
    images = SmallImages.write(shared.resolve("images"));
    archive = shared.resolve("resnet8.pemn");
    compressed =
        Modules.compress(MODEL, images, archive, "--normalize", NORMALIZE, "--json").done();
  }

  @Test
  void aPreviewSaysWhatWouldBeMaskedAndHowLargeTheArchiveWouldBe() throws IOException {
    JsonObject preview = CommandRun.of("compress", MODEL, "--dry-run", "--json").done().json();
    assertEquals(MODEL.toString(), preview.get("model").getAsString());
    assertEquals(Files.size(MODEL), preview.get("model_bytes").getAsLong());
    Set<String> masked = new HashSet<>();
    try (TorchScriptFile file = TorchScriptFile.open(MODEL)) {
      JsonArray parameters = preview.getAsJsonArray("parameters");
      assertEquals(file.tensors().size(), parameters.size());
      for (int i = 0; i < parameters.size(); i++) {
        JsonObject parameter = parameters.get(i).getAsJsonObject();
        ModuleTensor tensor = file.tensors().get(i);
        assertEquals(tensor.name(), parameter.get("name").getAsString());
        assertEquals(tensor.shape().size(), parameter.getAsJsonArray("shape").size());
        assertFalse(parameter.get("reason").getAsString().isEmpty());
        assertTrue(parameter.has("type") && parameter.has("aliases"), parameter.toString());
        if (parameter.get("masked").getAsBoolean()) {
          masked.add(tensor.name());
        }
      }
    }
    Set<String> layers = new HashSet<>();
    for (JsonElement layer :
        CommandRun.of("inspect", archive, "--json", "--layers")
            .done()
            .json()
            .getAsJsonArray("layers")) {
      layers.add(layer.getAsJsonObject().get("name").getAsString());
    }
    assertEquals(layers, masked);
    assertTrue(preview.getAsJsonArray("notes").size() > 0, "it was traced in eval mode");
    double predicted = preview.getAsJsonObject("predicted").get("file_bytes").getAsDouble();
    assertEquals(1, predicted / Files.size(archive), 0.1);
    assertEquals(
        compressed.json().get("parameters"),
        preview.getAsJsonObject("predicted").get("parameters"));

    String text = CommandRun.of("compress", MODEL, "--dry-run").done().out();
    assertTrue(text.contains("the archive would have about"), text);
    String excluded =
        CommandRun.of("compress", MODEL, "--dry-run", "--mask-exclude", "conv1.*").done().out();
    assertTrue(excluded.contains("excluded by pattern"), excluded);
  }

  @Test
  void evalPrintsToTheLastDigitWhatCompressPrinted() {
    JsonObject before = compressed.json();
    JsonObject after = eval(archive);
    assertEquals("accuracy", after.get("measure").getAsString());
    assertEquals(before.get("accuracy"), after.get("accuracy"));
    assertEquals(before.get("loss"), after.get("loss"));
    assertEquals(100, after.get("test_images").getAsInt());
  }

  @Test
  void thatAnArchiveBringsCodeIsSaidOnceWhereTheCodeIsUsed() {
    Path module = folder.resolve("noted.pt");
    String said = " holds a TorchScript module, which is code, and no trusted signature";
    assertSaid(1, said, CommandRun.of("unpack", archive, "-o", module));
    assertSaid(1, said, CommandRun.of("eval", archive, "--data", images));
    assertSaid(0, said, CommandRun.of("unpack", archive, "-o", folder.resolve("n.safetensors")));
    assertSaid(0, said, CommandRun.of("inspect", archive));
    assertSaid(0, said, CommandRun.of("verify", archive));
  }

  @Test
  void thatAFileIsNoArchiveAsItsNameSaysIsSaidBeforeItsCodeIsRun() throws IOException {
    Path misnamed = Files.copy(MODEL, folder.resolve("misnamed.pemn"));
    String said = "note: " + misnamed + " is no archive but a TorchScript file, which is code; ";
    assertSaid(1, said, CommandRun.of("eval", misnamed, "--data", images));
    assertSaid(0, "note: ", CommandRun.of("eval", MODEL, "--data", images));
  }

  private static void assertSaid(int times, String said, CommandRun run) {
    assertEquals(0, run.code(), run.err());
    assertEquals(times, run.err().split(Pattern.quote(said), -1).length - 1, run.err());
  }

  @Test
  void theUnpackedModuleIsTheArchive() throws IOException {
    Path unpacked = folder.resolve("unpacked.pt");
    JsonObject report = CommandRun.of("unpack", archive, "-o", unpacked, "--json").done().json();
    assertEquals("torchscript", report.get("format").getAsString());
    assertEquals(Files.size(unpacked), report.get("output_bytes").getAsLong());
    JsonObject after =
        CommandRun.of("eval", unpacked, "--data", images, "--normalize", NORMALIZE, "--json")
            .done()
            .json();
    assertEquals(compressed.json().get("loss"), after.get("loss"));
    JsonObject comparison = compare(archive, unpacked);
    assertEquals(0, comparison.get("largest_difference").getAsDouble());
    assertEquals(1, comparison.get("agreement").getAsDouble());
    assertEquals(1, comparison.get("cosine_similarity").getAsDouble(), 1e-6);
    // What was compressed can be compressed again.
    Modules.compress(unpacked, images, folder.resolve("again.pemn"), "--normalize", NORMALIZE)
        .done();
  }

  @Test
  void theUnpackedTensorsAreThoseOfTheUnpackedModule() throws IOException {
    Path tensors = folder.resolve("weights.safetensors");
    Path module = folder.resolve("unpacked.pt");
    CommandRun.of("unpack", archive, "-o", tensors).done();
    CommandRun.of("unpack", archive, "-o", module).done();
    SafetensorsFile found = SafetensorsFile.read(tensors);
    try (TorchScriptFile file = TorchScriptFile.open(module);
        TorchScriptFile original = TorchScriptFile.open(MODEL)) {
      assertEquals(
          original.tensors().stream().map(ModuleTensor::name).toList(),
          file.tensors().stream().map(ModuleTensor::name).toList());
      assertEquals(
          Set.copyOf(file.tensors().stream().map(ModuleTensor::name).toList()),
          Set.copyOf(found.names()));
      for (ModuleTensor tensor : file.tensors()) {
        byte[] bytes = new byte[found.tensor(tensor.name()).remaining()];
        found.tensor(tensor.name()).get(bytes);
        assertArrayEquals(file.bytes(tensor), bytes, tensor.name());
      }
    }
  }

  @Test
  void compareReportsBothModelsSideBySide() throws IOException {
    JsonObject comparison = compare(MODEL, archive);
    assertEquals(100, comparison.get("test_samples").getAsInt());
    JsonArray models = comparison.getAsJsonArray("models");
    assertEquals(2, models.size());
    Path[] files = {MODEL, archive};
    for (int i = 0; i < 2; i++) {
      JsonObject model = models.get(i).getAsJsonObject();
      assertEquals(files[i].toString(), model.get("model").getAsString());
      assertEquals(Files.size(files[i]), model.get("bytes").getAsLong());
      assertTrue(model.get("load_seconds").getAsDouble() > 0);
      assertTrue(model.get("images_per_second").getAsDouble() > 0);
    }
    assertTrue(models.get(0).getAsJsonObject().get("accuracy").getAsDouble() > 0.8);
    assertEquals(
        compressed.json().get("accuracy"), models.get(1).getAsJsonObject().get("accuracy"));
    assertTrue(comparison.get("largest_difference").getAsDouble() > 0);
    double agreement = comparison.get("agreement").getAsDouble();
    assertTrue(agreement > 0 && agreement < 1, "agreement " + agreement);

    String text =
        CommandRun.of("compare", MODEL, archive, "--data", images, "--normalize", NORMALIZE)
            .done()
            .out();
    assertTrue(text.contains("times smaller") && text.contains("the same class for"), text);
  }

  @Test
  void theArchiveVerifiesIsInspectedAndPackedAgainByteForByte() throws IOException {
    assertTrue(
        CommandRun.of("verify", archive, "--json").done().json().get("sound").getAsBoolean());
    JsonObject report = CommandRun.of("inspect", archive, "--json").done().json();
    assertTrue(report.get("network").getAsString().startsWith("TorchScript module"));
    assertEquals(Files.size(archive), report.get("file_bytes").getAsLong());
    long sum = 0;
    for (String section : report.getAsJsonObject("sections").keySet()) {
      sum += report.getAsJsonObject("sections").get(section).getAsLong();
    }
    assertEquals(Files.size(archive), sum);
    assertTrue(CommandRun.of("inspect", archive).done().out().contains("TorchScript module"));

    Path packed = folder.resolve("packed.pemn");
    CommandRun.of("pack", shared.resolve("resnet8.run"), "-o", packed).done();
    assertArrayEquals(Files.readAllBytes(archive), Files.readAllBytes(packed));
  }

  @Test
  void aFinishedRunIsResumedWithoutTheModelChanging() throws IOException {
    Path again = folder.resolve("again.pemn");
    Modules.compress(
            MODEL,
            images,
            again,
            "--normalize",
            NORMALIZE,
            "--run-dir",
            shared.resolve("resnet8.run"),
            "--resume")
        .done();
    assertArrayEquals(Files.readAllBytes(archive), Files.readAllBytes(again));
  }

  @Test
  void unlabelledSamplesAreEnough() throws IOException {
    String data = Modules.tensors(folder.resolve("x.safetensors"), 0, 7, 8);
    Path lstm = Modules.file("tiny/lstm-scripted.pt");
    Path file = folder.resolve("lstm.pemn");
    JsonObject report = Modules.compress(lstm, data, file, "--json").done().json();
    assertEquals("agreement", report.get("measure").getAsString());
    JsonObject comparison =
        CommandRun.of("compare", lstm, file, "--data", data, "--json").done().json();
    assertEquals(report.get("accuracy"), comparison.get("agreement"));
    assertFalse(comparison.getAsJsonArray("models").get(0).getAsJsonObject().has("accuracy"));
  }

  @Test
  void stepsOfAModuleAreTimed() throws IOException {
    JsonObject report =
        CommandRun.of(
                "bench",
                "train",
                MODEL,
                "--data",
                images,
                "--steps",
                2,
                "--warm-up",
                1,
                "--batch-size",
                16,
                "--device",
                "cpu",
                "--json")
            .done()
            .json();
    for (String key : List.of("dense_ms", "masked_ms", "ratio", "images_per_second")) {
      assertTrue(report.get(key).getAsDouble() > 0, key);
    }
  }

  private static JsonObject eval(Path model) {
    return CommandRun.of("eval", model, "--data", images, "--json").done().json();
  }

  private static JsonObject compare(Path first, Path second) {
    return CommandRun.of(
            "compare", first, second, "--data", images, "--normalize", NORMALIZE, "--json")
        .done()
        .json();
  }
}
