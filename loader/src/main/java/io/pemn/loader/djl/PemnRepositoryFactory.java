package io.pemn.loader.djl;

import ai.djl.repository.Repository;
import ai.djl.repository.RepositoryFactory;
import java.net.URI;
import java.util.Set;

/**
 * Makes {@code pemn:LOCATION} known to DJL as where a model is: {@code
 * Criteria.builder().setTypes(...).optModelUrls("pemn:https://host/model.pemn")}. DJL finds it by
 * itself on the class path; a modular application calls {@code
 * Repository.registerRepositoryFactory(new PemnRepositoryFactory())}.
 *
 * <p>The location is a path, or a URL of a file ({@code file:}), of a web server ({@code http:},
 * {@code https:}) or of a class-path resource ({@code "pemn:" +
 * getClass().getResource("/model.pemn")}: {@code jar:file:}, {@code jar:nested:}, {@code jrt:});
 * other kinds of URLs are refused. Engine and translators are pemn's unless the Criteria names
 * others. Archives are read anew at each loading and are not kept in DJL's cache.
 *
 * @since 0.1
 */
public final class PemnRepositoryFactory implements RepositoryFactory {
  static final String SCHEME = "pemn";

  /** For DJL, which calls it through {@link java.util.ServiceLoader}. */
  public PemnRepositoryFactory() {}

  /**
   * The repository of one archive; whether it is there shows when it is loaded.
   *
   * @param name the repository's name
   * @param uri {@code pemn:} and a URL or path
   * @throws IllegalArgumentException in one sentence, if that is neither, or of another kind
   */
  @Override
  public Repository newInstance(String name, URI uri) {
    return new PemnRepository(name, uri, ArchiveLocation.of(uri));
  }

  @Override
  public Set<String> getSupportedScheme() {
    return Set.of(SCHEME);
  }
}
