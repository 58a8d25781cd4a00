package io.pemn.compressor.data;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * The binary version of CIFAR: records of one fixed length, and a text file with the name of each
 * class on a line.
 *
 * <pre>
 * record = [coarse] label red green blue     (coarse in CIFAR-100 only, and not used)
 * label  = one byte                          red, green, blue = 1024 bytes each, row by row
 * </pre>
 *
 * @param labelBytes bytes before the pixels, of which the last one is the label
 * @param classes how many there are
 */
record CifarBinary(int labelBytes, int classes) implements CifarFormat {
  @Override
  public int longest(int images) {
    return images * record();
  }

  private int record() {
    return labelBytes + PIXELS;
  }

  @Override
  public Images images(String name, byte[] content, int official) throws DataException {
    if (content.length == 0 || content.length % record() != 0) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s has %,d bytes, but %,d images take %,d bytes, %,d each%s.",
              name,
              content.length,
              official,
              longest(official),
              record(),
              AGAIN));
    }
    int[] labels = new int[content.length / record()];
    byte[] pixels = new byte[labels.length * PIXELS];
    for (int image = 0; image < labels.length; image++) {
      int from = image * record() + labelBytes;
      labels[image] = content[from - 1] & 0xff;
      if (labels[image] >= classes) {
        throw CifarFormat.noSuchClass(name, image, labels[image], classes);
      }
      System.arraycopy(content, from, pixels, image * PIXELS, PIXELS);
    }
    return new Images(pixels, labels);
  }

  @Override
  public List<String> classNames(String name, byte[] content) {
    return new String(content, StandardCharsets.UTF_8)
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .toList();
  }
}
