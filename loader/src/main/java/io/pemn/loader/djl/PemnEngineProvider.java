package io.pemn.loader.djl;

import ai.djl.engine.Engine;
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
  private final Engine engine = new PemnEngine();

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

  /** The engine; it starts PyTorch's when a model is loaded. */
  @Override
  public Engine getEngine() {
    return engine;
  }
}
