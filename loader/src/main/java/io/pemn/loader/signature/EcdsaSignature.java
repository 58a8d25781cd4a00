package io.pemn.loader.signature;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;

/**
 * The two numbers of an ECDSA signature.
 *
 * <p>They are looked at before the runtime is: versions of Java before 17.0.3 take zeros for a
 * signature of anything by anybody (CVE-2022-21449), and other libraries are lenient about how the
 * numbers are spelled. Whoever has (r, s) can make (r, n - s), which is as good: what is signed is
 * fixed, the bytes of its signature are not.
 *
 * @param r from 1 to below the order of the curve
 * @param s likewise
 */
record EcdsaSignature(BigInteger r, BigInteger s) {
  private static final byte SEQUENCE = 0x30;
  private static final byte INTEGER = 0x02;

  /** A number below the order and the zero that keeps it positive, tag and length included. */
  private static final int MOST_NUMBER_BYTES = 35;

  /**
   * Reads {@code SEQUENCE { r INTEGER, s INTEGER }} (RFC 3279, section 2.2.3).
   *
   * @param der in the only spelling that DER allows
   * @return the signature, or nothing if it is none
   */
  static Optional<EcdsaSignature> parse(byte[] der) {
    if (der.length < 8 || der.length > 2 + 2 * MOST_NUMBER_BYTES) {
      return Optional.empty();
    }
    int rBytes = der[3];
    int sAt = 4 + rBytes;
    if (rBytes < 1 || sAt + 3 > der.length) {
      return Optional.empty();
    }
    EcdsaSignature parsed =
        new EcdsaSignature(
            new BigInteger(der, 4, rBytes), new BigInteger(der, sAt + 2, der.length - sAt - 2));
    boolean sound =
        isInRange(parsed.r) && isInRange(parsed.s) && Arrays.equals(parsed.encode(), der);
    return sound ? Optional.of(parsed) : Optional.empty();
  }

  /** The signature in DER. */
  byte[] encode() {
    byte[] first = r.toByteArray();
    byte[] second = s.toByteArray();
    byte[] der = new byte[6 + first.length + second.length];
    der[0] = SEQUENCE;
    der[1] = (byte) (der.length - 2);
    put(first, der, 2);
    put(second, der, 4 + first.length);
    return der;
  }

  private static void put(byte[] number, byte[] der, int at) {
    der[at] = INTEGER;
    der[at + 1] = (byte) number.length;
    System.arraycopy(number, 0, der, at + 2, number.length);
  }

  private static boolean isInRange(BigInteger number) {
    return number.signum() > 0 && number.compareTo(P256.ORDER) < 0;
  }
}
