package io.pemn.compressor.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.compressor.network.MaskablePolicy.Decision;
import io.pemn.format.NumberType;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.loader.torchscript.TensorLayout;
import io.pemn.packager.torchscript.ModuleTensor;
import io.pemn.packager.torchscript.ModuleTensor.Kind;
import io.pemn.packager.torchscript.TorchScriptFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaskablePolicyTest {
  private static final MaskablePolicy USUAL = new MaskablePolicy(List.of(), List.of());

  @ParameterizedTest
  @CsvSource({
    "16x1x3x3, WEIGHT, weight",
    "16x8, WEIGHT, weight",
    "16x1x8, WEIGHT, weight",
    "128x1, LEARNED, one dimension",
    "1x512x1x1, LEARNED, one dimension",
    "512, LEARNED, one dimension",
    "'', LEARNED, one dimension",
    "1x16x64, LEARNED, position embedding",
    "2x63, LEARNED, small",
    "127x1x1x1, LEARNED, one dimension",
    "9x14, LEARNED, small",
    "0x16, STATISTIC, empty"
  })
  void theShapeOfAParameterDecides(String shape, Role role, String reason) {
    assertDecision(role, reason, USUAL, parameter("layer.weight", shape));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pos_embed",
        "pos_embedding",
        "position_embeddings.weight",
        "encoder.positional_encoding",
        "embeddings.position_embedding.weight",
        "layers.0.attn.pos_bias_table",
        "transformer.pos",
        "model.pos_emb0"
      })
  void aTableOfPositionsByItsNameIsNotMasked(String name) {
    assertDecision(Role.LEARNED, "position embedding", USUAL, parameter(name, "64x64"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "compose.weight",
        "deposit.weight",
        "pos_projection.weight",
        "positions_head.linear.weight",
        "exposition"
      })
  void aNameThatOnlyContainsTheLettersIsMasked(String name) {
    assertDecision(Role.WEIGHT, "weight", USUAL, parameter(name, "64x64"));
  }

  @Test
  void whatTrainingDoesNotMoveIsNeverMasked() {
    MaskablePolicy all = new MaskablePolicy(List.of("*"), List.of());
    assertDecision(
        Role.STATISTIC,
        "buffer",
        all,
        tensor("a", Kind.BUFFER, NumberType.FLOAT32, true, "64x64", List.of()));
    assertDecision(
        Role.STATISTIC,
        "buffer",
        all,
        tensor("a", Kind.ATTRIBUTE, NumberType.FLOAT32, true, "64x64", List.of()));
    assertDecision(
        Role.STATISTIC,
        "no floating-point numbers",
        all,
        tensor("a", Kind.PARAMETER, NumberType.INT64, true, "64x64", List.of()));
    assertDecision(
        Role.STATISTIC,
        "frozen in the module",
        all,
        tensor("a", Kind.PARAMETER, NumberType.FLOAT32, false, "64x64", List.of()));
    assertDecision(Role.STATISTIC, "empty", all, parameter("a", "0x64"));
  }

  @ParameterizedTest
  @CsvSource({"FLOAT16", "BFLOAT16", "FLOAT64"})
  void everyFloatingPointTypeIsMasked(NumberType type) {
    assertDecision(
        Role.WEIGHT, "weight", USUAL, tensor("a", Kind.PARAMETER, type, true, "64x64", List.of()));
  }

  @Test
  void anIncludedNameIsMaskedWhateverItsSize() {
    MaskablePolicy policy = new MaskablePolicy(List.of("pos_embed", "*.bias"), List.of());
    List<Decision> decisions =
        policy.decide(
            List.of(
                parameter("pos_embed", "1x16x64"),
                parameter("a.b.bias", "10"),
                parameter("bias", "10")));
    assertEquals(
        List.of("included by pattern", "included by pattern", "one dimension"),
        decisions.stream().map(Decision::reason).toList());
    assertEquals(
        List.of(Role.WEIGHT, Role.WEIGHT, Role.LEARNED),
        decisions.stream().map(d -> d.parameter().role()).toList());
  }

  @Test
  void anExcludedNameIsNotMaskedEvenIfItIsIncluded() {
    MaskablePolicy policy = new MaskablePolicy(List.of("head.*"), List.of("head.w*", "stem.?"));
    List<Decision> decisions =
        policy.decide(
            List.of(
                parameter("head.weight", "64x64"),
                parameter("stem.a", "64x64"),
                parameter("stem.ab", "64x64"),
                parameter("head.bias", "10")));
    assertEquals(
        List.of("excluded by pattern", "excluded by pattern", "weight", "included by pattern"),
        decisions.stream().map(Decision::reason).toList());
  }

  @Test
  void whatHasNoDimensionIsNeverMasked() {
    ModuleTensor one = tensor("a", Kind.PARAMETER, NumberType.FLOAT32, true, "", List.of());
    assertDecision(Role.LEARNED, "one dimension", new MaskablePolicy(List.of("*"), List.of()), one);
  }

  @Test
  void aPatternMeansAnAliasToo() {
    ModuleTensor tied =
        tensor(
            "encoder.weight",
            Kind.PARAMETER,
            NumberType.FLOAT32,
            true,
            "64x64",
            List.of("decoder.weight"));
    assertDecision(
        Role.LEARNED,
        "excluded by pattern",
        new MaskablePolicy(List.of(), List.of("decoder.*")),
        tied);
    assertDecision(
        Role.WEIGHT,
        "included by pattern",
        new MaskablePolicy(List.of("decoder.*"), List.of()),
        tied);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[", "{a", "nosuch*", "weigh"})
  void aPatternThatIsNoNameIsRefusedInASentence(String pattern) {
    MaskablePolicy policy = new MaskablePolicy(List.of(), List.of(pattern));
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> policy.decide(List.of(parameter("weight", "64x64"))))
            .getMessage();
    assertEquals(
        "No parameter of the module has a name like \""
            + pattern
            + "\"; pemn compress MODEL --dry-run lists their names.",
        message);
  }

  @Test
  void aVisionTransformerKeepsItsPositionsAndMasksItsMatrices() throws IOException {
    Map<String, String> reasons = reasons("vit4-scripted.pt");
    List<String> tables =
        reasons.entrySet().stream()
            .filter(entry -> entry.getValue().equals("position embedding"))
            .map(Map.Entry::getKey)
            .toList();
    assertTrue(!tables.isEmpty(), reasons.toString());
    assertTrue(reasons.values().stream().filter("weight"::equals).count() >= 16, reasons + "");
  }

  @Test
  void theOrderIsThatOfTheModule() throws IOException {
    try (TorchScriptFile file = TorchScriptFile.open(fixture("resnet8-traced.pt"))) {
      assertEquals(
          file.tensors().stream().map(ModuleTensor::name).toList(),
          USUAL.decide(file.tensors()).stream().map(d -> d.parameter().name()).toList());
    }
  }

  private static Map<String, String> reasons(String name) throws IOException {
    try (TorchScriptFile file = TorchScriptFile.open(fixture(name))) {
      return USUAL.decide(file.tensors()).stream()
          .collect(Collectors.toMap(d -> d.parameter().name(), Decision::reason));
    }
  }

  private static Path fixture(String name) {
    return Path.of(System.getProperty("pemn.home")).resolve("testdata/torchscript").resolve(name);
  }

  private static void assertDecision(
      Role role, String reason, MaskablePolicy policy, ModuleTensor tensor) {
    Decision decision = policy.decide(List.of(tensor)).get(0);
    assertEquals(reason, decision.reason());
    assertEquals(role, decision.parameter().role());
    assertEquals(tensor.name(), decision.parameter().name());
    assertEquals(tensor.shape(), decision.parameter().shape());
  }

  private static ModuleTensor parameter(String name, String shape) {
    return tensor(name, Kind.PARAMETER, NumberType.FLOAT32, true, shape, List.of());
  }

  private static ModuleTensor tensor(
      String name,
      Kind kind,
      NumberType type,
      boolean trained,
      String shape,
      List<String> aliases) {
    List<Integer> dimensions =
        shape.isEmpty()
            ? List.of()
            : Arrays.stream(shape.split("x")).map(Integer::valueOf).toList();
    List<Long> strides = new ArrayList<>();
    long stride = 1;
    for (int i = dimensions.size() - 1; i >= 0; i--) {
      strides.add(0, stride);
      stride *= dimensions.get(i);
    }
    return new ModuleTensor(
        name, kind, type, trained, aliases, "0", new TensorLayout(dimensions, 0, strides));
  }
}
