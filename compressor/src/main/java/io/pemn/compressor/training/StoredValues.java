package io.pemn.compressor.training;

import io.pemn.compressor.masking.StreamedValues;
import io.pemn.packager.tensors.SafetensorsFile;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * A layer's numbers in a checkpoint's file, which stay there until they are read.
 *
 * @param file that has them
 * @param tensor their name in it
 * @param size how many they are
 */
record StoredValues(SafetensorsFile file, String tensor, int size) implements StreamedValues {
  @Override
  public Cursor cursor() {
    long[] next = {0};
    return (target, count) -> {
      try {
        file.floats(tensor, next[0], target, count);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      next[0] += count;
    };
  }
}
