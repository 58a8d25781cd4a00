package io.pemn.compressor.data;

import java.nio.file.Path;

/**
 * One kind of data set that {@code --data} can name, as {@code SCHEME} or {@code SCHEME:LOCATION}.
 * A new kind is a class of its own and one line in {@link DataSources}.
 */
public interface DataSource {
  /** Returns the word before the colon: lower case letters, digits and hyphens. */
  String scheme();

  /** Returns the spec as help shows it, such as {@code fashion-mnist:DIR}. */
  String syntax();

  /**
   * Reads the data set.
   *
   * @param location what stands after the colon; empty if there is no colon
   * @param home the home folder of pemn, where {@code testdata} lies
   * @throws DataException if the location is not of this kind, or what it holds cannot be used
   */
  Dataset load(String location, Path home) throws DataException;
}
