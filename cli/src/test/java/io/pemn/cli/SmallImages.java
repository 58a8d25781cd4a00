package io.pemn.cli;

import io.pemn.compressor.data.DataSources;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.data.ImageSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** Folders of IDX files with a few of the bundled images. */
final class SmallImages {
  private SmallImages() {}

  /** Writes 200 training and 100 test images and returns their --data. */
  static String write(Path folder) throws IOException {
    return write(folder, 28);
  }

  /** Writes them cut to their upper left corner, which is {@code side} pixels high and wide. */
  static String write(Path folder, int side) throws IOException {
    Files.createDirectories(folder);
    Dataset images = DataSources.load("bundled", Path.of(System.getProperty("pemn.home")));
    write(folder, "train", (ImageSet) images.train().subset(200, 1), side);
    write(folder, "t10k", (ImageSet) images.test().subset(100, 1), side);
    return "fashion-mnist:" + folder;
  }

  private static void write(Path folder, String name, ImageSet images, int side)
      throws IOException {
    ByteBuffer pixels = ByteBuffer.allocate(16 + images.size() * side * side);
    pixels.putInt(0x00000803).putInt(images.size()).putInt(side).putInt(side);
    ByteBuffer labels = ByteBuffer.allocate(8 + images.size());
    labels.putInt(0x00000801).putInt(images.size());
    for (int image = 0; image < images.size(); image++) {
      for (int row = 0; row < side; row++) {
        for (int column = 0; column < side; column++) {
          pixels.put((byte) images.pixel(image, 0, row, column));
        }
      }
      labels.put((byte) images.label(image));
    }
    Files.write(folder.resolve(name + "-images-idx3-ubyte"), pixels.array());
    Files.write(folder.resolve(name + "-labels-idx1-ubyte"), labels.array());
  }
}
