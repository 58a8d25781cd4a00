package io.pemn.fuzz;

import io.pemn.packager.torchscript.ModuleTensor;
import io.pemn.packager.torchscript.TorchScriptFile;
import java.io.IOException;

/** Does with a TorchScript file what packing it does. */
final class TorchScriptReading {
  private TorchScriptReading() {}

  /** Reads all of a file. */
  static void everything(TorchScriptFile file) throws IOException {
    file.batchNorms();
    file.tracedMode().rewritten();
    file.opaqueStorages();
    for (ModuleTensor tensor : file.tensors()) {
      file.bytes(tensor);
    }
    file.remainderCoder();
    file.skeleton();
  }
}
