package io.pemn.compressor.sweep;

import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.network.ArchitectureOptions;
import io.pemn.compressor.training.RunDescription;
import io.pemn.compressor.training.TrainingOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The points of a sweep: every strategy, with every ratio or kept fraction where it has one, for
 * every size and seed.
 *
 * @param strategies at least one
 * @param ratios of random-vector prototypes; at least one if there are any, else none
 * @param kept fractions that pruning leaves; at least one if something is pruned, else none
 * @param seeds at least one
 * @param dims widths of the network; none for that of the options
 * @param depths of the network; none for that of the options
 */
public record SweepGrid(
    List<SweepStrategy> strategies,
    List<Double> ratios,
    List<Double> kept,
    List<Long> seeds,
    List<Integer> dims,
    List<Integer> depths) {
  /** How many runs a grid can have: more are a slip of the keyboard. */
  public static final int GREATEST_RUNS = 10_000;

  /**
   * Checks that the grid has points, not too many, and every one once.
   *
   * @throws IllegalArgumentException in one sentence, if it has not
   */
  public SweepGrid {
    strategies = distinct("--strategies", strategies);
    ratios = distinct("--ratios", ratios);
    kept = distinct("--kept", kept);
    seeds = distinct("--seeds", seeds);
    dims = distinct("--dims", dims);
    depths = distinct("--depths", depths);
    require(!strategies.isEmpty(), "The grid is empty: name strategies with --strategies.");
    require(!seeds.isEmpty(), "The grid is empty: give --seeds 1 or more.");
    boolean vector = strategies.contains(SweepStrategy.RANDOM_VECTOR);
    require(
        vector || ratios.isEmpty(),
        "--ratios is for random-vector, which --strategies does not name; add it, or leave --ratios"
            + " out.");
    require(
        !vector || !ratios.isEmpty(),
        "The strategy random-vector has no point of the grid without a ratio; give --ratios, such"
            + " as 1e-1,1e-2.");
    boolean pruned = strategies.stream().anyMatch(SweepStrategy::pruned);
    require(
        pruned || kept.isEmpty(),
        "--kept is for pruned-magnitude and pruned-random, which --strategies does not name; add"
            + " one, or leave --kept out.");
    require(
        !pruned || !kept.isEmpty(),
        "A pruned network has no point of the grid without a kept fraction; give --kept.");
    double runs =
        points(strategies, ratios.size(), kept.size())
            * seeds.size()
            * Math.max(1, dims.size())
            * Math.max(1, depths.size());
    require(
        runs <= GREATEST_RUNS,
        String.format(
            Locale.ROOT,
            "The grid has %,.0f runs, but a sweep at most %,d; leave some of its points out.",
            runs,
            GREATEST_RUNS));
  }

  /** How many runs one size and seed has; a double, whose products do not overflow. */
  private static double points(List<SweepStrategy> strategies, int ratios, int kept) {
    double points = 0;
    for (SweepStrategy strategy : strategies) {
      points += strategy == SweepStrategy.RANDOM_VECTOR ? ratios : strategy.pruned() ? kept : 1;
    }
    boolean denseAdded = kept > 0 && !strategies.contains(SweepStrategy.DENSE);
    return points + (denseAdded ? 1 : 0);
  }

  private static void require(boolean sound, String message) {
    if (!sound) {
      throw new IllegalArgumentException(message);
    }
  }

  private static <T> List<T> distinct(String option, List<T> values) {
    Set<T> seen = new HashSet<>();
    for (T value : values) {
      require(seen.add(value), option + " names " + value + " twice; leave one of them out.");
    }
    return List.copyOf(values);
  }

  /**
   * The runs, seed by seed, so that an interrupted sweep has whole grids of the first seeds. Dense
   * networks come first, for pruning begins with them; those that only pruning needs are among
   * them. A ratio whose prototype is as long as another's is left out: it is the same training.
   *
   * @param dense options of dense trainings, by the names of {@link TrainingOptions#toMap}
   * @param masks options of mask trainings, likewise
   * @param dataSet what all train on
   * @throws IllegalArgumentException in one sentence, if a size is not the network's or out of
   *     range
   */
  public Plan runs(Map<String, String> dense, Map<String, String> masks, Dataset dataSet) {
    RunDescription any = RunDescription.of(TrainingOptions.of(dense), dataSet);
    List<SweepRun> runs = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    boolean first = true;
    for (long seed : seeds) {
      for (Map<String, String> size : sizes(dense)) {
        Points points = new Points(any, dense, masks, size, seed, new ArrayList<>());
        points.collect(this, runs);
        if (first) {
          notes.addAll(points.notes());
        }
      }
      first = false;
    }
    return new Plan(List.copyOf(runs), List.copyOf(notes));
  }

  /**
   * What a sweep does.
   *
   * @param runs in their order
   * @param notes what the user should know of points that are no runs of their own
   */
  public record Plan(List<SweepRun> runs, List<String> notes) {
    /** The dense run that each pruned one begins with. */
    public Map<SweepRun, SweepRun> dense() {
      Map<SweepRun, SweepRun> dense = new HashMap<>();
      for (SweepRun run : runs) {
        if (run.strategy().pruned()) {
          runs.stream()
              .filter(other -> other.strategy() == SweepStrategy.DENSE)
              .filter(other -> other.description().equals(run.description()))
              .findFirst()
              .ifPresent(other -> dense.put(run, other));
        }
      }
      return dense;
    }
  }

  private List<Map<String, String>> sizes(Map<String, String> options) {
    Map<String, String> known = ArchitectureOptions.toMap(ArchitectureOptions.of(options));
    require(
        dims.isEmpty() || known.containsKey("dim"),
        "--dims is of no use for " + known.get("arch") + ", which has no --dim; leave it out.");
    require(
        depths.isEmpty() || known.containsKey("depth"),
        "--depths is of no use for " + known.get("arch") + ", which has no --depth; leave it out.");
    List<Map<String, String>> sizes = new ArrayList<>();
    for (Optional<Integer> dim : orNone(dims)) {
      for (Optional<Integer> depth : orNone(depths)) {
        Map<String, String> size = new LinkedHashMap<>();
        dim.ifPresent(value -> size.put("dim", String.valueOf(value)));
        depth.ifPresent(value -> size.put("depth", String.valueOf(value)));
        sizes.add(size);
      }
    }
    return sizes;
  }

  private static List<Optional<Integer>> orNone(List<Integer> values) {
    return values.isEmpty()
        ? List.of(Optional.empty())
        : values.stream().map(Optional::of).toList();
  }

  /** The points of one size and seed. */
  private record Points(
      RunDescription any,
      Map<String, String> dense,
      Map<String, String> masks,
      Map<String, String> size,
      long seed,
      List<String> notes) {

    void collect(SweepGrid grid, List<SweepRun> runs) {
      boolean pruned = grid.strategies().stream().anyMatch(SweepStrategy::pruned);
      if (pruned || grid.strategies().contains(SweepStrategy.DENSE)) {
        runs.add(run(SweepStrategy.DENSE, Optional.empty(), Optional.empty()));
      }
      if (pruned && !grid.strategies().contains(SweepStrategy.DENSE)) {
        notes.add("Pruned networks begin with the dense one, so that dense runs are added.");
      }
      for (SweepStrategy strategy : grid.strategies()) {
        switch (strategy) {
          case DENSE -> {
            // It is there already.
          }
          case RANDOM_VECTOR -> vectors(grid.ratios(), runs);
          case PRUNED_MAGNITUDE, PRUNED_RANDOM -> {
            for (double fraction : grid.kept()) {
              runs.add(run(strategy, Optional.empty(), Optional.of(fraction)));
            }
          }
          default -> runs.add(run(strategy, Optional.empty(), Optional.empty()));
        }
      }
    }

    private void vectors(List<Double> ratios, List<SweepRun> runs) {
      Map<Long, SweepRun> byLength = new LinkedHashMap<>();
      for (double ratio : ratios) {
        SweepRun run = run(SweepStrategy.RANDOM_VECTOR, Optional.of(ratio), Optional.empty());
        SweepRun same = byLength.putIfAbsent(run.uniqueValues(), run);
        if (same == null) {
          runs.add(run);
        } else {
          notes.add(
              run.networkName()
                  + ": the prototype of ratio "
                  + SweepRun.plain(ratio)
                  + " has "
                  + run.uniqueValues()
                  + (run.uniqueValues() == 1 ? " value" : " values")
                  + ", as that of "
                  + SweepRun.plain(same.ratio().orElseThrow())
                  + ", so it is left out: it is the same training.");
        }
      }
    }

    private SweepRun run(SweepStrategy strategy, Optional<Double> ratio, Optional<Double> kept) {
      Map<String, String> options = new LinkedHashMap<>(strategy.masked() ? masks : dense);
      if (strategy.masked()) {
        options.put("strategy", strategy.toString());
        ratio.ifPresent(value -> options.put("ratio", String.valueOf(value)));
      }
      options.putAll(size);
      options.put("seed", String.valueOf(seed));
      // Through its parsed form, which has no options that change nothing.
      SweepRun run =
          new SweepRun(strategy, kept, any.withOptions(TrainingOptions.of(options).toMap()));
      run.pruning(); // Checks the fraction.
      return run;
    }
  }
}
