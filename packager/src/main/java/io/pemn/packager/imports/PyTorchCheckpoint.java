package io.pemn.packager.imports;

import io.pemn.format.NumberType;
import io.pemn.loader.torchscript.TensorLayout;
import io.pemn.packager.pickle.AllowedCalls;
import io.pemn.packager.pickle.Pickle;
import io.pemn.packager.pickle.PickleValue;
import io.pemn.packager.pickle.PickleValue.Dictionary;
import io.pemn.packager.pickle.PickleValue.Global;
import io.pemn.packager.pickle.PickleValue.Items;
import io.pemn.packager.pickle.PickleValue.Made;
import io.pemn.packager.pytorch.FileKind;
import io.pemn.packager.pytorch.PyTorchZip;
import io.pemn.packager.pytorch.RebuiltTensor;
import io.pemn.packager.pytorch.StorageId;
import io.pemn.packager.pytorch.StorageReader;
import io.pemn.packager.tensors.PrintableName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A state_dict as {@code torch.save} writes it since PyTorch 1.6: a zip with a pickle, which may
 * rebuild tensors and do nothing else, and their numbers. It may stand in a dictionary beside other
 * things, under one of the names that are usual for it.
 */
final class PyTorchCheckpoint implements StateDict {
  /** The longest pickle, in bytes; those of real networks take some hundred kilobytes. */
  private static final int MAX_PICKLE_BYTES = 1 << 24;

  private static final int NAMES_IN_MESSAGE = 8;

  /** Where programs put a state_dict beside an epoch, an optimizer's state and the like. */
  private static final List<String> WRAPPERS =
      List.of("state_dict", "model_state_dict", "model", "net", "network", "module", "weights");

  private static final String CODE = "code/";

  private static final FileKind KIND =
      new FileKind(
          "a state_dict in the zip format of torch.save",
          "as torch.save wrote it before PyTorch 1.6",
          "save it anew in Python: torch.save(torch.load(FILE, map_location='cpu'), NEW_FILE)",
          ImportException::new);

  private static final Global PARAMETER = new Global(RebuiltTensor.MODULE, "_rebuild_parameter");

  private static final AllowedCalls CALLS = calls();

  private final PyTorchZip zip;
  private final List<StateTensor> tensors;
  private final Map<String, RebuiltTensor> rebuilt;
  private final StorageReader reader;

  private PyTorchCheckpoint(PyTorchZip zip) throws IOException {
    this.zip = zip;
    if (zip.paths().stream().anyMatch(path -> path.startsWith(CODE))) {
      throw new ImportException(
          zip.path()
              + " is a TorchScript file, expected "
              + KIND.noun()
              + "; compress it with pemn compress, or save model.state_dict() instead.");
    }
    if (zip.size(PyTorchZip.DATA) > MAX_PICKLE_BYTES) {
      throw new ImportException(
          String.format(
              "%s has a %s of %,d bytes, expected at most %,d; save model.state_dict() alone.",
              zip.path(), PyTorchZip.DATA, zip.size(PyTorchZip.DATA), MAX_PICKLE_BYTES));
    }
    PickleValue root =
        Pickle.read(
            ByteBuffer.wrap(zip.read(PyTorchZip.DATA)), zip.path() + ": " + PyTorchZip.DATA, CALLS);
    this.rebuilt = new HashMap<>();
    Map<String, StorageId> storages = new LinkedHashMap<>();
    List<StateTensor> found = new ArrayList<>();
    for (Map.Entry<String, PickleValue> entry : stateDict(root).entrySet()) {
      RebuiltTensor tensor = tensor(entry.getKey(), entry.getValue());
      NumberType type = checkType(entry.getKey(), tensor);
      addStorage(entry.getKey(), tensor.storage(), storages);
      rebuilt.put(entry.getKey(), tensor);
      found.add(
          new StateTensor(
              entry.getKey(),
              type,
              tensor.layout().shape().stream().map(Integer::longValue).toList()));
    }
    this.tensors = List.copyOf(found);
    this.reader = StorageReader.of(zip, storages.values());
  }

  private static AllowedCalls calls() {
    Set<String> names = new HashSet<>(StorageId.classes());
    names.add("collections.OrderedDict");
    names.add(RebuiltTensor.MODULE + "." + RebuiltTensor.FUNCTION);
    names.add(PARAMETER.qualified());
    return AllowedCalls.of(
        "a state_dict, as torch.save(model.state_dict(), FILE) writes it, only rebuilds tensors",
        "save model.state_dict() alone",
        names.toArray(String[]::new));
  }

