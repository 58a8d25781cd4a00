package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import io.pemn.format.LayerMask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be watched of a training: 200 images, in batches of 32 seven steps an epoch. */
class MetricsTest {
  @TempDir Path folder;

  private TrainingRun run(TrainingOptions options, TrainingListener listener) {
    return new TrainingRun(
        options,
        TinyTraining.IMAGES,
        new RunDirectory(folder.resolve("run"), Optional.of(copy())),
        Device.cpu(),
        1,
        listener);
  }

  private Path copy() {
    return folder.resolve("metrics.csv");
  }

  private Path own() {
    return new RunDirectory(folder.resolve("run")).metricsFile();
  }

  @Test
  void everyEpochHasARowWithTheDensityOfEveryLayer() throws IOException {
    Checkpoint checkpoint = run(TinyTraining.mlp(), TrainingListener.SILENT).start();

    MetricsCsv csv = MetricsCsv.read(copy());

    assertEquals(List.of("layers.0.linear.weight", "head.weight"), csv.layers());
    assertEquals(2, csv.rows().size());
    for (int i = 0; i < 2; i++) {
      MetricsCsv.Row row = csv.rows().get(i);
      EpochMetrics seen = checkpoint.history().get(i);
      assertTrue(row.endsEpoch());
      assertEquals(OptionalDouble.of(i + 1), row.value("epoch"));
      assertEquals(OptionalDouble.of(7 * (i + 1)), row.value("step"));
      assertEquals(seen.learningRate(), row.value("lr").orElseThrow(), 1e-7);
      assertEquals(seen.trainLoss(), row.value("train_loss").orElseThrow(), 1e-6);
      assertEquals(seen.maskFlips(), row.value("mask_flips").orElseThrow());
      assertEquals(seen.test().orElseThrow().accuracy(), row.value("test_accuracy").orElseThrow());
      assertEquals(OptionalDouble.empty(), row.value("validation_accuracy"));
      assertEquals(200, seen.images());
      assertEquals(seen.imagesPerSecond(), row.value("images_per_second").orElseThrow(), 0.05);
      assertEquals(0.5, row.density("head.weight").orElseThrow(), 0.01);
    }
    for (Map.Entry<String, LayerMask> mask : checkpoint.masks().entrySet()) {
      assertEquals(
          (double) mask.getValue().kept().kept() / mask.getValue().size(),
          csv.rows().get(1).density(mask.getKey()).orElseThrow(),
          1e-6);
    }
    assertArrayEquals(Files.readAllBytes(own()), Files.readAllBytes(copy()));
  }

  @Test
  void rowsWithinEpochsSayWhatHappenedSinceTheRowBefore() throws IOException {
    Checkpoint checkpoint =
        run(TinyTraining.mlp(), TrainingListener.SILENT).withMetricsEvery(3).start();

    List<MetricsCsv.Row> rows = MetricsCsv.read(copy()).rows();

    // Of steps 3, 6, 9, 12 none ends an epoch; 7 and 14 do.
    assertEquals(List.of(3, 6, 7, 9, 12, 14), steps(rows));
    assertEquals(
        List.of(false, false, true, false, false, true),
        rows.stream().map(MetricsCsv.Row::endsEpoch).toList());
    assertEquals(OptionalDouble.empty(), rows.get(0).value("mask_flips"));
    assertEquals(OptionalDouble.empty(), rows.get(0).value("test_loss"));
    assertEquals(OptionalDouble.empty(), rows.get(0).density("head.weight"));
    EpochMetrics first = checkpoint.history().get(0);
    List<StepMetrics> within = first.within();
    assertEquals(List.of(96, 96), within.stream().map(StepMetrics::images).toList());
    // The epoch's mean is that of its parts, the last eight images included.
    double rest =
        first.trainLoss() * 200 - within.get(0).trainLoss() * 96 - within.get(1).trainLoss() * 96;
    assertTrue(rest / 8 > 0 && rest / 8 < 5, "the last eight images' loss is " + rest / 8);
    assertEquals(within.get(1).trainLoss(), rows.get(1).value("train_loss").orElseThrow(), 1e-6);
  }

  @Test
  void aRowBeforeTheLastStepIsThereWhereBatchesAreOfOneSample() throws IOException {
    run(
            TinyTraining.convMixer("batch-size", "1", "train-images", "10", "epochs", "1"),
            TrainingListener.SILENT)
        .withMetricsEvery(3)
        .start();

    assertEquals(List.of(3, 6, 9, 10), steps(MetricsCsv.read(copy()).rows()));
  }

