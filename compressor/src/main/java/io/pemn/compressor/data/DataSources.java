package io.pemn.compressor.data;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** The kinds of data sets that {@code --data} knows. */
public final class DataSources {
  private static final List<DataSource> KNOWN =
      List.of(
          IdxFolder.fashionMnist(),
          new BundledFashionMnist(),
          IdxFolder.mnist(),
          Cifar.cifar10(),
          Cifar.cifar100(),
          new TinyImageNet(),
          new ImageFolder(),
          new TensorsFile());

  private DataSources() {}

  /** Returns the known kinds, in the order in which help lists them. */
  public static List<DataSource> known() {
    return KNOWN;
  }

  /**
   * Reads the data set that a spec names: {@code SCHEME} or {@code SCHEME:LOCATION}.
   *
   * @param spec such as {@code fashion-mnist:DIR} or {@code bundled}
   * @param home the home folder of pemn, where {@code testdata} lies
   * @throws DataException if no known kind has the scheme, or the data set cannot be used
   */
  public static Dataset load(String spec, Path home) throws DataException {
    int colon = spec.indexOf(':');
    String scheme = colon < 0 ? spec : spec.substring(0, colon);
    String location = colon < 0 ? "" : spec.substring(colon + 1);
    for (DataSource source : KNOWN) {
      if (source.scheme().equals(scheme)) {
        return source.load(location, home);
      }
    }
    throw new DataException(
        "The data spec '"
            + spec
            + "' names the unknown kind '"
            + scheme
            + "', but the known ones are "
            + KNOWN.stream().map(DataSource::scheme).collect(Collectors.joining(", "))
            + "; give "
            + KNOWN.stream().map(DataSource::syntax).collect(Collectors.joining(" or "))
            + ".");
  }
}
