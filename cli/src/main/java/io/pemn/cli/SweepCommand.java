package io.pemn.cli;

import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.device.DeviceChoice;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.sweep.SweepGrid;
import io.pemn.compressor.sweep.SweepPoint;
import io.pemn.compressor.sweep.SweepRow;
import io.pemn.compressor.sweep.SweepRun;
import io.pemn.compressor.sweep.SweepStrategy;
import io.pemn.compressor.table.RowFile;
import io.pemn.compressor.training.Recipe;
import io.pemn.packager.FolderLock;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import java.util.stream.Stream;
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
          + " last whole epoch, so that the same command resumes a sweep.",
      "Without --recipe masks are the paper's, and all else is as usual. Of the options below those"
          + " of a trained network, and --strategy, --ratio and --seed, are not for sweeps."
    },
    sortOptions = false)
final class SweepCommand implements Callable<Integer> {
  private static final List<SweepStrategy> USUAL_STRATEGIES =
      Arrays.stream(SweepStrategy.values()).filter(strategy -> !strategy.pruned()).toList();
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
      description =
          "What to train: the weights themselves (dense), masks over random weights of every"
              + " layer's own (none), of layers of equal shape together (one-layer), of a prototype"
              + " as long as the largest layer (max-layer) or shorter (random-vector), or sparse"
              + " networks (pruned-magnitude, pruned-random), which begin with the dense one"
              + " (default: all but the pruned ones).")
  private List<SweepStrategy> strategies = USUAL_STRATEGIES;

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
      names = "--dense-lr",
      paramLabel = "X",
      description =
          "Greatest learning rate of dense and pruned networks; --lr is that of masks (default:"
              + " 0.01).")
  private Double denseRate;

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

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      description =
          "Draw accuracy against unique values, a panel a network, into FILE.svg or FILE.png. Can be"
              + " repeated (default: without --plot-size, both figures beside the table, in both"
              + " formats).")
  private List<Path> plots = List.of();

  @Option(
      names = "--plot-size",
      paramLabel = "FILE",
      description =
          "Draw accuracy against whole-file bytes likewise. Can be repeated (default: as for"
              + " --plot).")
  private List<Path> sizePlots = List.of();

  @Option(
      names = "--plot-only",
      paramLabel = "FILE",
      description =
          "Draw this table, and run nothing; more options for figures, --table and --json may follow"
              + " (default: run the sweep).")
  private Path plotOnly;

  @Option(names = "--table", description = "Print the table's points in Markdown, and run nothing.")
  private boolean table;

  @Mixin private JsonOption json;

  @Mixin private TrainingMixin training;

  @Override
  public Integer call() throws IOException {
    checkPlots();
    if (table || plotOnly != null) {
      show();
      return 0;
    }
    if (data == null) {
      throw new ParameterException(
          spec.commandLine(),
          "Missing required option: '--data=SPEC'; --table and --plot-only do without.");
    }
    RowFile<SweepRow> rows = SweepRow.table(output);
    SweepGrid grid = grid();
    Dataset dataSet = DataMixin.load(data);
    SweepGrid.Plan plan = plan(grid, dataSet);
    List<String> places = places(spec.commandLine().getErr());
    if (jobs != null && jobs < 1) {
      throw new ParameterException(
          spec.commandLine(), "--jobs must be at least 1, not " + jobs + ".");
    }
    if (dryRun) {
      plan.notes().forEach(spec.commandLine().getErr()::println);
      spec.commandLine().getErr().flush();
      report().plan(output, plan, rows.rows());
      return 0;
    }
    Outputs.check(output);
    if (!plotsAsked()) {
      for (String figure : List.of("-accuracy", "-size")) {
        for (Path file : both(output, stem(output) + figure)) {
          Outputs.check(file, output);
        }
      }
    }
    try (FolderLock lock =
        new FolderLock(
            "sweep.lock", "name another table with -o and another folder with --run-dir")) {
      String purpose = "sweep into " + output.toAbsolutePath();
      for (Path folder : List.of(tableFolder(), runFolder())) {
        Files.createDirectories(folder);
        lock.add(folder, purpose, Duration.ZERO);
      }
      // Another sweep may have filled the table until the lock was free.
      return run(plan, places, SweepRow.table(output));
    }
  }

  private void checkPlots() throws IOException {
    Path drawn = plotOnly == null ? output : plotOnly;
    List<Path> others = new ArrayList<>(List.of(drawn));
    for (Path plot : Stream.concat(plots.stream(), sizePlots.stream()).toList()) {
      if (!ChartSheet.canWrite(plot)) {
        throw new ParameterException(
            spec.commandLine(), "A plot is a .svg or .png file, unlike " + plot + ".");
      }
      Outputs.check(plot, others.toArray(Path[]::new));
      others.add(plot);
    }
    if (plotOnly != null && training.isGiven("--output")) {
      throw new ParameterException(
          spec.commandLine(), "--plot-only names a table, and so does -o; leave -o out.");
    }
    if (dryRun && (table || plotOnly != null)) {
      throw new ParameterException(
          spec.commandLine(), "--dry-run is about a sweep, but --table and --plot-only run none.");
    }
  }

  /** Shows a table that is there. */
  private void show() throws IOException {
    Path shown = plotOnly == null ? output : plotOnly;
    if (plotOnly != null && !Files.exists(shown)) {
      throw new IOException("There is no table " + shown + "; name one that pemn sweep wrote.");
    }
    List<SweepRow> rows = SweepRow.table(shown).rows();
    if (rows.isEmpty()) {
      throw new IOException("There are no rows in " + shown + " yet; run a sweep with --data.");
    }
    List<SweepPoint> points = SweepPoint.of(rows);
    List<Path> drawn = plotOnly == null && !plotsAsked() ? List.of() : draw(points, shown);
    if (table && !json.wanted) {
      spec.commandLine().getOut().print(SweepPoint.markdown(points));
      spec.commandLine().getOut().flush();
    } else {
      report().table(shown, rows.size(), points, drawn);
    }
  }

  private SweepReport report() {
    return new SweepReport(spec.commandLine().getOut(), json.wanted);
  }

  private boolean plotsAsked() {
    return !plots.isEmpty() || !sizePlots.isEmpty();
  }

  /** Draws what is asked for, or both figures in both formats beside the table. */
  private List<Path> draw(List<SweepPoint> points, Path csv) throws IOException {
    List<Path> accuracy = plots;
    List<Path> size = sizePlots;
    if (!plotsAsked()) {
      boolean masks = points.stream().anyMatch(point -> !point.strategy().pruned());
      String stem = stem(csv);
      accuracy = masks ? both(csv, stem + "-accuracy") : List.of();
      size = both(csv, stem + "-size");
    }
    for (Path file : accuracy) {
      SweepPlot.writeAccuracy(points, file);
    }
    for (Path file : size) {
      SweepPlot.writeSize(points, file);
    }
    return Stream.concat(accuracy.stream(), size.stream()).toList();
  }

  private static List<Path> both(Path csv, String stem) {
    return List.of(csv.resolveSibling(stem + ".svg"), csv.resolveSibling(stem + ".png"));
  }

  private static String stem(Path csv) {
    String name = csv.getFileName().toString();
    return name.endsWith(".csv") ? name.substring(0, name.length() - 4) : name;
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
        long number = Long.parseLong(seeds);
        if (number > SweepGrid.GREATEST_RUNS) {
          throw new IllegalArgumentException(
              String.format(
                  Locale.ROOT,
                  "--seeds asks for %,d seeds, but a sweep has at most %,d runs; ask for fewer.",
                  number,
                  SweepGrid.GREATEST_RUNS));
        }
        return LongStream.rangeClosed(1, number).boxed().toList();
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
      training.refuse(List.of("--mask"), "is about masks, but --strategies names none with masks.");
      training.refuse(
          List.of("--lr"), "is the rate of masks; that of dense trainings is --dense-lr.");
    }
    refuseUnless(SweepStrategy.RANDOM_VECTOR, grid, "--padding");
    refuseUnless(SweepStrategy.ONE_LAYER, grid, "--one-layer-scope");
    if (denseRate != null && grid.strategies().stream().allMatch(SweepStrategy::masked)) {
      throw new ParameterException(
          spec.commandLine(),
          "--dense-lr is for dense and pruned networks, which --strategies does not name; leave it"
              + " out.");
    }
    training.requireOfUse(false, Optional.of(masks ? mask : TrainingMixin.MaskKind.DENSE));
    return grid.runs(
        options(dataSet, TrainingMixin.MaskKind.DENSE), options(dataSet, mask), dataSet);
  }

  private void refuseUnless(SweepStrategy strategy, SweepGrid grid, String option) {
    if (!grid.strategies().contains(strategy)) {
      training.refuse(
          List.of(option),
          "is for "
              + strategy
              + ", which --strategies does not name; add it, or leave "
              + option
              + " out.");
    }
  }

  /**
   * The options of trainings of a kind. Where no recipe is named, masks are the paper's, whose
   * figures these are, and all else is as usual.
   */
  private Map<String, String> options(Dataset dataSet, TrainingMixin.MaskKind mask) {
    boolean fixedDensity = training.masks.density != null;
    Map<String, String> options =
        training.toMap(Optional.of(dataSet), Optional.empty(), mask, fixedDensity);
    boolean dense = mask == TrainingMixin.MaskKind.DENSE;
    Recipe recipe = training.isGiven("--recipe") ? training.masks.recipe : Recipe.PAPER;
    String name = mask.toString();
    Map<String, String> paper = new LinkedHashMap<>();
    if (!dense) {
      paper.putAll(recipe.options(MaskType.valueOf(mask.name()), fixedDensity));
      paper.remove("strategy");
      paper.put("lr", String.valueOf(recipe.learningRate(name, false, false)));
      paper.put("remainder-lr", String.valueOf(recipe.remainderRate(name, false, false)));
      // Of a rate that is asked for, what is not masked has the same.
      if (training.isGiven("--lr")) {
        paper.remove("remainder-lr");
      }
    } else {
      paper.put("remainder", recipe.options(MaskType.BINARY, fixedDensity).get("remainder"));
    }
    paper.keySet().removeIf(option -> training.isGiven("--" + option));
    options.putAll(paper);
    if (dense) {
      double rate = denseRate == null ? recipe.learningRate(name, false, false) : denseRate;
      options.put("lr", String.valueOf(rate));
    }
    return options;
  }

  private int run(SweepGrid.Plan plan, List<String> places, RowFile<SweepRow> rows)
      throws IOException {
    long start = System.nanoTime();
    PrintWriter err = spec.commandLine().getErr();
    boolean gpu = places.stream().anyMatch(place -> place.startsWith("gpu"));
    int cores = Runtime.getRuntime().availableProcessors();
    Optional<Integer> threads = askedThreads();
    int atATime = jobs != null ? jobs : gpu ? places.size() : cores / threads.orElse(1);
    atATime = Math.max(1, atATime);
    int threadsEach = threads.orElse(Math.max(1, cores / atATime));
    plan.notes().forEach(err::println);
    err.flush();
    SweepProcesses processes = new SweepProcesses(runFolder(), data, threadsEach);
    SweepProgress progress = new SweepProgress(err, rows, processes);
    Map<SweepRun, SweepRun> dense = plan.dense();
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
    double seconds = (System.nanoTime() - start) / 1e9;
    List<Path> drawn = rows.rows().isEmpty() ? List.of() : draw(SweepPoint.of(rows.rows()), output);
    report().sweep(output, plan, rows.rows(), progress, drawn, seconds);
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
    return runDirectory != null ? runDirectory : tableFolder();
  }

  /** The folder of the runs unless another is named. */
  private Path tableFolder() {
    return output.resolveSibling(stem(output) + ".runs");
  }

  /** The devices, auto resolved here, so that the engine's natives are unpacked once. */
  private List<String> places(PrintWriter err) throws IOException {
    for (String device : devices) {
      if (device.matches("\\d+")) {
        throw new ParameterException(
            spec.commandLine(),
            "--devices names \""
                + device
                + "\", which is no device; write gpu: before every number, such as gpu:0,gpu:1.");
      }
    }
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

  /** The runs without a row, and the dense ones whose weights they need and that are gone. */
  private static List<SweepRun> missing(
      List<SweepRun> runs,
      Map<SweepRun, SweepRun> dense,
      RowFile<SweepRow> rows,
      SweepProcesses processes)
      throws IOException {
    List<SweepRun> missing = new ArrayList<>();
    for (SweepRun run : runs) {
      if (rows.rows().stream().anyMatch(row -> row.isOf(run))) {
        // A sweep that was killed may have told the table, and no more.
        processes.folder(run).tidy();
      } else {
        // A sweep that was killed may have measured it without telling the table.
        Optional<SweepRow> kept = processes.folder(run).row(run);
        if (kept.isPresent()) {
          rows.add(List.of(kept.get()), SweepRow::supersedes);
          processes.folder(run).tidy();
        } else {
          missing.add(run);
        }
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
}
