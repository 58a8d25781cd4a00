package io.pemn.cli;

import com.google.gson.JsonObject;
import io.pemn.loader.Limits;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.AtomicFile;
import io.pemn.packager.signing.ArchiveSigner;
import io.pemn.packager.signing.SigningKey;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Signs an archive. */
@Command(
    name = "sign",
    mixinStandardHelpOptions = true,
    description =
        "Check an archive as verify does, and sign it: a file beside it, in the format of OpenSSF"
            + " Model Signing, lets others check who made it and that it is whole.")
final class SignCommand implements Callable<Integer> {
  private static final int MOST_PASSWORD_BYTES = 1024;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "ARCHIVE", description = "A .pemn archive.")
  private Path file;

  @Option(
      names = "--key",
      paramLabel = "KEY",
      required = true,
      description = "The private key, as pemn keygen or openssl wrote it: P-256, in PEM.")
  private Path keyFile;

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      description = "Its first line is the password of an encrypted KEY (default: none).")
  private Path passwordFile;

  @Option(
      names = {"-o", "--output", "--out"},
      paramLabel = "SIG",
      description = "The signature (default: the archive's name with .sig behind it).")
  private Path output;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description =
          "What the signature calls the archive (default: its file name, as the specification wants"
              + " it). With '.' model_signing 1.1.1 checks the file itself; with its name, the"
              + " folder that it is in.")
  private String name;

  @Mixin private JsonOption json;

  @Override
  public Integer call() throws IOException {
    String own = String.valueOf(file.getFileName());
    Path target = output == null ? file.resolveSibling(own + ".sig") : output;
    Outputs.check(target, file, keyFile);
    if (passwordFile != null) {
      Outputs.check(target, passwordFile);
    }
    SigningKey key = SigningKey.read(keyFile, password());
    // What is checked and what is signed are the same bytes.
    byte[] bytes = read();
    PemnArchive.read(bytes).verify();
    String called = name == null ? own : name;
    byte[] signature = ArchiveSigner.sign(ByteBuffer.wrap(bytes), called, key);
    AtomicFile.write(target, out -> out.write(signature));
    String fingerprint = key.publicKey().fingerprint();
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted) {
      JsonObject object = new JsonObject();
      object.addProperty("archive", file.toString());
      object.addProperty("signature", target.toString());
      object.addProperty("signed_by", fingerprint);
      object.addProperty("signed_as", called);
      out.println(Json.text(object));
    } else {
      out.println(target + ": " + file + " signed as " + called + " with the key " + fingerprint);
    }
    out.flush();
    return 0;
  }

  private byte[] read() throws IOException {
    if (Files.isSymbolicLink(file)) {
      throw new FileSystemException(
          file + " is a symbolic link, which is not signed; sign the file that it points to.");
    }
    if (Files.notExists(file)) {
      throw new NoSuchFileException(
          "There is no file " + file + "; check the path of the archive.");
    }
    if (!Files.isRegularFile(file)) {
      throw new FileSystemException(file + " is not a file; give the path of a .pemn archive.");
    }
    long most = Limits.DEFAULT.fileBytes();
    if (Files.size(file) > most) {
      throw new FileSystemException(
          file + " has " + Files.size(file) + " bytes, more than the " + most + " of any archive.");
    }
    return Files.readAllBytes(file);
  }

  private Optional<char[]> password() throws IOException {
    if (passwordFile == null) {
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(passwordFile)) {
      String text = new String(in.readNBytes(MOST_PASSWORD_BYTES), StandardCharsets.UTF_8);
      return Optional.of(text.lines().findFirst().orElse("").toCharArray());
    } catch (NoSuchFileException e) {
      throw new NoSuchFileException(
          "There is no file " + passwordFile + "; check the path of the password.");
    }
  }
}
