package io.pemn.format.storage;

import io.pemn.format.proto.Metadata;
import io.pemn.format.proto.Network;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The archive's fixed bytes and digests (docs/format.md, "The file").
 *
 * <pre>
 * Archive --&gt; Magic, Version, Metadata, HeadDigest, Masks?, Remainder?, PrototypeValues?, Module?,
 *             CodedPrototype?
 * Head    --&gt; Magic, Version, Metadata
 * </pre>
 */
public final class ArchiveFormat {
  /** The newest format version that this library reads. */
  public static final int VERSION = 4;

  /** The last version that spells out what follows from the rest. */
  public static final int LAST_SPELLED_OUT = 2;

  /** Length of a section's digest and of the head's: a whole SHA-256. */
  public static final int DIGEST_BYTES = 32;

  private static final byte[] MAGIC = {'P', 'E', 'M', 'N', '\r', '\n', 0x1A, '\n'};

  private ArchiveFormat() {}

  /**
   * The version of a file that leaves out what follows from the rest, the lowest that can express
   * it: 3, but 4 for networks that 3 does not know and for coded prototypes.
   */
  public static int versionFor(Metadata metadata) {
    Network network = metadata.getNetwork();
    boolean newer =
        network.hasResNet()
            || network.hasVisionTransformer()
            || network.getConvMixer().getPlainNorm()
            || network.getMlp().getPlainNorm()
            || metadata.hasCodedPrototype();
    return newer ? 4 : 3;
  }

  /**
   * The version of a file that spells out what follows from the rest: 1 for built-in networks under
   * {0, 1} masks, 2 for TorchScript modules, other masks and other measures than accuracy.
   */
  public static int oldVersionFor(Metadata metadata) {
    boolean first =
        !metadata.getNetwork().hasTorchScript()
            && !metadata.hasModule()
            && metadata.getLayersList().stream().allMatch(layer -> layer.getKindValue() == 0)
            && metadata.getProvenance().getMetrics().getMeasureValue() == 0;
    return first ? 1 : 2;
  }

  /** The contents of the magic field. */
  public static byte[] magic() {
    return MAGIC.clone();
  }

  /** SHA-256 of bytes. */
  public static byte[] digest(ByteBuffer bytes) {
    MessageDigest sha256 = sha256();
    sha256.update(bytes.duplicate());
    return sha256.digest();
  }

  /** An empty SHA-256. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("Every JVM has SHA-256.", e);
    }
  }
}
