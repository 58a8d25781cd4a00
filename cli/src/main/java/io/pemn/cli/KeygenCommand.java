package io.pemn.cli;

import com.google.gson.JsonObject;
import io.pemn.packager.AtomicFile;
import io.pemn.packager.signing.SigningKey;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Makes a key. */
@Command(
    name = "keygen",
    mixinStandardHelpOptions = true,
    description =
        "Make a key to sign archives with: a private one (ECDSA P-256, PKCS#8 in PEM) that only its"
            + " owner can read, and the public one that others trust.")
final class KeygenCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "NAME",
      defaultValue = "signer",
      description =
          "NAME.key gets the private key, NAME.pub the public one (default: ${DEFAULT-VALUE}).")
  private String name;

  @Option(names = "--overwrite", description = "Replace the files if they are there already.")
  private boolean overwrite;

  @Mixin private JsonOption json;

  @Override
  public Integer call() throws IOException {
    if (name.isBlank() || name.endsWith("/") || name.endsWith(File.separator)) {
      throw new ParameterException(
          spec.commandLine(),
          "-o '" + name + "' names no file; give the name that .key and .pub are put behind.");
    }
    Path privateFile = Path.of(name + ".key");
    Path publicFile = Path.of(name + ".pub");
    for (Path file : List.of(privateFile, publicFile)) {
      if (!overwrite && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        throw new FileSystemException(
            file
                + " is there already, and a key that is lost cannot be made again; choose another"
                + " -o, or give --overwrite.");
      }
      Outputs.check(file);
    }
    SigningKey key = SigningKey.generate();
    write(key, privateFile, publicFile);
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted) {
      JsonObject object = new JsonObject();
      object.addProperty("private_key", privateFile.toString());
      object.addProperty("public_key", publicFile.toString());
      object.addProperty("fingerprint", key.publicKey().fingerprint());
      out.println(Json.text(object));
    } else {
      out.println(privateFile + ": the private key; keep it secret, and a copy of it safe");
      out.println(publicFile + ": the public key " + key.publicKey().fingerprint());
    }
    out.flush();
    return 0;
  }

  /** Between the check above and this, another program may have made a key of this name. */
  private void write(SigningKey key, Path privateFile, Path publicFile) throws IOException {
    AtomicFile.Content secret = out -> out.write(key.pem().getBytes(StandardCharsets.US_ASCII));
    AtomicFile.Content open =
        out -> out.write(key.publicKey().pem().getBytes(StandardCharsets.US_ASCII));
    if (overwrite) {
      AtomicFile.writeSecret(privateFile, secret);
      AtomicFile.write(publicFile, open);
    } else {
      AtomicFile.createSecret(privateFile, secret);
      AtomicFile.create(publicFile, open);
    }
  }
}
