package io.pemn.loader.signature;

import io.pemn.format.PemnFormatException;
import io.pemn.format.storage.ArchiveFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * What is signed: that a model is one file of a certain content.
 *
 * <pre>
 * statement    { "_type": "https://in-toto.io/Statement/v1",
 *                "subject": [ { "name": TEXT, "digest": { "sha256": ROOT } } ],
 *                "predicateType": "https://model_signing/signature/v1.0",
 *                "predicate": {
 *                  "serialization": { "method": "files", "hash_type": "sha256",
 *                                     "allow_symlinks": false },
 *                  "resources": [ { "name": TEXT, "algorithm": "sha256", "digest": DIGEST } ] } }
 * DIGEST       SHA-256 of the file, in lower-case hexadecimal
 * ROOT         SHA-256 of the resources' digests, one after the other as bytes, likewise
 * </pre>
 *
 * <p>Names are for people: a file may be renamed, and is {@code .} where the reference
 * implementation signs it. Fields that are not named here are ignored, as the specification wants.
 * Read this only of a payload whose signature is good. Source: OpenSSF Model Signing v1.0, sections
 * 5 to 8.
 *
 * @param name of the model when it was signed
 * @param digest SHA-256 of its only file, 64 hexadecimal digits
 */
public record ModelStatement(String name, String digest) {
  /** What is signed is an in-toto statement. */
  public static final String TYPE = "https://in-toto.io/Statement/v1";

  /** It is of a model. */
  public static final String PREDICATE_TYPE = "https://model_signing/signature/v1.0";

  /** The model is a list of files with the digest of each. */
  public static final String METHOD = "files";

  /** The kind of digest of its files. */
  public static final String HASH = "sha256";

  private static final String SIGN_AGAIN = "sign the archive again, with pemn sign";
  private static final String OF_SOMETHING_ELSE = "it is the signature of something else";
  private static final String ANY_PREDICATE_TYPE = "https://model_signing/signature/v";
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  /**
   * Reads a statement.
   *
   * @param subject what holds it, to begin sentences with
   * @param payload its JSON
   * @throws PemnFormatException.NotTrusted if it says anything but the above
   */
  static ModelStatement parse(String subject, byte[] payload) throws IOException {
    return new Parser(subject).parse(payload);
  }

  /** The root digest of a model of one file. */
  public static String root(String digest) {
    byte[] bytes = HexFormat.of().parseHex(digest);
    return HexFormat.of().formatHex(ArchiveFormat.digest(ByteBuffer.wrap(bytes)));
  }

  private static final class Parser {
    private final String subject;
    private String type = "";
    private String predicateType = "";
    private String name = "";
    private String root = "";
    private String method = "";
    private String hashType = "";
    private String algorithm = "";
    private String digest = "";
    private int subjects;
    private int resources;

    Parser(String subject) {
      this.subject = subject;
    }

    ModelStatement parse(byte[] payload) throws IOException {
      StrictJson.read(subject, payload, this::readStatement);
      expect("a statement of the type", type, TYPE, OF_SOMETHING_ELSE);
      boolean known = predicateType.startsWith(ANY_PREDICATE_TYPE);
      expect(
          "a predicate of the type",
          predicateType,
          PREDICATE_TYPE,
          known ? "use a newer pemn" : OF_SOMETHING_ELSE);
      if (subjects != 1 || name.isEmpty()) {
        throw refused(subjects + " models", "one with a name", OF_SOMETHING_ELSE);
      }
      expect("files by the method", method, METHOD, SIGN_AGAIN);
      expect("digests of the kind", hashType, HASH, SIGN_AGAIN);
      if (resources != 1) {
        throw refused(
            "a model of " + resources + " files", "one file", "sign the archive, not its folder");
      }
      expect("a digest of the kind", algorithm, HASH, SIGN_AGAIN);
      if (!SHA256.matcher(digest).matches()) {
        throw refused("the digest " + digest, "SHA-256 in lower-case hexadecimal", SIGN_AGAIN);
      }
      if (!root.equals(root(digest))) {
        throw refused("the digest " + root + " of the model", root(digest), SIGN_AGAIN);
      }
      return new ModelStatement(name, digest);
    }

    private void expect(String what, String found, String expected, String advice)
        throws PemnFormatException {
      if (!found.equals(expected)) {
        throw refused(what + " '" + found + "'", "'" + expected + "'", advice);
      }
    }

    private PemnFormatException refused(String found, String expected, String advice) {
      return Refusal.of(subject, found, expected, advice);
    }

    private void readStatement(StrictJson json, String field) throws IOException {
      switch (field) {
        case "_type" -> type = json.text();
        case "predicateType" -> predicateType = json.text();
        case "subject" ->
            subjects = json.array(() -> json.object(inner -> readSubject(json, inner)));
        case "predicate" -> readPredicate(json);
        default -> json.skip();
      }
    }

    private void readSubject(StrictJson json, String field) throws IOException {
      switch (field) {
        case "name" -> name = json.text();
        case "digest" ->
            json.object(
                kind -> {
                  if (kind.equals("sha256")) {
                    root = json.text();
                  } else {
                    json.skip();
                  }
                });
        default -> json.skip();
      }
    }

    private void readPredicate(StrictJson json) throws IOException {
      json.object(
          field -> {
            switch (field) {
              case "serialization" -> json.object(inner -> readSerialization(json, inner));
              case "resources" ->
                  resources = json.array(() -> json.object(inner -> readResource(json, inner)));
              default -> json.skip();
            }
          });
    }

    private void readSerialization(StrictJson json, String field) throws IOException {
      switch (field) {
        case "method" -> method = json.text();
        case "hash_type" -> hashType = json.text();
        default -> json.skip();
      }
    }

    private void readResource(StrictJson json, String field) throws IOException {
      switch (field) {
        case "algorithm" -> algorithm = json.text();
        case "digest" -> digest = json.text();
        default -> json.skip();
      }
    }
  }
}
