package io.pemn.compressor.masking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Selects in two layers of four weights. */
class MaskedLayersTest {
  private static final float[] ONES = {1, 1, 1, 1};
  private static final float[] STRONG = {0.9f, -0.8f, 0.7f, 0.6f};
  private static final float[] WEAK = {0.5f, -0.4f, 0.3f, -0.2f};

  @BeforeEach
  void gradientsAreOffOutsideTheSteps() {
    Engine.getEngine("PyTorch"); // Loads the natives.
    JniUtils.setGradMode(false);
  }

  private static MaskedLayers layers(NDManager manager, MaskType type, Selection selection) {
    MaskedLayers layers =
        new MaskedLayers(
            new MaskRule(type, selection, LayerBudget.Kind.UNIFORM, 0.5, ScoreMode.SIGNED));
    layers.add(
        "strong",
        manager.zeros(new Shape(2, 2)),
        StreamedValues.of(ONES),
        StreamedValues.of(STRONG),
        0.5);
    layers.add(
        "weak", manager.zeros(new Shape(4)), StreamedValues.of(ONES), StreamedValues.of(WEAK), 0.5);
    layers.select();
    return layers;
  }

  private static byte[] kept(MaskedLayers layers, String name) {
    return layers.masks().get(name).kept().toBytes();
  }

  @Test
  void topKKeepsTheShareOfEveryLayer() {
    try (NDManager manager = NDManager.newBaseManager()) {
      MaskedLayers layers = layers(manager, MaskType.BINARY, Selection.TOP_K);
      assertArrayEquals(new byte[] {1, 0, 1, 0}, kept(layers, "strong"));
      assertArrayEquals(new byte[] {1, 0, 1, 0}, kept(layers, "weak"));
      assertEquals(Map.of(), layers.bounds());
    }
  }

  @Test
  void globalKeepsTheStrongestOfAllLayers() {
    try (NDManager manager = NDManager.newBaseManager()) {
      MaskedLayers binary = layers(manager, MaskType.BINARY, Selection.GLOBAL);
      assertArrayEquals(new byte[] {1, 0, 1, 1}, kept(binary, "strong"));
      assertArrayEquals(new byte[] {1, 0, 0, 0}, kept(binary, "weak"));
      MaskedLayers ternary = layers(manager, MaskType.TERNARY, Selection.GLOBAL);
      assertArrayEquals(new byte[] {1, 1, 1, 1}, kept(ternary, "strong"));
      assertEquals(Map.of(), ternary.bounds());
    }
  }

  @Test
  void globalLeavesEveryLayerAWeight() {
    try (NDManager manager = NDManager.newBaseManager()) {
      MaskedLayers ternary = layers(manager, MaskType.TERNARY, Selection.GLOBAL);
      assertArrayEquals(new byte[] {1, 0, 0, 0}, kept(ternary, "weak"));
      NDArray scores = ternary.byName().get("weak").scores();
      scores.negi();
      ternary.select();
      assertArrayEquals(new byte[] {1, 0, 0, 0}, kept(ternary, "weak"));
      MaskedLayers binary = layers(manager, MaskType.BINARY, Selection.GLOBAL);
      binary.byName().get("weak").scores().subi(10);
      binary.select();
      assertArrayEquals(new byte[] {1, 1, 1, 1}, kept(binary, "strong"));
      assertArrayEquals(new byte[] {1, 0, 0, 0}, kept(binary, "weak"));
    }
  }

  @Test
  void aThresholdStaysWhereTheFirstScoresPutIt() {
    try (NDManager manager = NDManager.newBaseManager()) {
      MaskedLayers layers = layers(manager, MaskType.BINARY, Selection.THRESHOLD);
      assertEquals(Map.of("strong", 0.7f, "weak", 0.3f), layers.bounds());
      NDArray scores = layers.byName().get("weak").scores();
      try (NDArray more = manager.create(0.2f)) {
        scores.addi(more);
      }
      layers.select();
      assertArrayEquals(new byte[] {1, 0, 1, 0}, kept(layers, "strong"));
      assertArrayEquals(new byte[] {1, 0, 1, 0}, kept(layers, "weak"));
      try (NDArray more = manager.create(1f)) {
        scores.addi(more);
      }
      layers.select();
      assertArrayEquals(new byte[] {1, 1, 1, 1}, kept(layers, "weak"));
    }
  }

  @Test
  void aBoundThatIsGivenCounts() {
    try (NDManager manager = NDManager.newBaseManager()) {
      MaskedLayers layers =
          new MaskedLayers(
              new MaskRule(
                  MaskType.TERNARY,
                  Selection.THRESHOLD,
                  LayerBudget.Kind.UNIFORM,
                  0.5,
                  ScoreMode.SIGNED));
      NDArray weights = manager.zeros(new Shape(4));
      layers.add("weak", weights, StreamedValues.of(ONES), StreamedValues.of(WEAK), 0.5);
      layers.setBound("weak", 0.35f);
      layers.select();
      assertArrayEquals(new float[] {1, -1, 0, 0}, weights.toFloatArray());
      assertEquals(0.35f, layers.byName().get("weak").bound());
    }
  }

  @Test
  void noLayersNeedNoSelection() {
    MaskedLayers none =
        new MaskedLayers(
            new MaskRule(
                MaskType.BINARY,
                Selection.GLOBAL,
                LayerBudget.Kind.UNIFORM,
                0.5,
                ScoreMode.SIGNED));
    none.select();
    assertTrue(none.masks().isEmpty());
  }
}
