package io.pemn.loader.djl;

import ai.djl.BaseModel;
import ai.djl.Device;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.translate.Translator;
import ai.djl.util.PairList;
import io.pemn.format.network.InputTensor;
import io.pemn.format.proto.Metrics;
import io.pemn.format.proto.Provenance;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.message.ShownUrl;
import io.pemn.loader.network.BuiltInNetwork;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A model of the engine "Pemn": an archive and the network rebuilt from it. */
final class ArchiveModel extends BaseModel {
  private static final String SUFFIX = ".pemn";
  private static final String CLASS_NAMES = "synset.txt";

  private final PemnEngine engine;
  private final Device device;
  private PemnArchive archive;

  /** PyTorch's model, which owns the weights and closes them when nobody refers to it. */
  private Model network;

  /**
   * A model to load an archive into.
   *
   * @param device where it shall run; null for the engine's default
   */
  ArchiveModel(String name, Device device, PemnEngine engine) {
    super(name);
    this.engine = engine;
    this.device = device;
    this.dataType = DataType.FLOAT32;
  }

  /** Owns what predictions make; not the weights. */
  @Override
  public synchronized NDManager getNDManager() {
    if (manager == null) {
      manager = engine.newBaseManager(device);
      manager.setName("pemn model");
    }
    return manager;
  }

  /**
   * Loads an archive.
   *
   * @param modelPath an archive, or a folder with one: NAME.pemn, where the name is {@code prefix}
   *     or else the model's or the folder's, or model.pemn
   * @param options see {@link LoadOptions}; others are ignored, unless they look like these
   */
  @Override
  public void load(Path modelPath, String prefix, Map<String, ?> options) throws IOException {
    LoadOptions stated = LoadOptions.of(options);
    LoadPolicy policy = stated.policy(properties.keySet());
    Path path = modelPath;
    Optional<String> location = stated.location(modelPath);
    if (location.isPresent()) {
      URI uri = URI.create(location.get());
      if (!new ArchiveLocation(uri).isFile()) {
        load(() -> PemnArchive.open(uri.toURL(), policy));
        modelDir = modelPath.toAbsolutePath();
        return;
      }
      path = Path.of(uri);
    } else {
      stated.checkOrigin(modelPath);
    }
    Path file = find(path, prefix);
    load(() -> PemnArchive.open(file, policy));
    modelDir = file.toAbsolutePath().getParent();
    modelName = nameOf(file);
  }

  /** The file's name without its suffix. */
  static String nameOf(Path file) {
    return file.getFileName() == null ? "" : nameOf(file.getFileName().toString());
  }

  /** The name without the suffix of archives. */
  static String nameOf(String name) {
    return name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
  }

  /** Loads an archive and leaves the stream open. */
  @Override
  public void load(InputStream stream, Map<String, ?> options) throws IOException {
    LoadPolicy policy = LoadOptions.of(options).policy(properties.keySet());
    load(() -> PemnArchive.read(stream, policy));
  }

  /** Loads what is opened meanwhile. */
  void load(Callable<PemnArchive> opening) throws IOException {
    if (block != null) {
      throw new IllegalStateException(
          "The model "
              + modelName
              + " has a network already, but an archive brings its own; load it into a new model,"
              + " without a block.");
    }
    PemnModel.Loaded loaded = PemnModel.network(opening, modelName, device);
    network = loaded.model();
    archive = loaded.archive();
    block = network.getBlock();
    getNDManager();
    wasLoaded = true;
    dataType =
        archive.network().inputs().stream()
            .filter(input -> input.type().isFloat())
            .findFirst()
            .map(input -> DataType.valueOf(input.type().name()))
            .orElse(DataType.FLOAT32);
    describe();
  }

  private void describe() {
    properties.put("digest", archive.digest());
    properties.put("formatVersion", String.valueOf(archive.formatVersion()));
    properties.put("parameters", String.valueOf(archive.parameters()));
    Provenance provenance = archive.provenance();
    properties.put("tool", provenance.getTool());
    properties.put("dataSet", provenance.getDataSet());
    if (provenance.hasMetrics()) {
      Metrics metrics = provenance.getMetrics();
      properties.put("epochs", String.valueOf(metrics.getEpochs()));
      properties.put("testImages", String.valueOf(metrics.getTestImages()));
      properties.put("measure", metrics.getMeasure().name());
      properties.put("accuracy", String.valueOf(metrics.getAccuracy()));
      properties.put("loss", String.valueOf(metrics.getLoss()));
    }
  }

