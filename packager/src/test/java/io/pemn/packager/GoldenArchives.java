package io.pemn.packager;

import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * Writes the golden archives of a format version that is written now, 3 or 4; testdata/README.md
 * says how to run it. Those of older versions are there to be read: nothing makes them again.
 */
final class GoldenArchives {
  private GoldenArchives() {}

  /** Where the golden archives of a format version are kept. */
  static Path folder(int version) {
    return Path.of(System.getProperty("pemn.home"), "testdata", "golden", "version-" + version);
  }

  /** The file of a golden archive. */
  static Path file(int version, String name) {
    return folder(version).resolve(name + ".pemn");
  }

  /**
   * Writes the archives, their digests, and the SHA-256 of every file.
   *
   * @param arguments the version, the folder, and {@code --overwrite} to replace files of these
   *     names in it
   */
  public static void main(String[] arguments) throws IOException {
    int version = Integer.parseInt(arguments[0]);
    Path folder = Path.of(arguments[1]);
    boolean overwrite = List.of(arguments).contains("--overwrite");
    Files.createDirectories(folder);
    StringBuilder digests = new StringBuilder();
    StringBuilder sums = new StringBuilder();
    for (String name : TinyNetworks.namesOfVersion(version)) {
      Path file = folder.resolve(name + ".pemn");
      byte[] bytes = toBytes(name);
      write(file, bytes, overwrite);
      sums.append(sum(file.getFileName().toString(), bytes));
      digests.append(describe(file.getFileName().toString(), PemnArchive.read(bytes)));
    }
    write(
        folder.resolve("digests.txt"),
        digests.toString().getBytes(StandardCharsets.UTF_8),
        overwrite);
    write(
        folder.resolve("SHA256SUMS"), sums.toString().getBytes(StandardCharsets.UTF_8), overwrite);
  }

  /**
   * One of the archives; their masks are Roaring bitmaps but where their names say otherwise.
   *
   * @param name as {@link TinyNetworks} has it
   */
  static byte[] toBytes(String name) throws IOException {
    MaskCodecChoice choice =
        name.endsWith("-bitmap")
            ? MaskCodecChoice.BITMAP
            : name.endsWith("-entropy") ? MaskCodecChoice.ENTROPY : MaskCodecChoice.ROARING;
    return ArchiveWriter.toBytes(TinyNetworks.all().get(name), choice);
  }

  /** One line as {@code sha256sum} writes and checks it. */
  static String sum(String name, byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return HexFormat.of().formatHex(digest) + "  " + name + "\n";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One line: file name, archive digest, then each layer's name and digest. */
  static String describe(String name, PemnArchive archive) {
    StringBuilder line = new StringBuilder(name + " " + archive.digest());
    for (Layer layer : archive.layers()) {
      line.append(' ').append(layer.name()).append(' ').append(layer.digest());
    }
    return line.append('\n').toString();
  }

  private static void write(Path file, byte[] bytes, boolean overwrite) throws IOException {
    if (Files.exists(file) && !overwrite) {
      throw new IOException(
          file + " exists, and archives of released versions must stay; see testdata/README.md.");
    }
    Files.write(file, bytes);
  }
}
