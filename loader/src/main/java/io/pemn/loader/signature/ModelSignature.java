package io.pemn.loader.signature;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import io.pemn.format.storage.ArchiveFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A signature that was found to be a trusted key's. Of a signature file nothing but its form is
 * looked at before that.
 *
 * @param signer the key that made it
 * @param name of the model when it was signed; as the signer wrote it
 * @param digest SHA-256 of the file that is signed, 64 hexadecimal digits
 */
public record ModelSignature(SignerKey signer, String name, String digest) {
  /** More than any signature of one file has. */
  public static final int MOST_BYTES = 1 << 20;

  /**
   * Checks a signature file.
   *
   * @param subject what it is, to begin sentences with, such as {@code The signature a.pemn.sig}
   * @param file all its bytes, which may be anything
   * @param trusted the keys of which one must have made it
   * @throws PemnFormatException.NotTrusted in one sentence, if none did, or not of one file
   * @throws IOException if this Java runtime cannot tell
   */
  public static ModelSignature check(String subject, byte[] file, List<SignerKey> trusted)
      throws IOException {
    if (file.length > MOST_BYTES) {
      throw tooLarge(subject, file.length);
    }
    SignatureBundle bundle = SignatureBundle.parse(subject, file);
    SignerKey signer = signer(subject, bundle, trusted);
    ModelStatement statement = ModelStatement.parse(subject, bundle.payload());
    return new ModelSignature(signer, statement.name(), statement.digest());
  }

  /** What is said of a file that is too large for a signature. */
  public static PemnFormatException tooLarge(String subject, long bytes) {
    return Refusal.of(
        subject,
        bytes + " bytes or more",
        "at most " + MOST_BYTES,
        "no signature of one file is that large");
  }

  private static SignerKey signer(String subject, SignatureBundle bundle, List<SignerKey> trusted)
      throws IOException {
    List<SignerKey> named =
        trusted.stream()
            .filter(key -> bundle.hint().map(key.fingerprint()::equals).orElse(true))
            .toList();
    if (named.isEmpty()) {
      throw Refusal.saying(
          subject,
          "the key " + bundle.hint().orElseThrow(),
          fingerprints(trusted),
          "names {found}, but trusted is {expected}; trust the other key only if you know whose it"
              + " is.");
    }
    byte[] message = Dsse.encode(bundle.payload());
    for (SignerKey key : named) {
      if (key.signed(message, bundle.signature())) {
        return key;
      }
    }
    throw Refusal.saying(
        subject,
        "a signature of somebody else, or of something else",
        "one by " + fingerprints(named),
        "was not made with the trusted key "
            + fingerprints(named)
            + ": it was changed, or made by somebody else; get it again.");
  }

  private static String fingerprints(List<SignerKey> keys) {
    return keys.stream().map(SignerKey::fingerprint).collect(Collectors.joining(" or "));
  }

  /**
   * Checks that an archive is the file that was signed.
   *
   * @param archive what it is, to begin sentences with, such as {@code The file a.pemn}
   * @param bytes all its bytes, from position to limit; the position stays
   * @throws PemnFormatException.NotTrusted in one sentence, if it is another
   */
  public void check(String archive, ByteBuffer bytes) throws PemnFormatException {
    String found = HexFormat.of().formatHex(ArchiveFormat.digest(bytes.duplicate()));
    if (!found.equals(digest)) {
      throw new PemnFormatException.NotTrusted(
          Finding.of(ArchiveSection.FILE, "SHA-256 " + found, digest),
          archive
              + " has {found}, but its signature by "
              + signer.fingerprint()
              + " is of a file with {expected}: it is another file, or was changed since; get both"
              + " again.");
    }
  }
}
