package io.pemn.loader;

import java.security.PublicKey;
import java.util.List;
import java.util.Objects;

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
  private static final LoadPolicy STANDARD = new LoadPolicy(Limits.DEFAULT, false, List.of());

  private final Limits limits;
  private final boolean torchScript;
  private final List<PublicKey> signers;

  private LoadPolicy(Limits limits, boolean torchScript, List<PublicKey> signers) {
    this.limits = limits;
    this.torchScript = torchScript;
    this.signers = signers;
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
   * As {@link #standard()}, but only archives that one of these keys has signed.
   *
   * @param keys public keys of signers, one or more
   * @return the policy
   * @throws IllegalArgumentException if there is none
   */
  public static LoadPolicy signedBy(PublicKey... keys) {
    if (keys.length == 0) {
      throw new IllegalArgumentException(
          "A policy that asks for a signature needs a key that makes it good; give one or more.");
    }
    return new LoadPolicy(Limits.DEFAULT, false, List.of(keys));
  }

  /**
   * The same, and TorchScript modules are handed out and run.
   *
   * @return the policy
   */
  public LoadPolicy andTorchScript() {
    return new LoadPolicy(limits, true, signers);
  }

  /**
   * The same with other limits.
   *
   * @param limits what an archive may ask for
   * @return the policy
   */
  public LoadPolicy withLimits(Limits limits) {
    return new LoadPolicy(Objects.requireNonNull(limits), torchScript, signers);
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
}
