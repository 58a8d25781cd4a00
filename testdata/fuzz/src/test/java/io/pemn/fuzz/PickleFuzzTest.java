package io.pemn.fuzz;

import io.pemn.packager.pickle.AllowedCalls;
import io.pemn.packager.pickle.Pickle;
import io.pemn.packager.pickle.PickleException;
import io.pemn.packager.pickle.PickleValue;
import io.pemn.packager.pickle.TupleListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as a pickle; the first says whether as Python's or as TorchScript's. */
class PickleFuzzTest {
  private static final AllowedCalls CALLS =
      AllowedCalls.of(
          "it only rebuilds tensors",
          "save it again",
          "collections.OrderedDict",
          "torch._utils._rebuild_tensor_v2",
          "torch._utils._rebuild_parameter",
          "torch.FloatStorage");

  static List<byte[]> seeds() throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    for (String file : List.of("max-layer.pt", "double.pt", "parameters.pt", "wrapped.pt")) {
      seeds.add(seed(0, "authors/fixtures/" + file));
    }
    for (String file : List.of("mlp-scripted.pt", "lstm-scripted.pt", "dict-output-scripted.pt")) {
      seeds.add(seed(1, "torchscript/tiny/" + file));
    }
    for (byte[] hostile : TestData.hostile("pickles")) {
      seeds.add(ChosenInput.seed(0, hostile));
      seeds.add(ChosenInput.seed(1, hostile));
    }
    return seeds;
  }

  private static byte[] seed(int dialect, String file) {
    ZippedEntries zip = ZippedEntries.of(file);
    return ChosenInput.seed(
        dialect, zip.entries().get(zip.name(name -> name.endsWith("/data.pkl"))));
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isReadOrRefused(byte[] input) {
    if (input.length == 0) {
      return;
    }
    ByteBuffer pickle = ByteBuffer.wrap(Arrays.copyOfRange(input, 1, input.length));
    try {
      if (input[0] % 2 == 0) {
        // Such values can be walked without further care.
        PickleValue value = Pickle.read(pickle, "data.pkl", CALLS);
        value.hashCode();
        PickleValue.text(value);
      } else {
        Pickle.readTorchScript(pickle, "data.pkl", TupleListener.NONE);
      }
    } catch (PickleException e) {
      // As it should be.
    }
  }
}
