package io.pemn.loader.djl;

import ai.djl.repository.AbstractRepository;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Metadata;
import ai.djl.repository.zoo.DefaultModelZoo;
import ai.djl.util.Progress;
import ai.djl.util.Utils;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** An archive somewhere, with the engine and the translators that it needs. */
final class PemnRepository extends AbstractRepository {
  /** The option of a model's loading that says where the archive is, if it is not in a path. */
  static final String URL = "url";

  private final Path path;
  private final String modelName;
  private final Map<String, String> options;

  private PemnRepository(
      String name, URI uri, Path path, String modelName, Map<String, String> options) {
    super(name, uri);
    this.path = path;
    this.modelName = modelName;
    this.options = options;
  }

  /** The repository that {@code pemn:URL} or {@code pemn:PATH} means. */
  static PemnRepository of(String name, URI uri) {
    String location = uri.getRawSchemeSpecificPart();
    try {
      URI target = new URI(location);
      if (target.getScheme() == null) {
        return onDisk(name, uri, Path.of(uri.getSchemeSpecificPart()));
      }
      if (target.getScheme().equals("file")) {
        return onDisk(name, uri, Path.of(target));
      }
      target.toURL();
      String last = location.replaceFirst("[?#].*", "").replaceFirst(".*/", "");
      return new PemnRepository(
          name,
          uri,
          // Nothing is there; DJL looks for libraries and settings beside a model.
          Utils.getCacheDir().resolve("pemn").resolve(Utils.hash(location)),
          ArchiveModel.nameOf(Path.of(last)),
          Map.of(URL, location));
    } catch (URISyntaxException | MalformedURLException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          uri
              + " leads to no archive ("
              + e.getMessage()
              + "); after pemn: give a URL, such as https://host/model.pemn, or a path.",
          e);
    }
  }

  private static PemnRepository onDisk(String name, URI uri, Path file) {
    return new PemnRepository(name, uri, file, ArchiveModel.nameOf(file), Map.of());
  }

  @Override
  public boolean isRemote() {
    return false;
  }

  @Override
  public Metadata locate(MRL mrl) {
    Artifact artifact = new Artifact();
    artifact.setName(modelName);
    artifact.getArguments().put("engine", PemnEngine.NAME);
    artifact.getArguments().put("translatorFactory", PemnTranslatorFactory.class.getName());
    artifact.setOptions(options);
    Metadata metadata = new Metadata.MatchAllMetadata();
    metadata.setArtifactId(modelName);
    metadata.setArtifacts(List.of(artifact));
    return metadata;
  }

  @Override
  public Artifact resolve(MRL mrl, Map<String, String> filter) {
    return locate(mrl).getArtifacts().get(0);
  }

  /** Reads nothing yet: the model does, each time that it is loaded. */
  @Override
  public void prepare(Artifact artifact, Progress progress) {}

  @Override
  public Path getResourceDirectory(Artifact artifact) {
    return path;
  }

  @Override
  public List<MRL> getResources() {
    return List.of(MRL.undefined(this, DefaultModelZoo.GROUP_ID, modelName));
  }
}
