package io.pemn.compressor.data;

import io.pemn.format.Normalization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * MNIST (LeCun, Cortes and Burges) and Fashion-MNIST (Xiao, Rasul and Vollgraf, arXiv:1708.07747):
 * 28x28 grey images of ten classes, 60,000 to train on and 10,000 to test with, in four IDX files
 * that lie in one folder, each as it is or compressed with gzip.
 *
 * <p>IDX files say how many images they hold, and of what size; that is checked to the byte, and
 * files with fewer or other images are read as well.
 */
final class IdxFolder implements DataSource {
  private static final List<String> FILES =
      List.of(
          "train-images-idx3-ubyte",
          "train-labels-idx1-ubyte",
          "t10k-images-idx3-ubyte",
          "t10k-labels-idx1-ubyte");

  private final String scheme;
  private final String official;
  private final List<String> labels;
  private final Normalization normalization;
  private final String whereToGetIt;

  /**
   * Describes a data set.
   *
   * @param official its own name
   * @param labels the names of its classes
   * @param normalization mean and standard deviation of all pixels of the 60,000 training images
   */
  private IdxFolder(
      String scheme,
      String official,
      List<String> labels,
      Normalization normalization,
      String whereToGetIt) {
    this.scheme = scheme;
    this.official = official;
    this.labels = labels;
    this.normalization = normalization;
    this.whereToGetIt = whereToGetIt;
  }

  static IdxFolder fashionMnist() {
    return new IdxFolder(
        "fashion-mnist",
        "Fashion-MNIST",
        List.of(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot"),
        Normalization.parse("0.2860,0.3530"),
        "get the data set with the Debian package dataset-fashion-mnist or from"
            + " https://github.com/zalandoresearch/fashion-mnist");
  }

  static IdxFolder mnist() {
    return new IdxFolder(
        "mnist",
        "MNIST",
        IntStream.range(0, 10).mapToObj(Integer::toString).toList(),
        Normalization.parse("0.1307,0.3081"),
        "get the data set from http://yann.lecun.com/exdb/mnist");
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
    Path folder = Location.path(this, location, "folder", "the four IDX files", whereToGetIt);
    // Where torchvision leaves what it downloads.
    Path raw = folder.resolve("raw");
    Path below = folder.resolve(official.replace("-", "")).resolve("raw");
    return read(
        scheme,
        Stream.of(folder, raw, below).filter(IdxFolder::hasAny).findFirst().orElse(folder),
        whereToGetIt);
  }

  private static boolean hasAny(Path folder) {
    return FILES.stream().anyMatch(file -> find(folder, file).isPresent());
  }

  /** The file of that name, or as some tools name it, plain or compressed. */
  private static Optional<Path> find(Path folder, String file) {
    String dotted = file.replace("-idx", ".idx");
    return Stream.of(file, file + ".gz", dotted, dotted + ".gz")
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .findFirst();
  }

  /**
   * Reads the four files of a folder.
   *
   * @param name what the data set is called in reports
   * @param whatToDo how a message on a missing file ends
   * @throws DataException if a file is missing or is not what it should be
   */
  Dataset read(String name, Path folder, String whatToDo) throws DataException {
    if (!Files.isDirectory(folder)) {
      throw new DataException(
          "There is no folder "
              + folder
              + ", but the four IDX files of "
              + official
              + " were expected in it; "
              + whatToDo
              + ".");
    }
    Path[] files = new Path[FILES.size()];
    for (int i = 0; i < files.length; i++) {
      files[i] = existing(folder, FILES.get(i), whatToDo);
    }
    ImageSet train = IdxFile.readImageSet(files[0], files[1], labels.size());
    ImageSet test = IdxFile.readImageSet(files[2], files[3], labels.size());
    if (train.height() != test.height() || train.width() != test.width()) {
      throw new DataException(
          files[2]
              + " holds "
              + test
              + ", but the training images beside it are "
              + train
              + "; put the four files of one data set into the folder.");
    }
    return new Dataset(name, train, test, labels, normalization);
  }

  private static Path existing(Path folder, String file, String whatToDo) throws DataException {
    return find(folder, file)
        .orElseThrow(
            () ->
                new DataException(
                    "The folder "
                        + folder
                        + " has neither "
                        + file
                        + " nor "
                        + file
                        + ".gz, but one of them was expected; "
                        + whatToDo
                        + "."));
  }
}
