package io.pemn.packager.torchscript;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.NumberType;
import io.pemn.loader.torchscript.TensorLayout;
import io.pemn.packager.remainder.BatchNorm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Batch normalisations are found where their code says beyond doubt what they compute. */
class BatchNormSearchTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("pemn.home")).resolve("testdata/torchscript");

  private static final String CLASS =
      """
      class BatchNorm2d(Module):
        __parameters__ = ["weight", "bias", ]
        __buffers__ = ["running_mean", "running_var", "num_batches_tracked", ]
        weight : Tensor
        bias : Tensor
        running_mean : Tensor
        running_var : Tensor
        num_batches_tracked : Tensor
        training : bool
      """;
  private static final String TRACED =
      CLASS
          + """
            def forward(self: __torch__.a.BatchNorm2d,
              argument_1: Tensor) -> Tensor:
              running_var = self.running_var
              running_mean = self.running_mean
              bias = self.bias
              weight = self.weight
              input = torch.batch_norm(argument_1, weight, bias, running_mean, running_var, False, 0.1, 0.0012, True)
              return input
          """;
  private static final String SCRIPTED =
      CLASS
          + """
            def forward(self: __torch__.a.BatchNorm2d,
              input: Tensor) -> Tensor:
              _0 = __torch__.torch.nn.functional.batch_norm
              _1 = (self)._check_input_dim(input, )
              training = self.training
              if training:
                num_batches_tracked = self.num_batches_tracked
                _2 = torch.add_(num_batches_tracked, 1)
              else:
                pass
              training0 = self.training
              if training0:
                bn_training = True
              else:
                bn_training = False
              running_mean = self.running_mean
              running_var = self.running_var
              weight = self.weight
              bias = self.bias
              _3 = _0(input, running_mean, running_var, weight, bias, bn_training, 0.1, 0.0012, )
              return _3
            def _check_input_dim(self: __torch__.a.BatchNorm2d,
              input: Tensor) -> NoneType:
              if torch.ne(torch.dim(input), 4):
                ops.prim.RaiseException("expected 4D input", "builtins.ValueError")
              else:
                pass
              return None
          """;
  private static final String FUNCTION =
      """
      def batch_norm(input: Tensor,
          running_mean: Optional[Tensor],
          running_var: Optional[Tensor],
          weight: Optional[Tensor]=None,
          bias: Optional[Tensor]=None,
          training: bool=False,
          momentum: float=0.1,
          eps: float=1.0000000000000001e-05) -> Tensor:
        _4 = torch.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, True)
        return _4
      """;
  private static final String PARENT =
      """
      class Net(Module):
        def forward(self: __torch__.a.Net,
          x: Tensor) -> Tensor:
          bn = self.bn
          linear = self.linear
          weight = linear.weight
          return (bn).forward(torch.linear(x, weight), )
      """;

  private static ModuleTensor tensor(String name, NumberType type, String... aliases) {
    return new ModuleTensor(
        name,
        ModuleTensor.Kind.BUFFER,
        type,
        false,
        List.of(aliases),
        name,
        TensorLayout.contiguous(name.endsWith("tracked") ? List.of() : List.of(4), 0));
  }

  private static List<ModuleTensor> tensors() {
    List<ModuleTensor> tensors = new ArrayList<>();
    for (String name : List.of("weight", "bias", "running_mean", "running_var")) {
      tensors.add(tensor("bn." + name, NumberType.FLOAT32));
    }
    tensors.add(tensor("bn.num_batches_tracked", NumberType.INT64));
    return tensors;
  }

  private static List<BatchNorm> search(String norm, String parent, List<ModuleTensor> tensors) {
    Map<String, String> code = new LinkedHashMap<>();
    code.put("code/__torch__/a.py", parent + norm);
    code.put("code/__torch__/torch/nn/functional.py", FUNCTION);
    Map<String, String> objects = new LinkedHashMap<>();
    objects.put("", "__torch__.a.Net");
    objects.put("bn", "__torch__.a.BatchNorm2d");
    return BatchNormSearch.in(code, objects, tensors);
  }

  @Test
  void tracedAndScriptedNormsAreFoundWithTheirEpsilon() {
    for (String norm : List.of(TRACED, SCRIPTED)) {
      assertEquals(
          List.of(
              new BatchNorm(
                  "bn.weight",
                  "bn.bias",
                  "bn.running_mean",
                  "bn.running_var",
                  Optional.of("bn.num_batches_tracked"),
                  0.0012)),
          search(norm, PARENT, tensors()));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "False, 0.1|True, 0.1",
        "False, 0.1|mode, 0.1",
        "0.0012|eps",
        "0.0012|-1",
        "argument_1, weight, bias|argument_1, bias, weight0",
        "argument_1, weight|(argument_1), weight",
        "bias = self.bias|bias = torch.neg(self.bias)",
        "running_mean = self.running_mean|running_mean = None",
        "return input|return torch.mul(input, weight)",
        "return input|return torch.mul(input, self.weight)",
        "return input|if argument_1:\\n      pass\\n    return input",
        "return input|running_var = self.bias\\n    return input",
        "torch.batch_norm|ops.batch_norm",
        "def forward|def other",
        "return input|return torch.batch_norm(input, weight, bias, running_mean, running_var, False, 0.1, 0.0012, True)"
      })
  void whatIsWrittenOtherwiseIsLeftAlone(String from, String to) {
    String changed = TRACED.replace(from, to.replace("\\n", "\n"));
    assertTrue(!changed.equals(TRACED));
    assertEquals(List.of(), search(changed, PARENT, tensors()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bn_training = False|bn_training = True",
        "if training0:|if input:",
        "training0 = self.training|training0 = self.frozen",
        "pass|weight0 = self.weight",
        "return None|weight = self.weight",
        "torch.nn.functional.batch_norm|torch.nn.functional.my_batch_norm"
      })
  void aScriptedNormThatDoesSomethingElseIsLeftAlone(String from, String to) {
    assertEquals(List.of(), search(SCRIPTED.replace(from, to), PARENT, tensors()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "running_var = bn.running_var",
        "weight = self.bn.weight",
        "x0 = torch.mul(x, bn.bias)",
        "x0 = torch.mul(x, (bn).weight)",
        "x0 = torch.mul(x, (self.bn).weight)",
        "other = torch.pick(bn)\n    weight0 = other.weight",
        "weight0 = getattr(bn, \"weight\")"
      })
  void aNormWhoseTensorsItsParentReadsIsLeftAlone(String statement) {
    String parent = PARENT.replace("return", statement + "\n    return");
    assertEquals(List.of(), search(TRACED, parent, tensors()));
  }

  @Test
  void aCounterThatInferenceReadsIsKept() {
    for (String norm :
        List.of(
            SCRIPTED.replace("return _3", "return torch.add(_3, self.num_batches_tracked)"),
            SCRIPTED.replace("return None", "count = self.num_batches_tracked"))) {
      assertEquals(Optional.empty(), search(norm, PARENT, tensors()).get(0).counter());
    }
  }

  @Test
  void tensorsOfAnotherKindOrUnderSeveralNamesAreLeftAlone() {
    for (int i = 0; i < 4; i++) {
      String name = tensors().get(i).name();
      List<ModuleTensor> lacking = tensors();
      lacking.remove(i);
      assertEquals(List.of(), search(TRACED, PARENT, lacking));
      List<ModuleTensor> half = tensors();
      half.set(i, tensor(name, NumberType.FLOAT16));
      assertEquals(List.of(), search(TRACED, PARENT, half));
      List<ModuleTensor> shared = tensors();
      shared.set(i, tensor(name, NumberType.FLOAT32, "other"));
      assertEquals(List.of(), search(TRACED, PARENT, shared));
    }
    List<ModuleTensor> counted = tensors();
    counted.remove(4);
    assertEquals(Optional.empty(), search(TRACED, PARENT, counted).get(0).counter());
  }

  @ParameterizedTest
  @CsvSource({
    "resnet8-scripted, 9",
    "resnet8-traced, 9",
    "convmixer-scripted, 9",
    "convmixer-traced, 9",
    "vit4-scripted, 0",
    "tiny/mlp-scripted, 1",
    "tiny/mlp-traced, 1",
    "tiny/half-scripted, 0",
    "tiny/double-scripted, 0",
    "tiny/traced-eval-mode, 1",
    "tiny/traced-train-mode, 0",
    "tiny/only-norms-scripted, 1",
    "tiny/frozen, 0"
  })
  void theNormsOfRealModulesAreFound(String name, int norms) throws IOException {
    try (TorchScriptFile file = TorchScriptFile.open(FOLDER.resolve(name + ".pt"))) {
      List<BatchNorm> found = file.batchNorms();
      assertEquals(norms, found.size(), found.toString());
      for (BatchNorm norm : found) {
        assertEquals(1e-5, norm.epsilon());
        assertTrue(norm.counter().isPresent());
      }
    }
  }
}
