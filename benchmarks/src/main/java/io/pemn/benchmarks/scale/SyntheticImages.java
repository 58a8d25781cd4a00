package io.pemn.benchmarks.scale;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Images of noise, in the four IDX files of MNIST: what they show changes no time or memory. */
final class SyntheticImages {
  private static final int IMAGES_MAGIC = 0x803;
  private static final int LABELS_MAGIC = 0x801;

  private SyntheticImages() {}

  /**
   * Writes a data set.
   *
   * @param folder made if it is not there
   * @param train number of images to train on
   * @param test number of images to test with
   */
  static void write(Path folder, int train, int test) throws IOException {
    Files.createDirectories(folder);
    write(folder, "train", train);
    write(folder, "t10k", test);
  }

  private static void write(Path folder, String part, int count) throws IOException {
    byte[] pixels = new byte[count * ScaledNetwork.IMAGE * ScaledNetwork.IMAGE];
    new SplittableRandom(count).nextBytes(pixels);
    try (DataOutputStream out =
        new DataOutputStream(Files.newOutputStream(folder.resolve(part + "-images-idx3-ubyte")))) {
      out.writeInt(IMAGES_MAGIC);
      out.writeInt(count);
      out.writeInt(ScaledNetwork.IMAGE);
      out.writeInt(ScaledNetwork.IMAGE);
      out.write(pixels);
    }
    try (DataOutputStream out =
        new DataOutputStream(Files.newOutputStream(folder.resolve(part + "-labels-idx1-ubyte")))) {
      out.writeInt(LABELS_MAGIC);
      out.writeInt(count);
      for (int i = 0; i < count; i++) {
        out.writeByte(i % ScaledNetwork.CLASSES);
      }
    }
  }
}
