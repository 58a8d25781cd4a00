package io.pemn.compressor.network;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.training.ParameterStore;
import io.pemn.format.Normalization;
import io.pemn.format.NumberType;
import io.pemn.format.network.InputTensor;
import io.pemn.format.network.NetworkDescription;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.djl.PemnModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A model that was loaded from a file to be run: an archive, or a TorchScript file. */
public final class OpenedModel implements TargetNetwork.Shipped {
  private final Path file;
  private final long bytes;
  private final double loadSeconds;
  private final NDManager manager;
  private final TargetNetwork.Shipped network;
  private final Optional<NetworkDescription> description;
  private final Optional<Normalization> normalization;

  private OpenedModel(
      Path file,
      double loadSeconds,
      NDManager manager,
      TargetNetwork.Shipped network,
      Optional<PemnArchive> archive)
      throws IOException {
    this.file = file;
    this.bytes = archive.isPresent() ? archive.get().fileBytes() : Files.size(file);
    this.loadSeconds = loadSeconds;
    this.manager = manager;
    this.network = network;
    this.description = archive.map(PemnArchive::network);
    this.normalization = archive.flatMap(PemnArchive::normalization);
  }

  /**
   * Loads a file.
   *
   * @param file a {@code .pemn} archive or a TorchScript file; its first bytes tell which
   * @param policy what it may ask for and bring; a TorchScript file is code
   * @param device where it shall run
   * @throws IOException in one sentence, if it is neither or cannot be loaded
   */
  public static OpenedModel open(Path file, LoadPolicy policy, Device device) throws IOException {
    return ModelFile.open(file, policy).load(device);
  }

  static OpenedModel ofTorchScript(Path file, Device device) throws IOException {
    try (ModuleSource source = ModuleSource.open(file, List.of(), List.of(), true)) {
      long start = System.nanoTime();
      LoadedModule module = LoadedModule.original(source, device);
      double seconds = (System.nanoTime() - start) / 1e9;
      return new OpenedModel(file, seconds, module.manager(), module, Optional.empty());
    }
  }

  /**
   * Loads an archive as it was when it was opened.
   *
   * @param file with an archive, whose opening is a part of the time that loading takes
   */
  static OpenedModel ofArchive(ModelFile file, Device device) throws IOException {
    PemnArchive archive = file.archive().orElseThrow();
    long start = System.nanoTime();
    Model model = PemnModel.load(archive, "model", device);
    double seconds = file.openSeconds() + (System.nanoTime() - start) / 1e9;
    return new OpenedModel(
        file.path(),
        seconds,
        model.getNDManager(),
        new ArchiveNetwork(model, floatType(archive)),
        file.archive());
  }

  private static NumberType floatType(PemnArchive archive) {
    return archive.network().inputs().stream()
        .map(InputTensor::type)
        .filter(NumberType::isFloat)
        .findFirst()
        .orElse(NumberType.FLOAT32);
  }

  private record ArchiveNetwork(Model model, NumberType type) implements TargetNetwork.Shipped {
    @Override
    public NDList forward(NDList inputs) {
      if (model.getBlock() instanceof PtSymbolBlock block) {
        return ModuleSource.run(block, inputs, false);
      }
      try (NDManager scratch = model.getNDManager().newSubManager()) {
        return model.getBlock().forward(new ParameterStore(scratch, false), inputs, false);
      }
    }

    @Override
    public NumberType inputType() {
      return type;
    }

    @Override
    public void close() {
      model.close();
    }
  }

  /** Where it was loaded from. */
  public Path file() {
    return file;
  }

  /** Size of the file. */
  public long bytes() {
    return bytes;
  }

  /** From the file to a network that is ready to run; the engine's own start not counted. */
  public double loadSeconds() {
    return loadSeconds;
  }

  /** Owns the network. */
  public NDManager manager() {
    return manager;
  }

  /** What an archive says of its network; nothing is said of a TorchScript file. */
  public Optional<NetworkDescription> description() {
    return description;
  }

  /** How pixels become its input, if its file says so. */
  public Optional<Normalization> normalization() {
    return normalization;
  }

  @Override
  public NDList forward(NDList inputs) {
    return network.forward(inputs);
  }

  @Override
  public NumberType inputType() {
    return network.inputType();
  }

  @Override
  public void close() {
    network.close();
  }
}
