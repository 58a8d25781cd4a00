package io.pemn.loader.djl;

import ai.djl.repository.AbstractRepository;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Metadata;
import ai.djl.repository.zoo.DefaultModelZoo;
import ai.djl.util.Progress;
import ai.djl.util.Utils;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * An archive somewhere, with the engine and the translators that it needs.
 *
 * <p>For DJL it is in a folder that does not exist, because DJL loads classes from the jars beside
 * a model and takes settings from a file there; the model is told the true place by an option.
 */
final class PemnRepository extends AbstractRepository {
  /** The option of a model's loading that gives the URL of the archive, instead of its path. */
  static final String LOCATION = "location";

  private final URI location;
  private final String modelName;

  /** The repository that {@code pemn:URL} or {@code pemn:PATH} means. */
  PemnRepository(String name, URI uri, ArchiveLocation location) {
    super(name, uri);
    this.location = location.uri();
    this.modelName = location.modelName();
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
    artifact.setOptions(Map.of(LOCATION, location.toString()));
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
    return folder(location.toString());
  }

  /** The folder, which does not exist, in which an archive from there is for DJL. */
  static Path folder(String location) {
    return Utils.getCacheDir().resolve("pemn").resolve(Utils.hash(location));
  }

  @Override
  public List<MRL> getResources() {
    return List.of(MRL.undefined(this, DefaultModelZoo.GROUP_ID, modelName));
  }
}
