package io.pemn.compressor.network;

import io.pemn.loader.LoadPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Whose archives a person takes who names a file on the command line, and so has chosen to run it.
 *
 * @param keys public keys in PEM, of which one must have signed the archive; none if any archive is
 *     taken
 * @param signature the file of the signature; empty for the archive's name with {@code .sig} behind
 *     it
 */
public record TrustedKeys(List<Path> keys, Optional<Path> signature) {
  /** Copies the list. */
  public TrustedKeys {
    keys = List.copyOf(keys);
  }

  /**
   * What an archive may bring: also a TorchScript module.
   *
   * @throws IOException in one sentence, if a key cannot be read
   */
  public LoadPolicy policy() throws IOException {
    if (keys.isEmpty()) {
      return LoadPolicy.allowTorchScript();
    }
    LoadPolicy signed = LoadPolicy.signedBy(keys.toArray(Path[]::new)).andTorchScript();
    return signature.isPresent() ? signed.withSignature(signature.get()) : signed;
  }
}
