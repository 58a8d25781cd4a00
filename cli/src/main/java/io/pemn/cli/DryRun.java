package io.pemn.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pemn.compressor.network.MaskablePolicy.Decision;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.compressor.training.CheckpointPacker;
import io.pemn.compressor.training.TrainingOptions;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.MaskCodecChoice;
import io.pemn.packager.report.SizeReport;
import io.pemn.packager.torchscript.ModuleTensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What a compression would do, before any training. */
final class DryRun {
  private DryRun() {}

  static void print(
      Path model,
      ModuleSource module,
      TrainingOptions options,
      MaskCodecChoice maskCodec,
      boolean json,
      PrintWriter out)
      throws IOException {
    List<String> warnings = TracedModeText.of(module);
    Map<String, ModuleTensor> tensors = new HashMap<>();
    module.file().tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
    byte[] archive =
        ArchiveWriter.toBytes(CheckpointPacker.preview(module, options, Version.text()), maskCodec);
    SizeReport sizes = SizeReport.of(PemnArchive.read(archive));
    if (json) {
      out.println(Json.text(toJson(model, module, options, tensors, sizes, warnings)));
      out.flush();
      return;
    }
    int width =
        Math.max(9, module.parameters().stream().mapToInt(p -> p.name().length()).max().orElse(0));
    String row = "%-" + width + "s  %-16s %-9s %12s  %-9s  %s%n";
    out.printf(row, "parameter", "shape", "type", "numbers", "kept as", "because");
    for (Decision decision : module.decisions()) {
      ParameterShape parameter = decision.parameter();
      ModuleTensor tensor = tensors.get(parameter.name());
      out.printf(
          Locale.ROOT,
          row,
          Printable.of(parameter.name()),
          shape(parameter),
          tensor.type().name().toLowerCase(Locale.ROOT),
          String.format(Locale.ROOT, "%,d", parameter.size()),
          keptAs(parameter, options),
          Printable.of(reason(decision, tensor)));
    }
    warnings.forEach(warning -> out.println(Printable.of(warning)));
    out.printf(
        Locale.ROOT,
        "%s: %,d bytes; the archive would have about %s%n",
        model,
        Files.size(model),
        SizeText.summary(sizes));
    out.flush();
  }

  private static String reason(Decision decision, ModuleTensor tensor) {
    return tensor.aliases().isEmpty()
        ? decision.reason()
        : decision.reason() + ", also as " + String.join(", ", tensor.aliases());
  }

  private static String keptAs(ParameterShape parameter, TrainingOptions options) {
    return parameter.role() == Role.WEIGHT && options.masked() ? "mask" : "remainder";
  }

  private static String shape(ParameterShape parameter) {
    return parameter.shape().isEmpty()
        ? "one number"
        : parameter.shape().stream().map(String::valueOf).collect(Collectors.joining("x"));
  }

  private static JsonObject toJson(
      Path model,
      ModuleSource module,
      TrainingOptions options,
      Map<String, ModuleTensor> tensors,
      SizeReport sizes,
      List<String> warnings)
      throws IOException {
    JsonObject object = new JsonObject();
    object.addProperty("model", model.toString());
    object.addProperty("model_bytes", Files.size(model));
    JsonArray parameters = new JsonArray();
    for (Decision decision : module.decisions()) {
      ParameterShape parameter = decision.parameter();
      ModuleTensor tensor = tensors.get(parameter.name());
      JsonObject entry = new JsonObject();
      entry.addProperty("name", parameter.name());
      JsonArray shape = new JsonArray();
      parameter.shape().forEach(shape::add);
      entry.add("shape", shape);
      entry.addProperty("type", tensor.type().name().toLowerCase(Locale.ROOT));
      entry.addProperty("masked", keptAs(parameter, options).equals("mask"));
      entry.addProperty("reason", decision.reason());
      JsonArray aliases = new JsonArray();
      tensor.aliases().forEach(aliases::add);
      entry.add("aliases", aliases);
      parameters.add(entry);
    }
    object.add("parameters", parameters);
    JsonArray notes = new JsonArray();
    warnings.forEach(notes::add);
    object.add("notes", notes);
    JsonObject predicted = new JsonObject();
    SizeText.addSummary(predicted, sizes);
    object.add("predicted", predicted);
    return object;
  }
}
