package io.pemn.loader;

import io.pemn.loader.signature.SignerKey;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a program is willing to load: how much memory an archive may ask for, whether it may bring
 * code, and who must have signed it.
 *
 * <p>Whatever the policy, the numbers of an archive are data: reading them, rebuilding weights and
 * running a built-in network executes nothing that the archive brings. A TorchScript module is
 * code, which runs with the rights of the program that loads it, so that no policy allows it unless
 * it says so. Instances are immutable.
 *
 * @since 0.1
 */
public final class LoadPolicy {
  private static final LoadPolicy STANDARD =
      new LoadPolicy(Limits.DEFAULT, false, List.of(), List.of(), Optional.empty());

  private final Limits limits;
  private final boolean torchScript;
  private final List<PublicKey> signers;
  private final List<SignerKey> keys;
  private final Optional<SignatureSource> signature;

  /**
   * @param keys what the signers are to those who check signatures
   * @param signature where it is, if not beside the archive
   */
  private LoadPolicy(
      Limits limits,
      boolean torchScript,
      List<PublicKey> signers,
      List<SignerKey> keys,
      Optional<SignatureSource> signature) {
    this.limits = limits;
    this.torchScript = torchScript;
    this.signers = signers;
    this.keys = keys;
    this.signature = signature;
  }

  /**
   * Archives from anyone, within {@link Limits#DEFAULT}, without code of their own: built-in
   * networks run, and of TorchScript modules only the weights can be read.
   *
   * @return the policy of the methods that take none
   */
  public static LoadPolicy standard() {
    return STANDARD;
  }

  /**
   * As {@link #standard()}, and TorchScript modules are handed out and run: for files from sources
   * that are trusted as those of a program are.
   *
   * @return the policy
   */
  public static LoadPolicy allowTorchScript() {
    return STANDARD.andTorchScript();
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
  public static LoadPolicy signedBy(PublicKey... keys) {
    if (keys.length == 0) {
      throw new IllegalArgumentException(
          "A policy that asks for a signature needs a key that makes it good; give one or more.");
    }
    return new LoadPolicy(
        Limits.DEFAULT,
        false,
        List.of(keys),
        Arrays.stream(keys).map(SignerKey::of).toList(),
        Optional.empty());
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
  public static LoadPolicy signedBy(Path... keys) throws IOException {
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
  public LoadPolicy andTorchScript() {
    return new LoadPolicy(limits, true, signers, keys, signature);
  }

  /**
   * The same with other limits.
   *
   * @param limits what an archive may ask for
   * @return the policy
   */
  public LoadPolicy withLimits(Limits limits) {
    return new LoadPolicy(Objects.requireNonNull(limits), torchScript, signers, keys, signature);
  }

  /**
   * The same with the signature in a file of its own, for an archive that has none beside it. The
   * file is read whenever an archive is opened.
   *
   * @param file the signature file
   * @return the policy
   * @throws IllegalStateException if this policy asks for no signature
   */
  public LoadPolicy withSignature(Path file) {
    return with(SignatureSource.of(file));
  }

  /**
   * The same with the signature of the one archive that shall be opened, such as one that is read
   * from a stream or from memory.
   *
   * @param signature all bytes of the signature file
   * @return the policy
   * @throws IllegalStateException if this policy asks for no signature
   */
  public LoadPolicy withSignature(byte[] signature) {
    return with(SignatureSource.of(signature));
  }

  private LoadPolicy with(SignatureSource source) {
    if (keys.isEmpty()) {
      throw new IllegalStateException(
          "This policy trusts no key, so that nobody would check the signature; begin with"
              + " LoadPolicy.signedBy.");
    }
    return new LoadPolicy(limits, torchScript, signers, keys, Optional.of(source));
  }

  /** {@return what an archive may ask for} */
  public Limits limits() {
    return limits;
  }

  /** {@return whether TorchScript modules are handed out and run} */
  public boolean allowsTorchScript() {
    return torchScript;
  }

  /** {@return the keys of which one must have signed an archive; none if it needs no signature} */
  public List<PublicKey> signers() {
    return signers;
  }

  /** The signers, to those who check signatures. */
  List<SignerKey> keys() {
    return keys;
  }

  /** Where the signature is, if not beside the archive. */
  Optional<SignatureSource> signature() {
    return signature;
  }
}
