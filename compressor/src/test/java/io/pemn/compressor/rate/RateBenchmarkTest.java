package io.pemn.compressor.rate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.shipping.ShippedWeights;
import io.pemn.compressor.training.Checkpoint;
import io.pemn.compressor.training.CheckpointPacker;
import io.pemn.compressor.training.Evaluation;
import io.pemn.compressor.training.Recipe;
import io.pemn.compressor.training.RunDirectory;
import io.pemn.compressor.training.TrainingListener;
import io.pemn.compressor.training.TrainingOptions;
import io.pemn.compressor.training.TrainingRun;
import io.pemn.format.LayerMask;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.baseline.WeightFile;
import io.pemn.packager.baseline.WeightFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RateBenchmarkTest {
  @TempDir static Path shared;
  private static Path file;

  @BeforeAll
  static void measure() throws IOException {
    file = shared.resolve("rate.csv");
    TinyRate.measure(
        TinyRate.benchmark(shared),
        List.of(TinyRate.MLP, TinyRate.CONVMIXER),
        List.of(1L),
        RateCsv.open(file));
  }

  private static Map<String, RateRow> rows(String network) throws IOException {
    return RateCsv.open(file).rows().stream()
        .filter(row -> row.network().equals(network))
        .collect(Collectors.toMap(RateRow::method, Function.identity()));
  }

  private static Checkpoint trained(RateNetwork network, String method, Path folder)
      throws IOException {
    RateBenchmark.Job job =
        TinyRate.benchmark(folder)
            .jobs(
                List.of(network),
                TinyRate.METHODS.stream().filter(m -> m.name().equals(method)).toList(),
                List.of(1L),
                RateCsv.open(folder.resolve("none.csv")))
            .get(0);
    return new TrainingRun(
            job.options(),
            TinyRate.IMAGES,
            new RunDirectory(folder.resolve("trained")),
            Device.cpu(),
            0,
            TrainingListener.SILENT)
        .start();
  }

  private static Map<String, float[]> values(Checkpoint checkpoint) {
    Map<String, float[]> values = new LinkedHashMap<>(checkpoint.parameters());
    checkpoint.statistics().forEach((name, tensor) -> values.put(name, tensor.values()));
    return values;
  }

  private static double loss(BuiltInDescription network, Map<String, float[]> values) {
    return Evaluation.ofValues(
            network,
            values,
            TinyRate.IMAGES,
            TinyRate.IMAGES.normalization(),
            Device.cpu(),
            done -> {})
        .loss();
  }

  @Test
  void everyMethodHasARowOnEveryNetworkThatItIsFor() throws IOException {
    assertEquals(9, rows("tiny-mlp").size());
    assertEquals(8, rows("tiny-convmixer").size());
    assertFalse(rows("tiny-convmixer").containsKey("dense-hidden-4"));
    assertFalse(Files.exists(shared.resolve("work")), "the work folder is left behind");
    for (RateRow row : RateCsv.open(file).rows()) {
      assertTrue(row.accuracy() >= 0 && row.accuracy() <= 1, row.toString());
      assertTrue(row.fileBytes() > 0 && row.bitsPerWeight() > 0, row.toString());
      assertEquals(4 * row.parameters(), row.fp32Bytes());
    }
  }

  @Test
  void figuresAreThoseOfTheNetworkAndItsFile() throws IOException {
    Map<String, RateRow> mlp = rows("tiny-mlp");
    int weights = 784 * 32 + 32 * 16 + 16 * 10;
    int others = 4 * (32 + 16) + 10;
    for (String method : List.of("paper", "paper-raw", "dense-fp32", "pruned-0.2")) {
      assertEquals(weights, mlp.get(method).weights());
      assertEquals(weights + others, mlp.get(method).parameters());
      assertEquals(3, mlp.get(method).epochs());
    }
    assertEquals(4 * 784 + 40, mlp.get("dense-hidden-4").weights());
    // One bit a weight, the rest as float32, the seed; and the file's own header.
    assertEquals(weights / 8 + 4 * others + 8, mlp.get("paper").paperBytes());
    assertEquals(mlp.get("paper").paperBytes(), mlp.get("paper-raw").paperBytes());
    assertEquals(mlp.get("paper-raw").paperBytes(), mlp.get("paper-raw").fileBytes(), 150);
    assertEquals(1, mlp.get("paper-raw").bitsPerWeight());
    // The archive's batch normalisation is folded, which rounds.
    assertEquals(mlp.get("paper").loss(), mlp.get("paper-raw").loss(), 1e-6);
    assertEquals(mlp.get("dense-fp32").fp32Bytes(), mlp.get("dense-fp32").paperBytes());

    RateRow pruned = mlp.get("pruned-0.2");
    assertEquals(0.2 * weights * 8, pruned.paperBytes() - 4 * others, 600);
    assertEquals(8.0 * pruned.fileBytes() / weights, pruned.bitsPerWeight(), 1e-4);
    List<String> smaller = List.of("dense-fp32", "dense-fp16", "dense-int8", "dense-int4");
    for (Map<String, RateRow> network : List.of(mlp, rows("tiny-convmixer"))) {
      for (int i = 1; i < smaller.size(); i++) {
        assertTrue(
            network.get(smaller.get(i)).fileBytes() < network.get(smaller.get(i - 1)).fileBytes());
      }
      assertNotEquals(network.get("dense-int4").loss(), network.get("dense-int8").loss());
    }
  }

  @Test
  void accuraciesAreOfTheValuesThatTheFilesDecodeTo(@TempDir Path folder) throws IOException {
    Checkpoint checkpoint = trained(TinyRate.CONVMIXER, "dense-fp32", folder);
    BuiltInDescription network = (BuiltInDescription) checkpoint.run().network();
    for (WeightFormat format :
        List.of(WeightFormat.FLOAT32, WeightFormat.FLOAT16, WeightFormat.INT8, WeightFormat.INT4)) {
      byte[] bytes =
          WeightFile.pack(ShippedWeights.tensors(network, values(checkpoint), format), format);
      RateRow row = rows("tiny-convmixer").get("dense-" + format);
      assertEquals(bytes.length, row.fileBytes());
      Map<String, float[]> decoded =
          ShippedWeights.values(network, WeightFile.unpack(bytes), format);
      assertEquals(loss(network, decoded), row.loss());
    }
    double trained = checkpoint.history().get(1).test().orElseThrow().loss();
    assertEquals(trained, rows("tiny-convmixer").get("dense-fp32").loss());
    assertEquals(trained, rows("tiny-convmixer").get("dense-fp16").loss(), 1e-2);
  }

  @Test
  void foldedNormalisationIsTheSameFunction(@TempDir Path folder) throws IOException {
    Checkpoint checkpoint = trained(TinyRate.CONVMIXER, "dense-fp32", folder);
    BuiltInDescription network = (BuiltInDescription) checkpoint.run().network();
    WeightFormat folding = WeightFormat.FLOAT16;
    Map<String, float[]> folded =
        ShippedWeights.values(
            network, ShippedWeights.tensors(network, values(checkpoint), folding), folding);
    assertEquals(loss(network, values(checkpoint)), loss(network, folded), 1e-5);
    assertArrayEquals(new float[8], folded.get("stem.norm.running_mean"));
    assertFalse(folded.get("stem.norm.bias").equals(checkpoint.parameters().get("stem.norm.bias")));
  }

  @Test
  void thePapersFileRebuildsTheArchivesWeights(@TempDir Path folder) throws IOException {
    Checkpoint checkpoint = trained(TinyRate.CONVMIXER, "paper", folder);
    BuiltInDescription network = (BuiltInDescription) checkpoint.run().network();
    TrainingOptions options = checkpoint.run().trainingOptions();
    byte[] bytes = PaperFile.encode(network, 1, checkpoint.masks(), values(checkpoint));
    Map<String, float[]> decoded = PaperFile.decode(bytes, network, options);
    PemnArchive archive =
        PemnArchive.read(
            ArchiveWriter.toBytes(
                CheckpointPacker.pack(checkpoint, new RunDirectory(folder), "test")));
    assertEquals(4, archive.layers().size());
    for (Layer layer : archive.layers()) {
      assertArrayEquals(archive.rebuild(layer), decoded.get(layer.name()), layer.name());
    }
    values(checkpoint).forEach((name, own) -> assertArrayEquals(own, decoded.get(name), name));
    Map<String, LayerMask> signs = new LinkedHashMap<>(checkpoint.masks());
    signs.replaceAll((name, mask) -> new LayerMask.Sign(mask.kept()));
    assertThrows(
        IllegalArgumentException.class,
        () -> PaperFile.encode(network, 1, signs, values(checkpoint)));
  }

  @Test
  void rowsThatAreThereAreNotMeasuredAgain(@TempDir Path folder) throws IOException {
    Path copy = folder.resolve("rate.csv");
    List<String> lines = Files.readString(file).lines().toList();
    List<RateNetwork> networks = List.of(TinyRate.MLP, TinyRate.CONVMIXER);
    RateBenchmark benchmark = TinyRate.benchmark(folder);
    assertEquals(
        List.of(), benchmark.jobs(networks, TinyRate.METHODS, List.of(1L), RateCsv.open(file)));

    // Without one row, one training, which gives the same row.
    String lost =
        lines.stream().filter(line -> line.contains("tiny-mlp,dense,dense-int8")).findFirst().get();
    Files.writeString(
        copy,
        lines.stream().filter(line -> !line.equals(lost)).collect(Collectors.joining("\n")) + "\n");
    RateCsv csv = RateCsv.open(copy);
    List<RateBenchmark.Job> jobs = benchmark.jobs(networks, TinyRate.METHODS, List.of(1L), csv);
    assertEquals(1, jobs.size());
    assertEquals("dense-int8", jobs.get(0).methods().get(0).name());
    TinyRate.measure(benchmark, networks, List.of(1L), csv);
    List<String> found = Files.readString(copy).lines().toList();
    assertEquals(lost, found.get(found.size() - 1));
    assertEquals(lines.size(), found.size());

    // Another seed is another training; a row of other settings is measured anew.
    assertEquals(
        5, benchmark.jobs(networks.subList(0, 1), TinyRate.METHODS, List.of(2L), csv).size());
    RateMethod other =
        new RateMethod(
            "pemn-ternary",
            "pemn",
            List.of("*"),
            new RateMethod.Masks(
                RateMethods.recipe(Recipe.PEMN, MaskType.TERNARY, Optional.of("0.1")),
                RateMethod.Stored.ARCHIVE));
    jobs = benchmark.jobs(networks.subList(0, 1), List.of(other), List.of(1L), csv);
    assertEquals(1, jobs.size());
    csv.add(benchmark.measure(jobs.get(0), TrainingListener.SILENT));
    assertEquals(lines.size() - 1, RateCsv.open(copy).rows().size());
  }

  @Test
  void whatAKilledProcessLeftCostsNoRow(@TempDir Path folder) throws IOException {
    Path work = Files.createDirectory(folder.resolve("work"));
    Files.writeString(work.resolve(".checkpoint.safetensors.1.tmp"), "half");
    Files.writeString(work.resolve("checkpoint.safetensors"), "whole");
    Files.writeString(work.resolve("model.pemn"), "old");
    RateBenchmark benchmark = TinyRate.benchmark(folder);
    RateBenchmark.Job job =
        benchmark
            .jobs(
                List.of(TinyRate.MLP),
                TinyRate.METHODS.subList(7, 8),
                List.of(1L),
                RateCsv.open(folder.resolve("none.csv")))
            .get(0);
    assertEquals(1, benchmark.measure(job, TrainingListener.SILENT).size());
    assertFalse(Files.exists(work.resolve("model.pemn")));
  }

  @Test
  void theTableHasMeansAndSpreadsInAFixedOrder() throws IOException {
    List<RateRow> rows =
        List.of(
            row("mlp", "pruned", "pruned-0.1", 1, 0.75, 3000),
            row("other", "mine", "x", 1, 0.5, 10),
            row("mlp", "dense", "dense-int8", 1, 0.5, 2000),
            row("mlp", "paper", "paper", 2, 0.625, 1001),
            row("mlp", "dense", "dense-fp16", 1, 0.5, 4000),
            row("mlp", "paper", "paper", 1, 0.875, 1002));
    assertEquals(
        """
        **mlp**: 100 parameters, 6 epochs

        | | method | test accuracy, % | least to greatest | seeds | file, bytes | bits a weight | as the paper counts |
        |---|---|---|---|---|---|---|---|
        | paper | paper | 75.00 | 62.50 to 87.50 | 2 | 1,002 | 1.50 | 500 |
        | dense | dense-fp16 | 50.00 | 50.00 to 50.00 | 1 | 4,000 | 1.50 | 500 |
        | dense | dense-int8 | 50.00 | 50.00 to 50.00 | 1 | 2,000 | 1.50 | 500 |
        | pruned | pruned-0.1 | 75.00 | 75.00 to 75.00 | 1 | 3,000 | 1.50 | 500 |

        **other**: 100 parameters, 6 epochs

        | | method | test accuracy, % | least to greatest | seeds | file, bytes | bits a weight | as the paper counts |
        |---|---|---|---|---|---|---|---|
        | mine | x | 50.00 | 50.00 to 50.00 | 1 | 10 | 1.50 | 500 |
        """,
        RateTable.markdown(rows));
  }

  private static RateRow row(
      String network, String group, String method, long seed, double accuracy, long bytes) {
    return new RateRow(
        network, group, method, seed, accuracy, 1.25, bytes, 1.5, 6, 100, 80, 400, 500, "00");
  }

  @Test
  void aFileThatIsNoTableIsNotTouched(@TempDir Path folder) throws IOException {
    Path other = folder.resolve("other.csv");
    Files.writeString(other, "a,b\n1,2\n");
    assertTrue(
        assertThrows(IOException.class, () -> RateCsv.open(other))
            .getMessage()
            .contains("is no table of pemn bench rate"));
    Files.writeString(other, RateRow.HEADER + "\nmlp,paper,1\n");
    assertTrue(
        assertThrows(IOException.class, () -> RateCsv.open(other))
            .getMessage()
            .startsWith("Line 2 of "));
    RateRow row = row("mlp", "paper", "paper", -3, 0.123456789, 1);
    RateCsv csv = RateCsv.open(folder.resolve("new.csv"));
    csv.add(List.of(row));
    assertEquals(List.of(row), RateCsv.open(folder.resolve("new.csv")).rows());
  }

  @Test
  void globsChooseByName() {
    assertTrue(RateMethod.matches("*", ""));
    assertTrue(RateMethod.matches("pemn-*-0.*", "pemn-ternary-0.3"));
    assertTrue(RateMethod.matches("paper", "paper"));
    assertFalse(RateMethod.matches("paper", "paper-raw"));
    assertFalse(RateMethod.matches("*-raw", "paper-raws"));
    assertThrows(IllegalArgumentException.class, () -> new RateNetwork("a,b", Map.of()));
  }

  @Test
  void everyMethodOfTheRealTableHasSoundOptionsAndANameOfItsOwn(@TempDir Path folder)
      throws IOException {
    RateCsv none = RateCsv.open(folder.resolve("none.csv"));
    for (RateNetwork network : RateMethods.NETWORKS) {
      List<String> names =
          TinyRate.benchmark(folder)
              .jobs(List.of(network), RateMethods.METHODS, List.of(1L), none)
              .stream()
              .flatMap(job -> job.methods().stream())
              .map(RateMethod::name)
              .toList();
      assertEquals(names.size(), names.stream().distinct().count());
      assertTrue(names.containsAll(List.of("paper", "dense-fp32", "dense-int4")));
    }
  }
}
