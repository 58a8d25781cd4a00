package io.pemn.packager.tensors;

import static io.pemn.packager.tensors.PrintableName.quoted;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.text.Normalizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Writes tensors as a folder of {@code .npy} files, one a tensor, each named after its tensor. */
public final class NpyFolder {

  /** The most bytes of a file name on ext4, APFS and NTFS. */
  private static final int MAX_NAME_BYTES = 255;

  /** Separators, control characters, and what Windows forbids in a name. */
  private static final Pattern UNSAFE = Pattern.compile("[/\\\\:*?\"<>|\\p{Cntrl}\\p{Cs}]");

  private static final Pattern DOTS = Pattern.compile("^\\.+|\\.{2,}|\\.+$");

  /** Names of devices on Windows, whatever follows the first dot. */
  private static final Pattern DEVICE =
      Pattern.compile(
          "(con|prn|aux|nul|com[0-9]|lpt[0-9])\\s*(\\..*)?",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  private NpyFolder() {}

  /**
   * Writes every tensor to a new file of {@code folder}.
   *
   * @param folder an existing folder, which the caller renames once all is written
   * @param tensors written one at a time, in this order
   * @throws IOException one sentence, before the first file if two tensors would share a file or a
   *     name is too long; or if a file exists, NumPy lacks a type, or writing fails
   */
  public static void write(Path folder, List<TensorEntry> tensors) throws IOException {
    Map<String, TensorEntry> files = files(tensors);
    for (Map.Entry<String, TensorEntry> file : files.entrySet()) {
      Path path = resolve(folder, file.getKey(), file.getValue().name());
      try (OutputStream out =
          new BufferedOutputStream(
              Files.newOutputStream(
                  path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
        NpyWriter.write(out, file.getValue());
      } catch (FileAlreadyExistsException e) {
        throw new IOException(
            path + " exists already, expected a folder without it; choose another -o.", e);
      }
    }
  }

  /**
   * Name of a tensor's file: the tensor's own name, {@code .npy} after it, where {@code _} stands
   * for every character that is unsafe in a file name on Linux, macOS or Windows ({@code / \ : * ?
   * " < > |} and control characters), for a dot at the start or the end, and for the dots of a run
   * of two or more. It never names a place outside its folder, a hidden file or a device.
   */
  public static String fileName(String tensorName) {
    String safe = UNSAFE.matcher(tensorName).replaceAll("_");
    safe = DOTS.matcher(safe).replaceAll(dots -> "_".repeat(dots.group().length()));
    if (safe.isEmpty() || DEVICE.matcher(safe).matches()) {
      safe = "_" + safe;
    }
    return safe + ".npy";
  }

  private static Map<String, TensorEntry> files(List<TensorEntry> tensors) throws IOException {
    Map<String, TensorEntry> files = new LinkedHashMap<>();
    Map<String, String> tensorOfFile = new LinkedHashMap<>();
    for (TensorEntry tensor : tensors) {
      String file = fileName(tensor.name());
      if (file.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
        throw new IOException(
            String.format(
                "Tensor %s has a name too long for a file, expected at most %d bytes with .npy;"
                    + " shorten it.",
                quoted(tensor.name()), MAX_NAME_BYTES));
      }
      // macOS and Windows take names that differ in case or in Unicode form for one.
      String key = Normalizer.normalize(file, Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
      String other = tensorOfFile.put(key, tensor.name());
      if (other != null) {
        throw new IOException(
            String.format(
                "Tensors %s and %s would share the file %s (letter case does not count), expected"
                    + " a file each; rename one of them.",
                quoted(other), quoted(tensor.name()), quoted(file)));
      }
      files.put(file, tensor);
    }
    return files;
  }

  private static Path resolve(Path folder, String file, String tensorName) throws IOException {
    Path path;
    try {
      path = folder.resolve(file);
    } catch (InvalidPathException e) {
      throw new IOException(
          String.format(
              "Tensor %s has a name that this system's locale cannot write as a file name; set"
                  + " LC_ALL=C.UTF-8 or rename it.",
              quoted(tensorName)),
          e);
    }
    if (!folder.toAbsolutePath().equals(path.toAbsolutePath().getParent())) {
      throw new IOException(
          "Tensor " + quoted(tensorName) + " would be written outside its folder; rename it.");
    }
    return path;
  }
}
