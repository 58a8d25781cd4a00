package io.pemn.compressor.search;

import io.pemn.compressor.masking.MaskType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the masks that meet a target. For a size it takes of every kind of mask the densest that
 * fits, tries each for a moment, and trains the best. For an accuracy it tries a ladder of masks
 * from small to large for a moment, leaves out those that a smaller one beats, and looks among the
 * others, fully trained, for the smallest that is good enough.
 */
public final class Search {
  /** Densities of the ladder, in thousandths. */
  private static final Map<MaskType, List<Integer>> LADDER =
      Map.of(
          MaskType.TERNARY, List.of(50, 100, 200, 300, 500),
          MaskType.BINARY, List.of(100, 250, 500),
          MaskType.SIGN, List.of(Candidate.ALL));

  /** Full trainings of a search for an accuracy. */
  private static final int FULL_TRAININGS = 4;

  /** Sizes that are this close are not worth a training. */
  private static final double FINE = 0.03;

  private static final Candidate SIGN = new Candidate(MaskType.SIGN, Candidate.ALL);

  /** Further full trainings where an archive is larger than it was predicted to be. */
  private static final int CORRECTIONS = 2;

  /** Trained masks code a little differently from random ones. */
  private static final double MARGIN = 0.005;

  /** From this density on, in thousandths, denser masks are not always better. */
  private static final int DENSE = 300;

  /** The share of what trained masks code better than random ones that is not relied upon. */
  private static final double RESERVE = 0.25;

  /** Masks that code better than this are no rule to go by. */
  private static final double LEAST_FACTOR = 0.3;

  private final Target target;
  private final List<MaskType> kinds;
  private final Workbench bench;
  private final SearchListener listener;
  private final DensityFit fit;
  private final Map<Candidate, Prediction> predictions = new LinkedHashMap<>();

  /** Candidates of which more would be better if they fitted. */
  private final Set<Candidate> tight = new HashSet<>();

  private final List<String> skipped = new ArrayList<>();
  private final List<Trial> trials = new ArrayList<>();
  private Optional<Reference> reference = Optional.empty();
  private Optional<Long> limit = Optional.empty();

  /**
   * Prepares a search.
   *
   * @param target what is asked for
   * @param kinds of masks to choose from, at least one
   */
  Search(Target target, List<MaskType> kinds, Workbench bench, SearchListener listener) {
    this.target = target;
    this.kinds = kinds;
    this.bench = bench;
    this.listener = listener;
    this.fit = new DensityFit(bench::predict);
  }

  /**
   * Prepares a search by training.
   *
   * @param target what is asked for
   * @param bench where it is tried out; says what kinds of masks there are to choose from
   * @param listener watches
   */
  public Search(Target target, TrainingWorkbench bench, SearchListener listener) {
    this(target, bench.kinds(), bench, listener);
  }

  /**
   * Says what would be tried, without training.
   *
   * @throws TargetMissedException if no archive can be as small as that
   */
  public SearchReport plan() throws IOException {
    candidates();
    return report(Optional.empty(), "nothing was trained");
  }

  /**
   * Searches, and makes the winner the result of the run directory.
   *
   * @throws TargetMissedException if the target cannot be met; then there is no result
   * @throws IOException in one sentence, if something else goes wrong
   */
  public SearchReport run() throws IOException {
    candidates();
    return target instanceof Target.Drop drop ? smallest(drop.points()) : best();
  }

  /** Says once what there is to try, whether or not {@link #plan} has been asked before. */
  private void candidates() throws IOException {
    if (!predictions.isEmpty()) {
      return;
    }
    if (target instanceof Target.Drop) {
      ladder();
    } else {
      fitting();
    }
  }

