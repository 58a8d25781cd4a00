package io.pemn.cli;

import io.pemn.compressor.data.DataSources;
import io.pemn.compressor.data.Dataset;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The data set of a command. */
final class DataMixin {
  static final String DESCRIPTION =
      "What to learn from and to measure on:%n"
          + "  bundled: 10,000 training and 2,000 test images that come with pemn%n"
          + "  fashion-mnist:DIR, mnist:DIR: the folder of its four IDX files, gzipped or not%n"
          + "  cifar10:DIR, cifar100:DIR: the folder of the binary or the Python version, unpacked or"
          + " the archive; DIR?part if images are missing on purpose%n"
          + "  tiny-imagenet:DIR: the folder with wnids.txt, train/ and val/; or DIR?part%n"
          + "  image-folder:DIR[?size=HxW]: images in DIR/train/CLASS/ and DIR/test/CLASS/ (or val),"
          + " in DIR/CLASS/, or in DIR without labels%n"
          + "  tensors:FILE.safetensors: the tensors x (or x0, x1, ...), and y with labels or targets"
          + " if there are any; x_test and y_test";

  @Option(names = "--data", paramLabel = "SPEC", required = true, description = DESCRIPTION)
  String spec;

  Dataset load() throws IOException {
    return load(spec);
  }

  static Dataset load(String spec) throws IOException {
    return DataSources.load(spec, Path.of(System.getProperty("pemn.home", ".")));
  }
}
