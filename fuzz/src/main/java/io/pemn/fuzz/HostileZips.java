package io.pemn.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Zips as PyTorch writes them, of TorchScript modules and of state_dicts. */
final class HostileZips {
  private static final String MODULE = "torchscript/tiny/two-inputs-two-outputs-scripted.pt";
  private static final String CHECKPOINT = "authors/fixtures/max-layer.pt";
  private static final String NO_MODULE = "TorchScriptException";
  private static final String NO_CHECKPOINT = "ImportException";

  private final List<HostileFile> files = new ArrayList<>();

  private HostileZips() {}

  /** All of them. */
  static List<HostileFile> all() throws IOException {
    HostileZips zips = new HostileZips();
    zips.modules();
    zips.checkpoints();
    return zips.files;
  }

  private void module(String name, String attack, String refusal, byte[] bytes) {
    files.add(new HostileFile("modules/" + name + ".pt", attack, refusal, bytes));
  }

  private void checkpoint(String name, String attack, String refusal, byte[] bytes) {
    files.add(new HostileFile("checkpoints/" + name + ".pt", attack, refusal, bytes));
  }

  private void modules() throws IOException {
    Map<String, byte[]> sound = ZippedEntries.of(MODULE).entries();
    String pickle = name(sound, "/data.pkl");
    String root = pickle.substring(0, pickle.indexOf('/') + 1);
    HandmadeZip same = HandmadeZip.of(sound);
    module(
        "zip-bomb",
        "code that states 1 TiB when inflated",
        NO_MODULE,
        same.stating(name(sound, ".py"), HandmadeZip.DEFLATED, 1L << 31).toBytes());
    module(
        "stored-longer-than-the-file",
        "a storage that states 2 GiB",
        NO_MODULE,
        same.stating(root + "data/0", HandmadeZip.STORED, Integer.MAX_VALUE).toBytes());
    module(
        "checksum",
        "a pickle with another checksum",
        NO_MODULE,
        same.withChecksum(pickle, 12345).toBytes());
    module(
        "local-header-other-name",
        "an entry that has one name at the front and another in the directory",
        HostileFile.READ,
        same.withLocalName(name(sound, ".py"), 'x').toBytes());
    module(
        "entry-twice",
        "two texts of code of one name",
        NO_MODULE,
        same.twice(name(sound, ".py")).toBytes());
    module("encrypted", "an entry that is encrypted", NO_MODULE, same.flagged(pickle, 1).toBytes());
    module(
        "method-unknown",
        "an entry of a compression that Java lacks",
        NO_MODULE,
        same.stating(pickle, 99, sound.get(pickle).length).toBytes());
    module(
        "directory-beyond",
        "a directory behind the end of the file",
        NO_MODULE,
        same.directoryAt(1 << 30));
    byte[] whole = same.toBytes();
    module(
        "cut",
        "cut off in the middle",
        NO_MODULE,
        java.util.Arrays.copyOf(whole, whole.length / 2));
    module(
        "pickle-only",
        "a zip that begins as a pickle",
        NO_MODULE,
        new byte[] {(byte) 0x80, 2, '.'});
    with(
        sound,
        root + "../../outside.py",
        "an entry outside the folder that it is unpacked to",
        "path-up");
    with(
        sound,
        root + "code//etc/passwd",
        "an entry with an empty folder in its path",
        "path-absolute");
    with(sound, root + "code/\u001b[2J.txt", "an entry whose name moves the cursor", "path-escape");
    module(
        "pickle-nested",
        "20,000 lists in one another",
        NO_MODULE,
        replaced(sound, pickle, "\u0080\u0002" + "]".repeat(20_000) + "a".repeat(19_999) + "."));
    module("pickle-empty", "a pickle of no bytes", NO_MODULE, replaced(sound, pickle, ""));
    module(
        "pickle-list-in-itself",
        "a pickle whose list contains itself",
        HostileFile.READ,
        replaced(sound, pickle, "\u0080\u0002]q\u0000h\u0000a."));
    Map<String, byte[]> without = new LinkedHashMap<>(sound);
    without.remove(root + "data/0");
    module(
        "storage-missing",
        "a storage that is not there",
        NO_MODULE,
        HandmadeZip.of(without).toBytes());
    Map<String, byte[]> shorter = new LinkedHashMap<>(sound);
    shorter.put(root + "data/0", new byte[1]);
    module("storage-short", "a storage of one byte", NO_MODULE, HandmadeZip.of(shorter).toBytes());
    Map<String, byte[]> twoRoots = new LinkedHashMap<>(sound);
    twoRoots.put("other/data.pkl", sound.get(pickle));
    module("two-roots", "two modules in one file", NO_MODULE, HandmadeZip.of(twoRoots).toBytes());
  }

