package io.pemn.loader;

import io.pemn.loader.torchscript.TorchScriptModule;
import java.io.IOException;
import java.util.Optional;

/** Shows tests what an archive keeps of a TorchScript module, which applications do not see. */
public final class ArchivedModule {
  private ArchivedModule() {}

  public static Optional<TorchScriptModule> of(PemnArchive archive) throws IOException {
    return archive.module();
  }
}
