package io.pemn.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.sweep.SweepGrid;
import io.pemn.compressor.sweep.SweepPoint;
import io.pemn.compressor.sweep.SweepRow;
import io.pemn.compressor.sweep.SweepRun;
import io.pemn.compressor.sweep.SweepStrategy;
import io.pemn.compressor.table.RowFile;
import io.pemn.compressor.training.DeviceChoice;
import io.pemn.compressor.training.Recipe;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs a grid of trainings. */
@Command(
    name = "sweep",
    mixinStandardHelpOptions = true,
    description = {
      "Train a grid of networks, by strategy, ratio of the prototype, seed and size, several at a"
          + " time, and draw the paper's figures from the table of their results.",
      "Runs that the table has are not run again, and those that were interrupted go on after their"
          + " last whole epoch, so that the same command resumes a sweep."
    },
    sortOptions = false)
final class SweepCommand implements Callable<Integer> {
  private static final String ALL_STRATEGIES = "dense,none,one-layer,max-layer,random-vector";
  private static final String USUAL_RATIOS = "1e-1,1e-2,1e-3,1e-4";
  private static final double USUAL_KEPT = 0.04;

  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "SPEC",
      description = {DataMixin.DESCRIPTION, "Needed unless --table or --plot-only."})
  private String data;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      defaultValue = "results.csv",
      description =
          "The table, to which every run adds a row as it ends (default: ${DEFAULT-VALUE}).")
  private Path output;

  @Option(
      names = "--strategies",
      paramLabel = "S",
      split = ",",
      defaultValue = ALL_STRATEGIES,
      description =
          "What to train: the weights themselves (dense), masks over random weights of every"
              + " layer's own (none), of layers of equal shape together (one-layer), of a prototype"
              + " as long as the largest layer (max-layer) or shorter (random-vector), or sparse"
              + " networks (pruned-magnitude, pruned-random), which begin with the dense one"
              + " (default: ${DEFAULT-VALUE}).")
  private List<SweepStrategy> strategies;

  @Option(
      names = "--ratios",
      paramLabel = "R",
      split = ",",
      description =
          "random-vector: lengths of the prototype over the size of the largest layer (default: "
              + USUAL_RATIOS
              + ").")
  private List<Double> ratios;

  @Option(
      names = "--kept",
      paramLabel = "F",
      split = ",",
      description =
          "pruned-magnitude, pruned-random: fractions of each layer's weights that stay (default:"
              + " "
              + USUAL_KEPT
              + ", the paper's 96 %% of zeros).")
  private List<Double> kept;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "3",
      description =
          "How many seeds, from 1 on, or a list such as 1,2,7 (default: ${DEFAULT-VALUE}).")
  private String seeds;

  @Option(
      names = "--dims",
      paramLabel = "N",
      split = ",",
      description = "Widths to sweep over (default: --dim alone).")
  private List<Integer> dims = List.of();

  @Option(
      names = "--depths",
      paramLabel = "N",
      split = ",",
      description = "Depths to sweep over (default: --depth alone).")
  private List<Integer> depths = List.of();

  @Option(
      names = "--run-dir",
      paramLabel = "DIR",
      description =
          "Where the runs have their folders, with checkpoints, metrics and what was shipped"
              + " (default: beside the table, named after it).")
  private Path runDirectory;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description =
          "How many runs at a time, each in a process of its own with PEMN_THREADS threads"
              + " (default: with GPUs one each; else cores over PEMN_THREADS, or one a core).")
  private Integer jobs;

  @Option(
      names = "--devices",
      paramLabel = "D",
      split = ",",
      defaultValue = "auto",
      description =
          "Where runs go, in turns: auto, cpu or gpu:0,gpu:1 and so on (default:"
              + " ${DEFAULT-VALUE}).")
  private List<String> devices;

  @Option(
      names = "--dry-run",
      description = "List the runs with their unique values, and run none.")
  private boolean dryRun;

  @Option(names = "--table", description = "Print the table's points in Markdown, and run nothing.")
  private boolean table;

  @Mixin private JsonOption json;

  @Mixin private TrainingMixin training;

  @Override
  public Integer call() throws IOException {
    RowFile<SweepRow> rows = SweepRow.table(output);
    PrintWriter out = spec.commandLine().getOut();
    if (table) {
      if (rows.rows().isEmpty()) {
        throw new IOException("There are no rows in " + output + " yet; run a sweep with --data.");
      }
      out.print(SweepPoint.markdown(SweepPoint.of(rows.rows())));
      out.flush();
      return 0;
    }
    if (data == null) {
      throw new ParameterException(
          spec.commandLine(), "Missing required option: '--data=SPEC'; --table does without.");
    }
    SweepGrid grid = grid();
    Dataset dataSet = DataMixin.load(data);
    SweepGrid.Plan plan = plan(grid, dataSet);
    if (dryRun) {
      list(plan, rows);
      return 0;
    }
    return run(plan, rows);
  }

  private SweepGrid grid() {
    try {
      boolean vector = strategies.contains(SweepStrategy.RANDOM_VECTOR);
      boolean pruned = strategies.stream().anyMatch(SweepStrategy::pruned);
      List<Double> usualRatios = new ArrayList<>();
      for (String ratio : USUAL_RATIOS.split(",")) {
        usualRatios.add(Double.valueOf(ratio));
      }
      return new SweepGrid(
          strategies,
          ratios == null && vector ? usualRatios : orEmpty(ratios),
          kept == null && pruned ? List.of(USUAL_KEPT) : orEmpty(kept),
          parsedSeeds(),
          dims,
          depths);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private static List<Double> orEmpty(List<Double> values) {
    return values == null ? List.of() : values;
  }

  private List<Long> parsedSeeds() {
    try {
      if (!seeds.contains(",")) {
        return LongStream.rangeClosed(1, Long.parseLong(seeds)).boxed().toList();
      }
      List<Long> list = new ArrayList<>();
      for (String seed : seeds.split(",")) {
        list.add(Long.valueOf(seed));
      }
      return list;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "--seeds is a number or a list of numbers such as 1,2,7, unlike \"" + seeds + "\".", e);
    }
  }

  private SweepGrid.Plan plan(SweepGrid grid, Dataset dataSet) {
    training.refuse(List.of("--strategy"), "is swept over; name strategies with --strategies.");
    training.refuse(List.of("--ratio"), "is swept over; name ratios with --ratios.");
    training.refuse(List.of("--seed"), "is swept over; name seeds with --seeds.");
    if (!dims.isEmpty()) {
      training.refuse(List.of("--dim"), "is swept over; leave it or --dims out.");
    }
    if (!depths.isEmpty()) {
      training.refuse(List.of("--depth"), "is swept over; leave it or --depths out.");
    }
    TrainingMixin.MaskKind mask =
        training.masks.mask == null ? TrainingMixin.MaskKind.BINARY : training.masks.mask;
    if (mask == TrainingMixin.MaskKind.DENSE) {
      training.refuse(List.of("--mask"), "dense is swept over; name dense with --strategies.");
    }
    boolean masks = grid.strategies().stream().anyMatch(SweepStrategy::masked);
    if (!masks) {
      training.refuse(
          List.of("--mask", "--recipe"), "is about masks, but --strategies names none with masks.");
    }
    training.requireOfUse(false, Optional.of(masks ? mask : TrainingMixin.MaskKind.DENSE));
    // The paper's masks, whose figures these are, unless others are asked for.
    Recipe recipe = training.isGiven("--recipe") ? training.masks.recipe : Recipe.PAPER;
    return grid.runs(
        options(dataSet, TrainingMixin.MaskKind.DENSE, recipe),
        options(dataSet, mask, recipe),
        dataSet);
  }

  private Map<String, String> options(Dataset dataSet, TrainingMixin.MaskKind mask, Recipe recipe) {
    return training.toMap(
        Optional.of(dataSet), Optional.empty(), mask, training.masks.density != null, recipe);
  }

  private void list(SweepGrid.Plan plan, RowFile<SweepRow> rows) {
    PrintWriter out = spec.commandLine().getOut();
    plan.notes().forEach(spec.commandLine().getErr()::println);
    spec.commandLine().getErr().flush();
    JsonArray runs = new JsonArray();
    for (SweepRun run : plan.runs()) {
      boolean there = rows.rows().stream().anyMatch(row -> row.isOf(run));
      if (json.wanted) {
        JsonObject object = new JsonObject();
        object.addProperty("network", run.networkName());
        object.addProperty("strategy", run.strategy().toString());
        run.ratio().ifPresent(ratio -> object.addProperty("ratio", ratio));
        run.kept().ifPresent(fraction -> object.addProperty("kept", fraction));
        object.addProperty("seed", run.seed());
        object.addProperty("epochs", run.options().epochs());
        object.addProperty("weights", run.weights());
        object.addProperty("unique_values", run.uniqueValues());
        object.addProperty("unique_ratio", run.uniqueRatio());
        object.addProperty("measured", there);
        object.addProperty("id", run.id());
        runs.add(object);
      } else {
        out.printf(
            Locale.ROOT,
            "%s: %,d of %,d weights unique, %.3g of the largest layer%s%n",
            run.label(),
            run.uniqueValues(),
            run.weights(),
            run.uniqueRatio(),
            there ? " (measured)" : "");
      }
    }
    if (json.wanted) {
      JsonObject object = new JsonObject();
      object.addProperty("csv", output.toString());
      object.add("runs", runs);
      out.println(Json.text(object));
    } else {
      out.printf("%d runs%n", plan.runs().size());
    }
    out.flush();
  }

  private int run(SweepGrid.Plan plan, RowFile<SweepRow> rows) throws IOException {
    long start = System.nanoTime();
    PrintWriter err = spec.commandLine().getErr();
    Outputs.check(output);
    Path folder = runFolder();
    Files.createDirectories(folder);
    List<String> places = places(err);
    boolean gpu = places.stream().anyMatch(place -> place.startsWith("gpu"));
    int cores = Runtime.getRuntime().availableProcessors();
    Optional<Integer> threads = askedThreads();
    int atATime = jobs != null ? jobs : gpu ? places.size() : cores / threads.orElse(1);
    if (jobs != null && jobs < 1) {
      throw new ParameterException(
          spec.commandLine(), "--jobs must be at least 1, not " + jobs + ".");
    }
    atATime = Math.max(1, atATime);
    int threadsEach = threads.orElse(Math.max(1, cores / atATime));
    plan.notes().forEach(err::println);
    err.flush();
    SweepProcesses processes = new SweepProcesses(folder, data, threadsEach);
    SweepProgress progress = new SweepProgress(err, rows, processes);
    Map<SweepRun, SweepRun> dense = denseNetworks(plan.runs());
    List<SweepRun> missing = missing(plan.runs(), dense, rows, processes);
    Thread hook =
        new Thread(
            () -> {
              processes.endAll();
              progress.interrupted();
            },
            "pemn-sweep-end");
    Runtime.getRuntime().addShutdownHook(hook);
    try (progress) {
      progress.begin(plan.runs().size(), missing);
      new SweepScheduler(processes, atATime, places).measure(missing, dense, progress);
    } finally {
      processes.endAll();
      removeQuietly(hook);
    }
    report(plan, rows, progress, (System.nanoTime() - start) / 1e9);
    if (!progress.failures().isEmpty()) {
      err.printf(
          "%d of %d runs failed; run the same command again to try them again.%n",
          progress.failures().size(), plan.runs().size());
      err.flush();
      return Pemn.FAILURE;
    }
    return 0;
  }

  private static void removeQuietly(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is being interrupted, and the hook is saying so.
      return;
    }
  }

  private Path runFolder() {
    if (runDirectory != null) {
      return runDirectory;
    }
    String name = output.getFileName().toString();
    String stem = name.endsWith(".csv") ? name.substring(0, name.length() - 4) : name;
    return output.resolveSibling(stem + ".runs");
  }

  /** The devices, auto resolved here, so that the engine's natives are unpacked once. */
  private List<String> places(PrintWriter err) throws IOException {
    List<String> places = new ArrayList<>();
    for (String device : devices) {
      DeviceChoice choice = DeviceChoice.of(device);
      choice.note().ifPresent(err::println);
      places.add(choice.device().isGpu() ? "gpu:" + choice.device().getDeviceId() : "cpu");
    }
    return places;
  }

  private static Optional<Integer> askedThreads() {
    return Optional.ofNullable(System.getenv("PEMN_THREADS"))
        .filter(text -> text.matches("[1-9]\\d{0,3}"))
        .map(Integer::valueOf);
  }

  /** The dense network that each pruned one begins with. */
  private static Map<SweepRun, SweepRun> denseNetworks(List<SweepRun> runs) {
    Map<SweepRun, SweepRun> dense = new HashMap<>();
    for (SweepRun run : runs) {
      if (run.strategy().pruned()) {
        runs.stream()
            .filter(other -> other.strategy() == SweepStrategy.DENSE)
            .filter(other -> other.description().options().equals(run.description().options()))
            .findFirst()
            .ifPresent(other -> dense.put(run, other));
      }
    }
    return dense;
  }

  /** The runs without a row, and the dense ones whose weights they need and that are gone. */
  private static List<SweepRun> missing(
      List<SweepRun> runs,
      Map<SweepRun, SweepRun> dense,
      RowFile<SweepRow> rows,
      SweepProcesses processes) {
    List<SweepRun> missing = new ArrayList<>();
    for (SweepRun run : runs) {
      if (rows.rows().stream().noneMatch(row -> row.isOf(run))) {
        missing.add(run);
      }
    }
    List<SweepRun> needed =
        missing.stream()
            .map(dense::get)
            .filter(run -> run != null && !missing.contains(run))
            .filter(run -> !Files.exists(processes.folder(run).denseFile()))
            .distinct()
            .toList();
    missing.addAll(0, needed);
    return missing;
  }

  private void report(
      SweepGrid.Plan plan, RowFile<SweepRow> rows, SweepProgress progress, double seconds) {
    PrintWriter out = spec.commandLine().getOut();
    List<SweepRow> own =
        rows.rows().stream().filter(row -> plan.runs().stream().anyMatch(row::isOf)).toList();
    List<SweepPoint> points = SweepPoint.of(own);
    Optional<SweepPoint> best = points.stream().max(Comparator.comparingDouble(SweepPoint::mean));
    if (json.wanted) {
      JsonObject object = new JsonObject();
      object.addProperty("csv", output.toString());
      object.addProperty("runs", plan.runs().size());
      object.addProperty("measured", progress.measured());
      object.addProperty("found", own.size() - progress.measured());
      JsonArray failed = new JsonArray();
      progress
          .failures()
          .forEach(
              (run, reason) -> {
                JsonObject failure = new JsonObject();
                failure.addProperty("run", run.label());
                failure.addProperty("reason", reason);
                failed.add(failure);
              });
      object.add("failed", failed);
      JsonArray array = new JsonArray();
      points.forEach(point -> array.add(toJson(point)));
      object.add("points", array);
      best.ifPresent(point -> object.add("best", toJson(point)));
      object.addProperty("seconds", seconds);
      out.println(Json.text(object));
    } else {
      out.printf(
          Locale.ROOT,
          "%s: %d runs measured, %d rows in all, %.0f s%n",
          output,
          progress.measured(),
          rows.rows().size(),
          seconds);
      best.ifPresent(
          point ->
              out.printf(
                  Locale.ROOT,
                  "best: %s, %s, test accuracy %.2f %% (%d seeds, deviation %.2f)%n",
                  point.network(),
                  point.label(),
                  100 * point.mean(),
                  point.seeds(),
                  100 * point.deviation()));
    }
    out.flush();
  }

  private static JsonObject toJson(SweepPoint point) {
    JsonObject object = new JsonObject();
    object.addProperty("network", point.network());
    object.addProperty("data", point.data());
    object.addProperty("epochs", point.epochs());
    object.addProperty("train_images", point.trainImages());
    object.addProperty("strategy", point.strategy().toString());
    point.ratio().ifPresent(ratio -> object.addProperty("ratio", ratio));
    point.kept().ifPresent(fraction -> object.addProperty("kept", fraction));
    object.addProperty("seeds", point.seeds());
    object.addProperty("mean", point.mean());
    object.addProperty("min", point.least());
    object.addProperty("max", point.greatest());
    object.addProperty("sd", point.deviation());
    object.addProperty("unique_values", point.uniqueValues());
    object.addProperty("unique_ratio", point.uniqueRatio());
    object.addProperty("file_bytes", point.fileBytes());
    object.addProperty("paper_bytes", point.paperBytes());
    object.addProperty("fp32_bytes", point.fp32Bytes());
    object.addProperty("compression", point.compression());
    object.addProperty("seconds", point.seconds());
    return object;
  }
}