  private void with(Map<String, byte[]> sound, String path, String attack, String name) {
    Map<String, byte[]> more = new LinkedHashMap<>(sound);
    more.put(path, new byte[] {1});
    module(name, attack, NO_MODULE, HandmadeZip.of(more).toBytes());
  }

  private void checkpoints() throws IOException {
    Map<String, byte[]> sound = ZippedEntries.of(CHECKPOINT).entries();
    String pickle = name(sound, "/data.pkl");
    checkpoint(
        "call-system",
        "os.system(\"id\") instead of a state_dict",
        "PickleException",
        replaced(sound, pickle, "cos\nsystem\n(S'id'\ntR."));
    String whole = new String(sound.get(pickle), StandardCharsets.ISO_8859_1);
    checkpoint(
        "call-among-tensors",
        "os.system(\"id\") behind a whole state_dict",
        "PickleException",
        replaced(
            sound, pickle, whole.substring(0, whole.length() - 1) + "cos\nsystem\n(S'id'\ntR0."));
    checkpoint(
        "not-a-dictionary",
        "a list instead of a state_dict",
        NO_CHECKPOINT,
        replaced(sound, pickle, "\u0080\u0002]."));
    checkpoint(
        "tensor-of-2^62",
        "a tensor with a dimension of 2^62",
        NO_CHECKPOINT,
        replaced(sound, pickle, tensor("\u008a\u0008\0\0\0\0\0\0\0\u0040", "K\u0001")));
    checkpoint(
        "tensor-strides",
        "a tensor whose strides leave its storage",
        NO_CHECKPOINT,
        replaced(sound, pickle, tensor("K\u0002", "J\u00ff\u00ff\u00ff\u007f")));
    checkpoint(
        "tensor-storage-missing",
        "a storage that is not there",
        NO_CHECKPOINT,
        replaced(
            sound,
            pickle,
            tensor("K\u0001", "K\u0001").replace("X\u0001\0\0\0000", "X\u0001\0\0\0z")));
  }

  /** A state_dict of one tensor of one dimension in the storage "0" of 4 numbers. */
  private static String tensor(String dimension, String stride) {
    return "\u0080\u0002}X\u0001\0\0\0a"
        + "ctorch._utils\n_rebuild_tensor_v2\n"
        + "((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\0000X\u0003\0\0\0cpuK\u0004tQ"
        + "K\u0000"
        + dimension
        + "\u0085"
        + stride
        + "\u0085\u0089ccollections\nOrderedDict\n)RtRs.";
  }

  private static String name(Map<String, byte[]> entries, String suffix) {
    return entries.keySet().stream()
        .filter(name -> name.endsWith(suffix))
        .findFirst()
        .orElseThrow();
  }

  private static byte[] replaced(Map<String, byte[]> sound, String name, String content) {
    Map<String, byte[]> changed = new LinkedHashMap<>(sound);
    changed.put(name, content.getBytes(StandardCharsets.ISO_8859_1));
    return HandmadeZip.of(changed).toBytes();
  }
}
