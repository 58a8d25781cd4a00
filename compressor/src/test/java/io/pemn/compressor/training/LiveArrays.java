package io.pemn.compressor.training;

import ai.djl.engine.Engine;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.lang.reflect.Field;
import java.util.Map;

/** Counts what the engine holds. */
final class LiveArrays {
  private LiveArrays() {}

  /** Arrays that any manager of the engine holds, found from the root of all managers down. */
  static int count() throws ReflectiveOperationException {
    try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
      return count(manager.getParentManager());
    }
  }

  private static int count(NDManager manager) throws ReflectiveOperationException {
    Field resources = BaseNDManager.class.getDeclaredField("resources");
    resources.setAccessible(true);
    int count = 0;
    for (Object resource : ((Map<?, ?>) resources.get(manager)).values()) {
      if (resource instanceof NDManager child) {
        count += count(child);
      } else if (resource instanceof NDArray) {
        count++;
      }
    }
    return count;
  }
}
