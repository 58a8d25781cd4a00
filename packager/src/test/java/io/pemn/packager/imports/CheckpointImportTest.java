package io.pemn.packager.imports;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.network.Activation;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.MlpArchitecture;
import io.pemn.format.network.Norm;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.network.ResNetArchitecture;
import io.pemn.format.network.VisionTransformerArchitecture;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.FileDigest;
import io.pemn.packager.MaskedLayer;
import io.pemn.packager.MaskedNetwork;
import io.pemn.packager.PrototypeSource;
import io.pemn.packager.imports.Checkpoints.Values;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the authors' way of training saves becomes an archive of the same network. */
class CheckpointImportTest {
  private static final List<String> MASKED =
      List.of("own.pt", "one-layer.pt", "max-layer.pt", "random-copy.pt", "random-shuffled.pt");

  @TempDir Path folder;

  private static PemnArchive archive(CheckpointImport found) throws IOException {
    return PemnArchive.read(ArchiveWriter.toBytes(found.network()));
  }

  @ParameterizedTest
  @CsvSource({
    "own.pt, OWN_WEIGHTS, 480, 480",
    "one-layer.pt, ONE_LAYER, 344, 344",
    "max-layer.pt, MAX_LAYER, 128, 128",
    "random-copy.pt, RANDOM_VECTOR_COPY, 13, 13",
    "random-shuffled.pt, RANDOM_VECTOR_SHUFFLED, 127, 13",
  })
  void theFillingIsFoundInTheWeights(String name, Filling filling, int length, int distinct)
      throws IOException {
    CheckpointImport found = Checkpoints.read(Checkpoints.file(name));
    assertEquals(filling, found.filling());
    assertEquals(length, found.network().prototype().length());
    assertEquals(distinct, found.distinctValues());
    assertEquals(List.of(), found.tied());
    assertEquals(length, archive(found).prototypeLength());
  }

  @Test
  void everyRebuiltWeightIsTheFilesWhereItsScoreIsAmongTheGreatestAndZeroElsewhere()
      throws IOException {
    for (String name : MASKED) {
      Map<String, Values> tensors = Checkpoints.tensors(Checkpoints.file(name));
      Iterator<String> weights =
          tensors.keySet().stream().filter(key -> key.endsWith(".scores")).iterator();
      PemnArchive archive = archive(Checkpoints.read(Checkpoints.file(name)));
      assertEquals(6, archive.layers().size());
      for (Layer layer : archive.layers()) {
        String scores = weights.next();
        float[] expected = tensors.get(scores.replace(".scores", ".weight")).numbers().clone();
        float[] sizes = tensors.get(scores).numbers().clone();
        for (int i = 0; i < sizes.length; i++) {
          sizes[i] = Math.abs(sizes[i]);
        }
        float[] sorted = sizes.clone();
        Arrays.sort(sorted);
        for (int i = 0; i < sizes.length; i++) {
          expected[i] = sizes[i] >= sorted[sizes.length / 2] ? expected[i] : 0;
        }
        assertArrayEquals(expected, archive.rebuild(layer), name + " " + layer.name());
      }
    }
  }

  @Test
  void whatIsNotMaskedComputesTheSameNormalisation() throws IOException {
    Map<String, Values> tensors = Checkpoints.tensors(Checkpoints.file("own.pt"));
    PemnArchive archive = archive(Checkpoints.read(Checkpoints.file("own.pt")));
    float[] scale = remainder(archive, "blocks.1.pointwise.norm.weight");
    float[] shift = remainder(archive, "blocks.1.pointwise.norm.bias");
    float[] variance = remainder(archive, "blocks.1.pointwise.norm.running_var");
    for (int i = 0; i < 8; i++) {
      double deviation = Math.sqrt(tensors.get("4.3.running_var").numbers()[i] + 1e-5);
      float weight = tensors.get("4.3.weight").numbers()[i];
      float mean = tensors.get("4.3.running_mean").numbers()[i];
      double bias = tensors.get("4.3.bias").numbers()[i];
      assertEquals(weight / deviation, scale[i] / Math.sqrt(variance[i] + 1e-5), 1e-6);
      assertEquals(bias - mean * weight / deviation, shift[i], 1e-6);
    }
  }

