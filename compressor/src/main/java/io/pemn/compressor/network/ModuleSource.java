package io.pemn.compressor.network;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import io.pemn.format.NumberType;
import io.pemn.format.PemnFormatException;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.loader.message.EngineMessage;
import io.pemn.loader.torchscript.ModuleFile;
import io.pemn.loader.torchscript.TorchScriptModule;
import io.pemn.packager.FileDigest;
import io.pemn.packager.torchscript.ModuleTensor;
import io.pemn.packager.torchscript.TorchScriptException;
import io.pemn.packager.torchscript.TorchScriptFile;
import io.pemn.packager.torchscript.TracedMode;
import io.pemn.packager.torchscript.TrainingVariant;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A trained TorchScript file that shall be compressed: what of it is masked, and how it is loaded
 * for training, as the teacher, and as what an archive will hold.
 */
public final class ModuleSource implements AutoCloseable {
  private final Path path;
  private final TorchScriptFile file;
  private final NetworkChoice.Module choice;
  private final List<MaskablePolicy.Decision> decisions;
  private final Map<String, ModuleTensor> tensors;

  private ModuleSource(Path path, TorchScriptFile file, NetworkChoice.Module choice) {
    this.path = path;
    this.file = file;
    this.choice = choice;
    this.tensors = byName(file);
    this.decisions = new MaskablePolicy(choice.include(), choice.exclude()).decide(file.tensors());
  }

  /**
   * Opens a file; needs no engine.
   *
   * @param path the TorchScript file
   * @param include patterns of parameters to mask whatever the default says
   * @param exclude patterns of parameters never to mask
   * @param keepTracedMode whether modes that tracing has fixed stay as they are
   * @throws IOException in one sentence, if it is no TorchScript file that can be used
   */
  public static ModuleSource open(
      Path path, List<String> include, List<String> exclude, boolean keepTracedMode)
      throws IOException {
    TorchScriptFile file = TorchScriptFile.open(path);
    try {
      return new ModuleSource(
          path,
          file,
          new NetworkChoice.Module(FileDigest.sha256(path), include, exclude, keepTracedMode));
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** The file. */
  public Path path() {
    return path;
  }

  /** What is in it. */
  public TorchScriptFile file() {
    return file;
  }

  /** The choices that a run remembers. */
  public NetworkChoice.Module choice() {
    return choice;
  }

  /** What becomes of every tensor, in the module's order. */
  public List<MaskablePolicy.Decision> decisions() {
    return decisions;
  }

  /** Every tensor with its role, in the module's order. */
  public List<ParameterShape> parameters() {
    return decisions.stream().map(MaskablePolicy.Decision::parameter).toList();
  }

  /**
   * Checks that there is something to mask.
   *
   * @throws IOException in one sentence, if there is not
   */
  public void requireMaskable() throws IOException {
    if (parameters().stream().noneMatch(parameter -> parameter.role() == Role.WEIGHT)) {
      boolean none =
          file.tensors().stream().noneMatch(t -> t.kind() == ModuleTensor.Kind.PARAMETER);
      String reason =
          none
              ? " has no parameters, so there is nothing to mask; if it was frozen"
                  + " (torch.jit.freeze), give the module as it was before."
              : " has no parameter that is worth a mask: all are small or have one dimension; name"
                  + " some with --mask-include, or ship it as it is.";
      if (!file.opaqueStorages().isEmpty()) {
        reason =
            " keeps its weights quantised or in another form that masks cannot replace; give the"
                + " module as it was before it was quantised.";
      }
      throw new IOException(path + reason);
    }
  }

  /** The floating-point type of the module's parameters: that of the first, else FLOAT32. */
  public NumberType floatType() {
    return file.tensors().stream()
        .filter(t -> t.kind() == ModuleTensor.Kind.PARAMETER && t.type().isFloat())
        .map(ModuleTensor::type)
        .findFirst()
        .orElse(NumberType.FLOAT32);
  }

  /** Modes that tracing has fixed in the code. */
  public TracedMode tracedMode() {
    return file.tracedMode();
  }

  /** Where training begins: the trained values of a floating-point parameter, as float32. */
  public float[] values(String name) throws IOException {
    return file.floats(tensors.get(name));
  }

  /** The tensors of the file by name. */
  Map<String, ModuleTensor> tensors() {
    return tensors;
  }

  static Map<String, ModuleTensor> byName(TorchScriptFile file) {
    return file.tensors().stream()
        .collect(Collectors.toMap(ModuleTensor::name, Function.identity()));
  }

  /**
   * Loads the module for training or as a teacher: as float32, with traced modes switched unless
   * they shall stay.
   *
   * @param manager owns the block and says on which device it is
   * @param trainable whether its parameters get gradients
   * @throws IOException in one sentence, if it cannot be loaded
   */
  PtSymbolBlock loadForTraining(NDManager manager, boolean trainable) throws IOException {
    return load(manager, trainable, out -> writeVariant(out));
  }

  /** Writes the module for training: as float32, with traced modes switched. */
  void writeVariant(OutputStream out) throws IOException {
    file.writeVariant(out, new TrainingVariant(!choice.keepTracedMode(), true, Map.of()));
  }

  /**
   * Loads the module as an archive will hold it, with other values.
   *
   * @param tensors the values by name
   */
  PtSymbolBlock loadWith(NDManager manager, ModuleFile.TensorSource tensors) throws IOException {
    TorchScriptModule skeleton = file.skeleton();
    return load(manager, false, out -> ModuleFile.write(out, skeleton, tensors));
  }

  /** Writes a file. */
  @FunctionalInterface
  interface Writer {
    void writeTo(OutputStream out) throws IOException;
  }

  static PtSymbolBlock load(NDManager manager, boolean trainable, Writer writer)
      throws IOException {
    Path temporary = writeTemporary(writer);
    try {
      return load(manager, temporary, trainable);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /**
   * Writes a module where the engine can read it; the caller deletes the file.
   *
   * @throws IOException in one sentence, if it cannot be written
   */
  static Path writeTemporary(Writer writer) throws IOException {
    Path temporary = Files.createTempFile("pemn-", ".pt");
    temporary.toFile().deleteOnExit(); // Where Ctrl-C or a kill comes first.
    boolean written = false;
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(temporary))) {
      writer.writeTo(out);
      written = true;
    } catch (PemnFormatException | TorchScriptException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException(
          "The module could not be written to "
              + temporary.getParent()
              + " for the engine: "
              + e.getMessage()
              + "; free space there, or name another folder with"
              + " PEMN_JAVA_OPTS=-Djava.io.tmpdir=DIR.",
          e);
    } finally {
      if (!written) {
        Files.deleteIfExists(temporary);
      }
    }
    return temporary;
  }

  /** Loads a TorchScript file with the engine. */
  static PtSymbolBlock load(NDManager manager, Path path, boolean trainable) throws IOException {
    Engine.getEngine("PyTorch");
    try {
      return JniUtils.loadModule(
          (PtNDManager) manager, path, true, new String[0], new String[0], trainable);
    } catch (EngineException e) {
      throw new IOException(
          "The PyTorch engine cannot load the module: " + EngineMessage.of(e) + ".", e);
    }
  }

  /**
   * Runs a block.
   *
   * @param training whether gradients may be wanted
   */
  static NDList run(PtSymbolBlock block, NDList inputs, boolean training) {
    try {
      return IValueUtils.forward(block, inputs, training);
    } catch (UnsupportedOperationException e) {
      throw new EngineException(
          "the module returns something else than tensors and tuples, lists or dictionaries of"
              + " them; return only these from its forward",
          e);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
