package io.pemn.loader;

import io.pemn.loader.signature.SignerKey;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a program is willing to load: how much memory an archive may ask for, whether it may bring
 * code, and who must have signed it.
 *
 * <p>Whatever the policy, the numbers of an archive are data: reading them, rebuilding weights and
 * running a built-in network executes nothing that the archive brings. A TorchScript module is
 * code, which runs with the rights of the program that loads it, so that no policy allows it unless
 * it says so. Policies are immutable.
 *
 * <p>A policy begins with {@link #standard}, {@link #allowTorchScript} or {@link #signedBy}; what
 * else it says is added to it. This is an interface so that no beginning can be mistaken for an
 * addition: {@code signedBy(key).allowTorchScript()}, which would forget the key, does not compile.
 *
 * @since 0.1
 */
public sealed interface LoadPolicy permits StatedPolicy {
  /**
   * Archives from anyone, within {@link Limits#DEFAULT}, without code of their own: built-in
   * networks run, and of TorchScript modules only the weights can be read.
   *
   * @return the policy of the methods that take none
   */
  static LoadPolicy standard() {
    return StatedPolicy.STANDARD;
  }

  /**
   * As {@link #standard()}, and TorchScript modules are handed out and run: for files from sources
   * that are trusted as those of a program are.
   *
   * @return the policy
   */
  static LoadPolicy allowTorchScript() {
    return StatedPolicy.STANDARD.andTorchScript();
  }

  /**
   * As {@link #standard()}, but only archives that one of these keys has signed, as a detached
   * signature in the format of OpenSSF Model Signing says. It is looked for beside the archive,
   * under the archive's name with {@code .sig} behind it, unless {@link #withSignature(Path)} says
   * otherwise. The signature is checked before the archive is looked at, and what is then used are
   * the bytes that were checked, all of which are in memory.
   *
   * @param keys public keys of signers, one or more, of the elliptic curve P-256
   * @return the policy
   * @throws IllegalArgumentException if there is none, or one is of another kind
   */
  static LoadPolicy signedBy(PublicKey... keys) {
    if (keys.length == 0) {
      throw new IllegalArgumentException(
          "A policy that asks for a signature needs a key that makes it good; give one or more.");
    }
    return StatedPolicy.STANDARD.signedBy(
        List.of(keys), Arrays.stream(keys).map(SignerKey::of).toList());
  }

  /**
   * As {@link #signedBy(PublicKey...)}, with keys from files in PEM, as {@code pemn keygen} and
   * {@code openssl pkey -pubout} write them.
   *
   * @param keys files with a public key each, one or more, of the elliptic curve P-256
   * @return the policy
   * @throws IOException in one sentence, if one cannot be read or holds no such key
   * @throws IllegalArgumentException if there is none
   */
  static LoadPolicy signedBy(Path... keys) throws IOException {
    List<PublicKey> read = new ArrayList<>();
    for (Path key : keys) {
      read.add(SignerKey.read(key).key());
    }
    return signedBy(read.toArray(PublicKey[]::new));
  }

  /**
   * The same, and TorchScript modules are handed out and run.
   *
   * @return the policy
   */
  LoadPolicy andTorchScript();

  /**
   * The same with other limits.
   *
   * @param limits what an archive may ask for
   * @return the policy
   */
  LoadPolicy withLimits(Limits limits);

  /**
   * The same with the signature in a file of its own, for an archive that has none beside it. The
   * file is read whenever an archive is opened.
   *
   * @param file the signature file
   * @return the policy
   * @throws IllegalStateException if this policy asks for no signature
   */
  LoadPolicy withSignature(Path file);

  /**
   * The same with the signature of the one archive that shall be opened, such as one that is read
   * from a stream or from memory.
   *
   * @param signature all bytes of the signature file
   * @return the policy
   * @throws IllegalStateException if this policy asks for no signature
   */
  LoadPolicy withSignature(byte[] signature);

  /** {@return what an archive may ask for} */
  Limits limits();

  /** {@return whether TorchScript modules are handed out and run} */
  boolean allowsTorchScript();

  /** {@return the keys of which one must have signed an archive; none if it needs no signature} */
  List<PublicKey> signers();
}