  private static float[] remainder(PemnArchive archive, String name) throws IOException {
    return archive.remainder().stream()
        .filter(tensor -> tensor.name().equals(name))
        .findFirst()
        .orElseThrow()
        .values();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "parallel.pt",
        "wrapped.pt",
        "one-storage.pt",
        "strided.pt",
        "double.pt",
        "parameters.pt"
      })
  void howTheSameTensorsAreSavedMakesNoDifference(String name) throws IOException {
    assertSame(
        Checkpoints.read(Checkpoints.file("random-copy.pt")),
        Checkpoints.read(Checkpoints.file(name)));
  }

  @Test
  void shorterTypesAreWidened() throws IOException {
    MaskedNetwork whole = Checkpoints.read(Checkpoints.file("random-copy.pt")).network();
    MaskedNetwork rounded = Checkpoints.read(Checkpoints.file("rounded.pt")).network();
    assertEquals(masks(whole), masks(rounded));
    float[] values = whole.prototype().values();
    float[] shorter = rounded.prototype().values();
    assertEquals(values.length, shorter.length);
    for (int i = 0; i < values.length; i++) {
      assertEquals(values[i], shorter[i], Math.abs(values[i]) / 256);
      assertEquals(0, Float.floatToRawIntBits(shorter[i]) & 0xFFFF);
    }
  }

  private static void assertSame(CheckpointImport expected, CheckpointImport found) {
    assertEquals(expected.filling(), found.filling());
    assertEquals(masks(expected.network()), masks(found.network()));
    assertArrayEquals(
        expected.network().prototype().values(), found.network().prototype().values());
    assertEquals(expected.network().remainder(), found.network().remainder());
  }

  private static List<MaskedLayer> masks(MaskedNetwork network) {
    return network.layers();
  }

  @Test
  void aSafetensorsFileOfTheSameNamesIsTheSame() throws IOException {
    for (String name : MASKED) {
      Path file = Checkpoints.file(name);
      Path copy = Checkpoints.write(folder.resolve("a.safetensors"), Checkpoints.tensors(file));
      assertSame(Checkpoints.read(file), Checkpoints.read(copy));
    }
  }

  @Test
  void aSafetensorsFileIsKnownWithoutItsName() throws IOException {
    Path file = Checkpoints.file("own.pt");
    Path copy = Checkpoints.write(folder.resolve("weights.bin"), Checkpoints.tensors(file));
    assertSame(Checkpoints.read(file), Checkpoints.read(copy));
  }

  /** Of ten blocks or more, the order of the names as texts is another than that of the layers. */
  @Test
  void layersOfAFileWithoutOrderStandInTheOrderOfTheirNumbers() throws IOException {
    BuiltInDescription network = Checkpoints.network(4, 12, Norm.LEARN, 3);
    Map<String, Values> tensors = new LinkedHashMap<>();
    int value = 1;
    for (ParameterShape parameter : network.parameters()) {
      String theirs = theirName(parameter.name(), 12);
      float[] numbers = new float[parameter.size()];
      Arrays.fill(numbers, value++);
      Long[] shape = parameter.shape().stream().map(Integer::longValue).toArray(Long[]::new);
      tensors.put(theirs, new Values(numbers, shape));
      if (parameter.role() == Role.WEIGHT) {
        float[] scores = new float[parameter.size()];
        for (int i = 0; i < scores.length; i++) {
          scores[i] = i;
        }
        tensors.put(theirs.replace("weight", "scores"), new Values(scores, shape));
      }
    }
    Path file = Checkpoints.write(folder.resolve("a.safetensors"), tensors);
    CheckpointImport found = CheckpointImport.read(file, Checkpoints.settings(network));
    PemnArchive archive = archive(found);
    int expected = 1;
    for (ParameterShape parameter : network.parameters()) {
      if (parameter.role() == Role.WEIGHT) {
        float[] weights = archive.rebuild(archive.layer(parameter.name()));
        assertEquals(expected, weights[weights.length - 1], parameter.name());
      }
      expected++;
    }
  }

  /** Such as 3.0.fn.2.bias for blocks.0.depthwise.norm.bias. */
  private static String theirName(String name, int depth) {
    String member = StateTensor.member(name);
    String layer = StateTensor.layer(name);
    if (layer.equals("head")) {
      return depth + 5 + "." + member;
    }
    boolean norm = layer.endsWith(".norm");
    if (layer.startsWith("stem")) {
      return (norm ? "2." : "0.") + member;
    }
    int block = 3 + Integer.parseInt(layer.split("\\.")[1]);
    String inner =
        layer.contains("depthwise") ? (norm ? ".0.fn.2." : ".0.fn.0.") : (norm ? ".3." : ".1.");
    return block + inner + member;
  }

  @Test
  void theNetworksOwnNamesMayStandInAnyOrder() throws IOException {
    Map<String, Values> own = ownNames(Checkpoints.tensors(Checkpoints.file("own.pt")));
    Path file = Checkpoints.write(folder.resolve("a.safetensors"), own);
    assertSame(Checkpoints.read(Checkpoints.file("own.pt")), Checkpoints.read(file));
  }

  static List<BuiltInDescription> architectures() {
    ImageShape image = new ImageShape(3, 8, 8);
    return List.of(
        new BuiltInDescription(
            new VisionTransformerArchitecture(
                4, 8, 2, 2, 2, true, true, Activation.GELU, Norm.LEARN),
            image,
            4),
        new BuiltInDescription(new ResNetArchitecture(8, 4, Activation.RELU, Norm.LEARN), image, 4),
        new BuiltInDescription(
            new MlpArchitecture(List.of(9, 5), Activation.RELU, Norm.NOT_LEARN), image, 4));
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void everyBuiltInNetworkIsReadByItsOwnNames(BuiltInDescription network) throws IOException {
    Random random = new Random(4);
    Map<String, Values> tensors = new LinkedHashMap<>();
    for (ParameterShape parameter : network.parameters()) {
      Long[] shape = parameter.shape().stream().map(Integer::longValue).toArray(Long[]::new);
      tensors.put(parameter.name(), new Values(random(random, parameter.size()), shape));
      if (parameter.role() == Role.WEIGHT) {
        String scores = parameter.name().replaceFirst("weight$", "scores");
        tensors.put(scores, new Values(random(random, parameter.size()), shape));
      }
    }
    Path file = Checkpoints.write(folder.resolve("a.safetensors"), tensors);
    CheckpointImport found = CheckpointImport.read(file, Checkpoints.settings(network));
    assertEquals(Filling.OWN_WEIGHTS, found.filling());
    PemnArchive archive = archive(found);
    for (ParameterShape parameter : network.parameters()) {
      float[] expected = tensors.get(parameter.name()).numbers();
      if (parameter.role() == Role.WEIGHT) {
        float[] rebuilt = archive.rebuild(archive.layer(parameter.name()));
        for (int i = 0; i < rebuilt.length; i++) {
          assertTrue(rebuilt[i] == 0 || rebuilt[i] == expected[i], parameter.name());
        }
      } else if (parameter.name().endsWith("head.bias") || !parameter.name().contains("norm")) {
        assertArrayEquals(expected, remainder(archive, parameter.name()), parameter.name());
      }
    }
  }

  /** Greater than 0, as variances must be. */
  private static float[] random(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat() + 0.1f;
    }
    return values;
  }

  private static Map<String, Values> ownNames(Map<String, Values> theirs) {
    Map<String, Values> own = new LinkedHashMap<>();
    for (ParameterShape parameter : Checkpoints.network(Norm.LEARN).parameters()) {
      String name = theirName(parameter.name(), 2);
      own.put(parameter.name(), theirs.get(name));
      if (parameter.role() == Role.WEIGHT) {
        own.put(
            parameter.name().replace(".weight", ".scores"),
            theirs.get(name.replace("weight", "scores")));
      }
    }
    return own;
  }

  @Test
  void withoutScoresTheWeightsAreKeptAsTheyAre() throws IOException {
    CheckpointImport found = Checkpoints.read(Checkpoints.file("dense.pt"));
    assertEquals(Filling.DENSE, found.filling());
    PemnArchive archive = archive(found);
    assertEquals(List.of(), archive.layers());
    Map<String, Values> tensors = Checkpoints.tensors(Checkpoints.file("dense.pt"));
    assertArrayEquals(
        tensors.get("3.0.fn.0.weight").numbers(),
        remainder(archive, "blocks.0.depthwise.conv.weight"));
    assertArrayEquals(tensors.get("7.weight").numbers(), remainder(archive, "head.weight"));
  }

  @Test
  void normalisationsThatLearnNothingAreThoseOfANetworkThatHasSuch() throws IOException {
    CheckpointImport found =
        CheckpointImport.read(
            Checkpoints.file("not-learned.pt"),
            Checkpoints.settings(Checkpoints.network(Norm.NOT_LEARN)));
    assertEquals(Filling.RANDOM_VECTOR_COPY, found.filling());
    Map<String, Values> tensors = Checkpoints.tensors(Checkpoints.file("not-learned.pt"));
    assertArrayEquals(
        tensors.get("2.running_mean").numbers(),
        remainder(archive(found), "stem.norm.running_mean"));
    ImportException e =
        assertThrows(
            ImportException.class, () -> Checkpoints.read(Checkpoints.file("not-learned.pt")));
    assertTrue(e.getMessage().contains("--norm not-learn"), e.getMessage());
  }

  @Test
  void anotherDensityKeepsAsManyAsTheAuthorsCode() throws IOException {
    MaskedNetwork network =
        CheckpointImport.read(
                Checkpoints.file("own.pt"),
                Checkpoints.settings(Checkpoints.network(Norm.LEARN), OptionalDouble.of(0.3)))
            .network();
    assertEquals(
        List.of(39, 22, 20, 22, 20, 24),
        network.layers().stream().map(layer -> layer.mask().kept().kept()).toList());
  }

  @Test
  void theArchiveSaysWhereItComesFromButNotThePath() throws IOException {
    Path file = Checkpoints.file("one-layer.pt");
    PemnArchive archive = archive(Checkpoints.read(file));
    Map<String, String> options = new LinkedHashMap<>();
    archive
        .provenance()
        .getOptionsList()
        .forEach(option -> options.put(option.getName(), option.getValue()));
    assertEquals(
        Map.of("checkpoint", FileDigest.sha256(file), "density", "0.5", "filling", "one-layer"),
        options);
    assertFalse(archive.provenance().hasMetrics());
  }

  @Test
  void explicitValuesAreReadBackWithoutAGenerator() throws IOException {
    PemnArchive archive = archive(Checkpoints.read(Checkpoints.file("max-layer.pt")));
    assertTrue(archive.prototype().isEmpty());
    assertTrue(archive.storesPrototypeValues());
    archive.verify();
    assertThrows(
        IllegalArgumentException.class,
        () -> new PrototypeSource.Explicit(new float[] {1, Float.NaN}));
    assertThrows(IllegalArgumentException.class, () -> new PrototypeSource.Explicit(new float[0]));
  }

  @Test
  void onlyValuesThatAreKeptAndDifferentTakeRoom() throws IOException {
    PemnArchive own = archive(Checkpoints.read(Checkpoints.file("own.pt")));
    assertEquals(4, own.formatVersion());
    // Half of 480 values, of which the exponents are alike.
    assertTrue(own.sections().prototype() < 240 * 4);
    PemnArchive shuffled = archive(Checkpoints.read(Checkpoints.file("random-shuffled.pt")));
    assertEquals(4, shuffled.formatVersion());
    // 13 values, and less than a byte for each of 127 positions.
    assertTrue(shuffled.sections().prototype() < 13 * 4 + 127);
    PemnArchive copied = archive(Checkpoints.read(Checkpoints.file("random-copy.pt")));
    assertEquals(3, copied.formatVersion());
    assertEquals(13 * 4, copied.sections().prototype());
  }
}
