/**
 * From a {@code .pemn} archive to float weights, and, where DJL is there, to a model that predicts.
 *
 * <p>Packages that are exported are API (docs/api.md); the others are internal.
 */
@SuppressWarnings("requires-automatic") // DJL has a name but no module-info.
module io.pemn.loader {
  requires transitive io.pemn.format;
  requires com.google.gson;
  // Were it transitive, nobody could compile without it.
  requires static ai.djl.api;
  requires static ai.djl.pytorch_engine;

  // It provides DJL no services: that of a module that may be absent cannot be provided. On the
  // class path META-INF/services does it; a modular application registers PemnEngineProvider and
  // PemnRepositoryFactory.
  exports io.pemn.loader;
  exports io.pemn.loader.djl;
}
