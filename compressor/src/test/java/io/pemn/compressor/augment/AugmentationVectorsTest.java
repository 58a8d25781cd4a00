package io.pemn.compressor.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.pemn.compressor.augment.RandomResizedCrop.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Every pixel is what torchvision makes of the picture; testdata/README.md says how it was asked.
 */
class AugmentationVectorsTest {
  private static final Path FILE =
      Path.of(System.getProperty("pemn.home"), "testdata", "augmentation-vectors.txt");

  private final Pictures pictures = new Pictures();
  private final Map<String, NDArray> images = new HashMap<>();
  private List<String[]> lines;

  @BeforeEach
  void read() throws IOException {
    lines = Files.readAllLines(FILE).stream().map(line -> line.split(" ")).toList();
    for (String[] line : lines) {
      if (line[0].equals("image")) {
        int channels = Integer.parseInt(line[2]);
        int height = Integer.parseInt(line[3]);
        images.put(
            line[1], pictures.of(1, channels, height, Integer.parseInt(line[4]), pixels(line[5])));
      }
    }
  }

  @AfterEach
  void close() {
    pictures.close();
  }

  @Test
  void everyOperationOfRandAugmentGivesTorchvisionsPictures() {
    // All of one picture and magnitude together: a batch in which every image has another
    // operation.
    Map<String, List<String[]>> batches = new LinkedHashMap<>();
    for (String[] line : lines("rand-augment")) {
      batches.computeIfAbsent(line[4] + " " + line[2], key -> new ArrayList<>()).add(line);
    }
    int compared = 0;
    for (List<String[]> batch : batches.values()) {
      RandAugment.Draw[] draws =
          batch.stream()
              .map(line -> new RandAugment.Draw(operation(line[1]), line[3].equals("-1")))
              .toArray(RandAugment.Draw[]::new);
      NDArray image = images.get(batch.get(0)[4]);
      NDArray copies = Pictures.times(image, draws.length);
      RandAugment change = new RandAugment(1, Integer.parseInt(batch.get(0)[2]));
      NDArray changed = Pictures.changed(copies, n -> change.change(draws, copies.getShape(), n));
      for (int i = 0; i < draws.length; i++, compared++) {
        assertPixels(batch.get(i), changed, i);
      }
    }
    assertTrue(compared > 150, "compared " + compared);
  }

  @Test
  void everyCropIsResizedAsTorchvisionDoes() {
    List<String[]> crops = lines("crop");
    for (String[] line : crops) {
      Window window =
          new Window(
              Integer.parseInt(line[1]),
              Integer.parseInt(line[2]),
              Integer.parseInt(line[3]),
              Integer.parseInt(line[4]));
      NDArray changed = Pictures.cropped(images.get(line[5]), window);
      assertPixels(line, changed, 0);
    }
    assertTrue(crops.size() >= 8);
  }

  @Test
  void everyJitterGivesTorchvisionsPictures() {
    List<String[]> jitters = lines("jitter");
    for (String[] line : jitters) {
      ColorJitter.Draw draw =
          new ColorJitter.Draw(
              new int[] {
                Integer.parseInt(line[1]), Integer.parseInt(line[2]), Integer.parseInt(line[3])
              },
              new float[] {
                Float.parseFloat(line[4]), Float.parseFloat(line[5]), Float.parseFloat(line[6])
              });
      NDArray image = images.get(line[7]);
      boolean grey = image.getShape().get(1) == 1;
      NDArray changed =
          Pictures.changed(image, n -> ColorJitter.change(new ColorJitter.Draw[] {draw}, grey, n));
      assertPixels(line, changed, 0);
    }
    assertTrue(jitters.size() >= 8);
  }

  private List<String[]> lines(String kind) {
    return lines.stream().filter(line -> line[0].equals(kind)).toList();
  }

  private static Operation operation(String name) {
    return Operation.valueOf(name.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toUpperCase(Locale.ROOT));
  }

  private static void assertPixels(String[] line, NDArray found, int picture) {
    assertArrayEquals(
        pixels(line[line.length - 1]),
        Pictures.numbers(found, picture),
        () -> String.join(" ", Arrays.copyOf(line, line.length - 1)));
  }

  private static float[] pixels(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    float[] pixels = new float[bytes.length];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = bytes[i] & 0xff;
    }
    return pixels;
  }
}
