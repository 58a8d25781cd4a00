package io.pemn.compressor.network;

import ai.djl.Device;
import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * A model of which nothing has been run yet: whoever looks at an archive here loads that one,
 * whatever becomes of the file.
 *
 * @param path where it is
 * @param archive the open archive; empty of a TorchScript file
 * @param openSeconds how long the archive took to open; 0 of a TorchScript file
 */
public record ModelFile(Path path, Optional<PemnArchive> archive, double openSeconds) {
  private static final byte[] ZIP = {'P', 'K', 3, 4};

  /**
   * Opens a file.
   *
   * @param path a {@code .pemn} archive or a TorchScript file; its first bytes tell which
   * @param policy what an archive may ask for and bring
   * @throws IOException in one sentence, if it cannot be read, or the policy refuses it
   */
  public static ModelFile open(Path path, LoadPolicy policy) throws IOException {
    if (!isTorchScript(path)) {
      long start = System.nanoTime();
      PemnArchive archive = PemnArchive.open(path, policy);
      return new ModelFile(path, Optional.of(archive), (System.nanoTime() - start) / 1e9);
    }
    if (!policy.signers().isEmpty()) {
      throw new PemnFormatException.NotTrusted(
          Finding.of(ArchiveSection.FILE, "a TorchScript file", "a signed archive"),
          path + " is {found}, but {expected} is asked for; give the archive.");
    }
    if (!policy.allowsTorchScript()) {
      throw new PemnFormatException.NotTrusted(
          Finding.of(ArchiveSection.FILE, "a TorchScript file", "an archive"),
          path + " is {found}, which is code, but {expected} is expected here; give an archive.");
    }
    return new ModelFile(path, Optional.empty(), 0);
  }

  /**
   * Loads it, which runs the code of a TorchScript module.
   *
   * @param device where it shall run
   * @throws IOException in one sentence, if it cannot be loaded
   */
  public OpenedModel load(Device device) throws IOException {
    return archive.isPresent()
        ? OpenedModel.ofArchive(this, device)
        : OpenedModel.ofTorchScript(path, device);
  }

  /** Whether a file is a zip archive, as TorchScript files are; false if there is no file. */
  private static boolean isTorchScript(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return file.toString().endsWith(".pt");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(ZIP.length), ZIP) || file.toString().endsWith(".pt");
    }
  }
}