  /**
   * Opens a file, and checks that it has every storage in full.
   *
   * @throws ImportException if it is something else, or damaged
   * @throws io.pemn.packager.pickle.PickleException if its pickle is damaged, or names what no
   *     state_dict needs
   * @throws IOException if the disk fails
   */
  static PyTorchCheckpoint open(Path path) throws IOException {
    PyTorchZip zip = PyTorchZip.open(path, KIND);
    try {
      return new PyTorchCheckpoint(zip);
    } catch (IOException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  private Map<String, PickleValue> stateDict(PickleValue root) throws ImportException {
    Optional<Dictionary> whole = PickleValue.dictionary(root);
    if (whole.isEmpty()) {
      throw new ImportException(
          zip.path() + " holds no dictionary, expected a state_dict; save model.state_dict().");
    }
    Map<String, PickleValue> entries = whole.get().byName();
    for (String wrapper : WRAPPERS) {
      Optional<Dictionary> inner =
          Optional.ofNullable(entries.get(wrapper)).flatMap(PickleValue::dictionary);
      if (inner.isPresent()) {
        return withNames(inner.get());
      }
    }
    if (entries.values().stream().noneMatch(PyTorchCheckpoint::isTensor)) {
      throw new ImportException(
          zip.path()
              + " holds a dictionary without tensors, of "
              + names(entries)
              + ", expected a state_dict, or one under "
              + String.join(", ", WRAPPERS)
              + "; save model.state_dict() alone.");
    }
    return withNames(whole.get());
  }

  private Map<String, PickleValue> withNames(Dictionary dictionary) throws ImportException {
    Map<String, PickleValue> entries = dictionary.byName();
    for (Map.Entry<String, PickleValue> entry : entries.entrySet()) {
      if (!isTensor(entry.getValue())) {
        throw new ImportException(
            zip.path()
                + " has something else than a tensor under "
                + PrintableName.quoted(entry.getKey())
                + ", expected tensors alone; save model.state_dict() alone.");
      }
    }
    return entries;
  }

  private static String names(Map<String, PickleValue> entries) {
    List<String> names =
        entries.keySet().stream().limit(NAMES_IN_MESSAGE).map(PrintableName::quoted).toList();
    int more = entries.size() - names.size();
    return names.isEmpty()
        ? "no entries"
        : String.join(", ", names) + (more > 0 ? " and " + more + " more" : "");
  }

  private static boolean isTensor(PickleValue value) {
    return value instanceof Made made
        && made.called()
        && (made.isMadeBy(RebuiltTensor.MODULE, RebuiltTensor.FUNCTION)
            || made.isMadeBy(PARAMETER.module(), PARAMETER.name()));
  }

  private RebuiltTensor tensor(String name, PickleValue value) throws ImportException {
    Made call = (Made) value;
    if (call.isMadeBy(PARAMETER.module(), PARAMETER.name())) {
      if (!(call.arguments() instanceof Items arguments)
          || arguments.values().isEmpty()
          || !(arguments.values().get(0) instanceof Made inner)
          || !inner.called()
          || !inner.isMadeBy(RebuiltTensor.MODULE, RebuiltTensor.FUNCTION)) {
        throw damaged(name, "is a parameter that is made of something else than a tensor");
      }
      call = inner;
    }
    try {
      return RebuiltTensor.of(call);
    } catch (IllegalArgumentException e) {
      throw damaged(name, e.getMessage());
    }
  }

  private NumberType checkType(String name, RebuiltTensor tensor) throws ImportException {
    if (tensor.storage().type().isEmpty() || !tensor.isPlain()) {
      throw new ImportException(
          zip.path()
              + ": the tensor "
              + PrintableName.quoted(name)
              + " is complex, quantised or has hooks, expected plain numbers; convert it before"
              + " saving.");
    }
    return tensor.storage().type().get();
  }

  private void addStorage(String name, StorageId storage, Map<String, StorageId> storages)
      throws ImportException {
    StorageId before = storages.putIfAbsent(storage.key(), storage);
    if (before != null && !before.equals(storage)) {
      throw damaged(
          name,
          "has the storage "
              + PrintableName.quoted(storage.key())
              + ", which another tensor has with another type or length");
    }
  }

  private ImportException damaged(String name, String what) {
    return new ImportException(
        zip.path()
            + ": the tensor "
            + PrintableName.quoted(name)
            + " "
            + what
            + "; the file is damaged, save it again.");
  }

  @Override
  public Path path() {
    return zip.path();
  }

  /** A dictionary has the order in which it was filled, which is that of the modules. */
  @Override
  public boolean isOrdered() {
    return true;
  }

  @Override
  public List<StateTensor> tensors() {
    return tensors;
  }

  @Override
  public float[] floats(StateTensor tensor) throws IOException {
    RebuiltTensor found = rebuilt.get(tensor.name());
    String storage = found.storage().key();
    TensorLayout layout = found.layout();
    return tensor.type() == NumberType.FLOAT32
        ? reader.floats(storage, tensor.type(), layout)
        : FloatNumbers.of(
            path(), tensor, ByteBuffer.wrap(reader.bytes(storage, tensor.type(), layout)));
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
