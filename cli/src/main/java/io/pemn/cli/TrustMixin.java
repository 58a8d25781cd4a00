package io.pemn.cli;

import io.pemn.compressor.network.OpenedModel;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Command;

/** Whose archives a command takes, and what it tells of those that bring code. */
@Command
final class TrustMixin {
  /** A person who names a file on the command line has chosen to run it. */
  LoadPolicy policy() {
    return LoadPolicy.allowTorchScript();
  }

  /**
   * Opens an archive, and says so if it brings code.
   *
   * @param err gets the note
   */
  PemnArchive open(Path file, PrintWriter err) throws IOException {
    PemnArchive archive = PemnArchive.open(file, policy());
    if (!(archive.network() instanceof BuiltInDescription)) {
      err.println(
          "note: "
              + file
              + " holds a TorchScript module, which is code, and no trusted signature; run it only"
              + " if you trust where it comes from.");
      err.flush();
    }
    return archive;
  }

  /**
   * Says so if a model is an archive that brings code.
   *
   * @param file an archive or a TorchScript file
   * @param err gets the note
   */
  void check(Path file, PrintWriter err) throws IOException {
    if (!OpenedModel.isTorchScript(file)) {
      open(file, err);
    }
  }
}
