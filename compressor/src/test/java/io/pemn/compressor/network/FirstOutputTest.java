package io.pemn.compressor.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FirstOutputTest {
  private final NDManager manager = NDManager.newBaseManager("PyTorch");

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void ofATupleItIsTheFirst() {
    NDArray first = manager.zeros(new Shape(3, 2));
    assertSame(first, FirstOutput.of(new NDList(first, manager.zeros(new Shape(3, 9))), 3));
  }

  @Test
  void ofADictionaryItIsTheOneNamedLogitsOrOutWhereverItStands() {
    for (String name : new String[] {"logits", "out"}) {
      NDArray wanted = named(name, 3, 5);
      assertSame(wanted, FirstOutput.of(new NDList(named("aux", 3, 4), wanted), 3));
      assertSame(wanted, FirstOutput.of(new NDList(wanted, named("aux", 3, 4)), 3));
    }
  }

  @Test
  void aDictionaryOfOneNeedsNoName() {
    NDArray only = named("scores", 3, 5);
    assertSame(only, FirstOutput.of(new NDList(only), 3));
  }

  @Test
  void anUnclearDictionaryIsRefusedByName() {
    String message = refused(new NDList(named("b", 3, 5), named("a", 3, 5)));
    assertTrue(message.contains("a dictionary of a, b"), message);
  }

  @Test
  void anOutputThatDoesNotCountTheSamplesIsRefused() {
    assertTrue(refused(new NDList(manager.zeros(new Shape(2, 5)))).contains("for 3 samples"));
    assertTrue(refused(new NDList(manager.zeros(new Shape()))).contains("for 3 samples"));
    assertEquals(
        "the module gives no output tensor; return one from its forward", refused(new NDList()));
  }

  private static String refused(NDList outputs) {
    return assertThrows(EngineException.class, () -> FirstOutput.of(outputs, 3)).getMessage();
  }

  private NDArray named(String name, long... shape) {
    NDArray array = manager.zeros(new Shape(shape));
    array.setName(name);
    return array;
  }
}
