import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Cuts the class-balanced part of Fashion-MNIST that pemn bundles: the first 1,000 training images
 * and the first 200 test images of every class, in their original order.
 *
 * <p>Run it with {@code java testdata/CutFashionMnist.java SOURCE_DIR TARGET_DIR}, where SOURCE_DIR
 * is the folder of Debian's dataset-fashion-mnist, or of the four .gz files of
 * github.com/zalandoresearch/fashion-mnist. The same source gives the same bytes on the same
 * version of zlib: the gzip header that Java writes has no time.
 */
public final class CutFashionMnist {
  private static final int CLASSES = 10;
  private static final int IMAGES_MAGIC = 0x00000803;
  private static final int LABELS_MAGIC = 0x00000801;

  private CutFashionMnist() {}

  /** Cuts both parts; see the class. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 2) {
      System.err.println(
          "Found "
              + arguments.length
              + " arguments, expected two; run java testdata/CutFashionMnist.java SOURCE_DIR"
              + " TARGET_DIR.");
      System.exit(2);
    }
    Path source = Path.of(arguments[0]);
    Path target = Files.createDirectories(Path.of(arguments[1]));
    cut(source, target, "train", 1000);
    cut(source, target, "t10k", 200);
  }

  private static void cut(Path source, Path target, String part, int perClass) throws IOException {
    String imagesName = part + "-images-idx3-ubyte.gz";
    String labelsName = part + "-labels-idx1-ubyte.gz";
    byte[] images = decompressed(source.resolve(imagesName));
    byte[] labels = decompressed(source.resolve(labelsName));

    DataInputStream imageHeader = new DataInputStream(new ByteArrayInputStream(images));
    require(imageHeader.readInt() == IMAGES_MAGIC, imagesName + " is not an IDX file of images");
    int count = imageHeader.readInt();
    int height = imageHeader.readInt();
    int width = imageHeader.readInt();
    int length = Math.multiplyExact(height, width);
    require(images.length == 16L + (long) count * length, imagesName + " has a wrong length");
    DataInputStream labelHeader = new DataInputStream(new ByteArrayInputStream(labels));
    require(labelHeader.readInt() == LABELS_MAGIC, labelsName + " is not an IDX file of labels");
    require(labelHeader.readInt() == count, labelsName + " has another count than the images");
    require(labels.length == 8L + count, labelsName + " has a wrong length");

    ByteArrayOutputStream cutImages = new ByteArrayOutputStream();
    ByteArrayOutputStream cutLabels = new ByteArrayOutputStream();
    DataOutputStream imageOut = new DataOutputStream(cutImages);
    DataOutputStream labelOut = new DataOutputStream(cutLabels);
    imageOut.writeInt(IMAGES_MAGIC);
    imageOut.writeInt(CLASSES * perClass);
    imageOut.writeInt(height);
    imageOut.writeInt(width);
    labelOut.writeInt(LABELS_MAGIC);
    labelOut.writeInt(CLASSES * perClass);
    int[] taken = new int[CLASSES];
    for (int image = 0; image < count; image++) {
      int label = labels[8 + image];
      require(label >= 0 && label < CLASSES, labelsName + " has the label " + label);
      if (taken[label] < perClass) {
        taken[label]++;
        imageOut.write(images, 16 + image * length, length);
        labelOut.writeByte(label);
      }
    }
    for (int label = 0; label < CLASSES; label++) {
      require(taken[label] == perClass, "class " + label + " has only " + taken[label] + " images");
    }
    compress(cutImages.toByteArray(), target.resolve(imagesName));
    compress(cutLabels.toByteArray(), target.resolve(labelsName));
  }

  private static byte[] decompressed(Path file) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      return in.readAllBytes();
    }
  }

  private static void compress(byte[] bytes, Path file) throws IOException {
    try (OutputStream out = new SmallestGzip(Files.newOutputStream(file))) {
      out.write(bytes);
    }
    System.out.println(file.getFileName() + ": " + Files.size(file) + " bytes");
  }

  private static void require(boolean condition, String found) throws IOException {
    if (!condition) {
      throw new IOException(
          "In the source folder "
              + found
              + ", expected the four .gz files of Fashion-MNIST; get them with the Debian package"
              + " dataset-fashion-mnist.");
    }
  }

  /** gzip at level 9, which the constructors of Java's class do not offer. */
  private static final class SmallestGzip extends GZIPOutputStream {
    SmallestGzip(OutputStream out) throws IOException {
      super(out);
      def.setLevel(Deflater.BEST_COMPRESSION);
    }
  }
}
