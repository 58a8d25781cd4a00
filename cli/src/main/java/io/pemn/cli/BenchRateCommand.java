package io.pemn.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.rate.RateBenchmark;
import io.pemn.compressor.rate.RateCsv;
import io.pemn.compressor.rate.RateMethod;
import io.pemn.compressor.rate.RateMethods;
import io.pemn.compressor.rate.RateNetwork;
import io.pemn.compressor.rate.RateRow;
import io.pemn.compressor.rate.RateTable;
import io.pemn.compressor.training.RunDirectory;
import io.pemn.packager.FolderLock;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures bytes against accuracy. */
@Command(
    name = "rate",
    mixinStandardHelpOptions = true,
    description = {
      "Measure whole-file bytes against test accuracy: archives beside dense networks as floats and"
          + " integers, smaller dense networks, and pruned ones, all trained on the same images for"
          + " as many epochs.",
      "Rows that the CSV has are not measured again, so that an interrupted table goes on."
    },
    sortOptions = false)
final class BenchRateCommand implements Callable<Integer> {
  private final List<RateNetwork> networks;
  private final List<RateMethod> methods;

  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "SPEC",
      description =
          "Images to learn from and to measure on, as for compress, such as fashion-mnist:DIR."
              + " Needed unless --table or --plot-only.")
  private String data;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      required = true,
      description = "The CSV, a row a network, method and seed; written after every training.")
  private Path output;

  @Option(
      names = "--network",
      paramLabel = "GLOB",
      description =
          "Only these networks; * stands for any characters. Can be repeated (default: all:"
              + " mlp, convmixer-64, convmixer-64-20-epochs, convmixer-128).")
  private List<String> onlyNetworks = List.of();

  @Option(
      names = "--only",
      paramLabel = "GLOB",
      description =
          "Only these methods, such as pemn-* or dense-fp16. Can be repeated (default: all).")
  private List<String> onlyMethods = List.of();

  @Option(
      names = "--seeds",
      paramLabel = "N",
      split = ",",
      defaultValue = "1,2,3",
      description = "Seeds of the trainings (default: ${DEFAULT-VALUE}).")
  private List<Long> seeds;

  @Option(
      names = "--table",
      description = "Print the CSV as a Markdown table, and measure nothing.")
  private boolean table;

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      description =
          "Also draw the CSV, a panel a network, into FILE.svg or FILE.png. Can be repeated"
              + " (default: draw nothing).")
  private List<Path> plots = List.of();

  @Option(names = "--plot-only", description = "Draw the CSV, and measure nothing.")
  private boolean plotOnly;

  @Mixin private JsonOption json;

  @Mixin private DeviceMixin device;

  /** The table of docs/results.md. */
  BenchRateCommand() {
    this(RateMethods.NETWORKS, RateMethods.METHODS);
  }

  /** Another table. */
  BenchRateCommand(List<RateNetwork> networks, List<RateMethod> methods) {
    this.networks = networks;
    this.methods = methods;
  }

  @Override
  public Integer call() throws IOException {
    if (plotOnly && plots.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "Name a file with --plot for --plot-only.");
    }
    for (Path plot : plots) {
      if (!ChartSheet.canWrite(plot)) {
        throw new ParameterException(
            spec.commandLine(), "A plot is a .svg or .png file, unlike " + plot + ".");
      }
      Outputs.check(plot, output);
    }
    RateCsv csv = RateCsv.open(output);
    if (table && csv.rows().isEmpty()) {
      throw new IOException("There are no rows in " + output + " yet; measure some with --data.");
    }
    int measured = 0;
    if (!table && !plotOnly) {
      measured = measure(csv);
    }
    for (Path plot : plots) {
      RatePlot.write(RateTable.points(csv.rows()), plot);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted) {
      JsonObject object = new JsonObject();
      object.addProperty("csv", output.toString());
      object.addProperty("measured", measured);
      JsonArray rows = new JsonArray();
      csv.rows().forEach(row -> rows.add(Json.object(row)));
      object.add("rows", rows);
      JsonArray points = new JsonArray();
      RateTable.points(csv.rows()).forEach(point -> points.add(Json.object(point)));
      object.add("points", points);
      out.println(Json.text(object));
    } else if (table) {
      out.print(RateTable.markdown(csv.rows()));
    } else {
      out.println(output + ": " + measured + " rows measured, " + csv.rows().size() + " in all");
    }
    out.flush();
    return 0;
  }

  /** Measures what the CSV lacks, and returns how many rows that were. */
  private int measure(RateCsv csv) throws IOException {
    if (data == null) {
      throw new ParameterException(
          spec.commandLine(),
          "Missing required option: '--data=SPEC'; --table and --plot-only do without.");
    }
    List<RateNetwork> chosenNetworks =
        networks.stream().filter(n -> chosen(onlyNetworks, n.name())).toList();
    List<RateMethod> chosenMethods =
        methods.stream().filter(m -> chosen(onlyMethods, m.name())).toList();
    if (chosenNetworks.isEmpty()
        || chosenMethods.stream().noneMatch(m -> chosenNetworks.stream().anyMatch(m::isFor))) {
      throw new ParameterException(
          spec.commandLine(),
          "No method of these networks has such a name. Networks: "
              + networks.stream().map(RateNetwork::name).collect(Collectors.joining(", "))
              + ". Methods: "
              + methods.stream().map(RateMethod::name).distinct().collect(Collectors.joining(", "))
              + ".");
    }
    Outputs.check(output);
    PrintWriter err = spec.commandLine().getErr();
    Dataset dataSet = DataMixin.load(data);
    Path work = output.resolveSibling(output.getFileName() + ".run");
    RateBenchmark benchmark = new RateBenchmark(dataSet, device.choose(err), work, Version.text());
    List<RateBenchmark.Job> jobs = benchmark.jobs(chosenNetworks, chosenMethods, seeds, csv);
    try (FolderLock lock = RunDirectory.newLock()) {
      if (!jobs.isEmpty()) {
        new RunDirectory(work)
            .lock(lock, "bench rate into " + output.toAbsolutePath(), Duration.ZERO);
      }
      int measured = measure(benchmark, jobs, csv);
      lock.closeAndDelete();
      benchmark.deleteIfEmpty();
      return measured;
    }
  }

  private int measure(RateBenchmark benchmark, List<RateBenchmark.Job> jobs, RateCsv csv)
      throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    int measured = 0;
    for (int i = 0; i < jobs.size(); i++) {
      RateBenchmark.Job job = jobs.get(i);
      err.printf(
          "training %d of %d: %s, seed %d, for %s%n",
          i + 1,
          jobs.size(),
          job.network().name(),
          job.options().seed(),
          job.methods().stream().map(RateMethod::name).collect(Collectors.joining(", ")));
      err.flush();
      List<RateRow> rows;
      try (ProgressDisplay progress = new ProgressDisplay(err, job.options().epochs())) {
        rows = benchmark.measure(job, progress);
      }
      csv.add(rows);
      measured += rows.size();
      for (RateRow row : rows) {
        err.printf(
            Locale.ROOT,
            "  %s: test accuracy %.2f %%, %,d bytes%n",
            row.method(),
            100 * row.accuracy(),
            row.fileBytes());
      }
      err.flush();
    }
    return measured;
  }

  private static boolean chosen(List<String> globs, String name) {
    return globs.isEmpty() || globs.stream().anyMatch(glob -> RateMethod.matches(glob, name));
  }
}