  @Test
  void aRowIsThereAsSoonAsItIsKnown() throws IOException {
    List<List<Integer>> seen = new ArrayList<>();
    TrainingListener watching =
        new TrainingListener() {
          @Override
          public void evaluating(int epoch, int images, int ofImages) {
            note();
          }

          @Override
          public void epochDone(EpochMetrics metrics) {
            note();
          }

          private void note() {
            try {
              List<Integer> steps = steps(MetricsCsv.read(copy()).rows());
              if (seen.isEmpty() || !seen.get(seen.size() - 1).equals(steps)) {
                seen.add(steps);
              }
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          }
        };

    run(TinyTraining.mlp(), watching).withMetricsEvery(5).start();

    assertEquals(
        List.of(List.of(5), List.of(5, 7), List.of(5, 7, 10), List.of(5, 7, 10, 14)), seen);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRunThatWasInterruptedWithinAnEpochGoesOnWithoutDoubledOrMissingRows(boolean lost)
      throws IOException {
    TrainingOptions options = TinyTraining.mlp("epochs", "3");
    TrainingListener interrupting =
        new TrainingListener() {
          @Override
          public void evaluating(int epoch, int images, int ofImages) {
            if (epoch == 2) {
              throw new IllegalStateException("interrupted");
            }
          }
        };
    assertThrows(
        IllegalStateException.class, () -> run(options, interrupting).withMetricsEvery(3).start());
    assertEquals(List.of(3, 6, 7, 9, 12), steps(MetricsCsv.read(copy()).rows()));
    if (lost) {
      Files.delete(copy());
    }

    run(options, TrainingListener.SILENT).withMetricsEvery(3).resume();

    assertEquals(List.of(3, 6, 7, 9, 12, 14, 15, 18, 21), steps(MetricsCsv.read(copy()).rows()));
    assertArrayEquals(Files.readAllBytes(own()), Files.readAllBytes(copy()));
    byte[] whole = Files.readAllBytes(copy());
    run(options, TrainingListener.SILENT).resume();
    assertArrayEquals(whole, Files.readAllBytes(copy()));
  }

  @Test
  void metricsOfAnotherNetworkAreNotGoneOnWith() throws IOException {
    TrainingOptions options = TinyTraining.mlp();
    run(options, TrainingListener.SILENT).start();
    Files.writeString(copy(), MetricsCsv.header(List.of("other")));

    String message =
        assertThrows(IOException.class, () -> run(options, TrainingListener.SILENT).resume())
            .getMessage();

    assertTrue(message.contains("a network with other layers"), message);
    assertEquals(MetricsCsv.header(List.of("other")), Files.readString(copy()));
  }

  @Test
  void aFileThatIsNoMetricsIsNotOverwritten() throws IOException {
    Files.writeString(copy(), "network,method,seed\n1,2,3\n");

    String message =
        assertThrows(
                IOException.class, () -> run(TinyTraining.mlp(), TrainingListener.SILENT).start())
            .getMessage();

    assertTrue(message.contains("its first line is \"network,method,seed\""), message);
    assertEquals("network,method,seed\n1,2,3\n", Files.readString(copy()));
  }

  @Test
  void imagesThatAreHeldOutAreMeasuredEveryEpochAndTheTestImagesOnceAtTheEnd() throws IOException {
    List<String> measured = new ArrayList<>();
    TrainingListener watching =
        new TrainingListener() {
          @Override
          public void validating(int epoch, int images, int ofImages) {
            measured.add("validation " + epoch + " of " + ofImages);
          }

          @Override
          public void evaluating(int epoch, int images, int ofImages) {
            measured.add("test " + epoch);
          }
        };

    Checkpoint checkpoint = run(TinyTraining.mlp("validation", "40"), watching).start();

    assertEquals(
        List.of("validation 1 of 40", "validation 2 of 40", "test 2"),
        measured.stream().distinct().toList());
    assertEquals(
        List.of(160, 160), checkpoint.history().stream().map(EpochMetrics::images).toList());
    List<MetricsCsv.Row> rows = MetricsCsv.read(copy()).rows();
    assertEquals(
        checkpoint.history().get(0).validation().orElseThrow().accuracy(),
        rows.get(0).value("validation_accuracy").orElseThrow());
    assertEquals(OptionalDouble.empty(), rows.get(0).value("test_accuracy"));
    assertTrue(rows.get(1).value("test_accuracy").isPresent());
    assertEquals(
        checkpoint.history(), new RunDirectory(folder.resolve("run")).requireResult().history());
  }

  @Test
  void measuringWhatIsHeldOutChangesNothingOfTheTraining() throws IOException {
    TrainingOptions options = TinyTraining.convMixer("validation", "40");
    Checkpoint often = TinyTraining.run(options, folder.resolve("often")).start();
    Checkpoint once =
        TinyTraining.run(options, folder.resolve("once"), TrainingListener.SILENT, 0).start();
    Checkpoint all = TinyTraining.run(TinyTraining.convMixer(), folder.resolve("all")).start();

    assertTrue(once.history().get(0).validation().isEmpty());
    assertTrue(once.history().get(1).validation().isPresent());
    assertArrayEquals(TinyTraining.archive(often), TinyTraining.archive(once));
    assertNotEquals(all.masks(), often.masks());
  }

  @Test
  void aRunIsNotGoneOnWithOtherOptionsThatItDidNotHaveBefore() throws IOException {
    run(TinyTraining.mlp(), TrainingListener.SILENT).start();
    TrainingOptions clipped = TinyTraining.mlp("clip-norm", "1");
    String with =
        assertThrows(IOException.class, () -> run(clipped, TrainingListener.SILENT).resume())
            .getMessage();
    assertTrue(with.contains("was begun without clip-norm, not with 1.0;"), with);

    new RunDirectory(folder.resolve("run")).clear(Optional.empty());
    run(clipped, TrainingListener.SILENT).start();
    String without =
        assertThrows(
                IOException.class, () -> run(TinyTraining.mlp(), TrainingListener.SILENT).resume())
            .getMessage();
    assertTrue(without.contains("was begun with clip-norm 1.0, not without it;"), without);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1,7,0.1,x,0.5,,,,,3,1.0,200,0.5",
        "1,7,0.1,2.0,0.5,,,,,3,1.0,200",
        ",7,0.1,2.0,0.5,,,,,3,1.0,200,0.5"
      })
  void aLineThatIsNoRowIsNamed(String line) throws IOException {
    Files.writeString(
        copy(),
        MetricsCsv.header(List.of("a")) + "1,7,0.1,2.0,0.5,,,,,3,1.0,200,0.5\n" + line + "\n");

    String message = assertThrows(IOException.class, () -> MetricsCsv.read(copy())).getMessage();

    assertTrue(message.startsWith("Line 3 of " + copy()), message);
  }

  @Test
  void aRowThatIsStillBeingWrittenIsLeftOut() throws IOException {
    String whole = MetricsCsv.header(List.of()) + "1,7,0.1,2.0,0.5,,,,,3,1.0,200\n";
    Files.writeString(copy(), whole + "2,14,0.1,2.0,0.5,,,,,3,1.0,2");
    assertEquals(List.of(7), steps(MetricsCsv.read(copy()).rows()));
  }

  @Test
  void anEmptyFileAndAForeignOneAreRefusedInASentence() throws IOException {
    Files.writeString(copy(), "");
    assertTrue(
        assertThrows(IOException.class, () -> MetricsCsv.read(copy()))
            .getMessage()
            .contains("is empty"));
    Files.write(copy(), new byte[] {(byte) 0x80, 0, 1, '\n', (byte) 0xff});
    assertTrue(
        assertThrows(IOException.class, () -> MetricsCsv.read(copy()))
            .getMessage()
            .contains("is no file of metrics"));
  }

  @Test
  void anEpochOfARunThatWasBegunBeforeThereWereDensitiesHasEmptyCells() {
    EpochMetrics old = new EpochMetrics(1, 7, 0.1, 2, 0.5, 3, 1, null, null, 0, null, null);
    assertEquals(
        "1,7,0.100000,2.000000,0.500000,,,,,3,1.00,0.0,\n", MetricsCsv.row(old, List.of("a")));
  }

  @Test
  void aNameThatWouldEndItsCellIsWrittenWithoutWhatWouldEndIt() {
    assertTrue(MetricsCsv.header(List.of("a,b\"c\nd")).endsWith(",density:a_b_c_d\n"));
    assertFalse(MetricsCsv.header(List.of()).contains("density"));
  }

  private static List<Integer> steps(List<MetricsCsv.Row> rows) {
    return rows.stream().map(row -> (int) row.value("step").orElseThrow()).toList();
  }
}