  private Path find(Path path, String prefix) throws IOException {
    if (Files.isRegularFile(path)) {
      return path;
    }
    if (!Files.isDirectory(path)) {
      throw new NoSuchFileException(
          "There is no file or folder " + path + "; check the path of the archive.");
    }
    setModelDir(path); // Which may be a folder in it: DJL unpacks zips so.
    Set<String> names = new LinkedHashSet<>();
    for (String name :
        prefix != null
            ? List.of(prefix)
            : List.of(modelName, modelDir.getFileName().toString(), "model")) {
      names.add(name.endsWith(SUFFIX) ? name : name + SUFFIX);
    }
    for (String name : names) {
      Path file = modelDir.resolve(name);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    if (properties.containsKey("djl_rpc_uri")) {
      String url = ShownUrl.of(getProperty("djl_rpc_uri"));
      throw new FileNotFoundException(
          "DJL takes "
              + url
              + " for a server that predicts, not for an archive to load; write pemn: before it in"
              + " optModelUrls.");
    }
    throw new FileNotFoundException(
        "The folder "
            + modelDir
            + " has no "
            + String.join(" and no ", names)
            + " but "
            + archives(modelDir)
            + "; give the path of the archive itself, or its name with optModelName.");
  }

  private static String archives(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      String names =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(SUFFIX))
              .sorted()
              .limit(5)
              .collect(Collectors.joining(", "));
      return names.isEmpty() ? "no other archive" : names;
    }
  }

  /**
   * What it was loaded from.
   *
   * @throws IllegalStateException in one sentence, if it has not been loaded
   */
  PemnArchive archive() {
    if (archive == null) {
      throw new IllegalStateException(
          "The model " + modelName + " has not been loaded yet; call load with an archive.");
    }
    return archive;
  }

  /** A predictor; what stands for DJL's default translator is the archive's own. */
  @Override
  public <I, O> Predictor<I, O> newPredictor(Translator<I, O> translator, Device device) {
    archive();
    engine.require(device);
    return new ArchivePredictor<>(this, own(translator), device);
  }

  @SuppressWarnings("unchecked")
  private <I, O> Translator<I, O> own(Translator<I, O> translator) {
    return DefaultTranslator.of(translator, properties)
        .map(
            types ->
                (Translator<I, O>)
                    new PemnTranslatorFactory()
                        .newInstance(types.input(), types.output(), this, properties))
        .orElse(translator);
  }

  @Override
  public Trainer newTrainer(TrainingConfig trainingConfig) {
    throw new UnsupportedOperationException(
        "The weights of an archive are fixed; train with pemn compress, or the original network.");
  }

  /** What the network takes, with -1 for the size of the batch. */
  @Override
  public PairList<String, Shape> describeInput() {
    PairList<String, Shape> inputs = new PairList<>();
    for (InputTensor input : archive().network().inputs()) {
      inputs.add(
          "input" + inputs.size(), new Shape(-1).addAll(BuiltInNetwork.shape(input.shape())));
    }
    return inputs;
  }

  /** What a classifier gives, with -1 for the size of the batch; of other networks nothing. */
  @Override
  public PairList<String, Shape> describeOutput() {
    PairList<String, Shape> outputs = new PairList<>();
    if (archive().network().classes() > 0) {
      outputs.add("logits", new Shape(-1, archive().network().classes()));
    }
    return outputs;
  }

  /** A classifier's {@code synset.txt}, which the archive has, not the folder. */
  @Override
  public String[] getArtifactNames() {
    return archive().network().classes() > 0 ? new String[] {CLASS_NAMES} : new String[0];
  }

  /** The names of the classes, one a line, for {@code synset.txt}; else a file of the folder. */
  @Override
  public InputStream getArtifactAsStream(String name) throws IOException {
    if (name.equals(CLASS_NAMES) && archive().network().classes() > 0) {
      String lines =
          PixelTranslator.labels(archive).stream()
              .map(label -> label.replaceAll("\\R", " ") + "\n")
              .collect(Collectors.joining());
      return new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8));
    }
    if (modelDir == null) {
      throw new FileNotFoundException(
          "The model "
              + modelName
              + " was loaded from a stream and has no file "
              + name
              + "; load it from a folder that has one.");
    }
    return super.getArtifactAsStream(name);
  }

  @Override
  public void setBlock(Block block) {
    if (archive != null) {
      throw new IllegalStateException(
          "The network of "
              + modelName
              + " is the archive's and cannot be replaced; make a model of the engine PyTorch.");
    }
    super.setBlock(block);
  }

  @Override
  public void close() {
    if (network != null) {
      network.close();
    }
    if (manager != null) {
      super.close();
    }
  }
}
