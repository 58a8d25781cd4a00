package io.pemn.loader.signature;

import java.nio.charset.StandardCharsets;

/**
 * What is signed in a DSSE envelope: not the payload alone but its type, too, so that no signature
 * is good for the same bytes in another meaning.
 *
 * <p>Source: <a href="https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md">DSSE 1.0,
 * protocol</a>.
 */
public final class Dsse {
  /** The type of all payloads here: an in-toto statement. */
  public static final String PAYLOAD_TYPE = "application/vnd.in-toto+json";

  private Dsse() {}

  /** The pre-authentication encoding of a payload of type {@link #PAYLOAD_TYPE}. */
  public static byte[] encode(byte[] payload) {
    byte[] head =
        ("DSSEv1 " + PAYLOAD_TYPE.length() + " " + PAYLOAD_TYPE + " " + payload.length + " ")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] encoded = new byte[head.length + payload.length];
    System.arraycopy(head, 0, encoded, 0, head.length);
    System.arraycopy(payload, 0, encoded, head.length, payload.length);
    return encoded;
  }
}
