package io.pemn.loader;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import io.pemn.loader.message.ShownUrl;
import io.pemn.loader.message.UnreadableFile;
import io.pemn.loader.signature.ModelSignature;
import io.pemn.loader.signature.SignerKey;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/**
 * Where the detached signature of an archive is.
 *
 * @param subject what it is, to begin sentences with
 * @param bytes gets it, as large as it may be and no larger
 */
record SignatureSource(String subject, Bytes bytes) {
  /** What the name of a signature has more than that of its archive. */
  private static final String SUFFIX = ".sig";

  /** Gets the bytes of a signature. */
  @FunctionalInterface
  interface Bytes {
    byte[] read() throws IOException;
  }

  static SignatureSource of(byte[] signature) {
    byte[] copy = signature.clone();
    return new SignatureSource("The signature", () -> copy);
  }

  static SignatureSource of(Path file) {
    return new SignatureSource("The signature " + file, () -> read(file));
  }

  static SignatureSource beside(Path archive) {
    return of(archive.resolveSibling(archive.getFileName() + SUFFIX));
  }

  static SignatureSource beside(URL archive) {
    URL url = signatureOf(archive);
    return new SignatureSource("The signature " + ShownUrl.of(url), () -> Download.signature(url));
  }

  /** The same URL with a longer path: the query stays behind it. */
  static URL signatureOf(URL archive) {
    String form = archive.toExternalForm();
    String behind =
        (archive.getQuery() == null ? "" : "?" + archive.getQuery())
            + (archive.getRef() == null ? "" : "#" + archive.getRef());
    String path = form.substring(0, form.length() - behind.length());
    try {
      // Relative to the archive's, whose handler may be known to it alone.
      return new URL(archive, path + SUFFIX + behind);
    } catch (MalformedURLException e) {
      throw new AssertionError("The path of a URL may be longer.", e);
    }
  }

  /** Reads the signature and checks that one of the keys made it. */
  ModelSignature check(List<SignerKey> trusted) throws IOException {
    return ModelSignature.check(subject, bytes.read(), trusted);
  }

  private static byte[] read(Path file) throws IOException {
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      if (!found.isRegularFile()) {
        throw new PemnFormatException.NotTrusted(
            Finding.of(ArchiveSection.SIGNATURE, "no file", "the archive's signature"),
            file + " is {found}, but {expected} is expected there.");
      }
      if (found.size() > ModelSignature.MOST_BYTES) {
        throw ModelSignature.tooLarge("The signature " + file, found.size());
      }
      try (InputStream in = Files.newInputStream(file)) {
        return in.readNBytes(ModelSignature.MOST_BYTES + 1);
      }
    } catch (NoSuchFileException e) {
      throw missing(file.toString());
    } catch (FileSystemException e) {
      throw UnreadableFile.of("The signature " + file, e);
    }
  }

  static PemnFormatException missing(String place) {
    return new PemnFormatException.NotTrusted(
        Finding.of(ArchiveSection.SIGNATURE, "no signature", "one of a trusted key"),
        "There is {found} "
            + place
            + ", and only signed archives are taken here; get it from whoever made the archive.");
  }
}
