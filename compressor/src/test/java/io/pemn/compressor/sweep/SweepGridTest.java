package io.pemn.compressor.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.compressor.training.Pruning;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SweepGridTest {
  private static SweepGrid grid(
      List<SweepStrategy> strategies,
      List<Double> ratios,
      List<Double> kept,
      List<Long> seeds,
      List<Integer> dims) {
    return new SweepGrid(strategies, ratios, kept, seeds, dims, List.of());
  }

  private static List<String> labels(SweepGrid.Plan plan) {
    return plan.runs().stream()
        .map(run -> run.strategyLabel() + " " + run.seed() + " " + run.architecture().get("dim"))
        .toList();
  }

  @Test
  void everyPointIsThereOnceSeedBySeed() {
    SweepGrid.Plan plan =
        grid(
                List.of(SweepStrategy.RANDOM_VECTOR, SweepStrategy.DENSE),
                List.of(0.1, 0.02),
                List.of(),
                List.of(1L, 7L),
                List.of(8, 16))
            .runs(TinySweep.dense(), TinySweep.masks(), TinySweep.IMAGES);
    assertEquals(
        List.of(
            "dense 1 8",
            "random-vector 0.1 1 8",
            "random-vector 0.02 1 8",
            "dense 1 16",
            "random-vector 0.1 1 16",
            "random-vector 0.02 1 16",
            "dense 7 8",
            "random-vector 0.1 7 8",
            "random-vector 0.02 7 8",
            "dense 7 16",
            "random-vector 0.1 7 16",
            "random-vector 0.02 7 16"),
        labels(plan));
    assertEquals(List.of(), plan.notes());
    assertEquals(12, new HashSet<>(plan.runs().stream().map(SweepRun::id).toList()).size());
    assertEquals(6, new HashSet<>(plan.runs().stream().map(SweepRun::settings).toList()).size());
    SweepRun dense = plan.runs().get(0);
    SweepRun vector = plan.runs().get(1);
    assertEquals(0.01, dense.options().learningRate());
    assertEquals(0.05, vector.options().learningRate());
    assertTrue(vector.options().masked());
  }

  @Test
  void prunedNetworksBringTheDenseOneThatTheyBeginWith() {
    SweepGrid.Plan plan =
        TinySweep.grid(SweepStrategy.PRUNED_RANDOM, SweepStrategy.PRUNED_MAGNITUDE)
            .runs(TinySweep.dense(), TinySweep.masks(), TinySweep.IMAGES);
    assertEquals(
        List.of("dense 1 8", "pruned-random 0.2 1 8", "pruned-magnitude 0.2 1 8"), labels(plan));
    assertEquals(1, plan.notes().size());
    assertEquals(
        Map.of(plan.runs().get(1), plan.runs().get(0), plan.runs().get(2), plan.runs().get(0)),
        plan.dense());
    assertEquals(Pruning.Criterion.RANDOM, plan.runs().get(1).pruning().orElseThrow().criterion());
    assertEquals(
        Pruning.Criterion.MAGNITUDE, plan.runs().get(2).pruning().orElseThrow().criterion());
  }

  @Test
  void ratiosOfTheSamePrototypeAreTrainedOnce() {
    SweepGrid.Plan plan =
        grid(
                List.of(SweepStrategy.RANDOM_VECTOR),
                List.of(0.1, 1e-4, 1e-5),
                List.of(),
                List.of(1L, 2L),
                List.of())
            .runs(TinySweep.dense(), TinySweep.masks(), TinySweep.IMAGES);
    assertEquals(
        List.of(
            "random-vector 0.1 1 8",
            "random-vector 1e-4 1 8",
            "random-vector 0.1 2 8",
            "random-vector 1e-4 2 8"),
        labels(plan));
    assertEquals(1, plan.notes().size());
    assertTrue(plan.notes().get(0).contains("ratio 1e-5 has 1 value, as that of 1e-4"));
  }

  @Test
  void uniqueValuesAreThoseOfThePrototype() {
    // Weights: stem 8 x 16, depthwise 8 x 9, pointwise 8 x 8, head 10 x 8.
    List<SweepRun> runs =
        TinySweep.runs(
            SweepStrategy.DENSE,
            SweepStrategy.NONE,
            SweepStrategy.ONE_LAYER,
            SweepStrategy.MAX_LAYER,
            SweepStrategy.RANDOM_VECTOR,
            SweepStrategy.PRUNED_RANDOM);
    assertEquals(
        List.of(344L, 344L, 344L, 128L, 13L, 26L + 15 + 13 + 16),
        runs.stream().map(SweepRun::uniqueValues).toList());
    assertEquals(1.0, runs.get(3).uniqueRatio());
    assertEquals(13.0 / 128, runs.get(4).uniqueRatio());
    assertEquals(344.0 / 128, runs.get(1).uniqueRatio());
    assertEquals(
        "convmixer dim=8 depth=1 kernel=3 patch=4 activation=gelu", runs.get(0).networkName());
    SweepRun deeper =
        new SweepGrid(
                List.of(SweepStrategy.ONE_LAYER),
                List.of(),
                List.of(),
                List.of(1L),
                List.of(),
                List.of(3))
            .runs(TinySweep.dense(), TinySweep.masks(), TinySweep.IMAGES)
            .runs()
            .get(0);
    assertEquals(344, deeper.uniqueValues());
    assertEquals(344 + 2 * (72 + 64), deeper.weights());
  }

  @Test
  void whateverDecidesAResultChangesItsDigest() {
    SweepGrid grid = TinySweep.grid(SweepStrategy.MAX_LAYER);
    Map<String, String> longer = TinySweep.masks("epochs", "3");
    String one =
        grid.runs(TinySweep.dense(), TinySweep.masks(), TinySweep.IMAGES).runs().get(0).settings();
    assertEquals(
        one,
        grid.runs(TinySweep.dense(), TinySweep.masks(), TinySweep.IMAGES).runs().get(0).settings());
    assertNotEquals(
        one, grid.runs(TinySweep.dense(), longer, TinySweep.IMAGES).runs().get(0).settings());
  }

  @Test
  void anEmptyOrAmbiguousGridIsRefused() {
    List<SweepStrategy> masks = List.of(SweepStrategy.MAX_LAYER);
    List<SweepStrategy> vector = List.of(SweepStrategy.RANDOM_VECTOR);
    List<Double> none = List.of();
    List<Long> one = List.of(1L);
    refused("--strategies", List.of(), none, none, one);
    refused("--seeds", masks, none, none, List.of());
    refused("--ratios is for random-vector", masks, List.of(0.1), none, one);
    refused("without a ratio", vector, none, none, one);
    refused("--kept is for pruned", masks, none, List.of(0.1), one);
    refused("without a kept fraction", List.of(SweepStrategy.PRUNED_RANDOM), none, none, one);
    refused("--seeds names 3 twice", masks, none, none, List.of(3L, 3L));
    refused("--ratios names 0.1 twice", vector, List.of(0.1, 0.1), none, one);
    refused(
        "--strategies names max-layer twice",
        List.of(SweepStrategy.MAX_LAYER, SweepStrategy.MAX_LAYER),
        none,
        none,
        one);
  }

  @Test
  void aGridOfMoreRunsThanAnyoneCanWaitForIsRefused() {
    List<Double> fractions = IntStream.rangeClosed(1, 100).mapToObj(i -> i / 100.0).toList();
    List<SweepStrategy> pruned = List.of(SweepStrategy.PRUNED_RANDOM);
    List<Long> seeds = LongStream.rangeClosed(1, 100).boxed().toList();
    refused("has 10,100 runs, but a sweep at most 10,000", pruned, List.of(), fractions, seeds);
    assertEquals(
        99, grid(pruned, List.of(), fractions, seeds.subList(0, 99), List.of()).seeds().size());
  }

  private static void refused(
      String expected,
      List<SweepStrategy> strategies,
      List<Double> ratios,
      List<Double> kept,
      List<Long> seeds) {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> grid(strategies, ratios, kept, seeds, List.of()))
            .getMessage();
    assertTrue(message.contains(expected), message);
  }

  @Test
  void sizesThatTheNetworkDoesNotHaveAreRefused() {
    SweepGrid grid =
        grid(List.of(SweepStrategy.DENSE), List.of(), List.of(), List.of(1L), List.of(8));
    Map<String, String> mlp = TinySweep.dense("arch", "mlp");
    String message =
        assertThrows(IllegalArgumentException.class, () -> grid.runs(mlp, mlp, TinySweep.IMAGES))
            .getMessage();
    assertTrue(message.contains("--dims is of no use for mlp"), message);
    SweepGrid bad =
        grid(List.of(SweepStrategy.RANDOM_VECTOR), List.of(2.0), List.of(), List.of(1L), List.of());
    assertThrows(
        IllegalArgumentException.class,
        () -> bad.runs(TinySweep.dense(), TinySweep.masks(), TinySweep.IMAGES));
    SweepGrid all =
        grid(List.of(SweepStrategy.PRUNED_RANDOM), List.of(), List.of(1.5), List.of(1L), List.of());
    assertThrows(
        IllegalArgumentException.class,
        () -> all.runs(TinySweep.dense(), TinySweep.masks(), TinySweep.IMAGES));
  }
}
