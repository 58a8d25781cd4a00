package io.pemn.fuzz;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Files of pictures: IDX, to be read with two sound labels, and the two versions of CIFAR-10. */
final class HostileImages {
  private static final String REFUSED = "DataException";

  private static final int IMAGES = 0x803;
  private static final int LABELS = 0x801;

  private final List<HostileFile> files = new ArrayList<>();

  private HostileImages() {}

  /** All of them. */
  static List<HostileFile> all() {
    HostileImages images = new HostileImages();
    images.idx();
    images.labels();
    images.cifar();
    return images.files;
  }

  private void add(String path, String attack, byte[] bytes) {
    files.add(new HostileFile(path, attack, REFUSED, bytes));
  }

  private static byte[] numbers(int dataBytes, int... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length + dataBytes);
    for (int number : numbers) {
      bytes.putInt(number);
    }
    return bytes.array();
  }

  private void images(String name, String attack, byte[] bytes) {
    add("idx/" + name + "-images", attack, bytes);
  }

  private void labels(String name, String attack, byte[] bytes) {
    add("idx/" + name + "-labels", attack, bytes);
  }

  private void idx() {
    images(
        "overflow",
        "2^32 - 1 images of 2^32 - 1 x 2^32 - 1 pixels",
        numbers(8, IMAGES, -1, -1, -1));
    images(
        "overflow-to-0",
        "2^16 images of 2^24 x 2^24 pixels, 0 in 64 bits",
        numbers(0, IMAGES, 1 << 16, 1 << 24, 1 << 24));
    images(
        "overflow-to-8",
        "sizes whose product is right modulo 2^32",
        numbers(8, IMAGES, 2, 0x80000001, 4));
    images(
        "2-GiB",
        "2,147,483,639 pixels in a file of 16 bytes",
        numbers(0, IMAGES, Integer.MAX_VALUE - 8, 1, 1));
    images("count-0", "no images", numbers(0, IMAGES, 0, 2, 2));
    images("height-0", "images without rows", numbers(0, IMAGES, 2, 0, 2));
    images("short", "a pixel less than it declares", numbers(7, IMAGES, 2, 2, 2));
    images("long", "a pixel more than it declares", numbers(9, IMAGES, 2, 2, 2));
    images("magic", "labels instead of images", numbers(8, LABELS, 2, 2, 2));
    images("header-cut", "half a header", numbers(0, IMAGES, 2));
    images("empty", "no bytes", new byte[0]);
    images("three-for-two-labels", "an image without a label", numbers(12, IMAGES, 3, 2, 2));
  }

  private void labels() {
    labels("2^32-1", "2^32 - 1 labels", numbers(2, LABELS, -1));
    labels(
        "2-GiB",
        "2,147,483,639 labels in a file of 10 bytes",
        numbers(2, LABELS, Integer.MAX_VALUE - 8));
    byte[] beyond = numbers(2, LABELS, 2);
    beyond[9] = (byte) 255;
    labels("class-255", "a label of no class", beyond);
    labels("count-0", "no labels", numbers(0, LABELS, 0));
    labels("three-dimensions", "images instead of labels", numbers(8, IMAGES, 2, 2, 2));
  }

  private void cifar() {
    cifar("call-system", "os.system(\"id\") instead of a batch", "cos\nsystem\n(S'id'\ntR.");
    cifar(
        "array-of-2^62",
        "an array of 2^62 images in no bytes",
        batch("\u008a\u0008\0\0\0\0\0\0\0\u0040", "(l"));
    cifar(
        "array-of-2^31",
        "an array of 2^31 - 1 images in no bytes",
        batch("J\u00ff\u00ff\u00ff\u007f", "(l"));
    cifar("array-negative", "an array of -1 images", batch("J\u00ff\u00ff\u00ff\u00ff", "(l"));
    cifar("array-of-nothing", "no images", batch("K\u0000", "(l"));
    cifar(
        "labels-missing",
        "an image without a label",
        batch("K\u0001", "T\u0000\u000c\0\0" + "x".repeat(3072), "(l"));
    cifar("not-a-dictionary", "a list instead of a batch", "(l.");
    cifar("dictionary-in-itself", "a batch that contains itself", "}q\u0000S'data'\nh\u0000s.");
    byte[] record = new byte[3073];
    record[0] = (byte) 200;
    add("cifar/class-200.bin", "a label of no class", record);
    add("cifar/short.bin", "a byte less than an image has", new byte[3072]);
    add("cifar/empty.bin", "no bytes", new byte[0]);
  }

  private void cifar(String name, String attack, String pickle) {
    add("cifar/" + name + ".pkl", attack, pickle.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** A batch as NumPy and Python 2 pickle it. */
  private static String batch(String images, String labels) {
    return batch(images, "U\u0000", labels);
  }

  private static String batch(String images, String content, String labels) {
    return "\u0080\u0002}(U\u0004data"
        + "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\u0000\u0085U\u0001b\u0087R"
        + "(K\u0001"
        + images
        + "M\u0000\u000c\u0086cnumpy\ndtype\nU\u0002u1K\u0000K\u0001\u0087R\u0089"
        + content
        + "tb"
        + "U\u0006labels"
        + labels
        + "u.";
  }
}
