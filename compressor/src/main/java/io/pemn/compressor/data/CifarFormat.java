package io.pemn.compressor.data;

import java.util.List;

/** How the files of CIFAR hold their images. */
sealed interface CifarFormat permits CifarBinary, CifarPickle {
  /** Rows and columns of an image. */
  int SIDE = 32;

  /** Red, green and blue. */
  int CHANNELS = 3;

  /** Bytes of an image: a plane of red, one of green and one of blue, each row by row. */
  int PIXELS = CHANNELS * SIDE * SIDE;

  /** The longest file of class names; the official ones have some hundred bytes. */
  int LONGEST_NAMES = 1 << 16;

  /** How messages on a file that is not what it should be end. */
  String AGAIN = "; download or unpack it again";

  /**
   * Images and their labels.
   *
   * @param pixels {@link #PIXELS} of every image
   * @param labels one of every image
   */
  record Images(byte[] pixels, int[] labels) {}

  /** The most bytes that a file of so many images can have. */
  int longest(int images);

  /**
   * Reads a file of images.
   *
   * @param name of the file, for messages
   * @param content all of its bytes
   * @param official how many images the official file has
   * @return at least one image
   * @throws DataException if the file is damaged or is something else
   */
  Images images(String name, byte[] content, int official) throws DataException;

  /**
   * Reads the file of the class names.
   *
   * @param name of the file, for messages
   * @param content all of its bytes
   * @throws DataException if the file is damaged or is something else
   */
  List<String> classNames(String name, byte[] content) throws DataException;

  /** Says that an image has a label of no class. */
  static DataException noSuchClass(String name, int image, long label, int classes) {
    return new DataException(
        name
            + " gives image "
            + image
            + " the label "
            + label
            + ", but labels of CIFAR-"
            + classes
            + " are 0.."
            + (classes - 1)
            + "; give the files of this data set.");
  }
}
