package io.pemn.loader.signature;

import java.math.BigInteger;
import java.security.spec.ECFieldFp;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.EllipticCurve;
import java.util.HexFormat;

/**
 * The elliptic curve of all keys: P-256, also called secp256r1 and prime256v1.
 *
 * <p>Source: NIST SP 800-186, section 3.2.1.3; the encoding of keys is that of RFC 5480.
 */
public final class P256 {
  /** The field's prime, 3 modulo 4. */
  public static final BigInteger P =
      new BigInteger("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", 16);

  /** How many points there are, a prime. */
  public static final BigInteger ORDER =
      new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);

  /** The curve, its generator and its order. */
  public static final ECParameterSpec PARAMETERS =
      new ECParameterSpec(
          new EllipticCurve(
              new ECFieldFp(P),
              P.subtract(BigInteger.valueOf(3)),
              new BigInteger(
                  "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b", 16)),
          new ECPoint(
              new BigInteger(
                  "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296", 16),
              new BigInteger(
                  "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5", 16)),
          ORDER,
          1);

  /** What stands before the coordinates of a point in its SubjectPublicKeyInfo (RFC 5480). */
  private static final byte[] KEY_PREFIX =
      HexFormat.of().parseHex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");

  private static final int COORDINATE_BYTES = 32;

  private P256() {}

  /** The right side of the curve's equation, y² = x³ - 3x + b, modulo P. */
  public static BigInteger ySquared(BigInteger x) {
    EllipticCurve curve = PARAMETERS.getCurve();
    return x.modPow(BigInteger.valueOf(3), P)
        .add(curve.getA().multiply(x))
        .add(curve.getB())
        .mod(P);
  }

  /** Whether a key of these parameters is one of this curve. */
  public static boolean is(ECParameterSpec parameters) {
    // A curve may carry the seed that it was drawn from, which tells nothing of what it is.
    return parameters != null
        && parameters.getCurve().getField().equals(PARAMETERS.getCurve().getField())
        && parameters.getCurve().getA().equals(PARAMETERS.getCurve().getA())
        && parameters.getCurve().getB().equals(PARAMETERS.getCurve().getB())
        && parameters.getGenerator().equals(PARAMETERS.getGenerator())
        && parameters.getOrder().equals(ORDER)
        && parameters.getCofactor() == 1;
  }

  /** Whether a point lies on the curve. */
  static boolean has(ECPoint point) {
    return !point.equals(ECPoint.POINT_INFINITY)
        && isCoordinate(point.getAffineX())
        && isCoordinate(point.getAffineY())
        && point.getAffineY().modPow(BigInteger.TWO, P).equals(ySquared(point.getAffineX()));
  }

  /** The SubjectPublicKeyInfo of a point, in DER: the same for the same point, always. */
  static byte[] encode(ECPoint point) {
    byte[] encoded = new byte[KEY_PREFIX.length + 2 * COORDINATE_BYTES];
    System.arraycopy(KEY_PREFIX, 0, encoded, 0, KEY_PREFIX.length);
    put(point.getAffineX(), encoded, KEY_PREFIX.length);
    put(point.getAffineY(), encoded, KEY_PREFIX.length + COORDINATE_BYTES);
    return encoded;
  }

  private static boolean isCoordinate(BigInteger value) {
    return value.signum() >= 0 && value.compareTo(P) < 0;
  }

  private static void put(BigInteger coordinate, byte[] target, int at) {
    byte[] bytes = coordinate.toByteArray();
    int length = Math.min(bytes.length, COORDINATE_BYTES);
    System.arraycopy(bytes, bytes.length - length, target, at + COORDINATE_BYTES - length, length);
  }
}
