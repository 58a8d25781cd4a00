package io.pemn.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.NetworkDescription;
import io.pemn.format.proto.Provenance;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.report.Alternative;
import io.pemn.packager.report.SizeReport;
import io.pemn.packager.report.SizeReport.LayerSize;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows sizes. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = "Show what an archive holds, how small it is and where its bytes are.")
final class InspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "ARCHIVE", description = "A .pemn archive.")
  private Path file;

  @Option(names = "--layers", description = "Show every masked layer.")
  private boolean layers;

  @Option(
      names = "--compare",
      description =
          "Also encode the archive's own rebuilt weights as fp32, fp16, int8 and int4, each as it is"
              + " and after zstd, and count sparse matrices as the paper does, to compare their"
              + " bytes. The trained dense weights are not in an archive. Takes some seconds for a"
              + " million parameters.")
  private boolean compare;

  @Mixin private JsonOption json;

  @Mixin private SignatureMixin trust;

  @Override
  public Integer call() throws IOException {
    PemnArchive archive = PemnArchive.open(file, trust.policy());
    SizeReport sizes = SizeReport.of(archive);
    List<Alternative> alternatives = compare ? Alternative.of(archive) : List.of();
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted) {
      out.println(Json.text(toJson(archive, sizes, alternatives)));
      out.flush();
      return 0;
    }
    Provenance provenance = archive.provenance();
    out.println(file + ": " + describe(archive.network()));
    out.println("digest " + archive.digest());
    SignatureMixin.print(archive, out);
    if (!provenance.getTool().isEmpty()) {
      String from = provenance.getDataSet().isEmpty() ? "" : " from " + provenance.getDataSet();
      out.println(Printable.of("made by " + provenance.getTool() + from));
    }
    if (provenance.getMetrics().getTestImages() > 0) {
      out.println(
          EvaluationText.sentence(
                  provenance.getMetrics().getAccuracy(),
                  provenance.getMetrics().getLoss(),
                  provenance.getMetrics().getTestImages(),
                  provenance.getMetrics().getMeasure())
              + " after epoch "
              + provenance.getMetrics().getEpochs()
              + ", as measured when it was made");
    }
    SizeText.print(sizes, layers, out);
    if (compare) {
      SizeText.print(alternatives, out);
    }
    return 0;
  }

  private JsonObject toJson(PemnArchive archive, SizeReport sizes, List<Alternative> alternatives) {
    JsonObject object = new JsonObject();
    object.addProperty("archive", file.toString());
    object.addProperty("digest", archive.digest());
    SignatureMixin.add(object, archive);
    object.addProperty("network", describe(archive.network()));
    SizeText.addSummary(object, sizes);
    object.addProperty("mask_encoding", sizes.maskEncoding());
    object.addProperty("mask_entropy_bytes", sizes.maskEntropyBytes());
    object.addProperty(
        "mask_stored_over_bound",
        sizes.maskEntropyBytes() == 0 ? null : sizes.sections().masks() / sizes.maskEntropyBytes());
    JsonObject prototype = new JsonObject();
    prototype.addProperty("length", sizes.prototypeLength());
    prototype.addProperty("stored", sizes.prototypeStored() ? "values" : "seed");
    prototype.addProperty("seeded", sizes.prototypeSeeded());
    prototype.addProperty("seed_bytes", sizes.prototypeSeedBytes());
    prototype.addProperty("values_bytes", sizes.prototypeValuesBytes());
    object.add("prototype", prototype);
    Provenance provenance = archive.provenance();
    JsonObject options = new JsonObject();
    provenance
        .getOptionsList()
        .forEach(option -> options.addProperty(option.getName(), option.getValue()));
    JsonObject origin = new JsonObject();
    origin.addProperty("tool", provenance.getTool());
    origin.addProperty("data_set", provenance.getDataSet());
    origin.add("options", options);
    if (provenance.getMetrics().getTestImages() > 0) {
      origin.addProperty("epochs", provenance.getMetrics().getEpochs());
      EvaluationText.add(
          origin,
          provenance.getMetrics().getAccuracy(),
          provenance.getMetrics().getLoss(),
          provenance.getMetrics().getTestImages(),
          provenance.getMetrics().getMeasure());
    }
    object.add("provenance", origin);
    JsonArray array = new JsonArray();
    for (LayerSize layer : sizes.layers()) {
      JsonObject entry = Json.object(layer);
      // JSON has no infinity: over a bound of 0 bytes there is no ratio.
      entry.addProperty(
          "stored_over_bound", layer.entropyBytes() == 0 ? null : layer.storedOverBound());
      array.add(entry);
    }
    object.add("layers", array);
    if (compare) {
      JsonArray others = new JsonArray();
      alternatives.forEach(alternative -> others.add(Json.object(alternative)));
      object.add("alternatives", others);
    }
    return object;
  }

  static String describe(NetworkDescription network) {
    String takes =
        network.image().map(Object::toString).orElseGet(() -> network.inputs().toString());
    String gives = network.classes() == 0 ? "" : " to " + network.classes() + " classes";
    return family(network) + ", " + takes + gives;
  }

  private static String family(NetworkDescription network) {
    if (!(network instanceof BuiltInDescription builtIn)) {
      return "TorchScript module";
    }
    return builtIn.architecture().inWords();
  }
}