  /** Of every kind the densest that fits, and where that is dense also half of it. */
  private void fitting() throws IOException {
    long bytes = limitBytes();
    limit = Optional.of(bytes);
    Optional<Prediction> least = Optional.empty();
    for (MaskType kind : kinds) {
      DensityFit.Fit found = fit.densest(kind, lessMargin(bytes));
      Prediction prediction = found.prediction();
      if (found.candidate().isPresent()) {
        Candidate densest = found.candidate().get();
        predictions.put(densest, prediction);
        if (kind != MaskType.SIGN && densest.perMille() >= DENSE) {
          Candidate half = new Candidate(kind, densest.perMille() / 2);
          predictions.put(half, fit.weigh(half));
        } else {
          tight.add(densest);
        }
        continue;
      }
      if (least.isEmpty() || prediction.bytes() < least.get().bytes()) {
        least = Optional.of(prediction);
      }
      String sentence =
          String.format(
              Locale.ROOT,
              "%s masks do not fit: they take at least %,d bytes.",
              capitalized(kind.toString()),
              prediction.bytes());
      skipped.add(sentence);
    }
    if (predictions.isEmpty()) {
      Prediction smallest = least.orElseThrow();
      throw new TargetMissedException(
          String.format(
              Locale.ROOT,
              "The target is %,d bytes, but without its masks the archive takes about %,d, and with"
                  + " the smallest of them about %,d; ask for more.",
              bytes,
              smallest.bytes() - smallest.maskBytes(),
              smallest.bytes()));
    }
    skipped.forEach(listener::skipped);
  }

  private static String capitalized(String word) {
    return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
  }

  private long limitBytes() throws IOException {
    if (target instanceof Target.Size size) {
      return size.bytes();
    }
    Candidate any = new Candidate(kinds.get(0), LADDER.get(kinds.get(0)).get(0));
    double fp32 = (double) Float.BYTES * fit.weigh(any).parameters();
    return (long) (fp32 / ((Target.Ratio) target).times());
  }

  private static long lessMargin(long bytes) {
    return bytes - (long) Math.ceil(MARGIN * bytes);
  }

  /** From small to large. */
  private void ladder() throws IOException {
    Map<Candidate, Prediction> found = new LinkedHashMap<>();
    for (MaskType kind : kinds) {
      for (int perMille : LADDER.get(kind)) {
        Candidate candidate = new Candidate(kind, perMille);
        found.put(candidate, fit.weigh(candidate));
      }
    }
    found.entrySet().stream()
        .sorted(Comparator.comparingLong(entry -> entry.getValue().bytes()))
        .forEachOrdered(entry -> predictions.put(entry.getKey(), entry.getValue()));
  }

  private List<Trial> explore() throws IOException {
    List<Trial> tried = new ArrayList<>();
    for (Map.Entry<Candidate, Prediction> candidate : predictions.entrySet()) {
      tried.add(done(bench.explore(candidate.getKey(), candidate.getValue())));
    }
    return tried;
  }

  private Trial train(Candidate candidate, boolean hold) throws IOException {
    Prediction prediction = fit.weigh(candidate);
    predictions.put(candidate, prediction);
    return done(bench.train(candidate, prediction, hold));
  }

  private Trial done(Trial trial) {
    trials.add(trial);
    listener.tried(trial);
    return trial;
  }

  /** The best that fits. */
  private SearchReport best() throws IOException {
    long bytes = limit.orElseThrow();
    List<Candidate> ranked = new ArrayList<>(predictions.keySet());
    Map<Candidate, Trial> explored = new LinkedHashMap<>();
    // A single candidate that cannot be made denser leaves nothing to find out.
    if (ranked.size() > 1 || !tight.isEmpty() && !tight.contains(SIGN)) {
      List<Trial> tried = explore();
      tried.forEach(trial -> explored.put(trial.candidate(), trial));
      ranked = tried.stream().sorted(Trial.BETTER).map(Trial::candidate).toList();
    }
    for (Candidate first : ranked) {
      Trial trial = explored.get(first);
      Optional<Candidate> next =
          trial == null || trial.bytes() <= bytes && !tight.contains(first)
              ? Optional.of(first)
              : refitted(trial, bytes, RESERVE)
                  .or(() -> trial.bytes() <= bytes ? Optional.of(first) : Optional.empty());
      for (int training = 0; training <= CORRECTIONS && next.isPresent(); training++) {
        Candidate candidate = next.get();
        Trial trained = train(candidate, false);
        if (trained.bytes() <= bytes) {
          bench.adopt(trained);
          return report(Optional.of(trained), why(trained.candidate(), trial));
        }
        listener.noted(
            String.format(
                Locale.ROOT,
                "The archive of %s is %,d bytes larger than the target.",
                candidate,
                trained.bytes() - bytes));
        next = refitted(trained, bytes, 0).filter(found -> found.perMille() < candidate.perMille());
      }
    }
    throw new TargetMissedException(
        String.format(
            Locale.ROOT,
            "Every archive that was trained is larger than the target of %,d bytes, the smallest has"
                + " %,d; ask for more.",
            bytes,
            trials.stream()
                .filter(trial -> trial.stage() == Trial.Stage.FULL)
                .mapToLong(Trial::bytes)
                .min()
                .orElse(trials.stream().mapToLong(Trial::bytes).min().orElse(0))));
  }

