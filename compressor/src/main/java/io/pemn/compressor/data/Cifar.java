package io.pemn.compressor.data;

import io.pemn.format.Normalization;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * CIFAR-10 and CIFAR-100 (Krizhevsky, 2009) in their binary versions: 32x32 colour images in
 * records of one fixed length, and a text file with the name of each class.
 *
 * <pre>
 * record = [coarse] label red green blue     (coarse in CIFAR-100 only, and not used)
 * label  = one byte                          red, green, blue = 1024 bytes each, row by row
 * </pre>
 *
 * <p>Files with fewer records than the official ones are read as well.
 */
final class Cifar implements DataSource {
  private static final int SIDE = 32;
  private static final int CHANNELS = 3;
  private static final int PIXELS = CHANNELS * SIDE * SIDE;
  private static final int LONGEST_NAMES = 1 << 16;

  private final String scheme;
  private final String subfolder;
  private final List<String> trainFiles;
  private final String testFile;
  private final String namesFile;
  private final int labelBytes;
  private final int classes;
  private final Normalization normalization;

  private Cifar(
      String scheme,
      String subfolder,
      List<String> trainFiles,
      String testFile,
      String namesFile,
      int labelBytes,
      int classes,
      Normalization normalization) {
    this.scheme = scheme;
    this.subfolder = subfolder;
    this.trainFiles = trainFiles;
    this.testFile = testFile;
    this.namesFile = namesFile;
    this.labelBytes = labelBytes;
    this.classes = classes;
    this.normalization = normalization;
  }

  /** CIFAR-10: 50,000 images to train on and 10,000 to test with, in ten classes. */
  static Cifar cifar10() {
    return new Cifar(
        "cifar10",
        "cifar-10-batches-bin",
        Stream.of(1, 2, 3, 4, 5).map(batch -> "data_batch_" + batch + ".bin").toList(),
        "test_batch.bin",
        "batches.meta.txt",
        1,
        10,
        Normalization.parse("0.4914,0.4822,0.4465/0.2470,0.2435,0.2616"));
  }

  /** CIFAR-100: as many images in a hundred classes, the fine labels. */
  static Cifar cifar100() {
    return new Cifar(
        "cifar100",
        "cifar-100-binary",
        List.of("train.bin"),
        "test.bin",
        "fine_label_names.txt",
        2,
        100,
        Normalization.parse("0.5071,0.4865,0.4409/0.2673,0.2564,0.2762"));
  }

  @Override
  public String scheme() {
    return scheme;
  }

  @Override
  public String syntax() {
    return scheme + ":DIR";
  }

  @Override
  public Dataset load(String location, Path home) throws DataException {
    Path named = Location.path(this, location, "folder", "the binary version", whereToGetIt());
    if (!Files.isDirectory(named)) {
      throw new DataException(
          "There is no folder "
              + named
              + ", but the files of the binary version of "
              + official()
              + " were expected in it; "
              + whereToGetIt()
              + ".");
    }
    Path below = named.resolve(subfolder);
    Path folder =
        !Files.exists(named.resolve(trainFiles.get(0))) && Files.isDirectory(below) ? below : named;
    List<Path> train = trainFiles.stream().map(folder::resolve).toList();
    for (Path file : train) {
      requireFile(file);
    }
    requireFile(folder.resolve(testFile));
    requireFile(folder.resolve(namesFile));
    List<String> names = names(folder.resolve(namesFile));
    return new Dataset(
        scheme, read(train), read(List.of(folder.resolve(testFile))), names, normalization);
  }

  private String official() {
    return scheme.replace("cifar", "CIFAR-");
  }

  private String whereToGetIt() {
    return "unpack the binary version (not the Python or Matlab one), which is "
        + subfolder.replace("-batches-bin", "-binary")
        + ".tar.gz from www.cs.toronto.edu/~kriz/cifar.html, and give its folder";
  }

  private void requireFile(Path file) throws DataException {
    if (!Files.isRegularFile(file)) {
      throw new DataException(
          "There is no file "
              + file
              + ", but the binary version of "
              + official()
              + " has one; "
              + whereToGetIt()
              + ".");
    }
  }

  private List<String> names(Path file) throws DataException {
    try {
      if (Files.size(file) > LONGEST_NAMES) {
        throw new DataException(
            file
                + " has "
                + Files.size(file)
                + " bytes, but the names of "
                + classes
                + " classes take at most "
                + LONGEST_NAMES
                + "; download or unpack the file again.");
      }
      List<String> names =
          new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
              .lines()
              .map(String::strip)
              .filter(name -> !name.isEmpty())
              .toList();
      if (names.size() != classes) {
        throw new DataException(
            file
                + " names "
                + names.size()
                + " classes, but "
                + official()
                + " has "
                + classes
                + "; download or unpack the file again.");
      }
      return names;
    } catch (DataException e) {
      throw e;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private ImageSet read(List<Path> files) throws DataException {
    int record = labelBytes + PIXELS;
    long images = 0;
    long[] lengths = new long[files.size()];
    for (int i = 0; i < lengths.length; i++) {
      Path file = files.get(i);
      try {
        lengths[i] = Files.size(file);
      } catch (IOException e) {
        throw unreadable(file, e);
      }
      if (lengths[i] == 0 || lengths[i] % record != 0) {
        throw new DataException(
            file
                + " has "
                + lengths[i]
                + " bytes, but must have "
                + record
                + " for each image and at least one image; download or unpack the file again.");
      }
      images += lengths[i] / record;
    }
    if (images > Integer.MAX_VALUE / PIXELS) {
      throw new DataException(
          files.get(0)
              + " and its kind hold "
              + images
              + " images, but at most "
              + Integer.MAX_VALUE / PIXELS
              + " fit into memory; give the official files.");
    }
    byte[] pixels = new byte[(int) images * PIXELS];
    int[] labels = new int[(int) images];
    int image = 0;
    for (int i = 0; i < lengths.length; i++) {
      image = append(files.get(i), lengths[i] / record, pixels, labels, image);
    }
    return new ImageSet(CHANNELS, SIDE, SIDE, classes, pixels, labels);
  }

  /** Reads the records of one file to where {@code first} says, and returns where they end. */
  private int append(Path file, long records, byte[] pixels, int[] labels, int first)
      throws DataException {
    byte[] label = new byte[labelBytes];
    try (InputStream in = Files.newInputStream(file)) {
      for (int image = first; image < first + records; image++) {
        if (in.readNBytes(label, 0, labelBytes) < labelBytes
            || in.readNBytes(pixels, image * PIXELS, PIXELS) < PIXELS) {
          throw new DataException(
              file
                  + " ended at image "
                  + (image - first)
                  + " of "
                  + records
                  + ", but was longer before; let nobody write to it while it is read.");
        }
        labels[image] = label[labelBytes - 1] & 0xff;
        if (labels[image] >= classes) {
          throw new DataException(
              file
                  + " gives image "
                  + (image - first)
                  + " the label "
                  + labels[image]
                  + ", but labels of "
                  + official()
                  + " are 0.."
                  + (classes - 1)
                  + "; give the folder of the binary version of this data set.");
        }
      }
    } catch (DataException e) {
      throw e;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
    return first + (int) records;
  }

  private static DataException unreadable(Path file, IOException e) {
    return new DataException(
        file
            + " cannot be read ("
            + e
            + "), but must be a readable file; check that its permissions allow reading.",
        e);
  }
}
