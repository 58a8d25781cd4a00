package io.pemn.packager.imports;

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
import io.pemn.packager.imports.Checkpoints.Values;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a checkpoint lacks or asks for is said in one sentence, and nothing of it is run. */
class BadCheckpointTest {
  private static final BuiltInDescription NETWORK = Checkpoints.network(Norm.LEARN);

  @TempDir Path folder;

  private static String refusal(Path file, CheckpointImport.Settings settings) {
    IOException e = assertThrows(IOException.class, () -> CheckpointImport.read(file, settings));
    String message = e.getMessage();
    assertTrue(message.startsWith(file.toString()) || message.contains(file.toString()), message);
    assertTrue(message.endsWith("."), message);
    assertFalse(message.contains("\n"), message);
    assertFalse(message.contains("Exception"), message);
    return message;
  }

  private static String refusal(Path file) {
    return refusal(file, Checkpoints.settings(NETWORK));
  }

  private static void assertRefused(String expected, Path file) {
    String message = refusal(file);
    assertTrue(message.contains(expected), message);
  }

  /** The file with another pickle. */
  private Path withPickle(byte[] pickle) throws IOException {
    Map<String, byte[]> entries = Checkpoints.entries(Checkpoints.file("own.pt"));
    entries.put("own/data.pkl", pickle);
    return Checkpoints.zip(folder.resolve("changed.pt"), entries);
  }

  private static byte[] pickle() throws IOException {
    return Checkpoints.entries(Checkpoints.file("own.pt")).get("own/data.pkl");
  }

  private Path withPickle(String text) throws IOException {
    return withPickle(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void aPickleThatRunsACommandIsRefusedAndNotRun() throws IOException {
    Path trace = folder.resolve("trace");
    String command = "touch " + trace;
    for (String module : List.of("os", "posix", "subprocess", "builtins")) {
      Path file = withPickle("c" + module + "\nsystem\n(S'" + command + "'\ntR.");
      assertRefused("wants to call " + module + ".system", file);
    }
    // Among tensors, and as the state of an object.
    String pickle = new String(pickle(), StandardCharsets.ISO_8859_1);
    Path hidden =
        withPickle(
            pickle.substring(0, pickle.length() - 1) + "cos\nsystem\n(S'" + command + "'\ntR0.");
    assertRefused("wants to call os.system", hidden);
    assertFalse(Files.exists(trace));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.load",
        "torch.nn.modules.linear.Linear",
        "torch._utils._rebuild_device_tensor_from_numpy",
        "torch.storage._load_from_bytes",
        "numpy.core.multiarray._reconstruct",
        "argparse.Namespace",
        "builtins.eval"
      })
  void nothingButTheRebuildingOfTensorsMayBeNamed(String qualified) throws IOException {
    int dot = qualified.lastIndexOf('.');
    String global = qualified.substring(0, dot) + "\n" + qualified.substring(dot + 1);
    assertRefused("wants to call " + qualified, withPickle("c" + global + "\n."));
  }

  @Test
  void aWholeModuleIsNoStateDict() {
    assertRefused("torch.save(model.state_dict(), FILE)", Checkpoints.file("module.pt"));
  }

  @Test
  void aFileOfTheOldFormatIsToBeSavedAnew() {
    assertRefused("as torch.save wrote it before PyTorch 1.6", Checkpoints.file("legacy.pt"));
    assertRefused("torch.save(torch.load(FILE", Checkpoints.file("legacy.pt"));
  }

  @Test
  void aTorchScriptFileIsForAnotherCommand() {
    Path module = Checkpoints.FOLDER.resolve("../../torchscript/tiny/mlp-scripted.pt").normalize();
    assertRefused("is a TorchScript file", module);
  }

  @Test
  void filesThatAreNoneAreRefused() throws IOException {
    assertRefused("There is no file", folder.resolve("none.pt"));
    assertRefused("is no zip", Files.writeString(folder.resolve("a.pt"), "hello"));
    assertRefused("is no zip", Files.write(folder.resolve("b.pt"), new byte[0]));
    assertRefused("", Files.writeString(folder.resolve("c.safetensors"), "hello"));
    assertRefused("holds no dictionary", withPickle("I1\n."));
    assertRefused("a dictionary without tensors", withPickle("}."));
    assertRefused("of \"epoch\"", withPickle("}X\u0005\0\0\0epochK\u0001s."));
  }

  @Test
  void aFileThatIsCutAnywhereIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(Checkpoints.file("own.pt"));
    for (int length = 0; length < whole.length; length += 1 + whole.length / 47) {
      refusal(Files.write(folder.resolve("cut.pt"), Arrays.copyOf(whole, length)));
    }
  }

