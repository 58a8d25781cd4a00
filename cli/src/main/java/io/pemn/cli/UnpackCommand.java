package io.pemn.cli;

import com.google.gson.JsonObject;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.Unpacker;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes full weights. */
@Command(
    name = "unpack",
    mixinStandardHelpOptions = true,
    description = "Rebuild the full weights of an archive and write them in another format.")
final class UnpackCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "ARCHIVE", description = "A .pemn archive.")
  private Path archive;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE|DIR/",
      required = true,
      description =
          "A TorchScript file if its name ends in .pt (archives of TorchScript networks), with a"
              + " slash at its end a folder of .npy files, one a parameter, else a safetensors"
              + " file.")
  private String output;

  @Mixin private JsonOption json;

  @Mixin private SignatureMixin trust;

  @Override
  public Integer call() throws IOException {
    Path target = Path.of(output);
    boolean folder = output.endsWith("/") || output.endsWith("\\");
    boolean module = output.endsWith(".pt");
    // Numbers are never code; only a module is.
    PemnArchive opened =
        module
            ? trust.open(archive, spec.commandLine().getErr())
            : PemnArchive.open(archive, trust.policy());
    if (Files.exists(target) && Files.isSameFile(target, archive)) {
      throw new FileSystemException(
          target + " is the archive itself; choose another -o for its weights.");
    }
    if (folder) {
      Unpacker.toNpyFolder(opened, target);
    } else if (module) {
      Unpacker.toTorchScript(opened, target);
    } else {
      Unpacker.toSafetensors(opened, target);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted) {
      JsonObject object = new JsonObject();
      object.addProperty("output", target.toString());
      object.addProperty("format", folder ? "npy" : module ? "torchscript" : "safetensors");
      object.addProperty("parameters", opened.parameters());
      object.addProperty("archive_bytes", opened.fileBytes());
      if (!folder) {
        object.addProperty("output_bytes", Files.size(target));
      }
      out.println(Json.text(object));
    } else {
      out.printf(
          "%s: %,d parameters, every layer checked against its digest%n",
          output, opened.parameters());
    }
    out.flush();
    return 0;
  }
}
