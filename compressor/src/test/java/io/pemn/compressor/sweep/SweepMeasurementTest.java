package io.pemn.compressor.sweep;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import io.pemn.compressor.masking.MaskedParameter;
import io.pemn.compressor.network.OpenedModel;
import io.pemn.compressor.shipping.ShippedWeights;
import io.pemn.compressor.training.Comparison;
import io.pemn.compressor.training.EpochMetrics;
import io.pemn.compressor.training.Objective;
import io.pemn.compressor.training.TrainingListener;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.loader.LoadPolicy;
import io.pemn.packager.baseline.WeightFile;
import io.pemn.packager.baseline.WeightFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepMeasurementTest {
  @TempDir Path folder;

  private SweepFolder folder(SweepRun run) {
    return new SweepFolder(folder.resolve(run.id()));
  }

  private SweepRow measure(SweepRun run, Optional<SweepRun> dense) throws IOException {
    return measure(run, folder(run), dense, TrainingListener.SILENT);
  }

  private SweepRow measure(
      SweepRun run, SweepFolder own, Optional<SweepRun> dense, TrainingListener listener)
      throws IOException {
    return new SweepMeasurement(run, TinySweep.IMAGES, own, Device.cpu(), "test", listener)
        .measure(dense.map(this::folder));
  }

  private static Map<String, float[]> weights(SweepRun run, Path file, WeightFormat format)
      throws IOException {
    return ShippedWeights.values(
        run.network(), WeightFile.unpack(Files.readAllBytes(file)), format);
  }

  @Test
  void aRowSaysWhatTheArchiveIsAndDoes() throws IOException {
    SweepRun run = TinySweep.runs(SweepStrategy.RANDOM_VECTOR).get(0);
    SweepRow row = measure(run, Optional.empty());
    Path archive = folder(run).archiveFile();
    assertEquals(Files.size(archive), row.fileBytes());
    try (OpenedModel model = OpenedModel.open(archive, LoadPolicy.standard(), Device.cpu())) {
      assertEquals(
          Comparison.evaluate(
                  model,
                  TinySweep.IMAGES,
                  TinySweep.IMAGES.normalization(),
                  Objective.CLASSIFY,
                  done -> {})
              .accuracy(),
          row.accuracy());
    }
    assertEquals(SweepStrategy.RANDOM_VECTOR, row.strategy());
    assertEquals(Optional.of(0.1), row.ratio());
    assertEquals(Optional.empty(), row.kept());
    assertEquals(Optional.of(8), row.dim());
    assertEquals(200, row.trainImages());
    assertEquals(300, row.testImages());
    assertEquals(2, row.epochs());
    assertEquals(0, row.denseEpochs());
    assertEquals(344, row.weights());
    assertEquals(4 * row.parameters(), row.fp32Bytes());
    assertEquals((double) row.fp32Bytes() / row.fileBytes(), row.compression());
    assertTrue(row.seconds() > 0 && row.imagesPerSecond() > 0);
    assertTrue(row.isOf(run));
    assertTrue(row.options().contains("scores=absolute"), row.options());
    assertFalse(row.options().contains("seed="), row.options());

    // What the folder keeps is the row, as the CSV rounds it.
    SweepRow kept = folder(run).row(run).orElseThrow();
    assertEquals(row.accuracy(), kept.accuracy());
    assertEquals(row.loss(), kept.loss());
    assertEquals(row.options(), kept.options());
    folder(run).tidy();
    assertFalse(Files.exists(folder(run).training().checkpointFile()));
  }

  @Test
  void prunedNetworksKeepWeightsOfTheDenseOneAndNoMore() throws IOException {
    // Nothing is learned after pruning, so that what is left is seen.
    List<SweepRun> runs =
        TinySweep.grid(SweepStrategy.PRUNED_MAGNITUDE, SweepStrategy.PRUNED_RANDOM)
            .runs(
                TinySweep.dense("lr", "1e-12", "weight-decay", "0"),
                TinySweep.masks(),
                TinySweep.IMAGES)
            .runs();
    SweepRun dense = runs.get(0);
    SweepRow denseRow = measure(dense, Optional.empty());
    assertEquals(Files.size(folder(dense).denseFile()), denseRow.fileBytes());
    Map<String, float[]> whole = weights(dense, folder(dense).denseFile(), WeightFormat.FLOAT32);
    for (SweepRun run : runs.subList(1, 3)) {
      SweepRow row = measure(run, Optional.of(dense));
      assertEquals(Files.size(folder(run).sparseFile()), row.fileBytes());
      assertTrue(row.fileBytes() < denseRow.fileBytes(), row + " " + denseRow);
      assertEquals(2, row.denseEpochs());
      Map<String, float[]> sparse = weights(run, folder(run).sparseFile(), WeightFormat.CSR);
      long left = 0;
      for (ParameterShape layer : run.network().parameters()) {
        if (layer.role() == Role.WEIGHT) {
          float[] all = whole.get(layer.name());
          float[] some = sparse.get(layer.name());
          float least = Float.POSITIVE_INFINITY;
          float greatestLost = 0;
          for (int i = 0; i < all.length; i++) {
            if (some[i] != 0) {
              assertEquals(all[i], some[i], 1e-3f * Math.abs(all[i]) + 1e-6f, layer.name());
              least = Math.min(least, Math.abs(all[i]));
            } else {
              greatestLost = Math.max(greatestLost, Math.abs(all[i]));
            }
          }
          int nonZero = WeightFile.nonZero(some);
          assertEquals(MaskedParameter.numberKept(all.length, 0.2), nonZero, layer.name());
          left += nonZero;
          boolean greatest = least >= greatestLost;
          assertEquals(run.strategy() == SweepStrategy.PRUNED_MAGNITUDE, greatest, layer.name());
        }
      }
      assertEquals(left, row.uniqueValues());
    }
  }

  @Test
  void randomPruningDrawsWithTheSeed() throws IOException {
    SweepGrid two =
        new SweepGrid(
            List.of(SweepStrategy.PRUNED_RANDOM),
            List.of(),
            List.of(0.2),
            List.of(1L, 2L),
            List.of(),
            List.of());
    List<SweepRun> runs =
        two.runs(TinySweep.dense("epochs", "1"), TinySweep.masks(), TinySweep.IMAGES).runs();
    String layer = "stem.conv.weight";
    boolean[][] kept = new boolean[2][];
    for (int i = 0; i < 2; i++) {
      SweepRun dense = runs.get(2 * i);
      SweepRun pruned = runs.get(2 * i + 1);
      measure(dense, Optional.empty());
      measure(pruned, Optional.of(dense));
      float[] values = weights(pruned, folder(pruned).sparseFile(), WeightFormat.CSR).get(layer);
      kept[i] = new boolean[values.length];
      for (int j = 0; j < values.length; j++) {
        kept[i][j] = values[j] != 0;
      }
    }
    assertFalse(Arrays.equals(kept[0], kept[1]));
  }

  @Test
  void anInterruptedRunGoesOnAndEndsTheSame() throws IOException {
    for (SweepStrategy strategy : List.of(SweepStrategy.MAX_LAYER, SweepStrategy.PRUNED_RANDOM)) {
      List<SweepRun> runs = TinySweep.runs(strategy);
      SweepRun run = runs.get(runs.size() - 1);
      Optional<SweepRun> dense = strategy.pruned() ? Optional.of(runs.get(0)) : Optional.empty();
      if (dense.isPresent()) {
        measure(dense.get(), Optional.empty());
      }
      SweepRow undisturbed = measure(run, dense);
      SweepFolder again = new SweepFolder(folder.resolve("again-" + strategy));
      TrainingListener stop =
          new TrainingListener() {
            @Override
            public void epochDone(EpochMetrics metrics) {
              throw new IllegalStateException("stopped");
            }
          };
      assertThrows(IllegalStateException.class, () -> measure(run, again, dense, stop));
      assertEquals(1, again.training().requireCheckpoint().epochs());
      int[] epochs = {0};
      TrainingListener count =
          new TrainingListener() {
            @Override
            public void epochDone(EpochMetrics metrics) {
              epochs[0]++;
            }
          };
      SweepRow resumed = measure(run, again, dense, count);
      assertEquals(1, epochs[0]);
      assertEquals(undisturbed.accuracy(), resumed.accuracy());
      assertEquals(undisturbed.loss(), resumed.loss());
      assertEquals(undisturbed.fileBytes(), resumed.fileBytes());
    }
  }

  @Test
  void aTaskTellsAnotherProcessTheSameRun() throws IOException {
    List<SweepRun> runs = TinySweep.runs(SweepStrategy.PRUNED_MAGNITUDE);
    SweepRun run = runs.get(1);
    SweepFolder own = folder(run);
    Files.createDirectory(own.path());
    SweepTask.of(run, Optional.of(runs.get(0)), "bundled", "cpu").save(own);
    SweepTask task = SweepTask.load(own);
    assertEquals(run, task.run(TinySweep.IMAGES));
    assertEquals(Optional.of(folder(runs.get(0))), task.denseFolder(own));

    // Other images are noticed.
    var fewer =
        new io.pemn.compressor.data.Dataset(
            TinySweep.IMAGES.name(),
            TinySweep.IMAGES.train().subset(500, 1),
            TinySweep.IMAGES.test(),
            TinySweep.IMAGES.labels(),
            TinySweep.IMAGES.normalization());
    String message = assertThrows(IOException.class, () -> task.run(fewer)).getMessage();
    assertTrue(message.contains("has changed since the sweep began"), message);

    for (String bad : List.of("", "[]", "{}", "{\"data\": 1", "null")) {
      Files.writeString(own.taskFile(), bad);
      assertThrows(IOException.class, () -> SweepTask.load(own), bad);
    }
  }

  @Test
  void pointsAreMeansOfTheirSeeds() throws IOException {
    SweepRun run = TinySweep.runs(SweepStrategy.MAX_LAYER).get(0);
    SweepRow row = measure(run, Optional.empty());
    assertNotEquals(0, row.fileBytes());
    Path file = folder.resolve("rows.csv");
    SweepRow.table(file).add(List.of(row), SweepRow::supersedes);
    String line = Files.readAllLines(file).get(1);
    String[] cells = line.split(",", -1);
    List<String> names = List.of(Files.readAllLines(file).get(0).split(","));
    double[] accuracies = {0.5, 0.6, 0.4};
    StringBuilder text = new StringBuilder(String.join(",", names)).append('\n');
    for (int i = 0; i < 3; i++) {
      cells[names.indexOf("seed")] = "" + (i + 1);
      cells[names.indexOf("accuracy")] = "" + accuracies[i];
      text.append(String.join(",", cells)).append('\n');
    }
    Files.writeString(file, text);
    List<SweepPoint> points = SweepPoint.of(SweepRow.table(file).rows());
    assertEquals(1, points.size());
    SweepPoint point = points.get(0);
    assertEquals(3, point.seeds());
    assertArrayEquals(
        new double[] {0.5, 0.4, 0.6, 0.1},
        new double[] {point.mean(), point.least(), point.greatest(), point.deviation()},
        1e-12);
    assertTrue(
        SweepPoint.markdown(points).contains("| max-layer | 128 | 1.00 | 50.00 | 10.00 |"),
        SweepPoint.markdown(points));
  }
}