  @Test
  void changedBytesAreRefusedOrHarmless() throws IOException {
    byte[] whole = Files.readAllBytes(Checkpoints.file("own.pt"));
    byte[] pickle = pickle();
    Random random = new Random(3);
    for (int round = 0; round < 100; round++) {
      byte[] changed = whole.clone();
      changed[random.nextInt(whole.length)] = (byte) random.nextInt();
      useOrRefuse(Files.write(folder.resolve("changed.pt"), changed));
      byte[] other = pickle.clone();
      other[random.nextInt(other.length)] = (byte) random.nextInt();
      useOrRefuse(withPickle(other));
    }
  }

  /** Nothing but an {@link IOException} may come of it. */
  private static void useOrRefuse(Path file) {
    try {
      Checkpoints.read(file);
    } catch (IOException e) {
      assertTrue(e.getMessage().endsWith("."), e.getMessage());
    }
  }

  @Test
  void aTensorThatClaimsMoreThanItsStorageHasIsRefused() throws IOException {
    String pickle = new String(pickle(), StandardCharsets.ISO_8859_1);
    // The first storage has 128 elements; the shape of the first tensor follows it.
    String storage = "K\u0080t";
    int at = pickle.indexOf(storage);
    assertTrue(at > 0);
    Path longer = withPickle(pickle.replaceFirst("K\u0080", "M\u0081\0"));
    assertRefused("expected 129 numbers of 4 bytes", longer);
    Path shorter = withPickle(pickle.replaceFirst("K\u0080", "K\u007f"));
    assertRefused("reaches beyond the 127 elements", shorter);
  }

  @Test
  void anotherArchitectureIsNamedByItsNamesAndShapes() {
    String message =
        refusal(
            Checkpoints.file("own.pt"),
            Checkpoints.settings(Checkpoints.network(16, 3, Norm.LEARN, 10)));
    assertTrue(
        message.contains("has 26 tensors beside scores and counters where that has 36"), message);
    assertTrue(message.contains("36 differ"), message);
    assertTrue(
        message.contains("it has \"0.weight\" of 8x1x4x4 for stem.conv.weight of 16x1x4x4"),
        message);
    assertTrue(message.contains("and 33 more"), message);
    assertTrue(
        message.endsWith(
            "its shapes are those of --arch convmixer --dim 8 --depth 2 --kernel 3 --patch 4"
                + " --norm learn --channels 1 --classes 10."),
        message);
    assertTrue(
        refusal(
                Checkpoints.file("own.pt"),
                Checkpoints.settings(
                    new BuiltInDescription(
                        new MlpArchitecture(List.of(9), Activation.RELU),
                        new ImageShape(1, 28, 28),
                        10)))
            .contains("for layers.0.linear.weight of 9x784"));
  }

  @Test
  void anotherNumberOfClassesIsADifferenceOfTheHeadAlone() {
    String message =
        refusal(
            Checkpoints.file("own.pt"),
            Checkpoints.settings(Checkpoints.network(8, 2, Norm.LEARN, 100)));
    assertTrue(
        message.contains("and 1 differs: it has \"7.weight\" of 10x8 for head.weight of 100x8"),
        message);
  }

