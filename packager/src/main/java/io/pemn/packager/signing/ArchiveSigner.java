package io.pemn.packager.signing;

import com.google.gson.stream.JsonWriter;
import io.pemn.format.storage.ArchiveFormat;
import io.pemn.loader.signature.Dsse;
import io.pemn.loader.signature.ModelSignature;
import io.pemn.loader.signature.ModelStatement;
import io.pemn.loader.signature.SignatureBundle;
import io.pemn.loader.signature.SignerKey;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** Signs archives. What it writes is the grammar in {@link SignatureBundle} and what it names. */
public final class ArchiveSigner {
  private ArchiveSigner() {}

  /**
   * Makes a detached signature. It is another one each time, because ECDSA draws a number.
   *
   * @param archive all its bytes, from position to limit; the position stays
   * @param name of the model, for people; a file's name by the specification
   * @param key the signer's
   * @return the signature file's bytes
   * @throws IOException if this Java runtime cannot sign
   */
  public static byte[] sign(ByteBuffer archive, String name, SigningKey key) throws IOException {
    String digest = HexFormat.of().formatHex(ArchiveFormat.digest(archive));
    byte[] payload = statement(name, digest);
    byte[] file = bundle(payload, key.sign(Dsse.encode(payload)), key.publicKey());
    // A signature that nobody could check would be found out too late.
    ModelSignature.check("The new signature", file, List.of(key.publicKey()))
        .check("The archive", archive);
    return file;
  }

  private static byte[] statement(String name, String digest) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      json.beginObject();
      json.name("_type").value(ModelStatement.TYPE);
      json.name("subject").beginArray().beginObject();
      json.name("name").value(name);
      json.name("digest").beginObject();
      json.name("sha256").value(ModelStatement.root(digest)).endObject();
      json.endObject().endArray();
      json.name("predicateType").value(ModelStatement.PREDICATE_TYPE);
      json.name("predicate").beginObject();
      json.name("resources").beginArray().beginObject();
      json.name("name").value(name);
      json.name("algorithm").value(ModelStatement.HASH);
      json.name("digest").value(digest);
      json.endObject().endArray();
      json.name("serialization").beginObject();
      json.name("method").value(ModelStatement.METHOD);
      json.name("hash_type").value(ModelStatement.HASH);
      json.name("allow_symlinks").value(false);
      json.endObject().endObject().endObject();
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] bundle(byte[] payload, byte[] signature, SignerKey signer)
      throws IOException {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      json.setHtmlSafe(false);
      json.beginObject();
      json.name("mediaType").value(SignatureBundle.MEDIA_TYPE);
      json.name("verificationMaterial").beginObject();
      json.name("publicKey").beginObject().name("hint").value(signer.fingerprint()).endObject();
      json.name("tlogEntries").beginArray().endArray();
      json.endObject();
      json.name("dsseEnvelope").beginObject();
      json.name("payload").value(base64(payload));
      json.name("payloadType").value(Dsse.PAYLOAD_TYPE);
      json.name("signatures").beginArray().beginObject();
      json.name("sig").value(base64(signature));
      json.name("keyid").value("");
      json.endObject().endArray().endObject().endObject();
    }
    return (text + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
