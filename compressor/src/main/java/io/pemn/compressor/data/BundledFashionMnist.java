package io.pemn.compressor.data;

import java.nio.file.Path;

/**
 * The part of Fashion-MNIST that comes with pemn: 1,000 training and 200 test images of every
 * class, in {@code testdata/fashion-mnist} of the home folder.
 */
final class BundledFashionMnist implements DataSource {
  @Override
  public String scheme() {
    return "bundled";
  }

  @Override
  public String syntax() {
    return "bundled";
  }

  @Override
  public Dataset load(String location, Path home) throws DataException {
    if (!location.isEmpty()) {
      throw new DataException(
          "The data spec 'bundled:"
              + location
              + "' names a location, but the bundled data has only one; give bundled, or"
              + " fashion-mnist:DIR for a folder.");
    }
    return IdxFolder.fashionMnist()
        .read(
            "fashion-mnist (bundled subset)",
            home.resolve("testdata").resolve("fashion-mnist"),
            "restore testdata/fashion-mnist in the home folder of pemn, or give fashion-mnist:DIR with"
                + " the data set of the Debian package dataset-fashion-mnist or of"
                + " github.com/zalandoresearch/fashion-mnist");
  }
}
