package io.pemn.fuzz;

import com.google.protobuf.ByteString;
import io.pemn.format.proto.ModuleEntry;
import io.pemn.format.proto.StoredTensor;
import io.pemn.format.proto.TensorStorage;
import io.pemn.format.proto.TensorType;
import io.pemn.format.proto.TorchScriptModule;
import java.io.IOException;
import java.util.Collections;
import java.util.function.Consumer;

/** TorchScript modules, whose entries become files. */
final class ArchiveModules {
  private static final String CORRUPT = "Corrupt";
  private static final String MODULE = "version-3/module";

  private final HostileArchives archives;

  ArchiveModules(HostileArchives archives) {
    this.archives = archives;
  }

  /** Adds them all. */
  void add() throws IOException {
    path(
        "module-path-up",
        "an entry outside the folder that it is unpacked to",
        "../../etc/cron.d/x");
    path("module-path-up-within", "an entry that leaves the folder from within", "code/../../x");
    path("module-path-absolute", "an entry with an absolute path", "/etc/passwd");
    path("module-path-of-windows", "an entry with a drive", "C:\\Windows\\x");
    path("module-path-backslash", "an entry that leaves the folder on Windows", "code\\..\\..\\x");
    path("module-path-empty", "an entry without a path", "");
    path("module-path-folder", "an entry that is a folder", "code/");
    path("module-path-nul", "an entry whose path ends early in C", "data.pkl\u0000.txt");
    path("module-path-escape", "an entry whose path moves the cursor", "code/\u001b[2Jx");
    module(
        "module-path-twice",
        "two entries of one path",
        CORRUPT,
        m -> m.addEntries(m.getEntries(0)));
    module(
        "module-path-of-a-file-and-a-folder",
        "an entry below another, which a zip may have and no folder",
        HostileFile.READ,
        m -> m.addEntries(ModuleEntry.newBuilder().setPath(m.getEntries(0).getPath() + "/x")));
    module(
        "module-entries-without-end",
        "2,000 entries, which small limits refuse",
        "LimitExceeded",
        m -> {
          for (int i = 0; i < 2000; i++) {
            m.addEntries(ModuleEntry.newBuilder().setPath("code/" + i));
          }
        });
    storage("module-storage-2^62", "a storage of 2^62 numbers", s -> s.setElements(1L << 62));
    storage(
        "module-storage-2^28",
        "a storage of 1 GiB for some numbers",
        "LimitExceeded",
        s -> s.setElements(1 << 28));
    storage("module-storage-negative", "a storage of -1 numbers", s -> s.setElements(-1));
    storage("module-storage-short", "a tensor that ends behind its storage", s -> s.setElements(1));
    storage(
        "module-storage-type",
        "a storage of a type in which its layer cannot stand",
        s -> s.setType(TensorType.BOOL));
    module(
        "module-storage-type-to-come",
        "a type that no version has",
        "Unsupported",
        m -> firstStorage(m).setTypeValue(10));
    tensor("module-tensor-offset", "a tensor at an offset of 2^62", t -> t.setOffset(1L << 62));
    tensor(
        "module-tensor-strides",
        "a tensor with strides of 2^62",
        t -> t.clearStrides().addStrides(1L << 62).addStrides(1));
    tensor(
        "module-tensor-in-one-place",
        "a layer whose numbers stand in one place: the module would get one of them",
        t -> t.clearStrides().addStrides(0).addStrides(0));
    tensor(
        "module-tensor-strides-too-many",
        "strides of 65 dimensions",
        t -> t.clearStrides().addAllStrides(Collections.nCopies(65, 1L)));
    tensor(
        "module-tensor-of-nothing",
        "a tensor that is neither layer nor remainder",
        t -> t.setName("no-such-tensor"));
    storage(
        "module-tensor-twice",
        "a tensor that stands in two places",
        s -> s.addTensors(s.getTensors(0)));
    storage("module-tensor-nowhere", "a layer without a place", s -> s.removeTensors(0));
    module(
        "module-content-and-storage",
        "an entry that is both a file and a storage",
        CORRUPT,
        m -> m.getEntriesBuilder(firstStorageIndex(m)).setContent(ByteString.copyFromUtf8("x")));
    module("module-empty", "a module without entries", CORRUPT, TorchScriptModule.Builder::clear);
  }

  private void path(String name, String attack, String path) throws IOException {
    module(name, attack, CORRUPT, m -> m.getEntriesBuilder(0).setPath(path));
  }

  private void module(
      String name, String attack, String refusal, Consumer<TorchScriptModule.Builder> change)
      throws IOException {
    TorchScriptModule.Builder message =
        TorchScriptModule.parseFrom(HostileArchives.opened(MODULE).getModule()).toBuilder();
    change.accept(message);
    archives.add(
        name,
        attack,
        refusal,
        ForgedArchive.of(TestData.golden(MODULE)).module(message.build().toByteArray()).toBytes());
  }

  private void storage(String name, String attack, Consumer<TensorStorage.Builder> change)
      throws IOException {
    storage(name, attack, CORRUPT, change);
  }

  private void storage(
      String name, String attack, String refusal, Consumer<TensorStorage.Builder> change)
      throws IOException {
    module(name, attack, refusal, m -> change.accept(firstStorage(m)));
  }

  private void tensor(String name, String attack, Consumer<StoredTensor.Builder> change)
      throws IOException {
    tensor(name, attack, CORRUPT, change);
  }

  private void tensor(
      String name, String attack, String refusal, Consumer<StoredTensor.Builder> change)
      throws IOException {
    storage(name, attack, refusal, s -> change.accept(s.getTensorsBuilder(0)));
  }

  private static TensorStorage.Builder firstStorage(TorchScriptModule.Builder module) {
    return module.getEntriesBuilder(firstStorageIndex(module)).getStorageBuilder();
  }

  private static int firstStorageIndex(TorchScriptModule.Builder module) {
    int index = 0;
    while (!module.getEntries(index).hasStorage()) {
      index++;
    }
    return index;
  }
}
