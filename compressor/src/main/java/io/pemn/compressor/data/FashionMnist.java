package io.pemn.compressor.data;

import io.pemn.format.Normalization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf, arXiv:1708.07747): 28x28 grey images of ten kinds of
 * clothes, 60,000 to train on and 10,000 to test with, in four IDX files that lie in one folder,
 * each as it is or compressed with gzip.
 */
final class FashionMnist implements DataSource {
  private static final List<String> LABELS =
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
          "Ankle boot");

  /** Mean and standard deviation of all pixels of the 60,000 training images. */
  private static final Normalization NORMALIZATION = Normalization.parse("0.2860,0.3530");

  private static final String WHERE_TO_GET_IT =
      "get the data set with the Debian package dataset-fashion-mnist or from"
          + " github.com/zalandoresearch/fashion-mnist";

  @Override
  public String scheme() {
    return "fashion-mnist";
  }

  @Override
  public String syntax() {
    return "fashion-mnist:DIR";
  }

  @Override
  public Dataset load(String location, Path home) throws DataException {
    Path folder = Location.path(this, location, "folder", "the four IDX files", WHERE_TO_GET_IT);
    return read("fashion-mnist", folder, WHERE_TO_GET_IT);
  }

  /**
   * Reads the four files of a folder.
   *
   * @param name the name of the data set
   * @param whatToDo how a message on a missing file ends
   * @throws DataException if a file is missing or is not what it should be
   */
  static Dataset read(String name, Path folder, String whatToDo) throws DataException {
    if (!Files.isDirectory(folder)) {
      throw new DataException(
          "There is no folder "
              + folder
              + ", but the four IDX files of Fashion-MNIST were expected in it; "
              + whatToDo
              + ".");
    }
    Path trainImages = existing(folder, "train-images-idx3-ubyte", whatToDo);
    Path trainLabels = existing(folder, "train-labels-idx1-ubyte", whatToDo);
    Path testImages = existing(folder, "t10k-images-idx3-ubyte", whatToDo);
    Path testLabels = existing(folder, "t10k-labels-idx1-ubyte", whatToDo);
    ImageSet train = IdxFile.readImageSet(trainImages, trainLabels, LABELS.size());
    ImageSet test = IdxFile.readImageSet(testImages, testLabels, LABELS.size());
    if (train.height() != test.height() || train.width() != test.width()) {
      throw new DataException(
          testImages
              + " holds "
              + test
              + ", but the training images beside it are "
              + train
              + "; put the four files of one data set into the folder.");
    }
    return new Dataset(name, train, test, LABELS, NORMALIZATION);
  }

  private static Path existing(Path folder, String file, String whatToDo) throws DataException {
    for (String name : List.of(file, file + ".gz")) {
      if (Files.isRegularFile(folder.resolve(name))) {
        return folder.resolve(name);
      }
    }
    throw new DataException(
        "The folder "
            + folder
            + " has neither "
            + file
            + " nor "
            + file
            + ".gz, but one of them was expected; "
            + whatToDo
            + ".");
  }
}
