package io.pemn.cli;

import io.pemn.compressor.network.ModelFile;
import io.pemn.compressor.network.TrustedKeys;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Whose archives a command takes, and what it tells of those that bring code. */
@Command
class TrustMixin {
  @Option(
      names = "--trust",
      paramLabel = "PUB",
      description =
          "Take only what was signed with the private key of PUB, a public key in PEM; give it once"
              + " for each key that you trust. The signature is the archive's file name with .sig"
              + " behind it (default: take any archive).")
  List<Path> keys = new ArrayList<>();

  /** A person who names a file on the command line has chosen to run it. */
  LoadPolicy policy() throws IOException {
    return trusted().policy();
  }

  /** Whose archives are taken. */
  TrustedKeys trusted() {
    return new TrustedKeys(keys, Optional.empty());
  }

  /**
   * Opens an archive, and says so if it brings code.
   *
   * @param err gets the note
   */
  PemnArchive open(Path file, PrintWriter err) throws IOException {
    PemnArchive archive = PemnArchive.open(file, policy());
    note(archive, file, err);
    return archive;
  }

  /**
   * Opens a model, and says so if it is an archive that brings code, or none although it is called
   * one.
   *
   * @param file an archive or a TorchScript file
   * @param err gets the note
   * @return the model of which that was said; nothing of it has been run
   */
  ModelFile openModel(Path file, PrintWriter err) throws IOException {
    ModelFile model = ModelFile.open(file, policy());
    if (model.archive().isPresent()) {
      note(model.archive().get(), file, err);
    } else if (file.toString().endsWith(".pemn")) {
      note(file + " is no archive but a TorchScript file, which is code;", err);
    }
    return model;
  }

  private static void note(PemnArchive archive, Path file, PrintWriter err) {
    if (!(archive.network() instanceof BuiltInDescription) && archive.signature().isEmpty()) {
      note(file + " holds a TorchScript module, which is code, and no trusted signature;", err);
    }
  }

  private static void note(String what, PrintWriter err) {
    err.println("note: " + what + " run it only if you trust where it comes from.");
    err.flush();
  }
}
