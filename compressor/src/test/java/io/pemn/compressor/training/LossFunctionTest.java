package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LossFunctionTest {
  private static final float[] STUDENT = {1, 2, 3, 0.5f, -1, 0};
  private static final float[] TEACHER = {3, 1, -2, 0, 4, 1};
  private static final float[] TARGET = {0, 2, 1, 1, -1, 3};
  private static final long[] LABELS = {2, 1};

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = Engine.getEngine("PyTorch").newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void labelsAreComparedByTheCrossEntropy() {
    double first = Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3)) - 3;
    double second = Math.log(Math.exp(0.5) + Math.exp(-1) + Math.exp(0)) + 1;
    assertEquals((first + second) / 2, loss(Objective.CLASSIFY, 0, 2), 1e-6);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 1, 2, 8})
  void logitsAreComparedByTheDivergenceAtATemperatureTimesItsSquare(double temperature) {
    double expected = temperature * temperature * divergence(temperature);
    assertEquals(expected, loss(Objective.CLASSIFY, 1, temperature), 1e-6 * Math.max(1, expected));
  }

  @Test
  void numbersAreComparedByTheMeanSquaredError() {
    // (1 + 0 + 4 + 0.25 + 0 + 9) / 6 and (4 + 1 + 25 + 0.25 + 25 + 1) / 6
    assertEquals(14.25 / 6, loss(Objective.REGRESS, 0, 1), 1e-6);
    assertEquals(56.25 / 6, loss(Objective.REGRESS, 1, 1), 1e-6);
  }

  @Test
  void directionsAreComparedByTheCosineOfEveryRow() {
    double first = (4 + 3) / Math.sqrt(14 * 5);
    double second = (0.5 + 1) / Math.sqrt(1.25 * 11);
    assertEquals(1 - (first + second) / 2, loss(Objective.EMBED, 0, 1), 1e-6);
    double toTeacher = (3 + 2 - 6) / Math.sqrt(14 * 14);
    double other = -4 / Math.sqrt(1.25 * 17);
    assertEquals(1 - (toTeacher + other) / 2, loss(Objective.EMBED, 1, 1), 1e-6);
  }

  @Test
  void theBackwardPassReadsNothingThatTheGarbageCollectorTakes() throws InterruptedException {
    float[] expected = null;
    for (int round = 0; round < 20; round++) {
      try (NDManager scratch = manager.newSubManager()) {
        NDArray logits = scratch.create(new float[] {1, 2, 3, -1, 0, 4}, new Shape(2, 3));
        logits.setRequiresGradient(true);
        NDArray teacher = scratch.create(new float[] {3, 1, -2, 0, 1, 1}, new Shape(2, 3));
        BatchArrays batch =
            new BatchArrays(
                new NDList(),
                Optional.of(scratch.create(new long[] {2, 0})),
                Optional.empty(),
                new int[] {0, 1});
        LossFunction function =
            new LossFunction(Objective.CLASSIFY, new Distillation(true, 0.5, 2));
        try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
          NDArray loss = function.of(logits, batch, Optional.of(teacher));
          System.gc();
          Thread.sleep(20);
          List<ByteBuffer> garbage = new ArrayList<>();
          for (int i = 0; i < 2000; i++) {
            garbage.add(ByteBuffer.allocateDirect(4).putInt(0, 0x7F7F7F7F));
          }
          collector.backward(loss);
          assertEquals(2000, garbage.size());
        }
        float[] gradient = logits.getGradient().toFloatArray();
        expected = expected == null ? gradient : expected;
        assertArrayEquals(expected, gradient, "round " + round);
      }
    }
    assertEquals(0, expected[0] + expected[1] + expected[2], 1e-6, "softmax gradients cancel");
  }

  @Test
  void theLengthOfVectorsDoesNotMatterToTheirCosine() {
    NDArray tiny = manager.create(new float[] {1e-4f, 2e-4f, 3e-4f}, new Shape(1, 3));
    assertEquals(0, LossFunction.cosineDistance(tiny, tiny.mul(7)).getFloat(), 1e-5);
  }

  @Test
  void aVectorOfZerosHasNoDirectionAndStillALossAndAGradient() {
    NDArray outputs = manager.zeros(new Shape(1, 3));
    outputs.setRequiresGradient(true);
    NDArray target = manager.create(new float[] {1, 2, 3}, new Shape(1, 3));
    try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
      NDArray loss = LossFunction.cosineDistance(outputs, target);
      collector.backward(loss);
      assertEquals(1, loss.getFloat());
    }
    for (float value : outputs.getGradient().toFloatArray()) {
      assertTrue(Float.isFinite(value));
    }
  }

  @ParameterizedTest
  @CsvSource({"CLASSIFY, 0.5", "CLASSIFY, 0.25", "REGRESS, 0.5", "EMBED, 0.75"})
  void aShareMixesBothLosses(Objective objective, double share) {
    double own = loss(objective, 0, 3);
    double distilled = loss(objective, 1, 3);
    assertEquals((1 - share) * own + share * distilled, loss(objective, share, 3), 1e-5);
  }

  @Test
  void theTeacherIsNeededForAnyShareButNone() {
    assertFalse(function(Objective.CLASSIFY, 0, 1).needsTeacher());
    assertTrue(function(Objective.CLASSIFY, 0.01, 1).needsTeacher());
    assertTrue(function(Objective.CLASSIFY, 1, 1).needsTeacher());
  }

  @Test
  void aStudentThatAgreesWithItsTeacherHasNothingToLearnFromIt() {
    NDArray outputs = manager.create(STUDENT, new Shape(2, 3));
    assertEquals(0, LossFunction.divergence(outputs, outputs, 2).getFloat(), 1e-7);
    assertEquals(0, LossFunction.squaredError(outputs, outputs).getFloat());
    assertEquals(0, LossFunction.cosineDistance(outputs, outputs).getFloat(), 1e-6);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 4})
  void theGradientOfTheDivergenceIsTheDifferenceOfTheProbabilitiesTimesTheTemperature(
      double temperature) {
    float[] expected = new float[6];
    for (int row = 0; row < 2; row++) {
      double[] student = softmax(STUDENT, row, temperature);
      double[] teacher = softmax(TEACHER, row, temperature);
      for (int i = 0; i < 3; i++) {
        expected[3 * row + i] = (float) (temperature * (student[i] - teacher[i]) / 2);
      }
    }
    assertArrayEquals(expected, gradient(Objective.CLASSIFY, 1, temperature), 1e-6f);
  }

  @ParameterizedTest
  @CsvSource({
    "CLASSIFY, 0",
    "CLASSIFY, 0.5",
    "CLASSIFY, 1",
    "REGRESS, 0",
    "REGRESS, 0.5",
    "REGRESS, 1",
    "EMBED, 0",
    "EMBED, 0.5",
    "EMBED, 1"
  })
  void everyLossHasAGradientForEveryRow(Objective objective, double share) {
    float[] gradient = gradient(objective, share, 2);
    for (int row = 0; row < 2; row++) {
      double length = 0;
      for (int i = 0; i < 3; i++) {
        assertTrue(Float.isFinite(gradient[3 * row + i]));
        length += Math.abs(gradient[3 * row + i]);
      }
      assertTrue(length > 1e-3, "row " + row + ": " + length);
    }
  }

  @Test
  void theDivergenceOfSeveralRowsASampleIsTheirMean() {
    NDArray flat = manager.create(STUDENT, new Shape(2, 3));
    NDArray flatTeacher = manager.create(TEACHER, new Shape(2, 3));
    assertEquals(
        LossFunction.divergence(flat, flatTeacher, 2).getFloat(),
        LossFunction.divergence(flat.reshape(1, 2, 3), flatTeacher.reshape(1, 2, 3), 2).getFloat(),
        1e-7);
  }

  @Test
  void aTargetMayHaveAnotherShapeOfAsManyNumbers() {
    NDArray outputs = manager.create(STUDENT, new Shape(2, 3));
    NDArray target = manager.create(TARGET, new Shape(2, 1, 3));
    assertEquals(14.25 / 6, LossFunction.squaredError(outputs, target).getFloat(), 1e-6);
  }

  @Test
  void theRowsWhoseGreatestLogitIsAtTheLabelAreCounted() {
    NDArray outputs = manager.create(STUDENT, new Shape(2, 3));
    assertEquals(1, LossFunction.correct(outputs, manager.create(LABELS)).getLong());
    assertEquals(2, LossFunction.correct(outputs, manager.create(new long[] {2, 0})).getLong());
  }

  private double loss(Objective objective, double share, double temperature) {
    NDArray outputs = manager.create(STUDENT, new Shape(2, 3));
    return evaluate(outputs, objective, share, temperature).getFloat();
  }

  private float[] gradient(Objective objective, double share, double temperature) {
    NDArray outputs = manager.create(STUDENT, new Shape(2, 3));
    outputs.setRequiresGradient(true);
    try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
      collector.backward(evaluate(outputs, objective, share, temperature));
    }
    return outputs.getGradient().toFloatArray();
  }

  private NDArray evaluate(NDArray outputs, Objective objective, double share, double temperature) {
    BatchArrays batch =
        new BatchArrays(
            new NDList(),
            Optional.of(manager.create(LABELS)),
            Optional.of(manager.create(TARGET, new Shape(2, 3))),
            new int[] {0, 1});
    return function(objective, share, temperature)
        .of(outputs, batch, Optional.of(manager.create(TEACHER, new Shape(2, 3))));
  }

  private static LossFunction function(Objective objective, double share, double temperature) {
    return new LossFunction(objective, new Distillation(false, share, temperature));
  }

  private static double divergence(double temperature) {
    double sum = 0;
    for (int row = 0; row < 2; row++) {
      double[] student = softmax(STUDENT, row, temperature);
      double[] teacher = softmax(TEACHER, row, temperature);
      for (int i = 0; i < 3; i++) {
        sum += teacher[i] * Math.log(teacher[i] / student[i]);
      }
    }
    return sum / 2;
  }

  private static double[] softmax(float[] logits, int row, double temperature) {
    double[] exponentials = new double[3];
    double sum = 0;
    for (int i = 0; i < 3; i++) {
      exponentials[i] = Math.exp(logits[3 * row + i] / temperature);
      sum += exponentials[i];
    }
    for (int i = 0; i < 3; i++) {
      exponentials[i] /= sum;
    }
    return exponentials;
  }
}
