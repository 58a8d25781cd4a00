package io.pemn.compressor.network;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import io.pemn.format.NumberType;
import io.pemn.loader.torchscript.ModuleFile;
import java.io.IOException;

/**
 * A TorchScript module that only runs: the original, as teacher or for comparison, or a student.
 */
public final class LoadedModule implements TargetNetwork.Shipped {
  private final NDManager manager;
  private final PtSymbolBlock block;
  private final NumberType inputType;

  /** Loads a module as float32, whatever its file's type, in eval mode. */
  public static LoadedModule teacher(ModuleSource source, Device device) throws IOException {
    NDManager manager = NDManager.newBaseManager(device, "PyTorch");
    try {
      return new LoadedModule(manager, source.loadForTraining(manager, false), NumberType.FLOAT32);
    } catch (IOException | RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /** Loads a module as its file has it. */
  public static LoadedModule original(ModuleSource source, Device device) throws IOException {
    NDManager manager = NDManager.newBaseManager(device, "PyTorch");
    try {
      return new LoadedModule(
          manager, ModuleSource.load(manager, source.path(), false), source.floatType());
    } catch (IOException | RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /** Loads a module as its file has it, but with other values. */
  LoadedModule(ModuleSource source, Device device, ModuleFile.TensorSource tensors)
      throws IOException {
    this.manager = NDManager.newBaseManager(device, "PyTorch");
    this.inputType = source.floatType();
    try {
      this.block = source.loadWith(manager, tensors);
      JniUtils.enableInferenceMode(block);
    } catch (IOException | RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private LoadedModule(NDManager manager, PtSymbolBlock block, NumberType inputType) {
    this.manager = manager;
    this.block = block;
    this.inputType = inputType;
    JniUtils.enableInferenceMode(block);
  }

  @Override
  public NDList forward(NDList inputs) {
    return ModuleSource.run(block, inputs, false);
  }

  /** Owns the module. */
  public NDManager manager() {
    return manager;
  }

  @Override
  public NumberType inputType() {
    return inputType;
  }

  @Override
  public void close() {
    block.close();
    manager.close();
  }
}
