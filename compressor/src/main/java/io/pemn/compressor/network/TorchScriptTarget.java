package io.pemn.compressor.network;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import io.pemn.format.NumberType;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.torchscript.ModuleFile;
import io.pemn.loader.torchscript.TensorValues;
import io.pemn.packager.torchscript.ModuleTensor;
import io.pemn.packager.torchscript.TorchScriptFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A TorchScript module in training. It runs as float32 whatever the file's type is; what ships, and
 * is measured, has the file's type and code.
 */
public final class TorchScriptTarget implements TargetNetwork {
  private final ModuleSource source;
  private final NDManager manager;
  private final PtSymbolBlock block;
  private final Map<String, NDArray> arrays = new LinkedHashMap<>();
  private final Map<String, List<NDArray>> twins = new LinkedHashMap<>();
  private boolean training;

  /**
   * Loads a module with its trained values.
   *
   * @param source the file
   * @param statistics values of the tensors that have no gradient, by name; those of the file where
   *     none is given
   * @param device where it shall run
   * @throws IOException in one sentence, if it cannot be loaded
   */
  public TorchScriptTarget(
      ModuleSource source, Map<String, RemainderTensor> statistics, Device device)
      throws IOException {
    this.source = source;
    this.manager = NDManager.newBaseManager(device, "PyTorch");
    try {
      this.block = load(statistics);
      JniUtils.enableTrainingMode(block);
      training = true;
      Map<String, NDArray> found = new LinkedHashMap<>();
      for (NDArray array : JniUtils.moduleGetParams(block, (PtNDManager) manager)) {
        found.put(array.getName(), array);
      }
      for (ParameterShape parameter : source.parameters()) {
        if (parameter.role() == Role.STATISTIC) {
          continue;
        }
        NDArray array = found.get(parameter.name());
        if (array == null) {
          throw new IOException(
              "The PyTorch engine shows no parameter "
                  + parameter.name()
                  + " of the module; save it anew with torch.jit.save.");
        }
        array.setRequiresGradient(true);
        arrays.put(parameter.name(), array);
        twins.put(parameter.name(), twins(array, source.tensors().get(parameter.name()), found));
      }
    } catch (IOException | RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /** The aliases of a parameter that are not the very same tensor. */
  private static List<NDArray> twins(NDArray array, ModuleTensor tensor, Map<String, NDArray> found)
      throws IOException {
    List<NDArray> twins = new ArrayList<>();
    for (String alias : tensor.aliases()) {
      NDArray other = found.get(alias);
      if (other == null) {
        continue;
      }
      other.setRequiresGradient(true);
      array.setRequiresGradient(false);
      boolean same = !JniUtils.requiresGrad((PtNDArray) other);
      array.setRequiresGradient(true);
      if (same) {
        continue;
      }
      if (!other.getShape().equals(array.getShape())) {
        throw new IOException(
            "The parameter "
                + alias
                + " shares numbers with "
                + tensor.name()
                + " in another shape, so that their gradients cannot be added; tie them in the"
                + " forward instead, or exclude both from training.");
      }
      twins.add(other);
    }
    return twins;
  }

  private PtSymbolBlock load(Map<String, RemainderTensor> statistics) throws IOException {
    if (statistics.isEmpty()) {
      return source.loadForTraining(manager, true);
    }
    Path variant = ModuleSource.writeTemporary(source::writeVariant);
    try {
      try (TorchScriptFile file = TorchScriptFile.open(variant)) {
        Map<String, ModuleTensor> tensors = ModuleSource.byName(file);
        return ModuleSource.load(
            manager,
            true,
            out ->
                ModuleFile.write(
                    out,
                    file.skeleton(),
                    name -> {
                      RemainderTensor given = statistics.get(name);
                      ModuleTensor tensor = tensors.get(name);
                      return given == null
                          ? new TensorValues.Raw(
                              tensor.shape(), ByteBuffer.wrap(file.bytes(tensor)))
                          : new TensorValues.Raw(given.shape(), given.data());
                    }));
      }
    } finally {
      Files.deleteIfExists(variant);
    }
  }

  @Override
  public List<ParameterShape> parameters() {
    return source.parameters();
  }

  @Override
  public Set<String> trained() {
    return Collections.unmodifiableSet(arrays.keySet());
  }

  @Override
  public List<NDArray> twins(String name) {
    return twins.get(name);
  }

  @Override
  public NDArray array(String name) {
    return arrays.get(name);
  }

  /** Read from the module as the engine saves it: the engine shows no buffers otherwise. */
  @Override
  public Map<String, RemainderTensor> statistics() throws IOException {
    if (parameters().stream().noneMatch(parameter -> parameter.role() == Role.STATISTIC)) {
      return Map.of();
    }
    Path saved = ModuleSource.writeTemporary(out -> JniUtils.writeModule(block, out, false));
    try {
      Map<String, RemainderTensor> statistics = new LinkedHashMap<>();
      try (TorchScriptFile file = TorchScriptFile.open(saved)) {
        Map<String, ModuleTensor> tensors = ModuleSource.byName(file);
        for (ParameterShape parameter : parameters()) {
          if (parameter.role() == Role.STATISTIC) {
            ModuleTensor tensor = tensors.get(parameter.name());
            if (tensor == null) {
              throw new IOException(
                  "The PyTorch engine saved the module without its tensor "
                      + parameter.name()
                      + "; that is a fault of pemn, please report it.");
            }
            statistics.put(
                parameter.name(),
                new RemainderTensor(
                    parameter.name(),
                    parameter.shape(),
                    tensor.type(),
                    ByteBuffer.wrap(file.bytes(tensor))));
          }
        }
      }
      return statistics;
    } finally {
      Files.deleteIfExists(saved);
    }
  }

  @Override
  public NDList forward(NDList inputs, boolean training) {
    if (training != this.training) {
      this.training = training;
      if (training) {
        JniUtils.enableTrainingMode(block);
      } else {
        JniUtils.enableInferenceMode(block);
      }
    }
    // Never in the engine's inference mode: graphs that were compiled for gradients fail there.
    return ModuleSource.run(block, inputs, true);
  }

  /** A module of its own, with the present running statistics and the trained values. */
  @Override
  public Replica replica(Device device) throws IOException {
    return new TorchScriptTarget(source, statistics(), device);
  }

  /** The file's own code and type, with the present values, loaded anew. */
  @Override
  public Shipped shipped(Set<String> masked, FloatCoding coding) throws IOException {
    Map<String, RemainderTensor> remainder = new HashMap<>();
    for (RemainderTensor tensor : source.file().remainderCoder().code(remainder(masked), coding)) {
      remainder.put(tensor.name(), tensor);
    }
    Map<String, ModuleTensor> tensors = source.tensors();
    return new LoadedModule(
        source,
        manager.getDevice(),
        name -> {
          ModuleTensor tensor = tensors.get(name);
          RemainderTensor kept = remainder.get(name);
          return kept == null
              ? new TensorValues.Floats(tensor.shape(), array(name).toFloatArray())
              : TensorValues.in(
                  tensor.type(), kept.shape(), kept.type(), kept.scale(), kept.data());
        });
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  @Override
  public NumberType inputType() {
    return NumberType.FLOAT32;
  }

  @Override
  public void close() {
    block.close();
    manager.close();
  }
}
