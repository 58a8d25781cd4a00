package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.compressor.masking.MaskedParameter;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PruningTest {
  private static final double KEPT = 0.1;

  @TempDir Path folder;

  private Checkpoint train(String name, int epochs) throws IOException {
    return run(name, epochs, TrainingListener.SILENT).start();
  }

  private TrainingRun run(String name, int epochs, TrainingListener listener) {
    return TinyTraining.run(
            TinyTraining.convMixer("mask", "dense", "lr", "0.01", "epochs", "" + epochs),
            folder.resolve(name),
            listener,
            0)
        .withPruning(new Pruning(KEPT, 2));
  }

  @Test
  void onlyTheGreatestWeightsOfEveryLayerAreTrainedOn() throws IOException {
    Checkpoint dense = train("dense", 2);
    List<float[]> firstLayer = new ArrayList<>();
    Checkpoint pruned =
        run(
                "pruned",
                4,
                new TrainingListener() {
                  @Override
                  public void epochDone(EpochMetrics metrics) {
                    try {
                      firstLayer.add(
                          Checkpoint.load(
                                  new RunDirectory(folder.resolve("pruned")).checkpointFile())
                              .parameters()
                              .get("stem.conv.weight"));
                    } catch (IOException e) {
                      throw new IllegalStateException(e);
                    }
                  }
                })
            .start();
    int layers = 0;
    for (ParameterShape parameter : pruned.run().networkParameters()) {
      if (parameter.role() == Role.WEIGHT) {
        int size = parameter.size();
        assertEquals(size, nonZero(dense.parameters().get(parameter.name())));
        assertEquals(
            MaskedParameter.numberKept(size, KEPT),
            nonZero(pruned.parameters().get(parameter.name())),
            parameter.name());
        layers++;
      } else if (parameter.role() == Role.LEARNED) {
        assertTrue(nonZero(pruned.parameters().get(parameter.name())) > 0, parameter.name());
      }
    }
    assertEquals(4, layers);
    for (int i = 0; i < firstLayer.get(2).length; i++) {
      assertEquals(firstLayer.get(2)[i] == 0, firstLayer.get(3)[i] == 0);
    }
    assertFalse(Arrays.equals(firstLayer.get(2), firstLayer.get(3)));
  }

  @Test
  void aResumedRunGoesOnWithTheSameWeights() throws IOException {
    Checkpoint undisturbed = train("undisturbed", 4);
    assertThrows(
        IllegalStateException.class,
        () ->
            run(
                    "resumed",
                    4,
                    new TrainingListener() {
                      @Override
                      public void epochDone(EpochMetrics metrics) {
                        if (metrics.epoch() == 3) {
                          throw new IllegalStateException("stopped");
                        }
                      }
                    })
                .start());
    Checkpoint resumed = run("resumed", 4, TrainingListener.SILENT).resume();
    undisturbed
        .parameters()
        .forEach((name, values) -> assertArrayEquals(values, resumed.parameters().get(name), name));
  }

  @Test
  void masksAreNotPruned() {
    TrainingRun masked = TinyTraining.run(TinyTraining.convMixer(), folder.resolve("masked"));
    assertThrows(IllegalArgumentException.class, () -> masked.withPruning(new Pruning(KEPT, 1)));
    assertThrows(IllegalArgumentException.class, () -> new Pruning(0, 1));
    assertThrows(IllegalArgumentException.class, () -> new Pruning(Double.NaN, 1));
    assertThrows(IllegalArgumentException.class, () -> new Pruning(0.5, -1));
  }

  @Test
  void aRunThatBeginsWithWeightsNeedsThoseOfItsNetwork() throws IOException {
    TrainingRun masked = TinyTraining.run(TinyTraining.convMixer(), folder.resolve("masked"));
    assertThrows(IllegalArgumentException.class, () -> masked.beginningWith(Map.of()));
    TrainingRun dense = run("dense", 2, TrainingListener.SILENT);
    String message =
        assertThrows(IllegalArgumentException.class, () -> dense.beginningWith(Map.of()))
            .getMessage();
    assertTrue(message.contains("There are no values for stem.conv.weight"), message);
    String size =
        assertThrows(
                IllegalArgumentException.class,
                () -> dense.beginningWith(Map.of("stem.conv.weight", new float[3])))
            .getMessage();
    assertTrue(size.contains("There are 3 values for stem.conv.weight, which has 128"), size);
  }

  private static int nonZero(float[] values) {
    int nonZero = 0;
    for (float value : values) {
      nonZero += value == 0 ? 0 : 1;
    }
    return nonZero;
  }
}
