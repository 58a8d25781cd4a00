package io.pemn.loader.signature;

import io.pemn.format.PemnFormatException;
import java.io.IOException;
import java.util.Optional;

/**
 * What a signature file says before anything of it is believed: a Sigstore bundle with a DSSE
 * envelope, made with a long-lived key.
 *
 * <pre>
 * bundle       { "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
 *                "verificationMaterial": MATERIAL, "dsseEnvelope": ENVELOPE }
 * MATERIAL     { "publicKey": { "hint": TEXT }, ... }      (the hint may be absent: before v1.1.0)
 * ENVELOPE     { "payloadType": "application/vnd.in-toto+json", "payload": BASE64,
 *                "signatures": [ { "sig": BASE64, "keyid": TEXT } ] }    (keyid may be absent)
 * </pre>
 *
 * <p>Of the material's other fields (entries of transparency logs, time stamps) nothing is used:
 * whether a key is trusted is not theirs to say. Sources: OpenSSF Model Signing v1.0, section 4 and
 * its JSON schemas; {@code sigstore_bundle.proto}.
 *
 * @param hint what names the key, if it does; nothing protects it
 * @param payload what is signed
 * @param signature of the payload, whatever it is
 */
public record SignatureBundle(Optional<String> hint, byte[] payload, byte[] signature) {
  /** The only format that is read. */
  public static final String MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";

  private static final String GET_IT_AGAIN = "get it again";
  private static final String ANY_MEDIA_TYPE = "application/vnd.dev.sigstore.bundle";

  /**
   * Reads a bundle.
   *
   * @param subject what it is, to begin sentences with
   * @param file all its bytes, which may be anything
   * @throws PemnFormatException.NotTrusted if it is none
   */
  static SignatureBundle parse(String subject, byte[] file) throws IOException {
    return new Parser(subject).parse(file);
  }

  private static final class Parser {
    private final String subject;
    private String mediaType;
    private String unknown;
    private boolean certificate;
    private boolean publicKey;
    private Optional<String> hint = Optional.empty();
    private String payloadType;
    private byte[] payload;
    private byte[] signature;
    private int signatures;

    Parser(String subject) {
      this.subject = subject;
    }

    SignatureBundle parse(byte[] file) throws IOException {
      StrictJson.read(subject, file, this::readBundle);
      checkFormat();
      if (certificate) {
        throw refused(
            "a certificate",
            "the name of a key",
            "have the archive signed with a key (pemn sign, or model_signing sign key)");
      }
      if (!publicKey) {
        throw refused("no key", "the name of one", GET_IT_AGAIN);
      }
      if (signatures != 1) {
        throw refused(signatures + " signatures", "exactly one", GET_IT_AGAIN);
      }
      if (payload == null || signature == null || payloadType == null) {
        throw refused("no payload, no type of it or no signature", "each of them", GET_IT_AGAIN);
      }
      if (!payloadType.equals(Dsse.PAYLOAD_TYPE)) {
        throw refused(
            "a payload of the type " + payloadType,
            Dsse.PAYLOAD_TYPE,
            "it is the signature of something else than a model");
      }
      return new SignatureBundle(hint, payload, signature);
    }

    private void checkFormat() throws PemnFormatException {
      String found = mediaType == null ? "no format" : "the format " + mediaType;
      if (mediaType == null || !mediaType.startsWith(ANY_MEDIA_TYPE)) {
        throw refused(found, MEDIA_TYPE, "it is no signature of a model");
      }
      if (!mediaType.equals(MEDIA_TYPE)) {
        throw refused(found, MEDIA_TYPE, "use a newer pemn, or have the archive signed again");
      }
      if (unknown != null) {
        throw refused("the field " + unknown, "no such field", GET_IT_AGAIN);
      }
    }

    private PemnFormatException refused(String found, String expected, String advice) {
      return Refusal.of(subject, found, expected, advice);
    }

    private void readBundle(StrictJson json, String name) throws IOException {
      switch (name) {
        case "mediaType" -> mediaType = json.text();
        case "verificationMaterial" -> json.object(field -> readMaterial(json, field));
        case "dsseEnvelope" -> json.object(field -> readEnvelope(json, field));
        default -> unknown(json, name);
      }
    }

    private void readMaterial(StrictJson json, String name) throws IOException {
      switch (name) {
        case "publicKey" -> {
          publicKey = true;
          json.object(field -> readKey(json, field));
        }
        case "certificate", "x509CertificateChain" -> {
          certificate = true;
          json.skip();
        }
        default -> json.skip();
      }
    }

    private void readKey(StrictJson json, String name) throws IOException {
      if (name.equals("hint")) {
        // The reference implementation takes an empty one for none.
        hint = Optional.of(json.text()).filter(text -> !text.isEmpty());
      } else {
        json.skip();
      }
    }

    private void readEnvelope(StrictJson json, String name) throws IOException {
      switch (name) {
        case "payloadType" -> payloadType = json.text();
        case "payload" -> payload = json.base64();
        case "signatures" ->
            signatures = json.array(() -> json.object(field -> readSignature(json, field)));
        default -> unknown(json, "dsseEnvelope." + name);
      }
    }

    private void readSignature(StrictJson json, String name) throws IOException {
      switch (name) {
        case "sig" -> signature = json.base64();
        case "keyid" -> json.skip();
        default -> unknown(json, "dsseEnvelope.signatures." + name);
      }
    }

    /** Said once the format is known: a newer one may well have more fields. */
    private void unknown(StrictJson json, String name) throws IOException {
      unknown = name;
      json.skip();
    }
  }
}
