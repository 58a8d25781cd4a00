package io.pemn.cli;

import com.google.gson.JsonObject;
import io.pemn.format.PemnFormatException;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Checks an archive. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description =
        "Decode everything in an archive and check every digest; with --trust, check first who signed"
            + " it.")
final class VerifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "ARCHIVE", description = "A .pemn archive.")
  private Path file;

  @Mixin private JsonOption json;

  @Mixin private SignatureMixin trust;

  @Override
  public Integer call() throws IOException {
    try {
      return verify();
    } catch (PemnFormatException e) {
      if (json.wanted) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(Json.text(refusal(e)));
        out.flush();
      }
      throw e;
    }
  }

  private JsonObject refusal(PemnFormatException e) {
    JsonObject object = new JsonObject();
    object.addProperty("archive", file.toString());
    object.addProperty("sound", false);
    object.addProperty("trouble", e.getClass().getSimpleName());
    object.addProperty("section", e.section().name().toLowerCase(Locale.ROOT));
    object.addProperty("offset", e.offset().isPresent() ? e.offset().getAsLong() : null);
    object.addProperty("found", e.found());
    object.addProperty("expected", e.expected());
    object.addProperty("message", e.getMessage());
    return object;
  }

  private int verify() throws IOException {
    PemnArchive archive = PemnArchive.open(file, trust.policy());
    archive.verify();
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted) {
      JsonObject object = new JsonObject();
      object.addProperty("archive", file.toString());
      object.addProperty("digest", archive.digest());
      object.addProperty("sound", true);
      SignatureMixin.add(object, archive);
      out.println(Json.text(object));
    } else {
      out.println(
          file
              + " is sound: "
              + archive.layers().size()
              + " masked layers rebuilt, "
              + archive.remainder().size()
              + " other tensors, digest "
              + archive.digest());
      SignatureMixin.print(archive, out);
    }
    out.flush();
    return 0;
  }
}
