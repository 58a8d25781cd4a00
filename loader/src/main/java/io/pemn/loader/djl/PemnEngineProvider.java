package io.pemn.loader.djl;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.engine.EngineProvider;

/**
 * Makes the engine "Pemn" known to DJL, so that {@code Criteria.builder()...optEngine("Pemn")} and
 * {@code Model.newInstance(name, "Pemn")} load {@code .pemn} archives. DJL finds it by itself on
 * the class path; a modular application calls {@code Engine.registerEngine(new
 * PemnEngineProvider())}.
 *
 * <p>The engine is PyTorch's with models of its own; PyTorch stays DJL's default engine.
 *
 * @since 0.1
 */
public final class PemnEngineProvider implements EngineProvider {
  private Engine engine;

  /** For DJL, which calls it through {@link java.util.ServiceLoader}. */
  public PemnEngineProvider() {}

  @Override
  public String getEngineName() {
    return PemnEngine.NAME;
  }

  /** Behind the engines of DJL, so that none of them loses its place as the default. */
  @Override
  public int getEngineRank() {
    return PemnEngine.RANK;
  }

  /**
   * The engine, which starts PyTorch's.
   *
   * @throws EngineException in one sentence, if PyTorch's engine or its native library is not there
   */
  @Override
  public synchronized Engine getEngine() {
    if (engine == null) {
      engine = PemnEngine.start();
    }
    return engine;
  }
}
