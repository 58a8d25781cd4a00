package io.pemn.compressor.data;

import io.pemn.packager.pickle.AllowedCalls;
import io.pemn.packager.pickle.Pickle;
import io.pemn.packager.pickle.PickleException;
import io.pemn.packager.pickle.PickleValue;
import io.pemn.packager.pickle.PickleValue.Dictionary;
import io.pemn.packager.pickle.PickleValue.Items;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The Python version of CIFAR: dictionaries that Python 2 pickled (or Python 3 anew), with an array
 * of pixels by NumPy. Nothing of a pickle is run; it may name NumPy's arrays and nothing else.
 *
 * <pre>
 * batch = { "data": uint8 array (images, 3072), LABELS: [label, ...], ... }
 * meta  = { NAMES: [name, ...], ... }
 * </pre>
 *
 * @param labelsKey of the labels in a batch
 * @param namesKey of the class names in the file of these
 * @param classes how many there are
 */
record CifarPickle(String labelsKey, String namesKey, int classes) implements CifarFormat {
  /** Pixels as UTF-8, the label and a file name take less. */
  private static final int MOST_BYTES_AN_IMAGE = 1 << 13;

  private static final AllowedCalls CALLS =
      AllowedCalls.of(
          "the pickles of CIFAR hold lists and arrays",
          "download or unpack it again",
          PickledArray.CALLS.toArray(String[]::new));

  @Override
  public int longest(int images) {
    return images * MOST_BYTES_AN_IMAGE;
  }

  @Override
  public Images images(String name, byte[] content, int official) throws DataException {
    Map<String, PickleValue> batch = read(name, content);
    PickledArray array =
        Optional.ofNullable(batch.get("data"))
            .flatMap(PickledArray::of)
            .filter(data -> data.shape().size() == 2 && data.shape().get(1) == PIXELS)
            .orElseThrow(
                () ->
                    strange(
                        name,
                        "has no \"data\" that is an array of unsigned bytes, "
                            + PIXELS
                            + " an image"));
    long images = array.shape().get(0);
    int length = array.bytes().remaining();
    if (images == 0 || length % PIXELS != 0 || images != length / PIXELS) {
      throw strange(
          name,
          String.format(
              Locale.ROOT,
              "has an array of %,d images in %,d bytes, expected at least one and %,d bytes each",
              images,
              length,
              PIXELS));
    }
    List<PickleValue> values = list(batch.get(labelsKey));
    if (values.size() != images) {
      throw strange(
          name,
          String.format(
              Locale.ROOT,
              "has %,d images and %,d \"%s\", expected a label of every image",
              images,
              values.size(),
              labelsKey));
    }
    int[] labels = new int[values.size()];
    for (int image = 0; image < labels.length; image++) {
      if (!(values.get(image) instanceof PickleValue.Number label)) {
        throw strange(name, "gives image " + image + " a label that is no whole number");
      }
      if (label.value() < 0 || label.value() >= classes) {
        throw CifarFormat.noSuchClass(name, image, label.value(), classes);
      }
      labels[image] = (int) label.value();
    }
    return new Images(array.rowByRow(), labels);
  }

  @Override
  public List<String> classNames(String name, byte[] content) throws DataException {
    List<String> names = new ArrayList<>();
    for (PickleValue value : list(read(name, content).get(namesKey))) {
      names.add(
          PickleValue.text(value)
              .orElseThrow(() -> strange(name, "names a class by something else than a text")));
    }
    return names;
  }

  private static Map<String, PickleValue> read(String name, byte[] content) throws DataException {
    try {
      PickleValue root = Pickle.read(ByteBuffer.wrap(content), name, CALLS);
      if (root instanceof Dictionary dictionary) {
        return dictionary.byName();
      }
    } catch (PickleException e) {
      throw new DataException(e.getMessage(), e);
    }
    throw strange(name, "holds no dictionary");
  }

  private static List<PickleValue> list(PickleValue value) {
    return value instanceof Items items ? items.values() : List.of();
  }

  private static DataException strange(String name, String what) {
    return new DataException(
        name + " " + what + ", as the Python version of CIFAR has them" + AGAIN + ".");
  }
}