  /**
   * The densest masks of a trial's kind that fit, now that it is known how its masks code: trained
   * ones have structure that random ones lack.
   *
   * @param reserve the share of a gain that is not relied upon
   */
  private Optional<Candidate> refitted(Trial trial, long bytes, double reserve) throws IOException {
    Prediction prediction = fit.weigh(trial.candidate());
    double rest = prediction.bytes() - prediction.maskBytes();
    double factor = Math.max((trial.bytes() - rest) / prediction.maskBytes(), LEAST_FACTOR);
    if (factor < 1) {
      factor += reserve * (1 - factor);
    }
    double allowed = rest + (lessMargin(bytes) - rest) / factor;
    return fit.densest(trial.candidate().type(), (long) allowed).candidate();
  }

  private static String why(Candidate winner, Trial explored) {
    if (explored == null) {
      return winner + " are all that fits";
    }
    String denser =
        winner.equals(explored.candidate())
            ? ""
            : String.format(
                Locale.ROOT,
                ", then %s than %.1f %%, as trained masks code",
                winner.perMille() > explored.candidate().perMille() ? "denser" : "sparser",
                100 * explored.candidate().density());
    if (!Trial.counts(explored.measured())) {
      return String.format(
          Locale.ROOT,
          "%s masks had the least loss on the validation samples, %.5f%s",
          winner.type(),
          explored.measured().loss(),
          denser);
    }
    return String.format(
        Locale.ROOT,
        "%s masks were best on the validation samples, %.2f %% ± %.2f%s",
        winner.type(),
        100 * explored.accuracy(),
        100 * explored.standardError().orElseThrow(),
        denser);
  }

  /** The smallest that is good enough. */
  private SearchReport smallest(double points) throws IOException {
    Reference from = bench.reference();
    reference = Optional.of(from);
    listener.measured(from);
    List<Trial> explored = explore();
    List<Trial> rungs = rungs(explored);
    Trial[] trained = new Trial[rungs.size()];
    int missed = -1;
    int met = rungs.size();
    int next = start(rungs, from, points);
    for (int trainings = 0; next >= 0 && trainings < FULL_TRAININGS; trainings++) {
      Trial trial = train(rungs.get(next).candidate(), true);
      trained[next] = trial;
      if (isMet(trial, from, points)) {
        met = next;
      } else {
        missed = next;
      }
      next = next(rungs, trained, missed, met, from, points);
    }
    Trial winner;
    if (met == rungs.size()) {
      winner = beyond(explored, rungs.get(met - 1), from, points);
    } else {
      winner = met == 0 ? trained[met] : refined(trained[met], rungs.get(met - 1), from, points);
    }
    bench.adopt(winner);
    double error = 100 * winner.standardError().orElse(0.0);
    return report(
        Optional.of(winner),
        String.format(
            Locale.ROOT,
            "%s lose %.2f ± %.2f points on the validation samples, %s",
            winner.candidate(),
            drop(winner, from),
            error,
            trials.stream()
                .filter(
                    trial -> trial.stage() == Trial.Stage.FULL && trial.bytes() < winner.bytes())
                .min(Trial.BETTER)
                .map(
                    smaller ->
                        String.format(
                            Locale.ROOT,
                            "%s, which are smaller, lose %.2f",
                            smaller.candidate(),
                            drop(smaller, from)))
                .orElse("and nothing smaller was worth a training")));
  }

  /**
   * Uses trainings that are left for what is larger than every rung: that it was beaten after a
   * short training says little where accuracies are close.
   *
   * @throws TargetMissedException if none of it is good enough
   */
  private Trial beyond(List<Trial> explored, Trial last, Reference from, double points)
      throws IOException {
    List<Trial> larger =
        explored.stream()
            .filter(trial -> trial.bytes() > last.bytes())
            .sorted(Trial.BETTER)
            .limit(Math.max(0, FULL_TRAININGS - fullTrainings()))
            .toList();
    for (Trial next : larger) {
      Trial trial = train(next.candidate(), true);
      if (isMet(trial, from, points)) {
        return trial;
      }
    }
    throw missed(from, points);
  }

