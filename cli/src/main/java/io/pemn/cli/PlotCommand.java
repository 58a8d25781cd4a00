package io.pemn.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pemn.compressor.training.MetricsCsv;
import io.pemn.compressor.training.RunDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Draws metrics. */
@Command(
    name = "plot",
    mixinStandardHelpOptions = true,
    description =
        "Draw the metrics of trainings: loss, accuracy, learning rate, mask flips, density a layer"
            + " and speed. Trainings that still go on can be drawn, too.",
    sortOptions = false)
final class PlotCommand implements Callable<Integer> {
  /** What the horizontal axis counts. */
  enum Across {
    EPOCH,
    STEP;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "METRICS",
      description =
          "What compress wrote as --metrics, or its run directory; several to compare runs.")
  private List<Path> files;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      required = true,
      description = "FILE.png or FILE.svg. Can be repeated.")
  private List<Path> outputs;

  @Option(
      names = "--over",
      defaultValue = "epoch",
      description =
          "What the horizontal axis counts: one of ${COMPLETION-CANDIDATES} (default:"
              + " ${DEFAULT-VALUE}).")
  private Across over;

  @Mixin private JsonOption json;

  @Override
  public Integer call() throws IOException {
    List<Path> read = new ArrayList<>();
    for (Path file : files) {
      read.add(Files.isDirectory(file) ? new RunDirectory(file).metricsFile() : file);
    }
    for (Path output : outputs) {
      if (!ChartSheet.canWrite(output)) {
        throw new ParameterException(
            spec.commandLine(), "A plot is a .svg or .png file, unlike " + output + ".");
      }
      Outputs.check(output, read.toArray(Path[]::new));
    }
    List<String> names = names(read);
    List<CurvesPlot.Run> runs = new ArrayList<>();
    for (int i = 0; i < read.size(); i++) {
      runs.add(new CurvesPlot.Run(names.get(i), metrics(read.get(i))));
    }
    List<String> panels = List.of();
    for (Path output : outputs) {
      panels = CurvesPlot.write(runs, over == Across.STEP, output);
    }
    report(read, runs, panels);
    return 0;
  }

  private MetricsCsv metrics(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(
          "There is no file " + file + "; give metrics or a run directory of pemn compress.");
    }
    MetricsCsv metrics = MetricsCsv.read(file);
    boolean over = this.over == Across.EPOCH;
    if (metrics.rows().isEmpty()
        || over && metrics.rows().stream().noneMatch(MetricsCsv.Row::endsEpoch)) {
      throw new IOException(
          file
              + " has no row of "
              + (metrics.rows().isEmpty() ? "metrics" : "a whole epoch")
              + " yet; wait for the first epoch"
              + (metrics.rows().isEmpty() ? "." : ", or give --over step."));
    }
    return metrics;
  }

  /** As short as they are different: the files' own names, with their folders, or as given. */
  private static List<String> names(List<Path> files) {
    List<Function<Path, String>> ways =
        List.of(
            file -> String.valueOf(file.getFileName()),
            file -> String.valueOf(file.toAbsolutePath().normalize().getParent().getFileName()),
            file -> String.valueOf(file.toAbsolutePath().normalize()));
    for (Function<Path, String> way : ways) {
      List<String> names = files.stream().map(way).toList();
      if (new HashSet<>(names).size() == names.size()) {
        return names;
      }
    }
    throw new IllegalArgumentException("The same metrics were given twice; give each file once.");
  }

  private void report(List<Path> read, List<CurvesPlot.Run> runs, List<String> panels) {
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted) {
      JsonObject object = new JsonObject();
      JsonArray plots = new JsonArray();
      outputs.forEach(output -> plots.add(output.toString()));
      object.add("plots", plots);
      object.addProperty("over", over.toString());
      JsonArray titles = new JsonArray();
      panels.forEach(titles::add);
      object.add("panels", titles);
      JsonArray drawn = new JsonArray();
      for (int i = 0; i < runs.size(); i++) {
        List<MetricsCsv.Row> rows = runs.get(i).metrics().rows();
        JsonObject run = new JsonObject();
        run.addProperty("name", runs.get(i).name());
        run.addProperty("metrics", read.get(i).toString());
        run.addProperty("rows", rows.size());
        run.addProperty("epochs", rows.stream().filter(MetricsCsv.Row::endsEpoch).count());
        run.addProperty("layers", runs.get(i).metrics().layers().size());
        drawn.add(run);
      }
      object.add("runs", drawn);
      out.println(Json.text(object));
    } else {
      String from = runs.size() == 1 ? "1 run" : runs.size() + " runs";
      outputs.forEach(
          output -> out.println(output + ": " + String.join(", ", panels) + " of " + from));
    }
    out.flush();
  }
}
