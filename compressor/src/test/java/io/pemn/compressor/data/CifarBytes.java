package io.pemn.compressor.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.Deflater;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipParameters;

/**
 * Builds the files of small CIFAR data sets, byte for byte as their maker's programs write them.
 */
final class CifarBytes {
  static final int PIXELS = 3072;

  private CifarBytes() {}

  /** The files of the binary version of CIFAR-10: one image a file, two in the last batch. */
  static Map<String, byte[]> binary10() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int batch = 1; batch <= 5; batch++) {
      byte[] record = record(batch, batch);
      files.put("data_batch_" + batch + ".bin", batch == 5 ? join(record, record(99, 9)) : record);
    }
    files.put("test_batch.bin", record(7, 7));
    // The official file ends with an empty line.
    files.put("batches.meta.txt", text(names(10) + "\n\n"));
    return files;
  }

  /** The same in the Python version. */
  static Map<String, byte[]> python10() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int batch = 1; batch <= 5; batch++) {
      byte[] image = image(batch);
      files.put(
          "data_batch_" + batch,
          batch == 5
              ? batch("labels", join(image, image(99)), 5, 9)
              : batch("labels", image, batch));
    }
    files.put("test_batch", batch("labels", image(7), 7));
    files.put("batches.meta", meta("label_names", 10));
    return files;
  }

  /** The files of the binary version of CIFAR-100: two training images and one to test with. */
  static Map<String, byte[]> binary100() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("train.bin", join(record(1, 19, 99), record(2, 3, 0)));
    files.put("test.bin", record(3, 3, 42));
    files.put("coarse_label_names.txt", text(names(20) + "\n"));
    files.put("fine_label_names.txt", text(names(100) + "\n"));
    return files;
  }

  /** The same in the Python version. */
  static Map<String, byte[]> python100() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("train", batch("fine_labels", join(image(1), image(2)), 99, 0));
    files.put("test", batch("fine_labels", image(3), 42));
    files.put("meta", meta("fine_label_names", 100));
    return files;
  }

  static void write(Path folder, Map<String, byte[]> files) throws IOException {
    Files.createDirectories(folder);
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
    }
  }

  /** Writes an archive with the files in a folder, and something that nobody asks for. */
  static Path writeArchive(Path archive, String folder, Map<String, byte[]> files)
      throws IOException {
    GzipParameters quick = new GzipParameters();
    quick.setCompressionLevel(Deflater.BEST_SPEED);
    try (OutputStream out = Files.newOutputStream(archive);
        GzipCompressorOutputStream zipped = new GzipCompressorOutputStream(out, quick);
        TarArchiveOutputStream tar = new TarArchiveOutputStream(zipped)) {
      tar.putArchiveEntry(new TarArchiveEntry(folder + "/"));
      tar.closeArchiveEntry();
      Map<String, byte[]> all = new LinkedHashMap<>(files);
      all.put("readme.html", text("<html>"));
      for (Map.Entry<String, byte[]> file : all.entrySet()) {
        TarArchiveEntry entry = new TarArchiveEntry(folder + "/" + file.getKey());
        entry.setSize(file.getValue().length);
        tar.putArchiveEntry(entry);
        tar.write(file.getValue());
        tar.closeArchiveEntry();
      }
    }
    return archive;
  }

  /** An image of one colour. */
  static byte[] image(int pixel) {
    byte[] image = new byte[PIXELS];
    Arrays.fill(image, (byte) pixel);
    return image;
  }

  /** A record of the binary version. */
  static byte[] record(int pixel, int... labels) {
    byte[] record = new byte[labels.length];
    for (int i = 0; i < labels.length; i++) {
      record[i] = (byte) labels[i];
    }
    return join(record, image(pixel));
  }

  static byte[] join(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  static String names(int count) {
    return String.join("\n", IntStream.range(0, count).mapToObj(i -> "class " + i).toList());
  }

  static byte[] text(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** A batch as Python 2 pickles it: all strings are strings of bytes, arrays hold one too. */
  static byte[] batch(String labelsKey, byte[] pixels, int... labels) {
    return batch(labelsKey, labels.length, pixels, labels);
  }

  /** The same with another number of rows than of labels. */
  static byte[] batch(String labelsKey, int rows, byte[] pixels, int... labels) {
    Pickle pickle = new Pickle().ops("}q\1(");
    pickle.string("batch_label").string("training batch 1 of 5").string(labelsKey).ops("](");
    for (int label : labels) {
      pickle.number(label);
    }
    pickle.ops("e").string("data").array(rows, pixels).string("filenames").ops("](");
    for (int i = 0; i < labels.length; i++) {
      pickle.string("image_" + i + ".png");
    }
    return pickle.ops("eu.").bytes();
  }

  private static byte[] meta(String namesKey, int classes) {
    Pickle pickle = new Pickle().ops("}q\1(").string("num_cases_per_batch").number(10_000);
    pickle.string(namesKey).ops("](");
    names(classes).lines().forEach(pickle::string);
    return pickle.ops("e").string("num_vis").number(PIXELS).ops("u.").bytes();
  }

  /** A pickle of protocol 2, instruction by instruction. */
  static final class Pickle {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int kept = 2;

    Pickle() {
      ops("\u0080\2");
    }

    /** Instructions, each byte a character. */
    Pickle ops(String opcodes) {
      out.writeBytes(text(opcodes));
      return this;
    }

    /** A string of Python 2, which it keeps for later. */
    Pickle string(String string) {
      ops("U" + (char) string.length() + string);
      return keep();
    }

    Pickle number(int number) {
      if (number >= 0 && number < 256) {
        return ops("K" + (char) number);
      } else if (number >= 0 && number < 65536) {
        return ops("M").little(number, 2);
      }
      return ops("J").little(number, 4);
    }

    /** An array of unsigned bytes with 3072 columns. */
    Pickle array(int rows, byte[] pixels) {
      ops("cnumpy.core.multiarray\n_reconstruct\n").keep().ops("cnumpy\nndarray\n").keep();
      ops("K\0\u0085").keep().string("b").ops("\u0087").keep().ops("R").keep();
      ops("(K\1").number(rows).number(PIXELS).ops("\u0086").keep().ops("cnumpy\ndtype\n").keep();
      string("u1").ops("K\0K\1\u0087").keep().ops("R").keep().ops("(K\3").string("|");
      ops("NNN").number(-1).number(-1).ops("K\0t").keep().ops("b\u0089T");
      little(pixels.length, 4);
      out.writeBytes(pixels);
      return keep().ops("t").keep().ops("b");
    }

    private Pickle keep() {
      return kept < 256 ? ops("q" + (char) kept++) : ops("r").little(kept++, 4);
    }

    private Pickle little(int number, int bytes) {
      for (int i = 0; i < bytes; i++) {
        out.write(number >>> Byte.SIZE * i);
      }
      return this;
    }

    byte[] bytes() {
      return out.toByteArray();
    }
  }

  /** The six files of images of CIFAR-10 and their names, for a test of each. */
  static List<String> imageFiles(Map<String, byte[]> files) {
    return files.keySet().stream().filter(name -> !name.contains("meta")).toList();
  }
}