  private long fullTrainings() {
    return trials.stream().filter(trial -> trial.stage() == Trial.Stage.FULL).count();
  }

  /** Uses trainings that are left to look between the two rungs where the target lies. */
  private Trial refined(Trial met, Trial missed, Reference from, double points) throws IOException {
    Trial smallest = met;
    if (met.candidate().type() == MaskType.SIGN) {
      return smallest;
    }
    long least = fit.weigh(missed.candidate()).bytes();
    while (fullTrainings() < FULL_TRAININGS) {
      Candidate reached = smallest.candidate();
      long middle = (least + fit.weigh(reached).bytes()) / 2;
      Optional<Candidate> between = fit.densest(reached.type(), middle).candidate();
      if (middle - least < FINE * middle
          || between.isEmpty()
          || between.get().perMille() >= reached.perMille()
          || predictions.containsKey(between.get())) {
        break;
      }
      Trial trial = train(between.get(), true);
      if (isMet(trial, from, points)) {
        smallest = trial;
      } else {
        least = fit.weigh(between.get()).bytes();
      }
    }
    return smallest;
  }

  /** The candidates that no smaller one beats, from small to large. */
  private static List<Trial> rungs(List<Trial> explored) {
    List<Trial> rungs = new ArrayList<>();
    for (Trial trial : explored.stream().sorted(Comparator.comparingLong(Trial::bytes)).toList()) {
      if (rungs.isEmpty() || trial.accuracy() > rungs.get(rungs.size() - 1).accuracy()) {
        rungs.add(trial);
      }
    }
    return rungs;
  }

  /** The smallest that is good enough already after a short training, else the largest. */
  private static int start(List<Trial> rungs, Reference from, double points) {
    for (int i = 0; i < rungs.size(); i++) {
      if (drop(rungs.get(i), from) <= points) {
        return i;
      }
    }
    return rungs.size() - 1;
  }

  /**
   * Where to look next between what missed and what met the target: in the middle, but not where
   * even half of the difference that short trainings showed is too much; -1 if nowhere.
   */
  private static int next(
      List<Trial> rungs, Trial[] trained, int missed, int met, Reference from, double points) {
    int least = missed + 1;
    if (met < rungs.size()) {
      double room = points - drop(trained[met], from);
      while (least < met && 50 * (rungs.get(met).accuracy() - rungs.get(least).accuracy()) > room) {
        least++;
      }
    }
    return least < met ? (least + met) / 2 : -1;
  }

  /** How many points of a hundred a trial is below the reference. */
  private static double drop(Trial trial, Reference from) {
    return 100 * (from.accuracy() - trial.accuracy());
  }

  /**
   * Whether a trial is good enough. The smallest of several that seem so has been lucky, so it has
   * to be half a standard error better, or where the target is small, half of that.
   */
  private static boolean isMet(Trial trial, Reference from, double points) {
    double error = 100 * trial.standardError().orElse(0.0);
    return drop(trial, from) <= points - Math.min(error, points) / 2;
  }

  private TargetMissedException missed(Reference from, double points) {
    Trial best =
        trials.stream()
            .filter(trial -> trial.stage() == Trial.Stage.FULL)
            .min(Trial.BETTER)
            .orElseThrow();
    return new TargetMissedException(
        String.format(
            Locale.ROOT,
            "No archive stayed within %s of %s, which has %.2f %% of %,d validation samples: %s came"
                + " closest with a drop of %.2f ± %.2f and %,d bytes, and are kept in %s; train"
                + " longer with --epochs, or allow a larger drop.",
            Target.Drop.text(points),
            from.network(),
            100 * from.accuracy(),
            bench.validationSamples(),
            best.candidate(),
            drop(best, from),
            100 * best.standardError().orElse(0.0),
            best.bytes(),
            best.folder()));
  }

  private SearchReport report(Optional<Trial> winner, String why) {
    return new SearchReport(
        target,
        limit,
        bench.validationSamples(),
        Collections.unmodifiableMap(new LinkedHashMap<>(predictions)),
        List.copyOf(skipped),
        reference,
        List.copyOf(trials),
        winner,
        why);
  }
}
