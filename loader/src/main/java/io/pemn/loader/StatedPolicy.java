package io.pemn.loader;

import io.pemn.loader.signature.SignerKey;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The only kind of policy.
 *
 * @param limits what an archive may ask for
 * @param allowsTorchScript whether modules are handed out and run
 * @param signers of whom one must have signed; none if nobody must
 * @param keys what the signers are to those who check signatures
 * @param signature where it is, if not beside the archive
 */
record StatedPolicy(
    Limits limits,
    boolean allowsTorchScript,
    List<PublicKey> signers,
    List<SignerKey> keys,
    Optional<SignatureSource> signature)
    implements LoadPolicy {
  static final StatedPolicy STANDARD =
      new StatedPolicy(Limits.DEFAULT, false, List.of(), List.of(), Optional.empty());

  /** What a policy says beyond its interface. */
  static StatedPolicy of(LoadPolicy policy) {
    return (StatedPolicy) policy;
  }

  StatedPolicy signedBy(List<PublicKey> newSigners, List<SignerKey> newKeys) {
    return new StatedPolicy(limits, allowsTorchScript, newSigners, newKeys, signature);
  }

  @Override
  public LoadPolicy andTorchScript() {
    return new StatedPolicy(limits, true, signers, keys, signature);
  }

  @Override
  public LoadPolicy withLimits(Limits newLimits) {
    return new StatedPolicy(
        Objects.requireNonNull(newLimits), allowsTorchScript, signers, keys, signature);
  }

  @Override
  public LoadPolicy withSignature(Path file) {
    return with(SignatureSource.of(file));
  }

  @Override
  public LoadPolicy withSignature(byte[] bytes) {
    return with(SignatureSource.of(bytes));
  }

  private LoadPolicy with(SignatureSource source) {
    if (keys.isEmpty()) {
      throw new IllegalStateException(
          "This policy trusts no key, so that nobody would check the signature; begin with"
              + " LoadPolicy.signedBy.");
    }
    return new StatedPolicy(limits, allowsTorchScript, signers, keys, Optional.of(source));
  }
}
