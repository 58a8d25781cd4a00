package io.pemn.cli;

import io.pemn.compressor.data.DataSources;
import io.pemn.compressor.data.Dataset;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The data set of a command. */
final class DataMixin {
  static final String DESCRIPTION =
      "The images: fashion-mnist:DIR for the folder of its four IDX files, gzipped or not, or"
          + " bundled for the 10,000 training and 2,000 test images that come with pemn.";

  @Option(names = "--data", paramLabel = "SPEC", required = true, description = DESCRIPTION)
  String spec;

  Dataset load() throws IOException {
    return load(spec);
  }

  static Dataset load(String spec) throws IOException {
    return DataSources.load(spec, Path.of(System.getProperty("pemn.home", ".")));
  }
}