  @Test
  void ofTheNetworksOwnNamesThoseThatAreMissingOrTooManyAreNamed() throws IOException {
    Map<String, Values> tensors = Checkpoints.tensors(Checkpoints.file("own.pt"));
    Map<String, Values> own = new LinkedHashMap<>();
    for (ParameterShape parameter : NETWORK.parameters()) {
      own.put(
          parameter.name(),
          new Values(
              new float[parameter.size()],
              parameter.shape().stream().map(Integer::longValue).toArray(Long[]::new)));
    }
    own.remove("blocks.1.pointwise.conv.weight");
    own.put("head.bias", new Values(new float[10], 10L));
    own.put("stem.conv.weight", tensors.get("7.weight"));
    String message = refusal(Checkpoints.write(folder.resolve("a.safetensors"), own));
    assertTrue(message.contains("it lacks blocks.1.pointwise.conv.weight of 8x8x1x1"), message);
    assertTrue(message.contains("it has \"head.bias\" of 10, which the network lacks"), message);
    assertTrue(message.contains("\"stem.conv.weight\" of 10x8 for stem.conv.weight"), message);
    // What only one side has comes before another shape.
    assertTrue(message.contains("and 3 differ: it lacks"), message);
  }

  @Test
  void aVarianceBelow0IsRefused() throws IOException {
    Map<String, Values> tensors = Checkpoints.tensors(Checkpoints.file("own.pt"));
    float[] variances = tensors.get("4.3.running_var").numbers();
    variances[5] = -0.25f;
    assertRefused(
        "\"4.3.running_var\" of 8 has the variance -0.25 at position 5, expected none below 0",
        Checkpoints.write(folder.resolve("a.safetensors"), tensors));
  }

  @Test
  void scoresAreThereForEveryLayerOrForNone() throws IOException {
    Map<String, Values> tensors = Checkpoints.tensors(Checkpoints.file("own.pt"));
    Path file = folder.resolve("a.safetensors");
    tensors.remove("3.1.scores");
    assertRefused(
        "has scores for 5 weights, but none for \"3.1.weight\"", Checkpoints.write(file, tensors));
    tensors.put("3.1.scores", new Values(new float[8], 8L));
    assertRefused("beside the weight \"3.1.weight\" of 8x8x1x1", Checkpoints.write(file, tensors));
    tensors.remove("3.1.scores");
    tensors.put("2.scores", new Values(new float[8], 8L));
    assertRefused("belong to nothing that a mask can replace", Checkpoints.write(file, tensors));
    tensors.remove("2.scores");
    tensors.put("99.scores", new Values(new float[8], 8L));
    assertRefused("without a weight", Checkpoints.write(file, tensors));
  }

  @ParameterizedTest
  @CsvSource({
    "0.weight, NaN",
    "3.1.weight, Infinity",
    "4.1.scores, NaN",
    "2.running_var, -Infinity",
    "7.weight, NaN"
  })
  void numbersThatAreNoneAreRefused(String name, float number) throws IOException {
    Map<String, Values> tensors = Checkpoints.tensors(Checkpoints.file("own.pt"));
    tensors.get(name).numbers()[5] = number;
    assertRefused(
        "has the number " + number + " at position 5",
        Checkpoints.write(folder.resolve("a.safetensors"), tensors));
  }

  @Test
  void doublesThatAreNoFloatsAreRefused() throws IOException {
    Map<String, byte[]> entries = Checkpoints.entries(Checkpoints.file("double.pt"));
    entries.get("double/data/0")[0] ^= 1;
    assertRefused(
        "which float32 does not have", Checkpoints.zip(folder.resolve("changed.pt"), entries));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.5, 1.01, Double.NaN, Double.POSITIVE_INFINITY})
  void aDensityOutOfRangeIsRefused(double density) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> Checkpoints.settings(NETWORK, OptionalDouble.of(density)));
    assertEquals(
        "The density must be greater than 0 and at most 1, not " + density + ".", e.getMessage());
  }

  @Test
  void aDensityWithoutMasksIsRefused() {
    String message =
        refusal(
            Checkpoints.file("dense.pt"), Checkpoints.settings(NETWORK, OptionalDouble.of(0.5)));
    assertTrue(message.contains("has no scores"), message);
  }
}
