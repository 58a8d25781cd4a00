package io.pemn.compressor.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pemn.fuzz.ChosenInput;
import io.pemn.fuzz.FuzzTarget;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any bytes as a file of CIFAR; the first says of which version, and whether of images or names.
 */
class CifarFuzzTest {
  private static final List<CifarFormat> FORMATS =
      List.of(
          new CifarPickle("labels", "label_names", 10),
          new CifarPickle("fine_labels", "fine_label_names", 100),
          new CifarBinary(1, 10),
          new CifarBinary(2, 100));

  static List<byte[]> seeds() throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    Path folder = Path.of(System.getProperty("pemn.home"), "testdata", "cifar");
    for (int classes : new int[] {10, 100}) {
      TarArchive.read(
          folder.resolve("cifar-" + classes + "-python.tar.gz"),
          name -> 1 << 20,
          (name, content) -> {
            boolean names = name.contains("meta");
            if (names || name.contains("test")) {
              seeds.add(ChosenInput.seed((classes == 10 ? 0 : 1) + (names ? 4 : 0), content));
            }
          },
          "");
    }
    seeds.add(ChosenInput.seed(2, new byte[3073]));
    seeds.add(ChosenInput.seed(3, new byte[2 * 3074]));
    seeds.add(
        ChosenInput.seed(6, "frog\nship\n".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    return seeds;
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isReadOrRefused(byte[] input) {
    if (input.length == 0) {
      return;
    }
    CifarFormat format = FORMATS.get(input[0] & 3);
    byte[] content = Arrays.copyOfRange(input, 1, input.length);
    try {
      if ((input[0] & 4) == 0) {
        CifarFormat.Images images = format.images("batch", content, 10_000);
        assertEquals(images.labels().length * CifarFormat.PIXELS, images.pixels().length);
      } else {
        format.classNames("names", content);
      }
    } catch (DataException e) {
      // As it should be.
    }
  }
}
