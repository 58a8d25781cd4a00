package io.pemn.cli;

import com.google.gson.JsonObject;
import io.pemn.compressor.network.TrustedKeys;
import io.pemn.loader.PemnArchive;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** As {@link TrustMixin}, for commands that take one archive. */
@Command
final class SignatureMixin extends TrustMixin {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--signature",
      paramLabel = "SIG",
      description =
          "The signature that --trust asks for (default: the archive's file name with .sig behind"
              + " it).")
  private Path signature;

  @Override
  TrustedKeys trusted() {
    if (signature != null && keys.isEmpty()) {
      throw new ParameterException(
          command.commandLine(), "Name the key that --signature is checked with: --trust PUB.");
    }
    return new TrustedKeys(keys, Optional.ofNullable(signature));
  }

  /** Prints who signed an archive, if that was asked for. */
  static void print(PemnArchive archive, PrintWriter out) {
    archive
        .signature()
        .ifPresent(
            found ->
                out.println(
                    Printable.of(
                        "signed as " + found.name() + " with the key " + found.fingerprint())));
  }

  /** Adds who signed an archive, if that was asked for. */
  static void add(JsonObject object, PemnArchive archive) {
    archive
        .signature()
        .ifPresent(
            found -> {
              object.addProperty("signed_by", found.fingerprint());
              object.addProperty("signed_as", found.name());
            });
  }
}
