package io.pemn.packager.torchscript;

import io.pemn.format.NumberType;
import io.pemn.loader.torchscript.ModuleFile;
import io.pemn.loader.torchscript.TensorLayout;
import io.pemn.loader.torchscript.TensorValues;
import io.pemn.loader.torchscript.TorchScriptModule;
import io.pemn.loader.torchscript.TorchScriptModule.Entry;
import io.pemn.loader.torchscript.TorchScriptModule.FileEntry;
import io.pemn.loader.torchscript.TorchScriptModule.Span;
import io.pemn.loader.torchscript.TorchScriptModule.StorageEntry;
import io.pemn.packager.pytorch.FileKind;
import io.pemn.packager.pytorch.PyTorchZip;
import io.pemn.packager.pytorch.StorageId;
import io.pemn.packager.pytorch.StorageReader;
import io.pemn.packager.remainder.BatchNorm;
import io.pemn.packager.remainder.RemainderCoder;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A TorchScript file whose tensors and code were found without running it.
 *
 * <p>Numbers are read when they are asked for; the storage that was read last stays in memory. The
 * file is open until it is closed; it must not change meanwhile. Not for use by several threads at
 * once.
 */
public final class TorchScriptFile implements Closeable {
  private static final String ADVICE =
      "make one by torch.jit.script(model).save(...) or torch.jit.trace(model, inputs).save(...)";

  private static final FileKind KIND =
      new FileKind(
          "a TorchScript file",
          "as torch.save writes it of a state_dict or of a whole Python module",
          ADVICE,
          TorchScriptException::new);

  private static final List<String> DROPPED_SUFFIXES = List.of(".debug_pkl");
  private static final Set<String> DROPPED = Set.of(".data/serialization_id");

  private final PyTorchZip zip;
  private final byte[] pickle;
  private final ModulePickle.Parsed parsed;
  private final Map<String, String> code;
  private final Map<String, ModuleClass> classes;
  private final Map<String, StorageId> storages;
  private final Map<String, String> objects;
  private final TensorSelection selection;
  private final StorageReader reader;

  private TorchScriptFile(PyTorchZip zip) throws IOException {
    this.zip = zip;
    checkCode();
    this.code = readCode();
    this.classes = ModuleClass.of(code);
    if (zip.size(PyTorchZip.DATA) > ModulePickle.MAX_BYTES) {
      throw new TorchScriptException(
          String.format(
              "%s has a %s of %,d bytes, expected at most %,d; move large lists out of the module.",
              zip.path(), PyTorchZip.DATA, zip.size(PyTorchZip.DATA), ModulePickle.MAX_BYTES));
    }
    this.pickle = zip.read(PyTorchZip.DATA);
    this.parsed = ModulePickle.parse(zip.path() + ": " + PyTorchZip.DATA, pickle);
    String file = zip.path().toString();
    TensorSearch.Found found = TensorSearch.in(parsed.root(), classes, file);
    this.storages = found.storages();
    this.reader = StorageReader.of(zip, storages.values());
    this.objects = found.objects();
    this.selection = TensorSelection.of(found, file);
  }

  /**
   * Opens a file, reads its objects and code, and checks that it has every storage in full.
   *
   * @throws TorchScriptException if it is no TorchScript file, is damaged, or uses what this
   *     library does not read
   * @throws IOException if the disk fails
   */
  public static TorchScriptFile open(Path path) throws IOException {
    PyTorchZip zip = PyTorchZip.open(path, KIND);
    try {
      return new TorchScriptFile(zip);
    } catch (IOException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  private void checkCode() throws TorchScriptException {
    if (zip.paths().stream().noneMatch(path -> path.startsWith(ModuleClass.FOLDER))) {
      throw new TorchScriptException(
          zip.path()
              + " has tensors but no code, as torch.save writes it of a state_dict or of a whole"
              + " Python module, expected a TorchScript file; "
              + ADVICE
              + ".");
    }
  }

  private Map<String, String> readCode() throws IOException {
    Map<String, String> texts = new LinkedHashMap<>();
    for (String path : zip.paths()) {
      if (path.startsWith(ModuleClass.FOLDER) && path.endsWith(ModuleClass.EXTENSION)) {
        texts.put(path, new String(zip.read(path), StandardCharsets.UTF_8));
      }
    }
    return Collections.unmodifiableMap(texts);
  }

  /** The file that was opened. */
  public Path path() {
    return zip.path();
  }

  /** Every tensor whose numbers can be taken out, each number in one tensor, in module order. */
  public List<ModuleTensor> tensors() {
    return selection.tensors();
  }

  /**
   * Storages that are kept as they are, whose tensors are not listed: quantised or complex ones,
   * and such with several elements in one place.
   *
   * @return entries such as {@code data/3}, in module order
   */
  public List<String> opaqueStorages() {
    return storages.keySet().stream()
        .filter(selection.opaque()::contains)
        .map(key -> StorageReader.FOLDER + key)
        .toList();
  }

  /** The code's texts by their path, such as {@code code/__torch__/torch/nn/modules/linear.py}. */
  public Map<String, String> code() {
    return code;
  }

  /**
   * What the code says of each class, by its qualified name, such as {@code
   * __torch__.torch.nn.modules.linear.Linear}.
   */
  public Map<String, ModuleClass> classes() {
    return Collections.unmodifiableMap(classes);
  }

  /**
   * Batch normalisations that use their running statistics at inference with a known epsilon, and
   * whose tensors nothing else reads, in module order.
   */
  public List<BatchNorm> batchNorms() {
    return BatchNormSearch.in(code, objects, tensors());
  }

  /** What makes of this module's tensors what an archive stores of them. */
  public RemainderCoder remainderCoder() {
    Map<String, NumberType> types = new HashMap<>();
    Set<String> parameters = new HashSet<>();
    for (ModuleTensor tensor : tensors()) {
      types.put(tensor.name(), tensor.type());
      if (tensor.kind() == ModuleTensor.Kind.PARAMETER) {
        parameters.add(tensor.name());
      }
    }
    return new RemainderCoder(batchNorms(), types, parameters);
  }

  /** The training modes that are written into the code. */
  public TracedMode tracedMode() {
    return TracedMode.of(code);
  }

  /**
   * The numbers of a floating-point tensor, row-major; those of FLOAT64 are rounded to float.
   *
   * @throws IllegalArgumentException if the tensor is of integers
   * @throws IOException if the entry is damaged or the disk fails
   */
  public float[] floats(ModuleTensor tensor) throws IOException {
    if (!tensor.type().isFloat()) {
      throw new IllegalArgumentException(
          "The tensor " + tensor.name() + " is of type " + tensor.type() + ", not of floats.");
    }
    return reader.floats(tensor.storage(), tensor.type(), tensor.layout());
  }

  /**
   * The numbers of a tensor as they are stored, row-major, little-endian.
   *
   * @throws IOException if the entry is damaged or the disk fails
   */
  public byte[] bytes(ModuleTensor tensor) throws IOException {
    return reader.bytes(tensor.storage(), tensor.type(), tensor.layout());
  }

  /**
   * All that is needed to make the file again but the tensors' numbers. Traces of how the code came
   * about ({@code .debug_pkl}) and the serialisation's identifier are left out.
   *
   * @throws TorchScriptException if an entry's path is not fit for an archive
   * @throws IOException if an entry is damaged or the disk fails
   */
  public TorchScriptModule skeleton() throws IOException {
    return module(Set.of(), pickle, Map.of());
  }

  /**
   * Writes the module with other numbers or in a form that can be trained.
   *
   * @param out gets a TorchScript file and stays open
   * @param variant what is to differ
   * @throws IllegalArgumentException if a replacement's tensor is unknown, is of integers, or has
   *     another number of values
   * @throws TorchScriptException if an entry is damaged
   * @throws IOException if the disk fails
   */
  public void writeVariant(OutputStream out, TrainingVariant variant) throws IOException {
    Map<String, ModuleTensor> byName = new HashMap<>();
    tensors().forEach(tensor -> byName.put(tensor.name(), tensor));
    variant.check(byName);
    Set<String> widened = variant.float32() ? widenedStorages() : Set.of();
    Map<String, String> changedClasses = new HashMap<>();
    widened.forEach(key -> changedClasses.put(key, StorageId.FLOAT32_CLASS));
    byte[] changedPickle =
        widened.isEmpty()
            ? pickle
            : ModulePickle.withStorageClasses(pickle, parsed.storageClasses(), changedClasses);
    Map<String, String> changedCode = variant.unbake() ? tracedMode().rewritten() : Map.of();
    ModuleFile.write(
        out,
        module(widened, changedPickle, changedCode),
        name -> {
          ModuleTensor tensor = byName.get(name);
          float[] replacement = variant.replacements().get(name);
          if (replacement != null) {
            return new TensorValues.Floats(tensor.shape(), replacement);
          }
          return widened.contains(tensor.storage())
              ? new TensorValues.Floats(tensor.shape(), floats(tensor))
              : new TensorValues.Raw(tensor.shape(), ByteBuffer.wrap(bytes(tensor)));
        });
  }

  private Set<String> widenedStorages() {
    Set<String> keys = new HashSet<>();
    for (ModuleTensor tensor : tensors()) {
      if (tensor.type().isFloat() && tensor.type() != NumberType.FLOAT32) {
        keys.add(tensor.storage());
      }
    }
    return keys;
  }

  private TorchScriptModule module(
      Set<String> widened, byte[] changedPickle, Map<String, String> changedCode)
      throws IOException {
    Map<String, List<Span>> spans = new HashMap<>();
    for (ModuleTensor tensor : tensors()) {
      TensorLayout layout = tensor.layout();
      Span span;
      try {
        span =
            new Span(
                tensor.name(),
                layout.offset(),
                layout.isContiguous() ? List.of() : layout.strides());
      } catch (IllegalArgumentException e) {
        throw unfit(e);
      }
      spans.computeIfAbsent(tensor.storage(), key -> new ArrayList<>()).add(span);
    }
    List<Entry> entries = new ArrayList<>();
    for (String path : zip.paths()) {
      if (DROPPED.contains(path) || DROPPED_SUFFIXES.stream().anyMatch(path::endsWith)) {
        continue;
      }
      String key =
          path.startsWith(StorageReader.FOLDER)
              ? path.substring(StorageReader.FOLDER.length())
              : null;
      try {
        if (key != null && spans.containsKey(key)) {
          StorageId storage = storages.get(key);
          NumberType type =
              widened.contains(key) ? NumberType.FLOAT32 : storage.type().orElseThrow();
          entries.add(new StorageEntry(path, type, storage.elements(), spans.get(key)));
        } else if (path.equals(PyTorchZip.DATA)) {
          entries.add(new FileEntry(path, changedPickle));
        } else if (changedCode.containsKey(path) && !changedCode.get(path).equals(code.get(path))) {
          byte[] text = changedCode.get(path).getBytes(StandardCharsets.UTF_8);
          entries.add(new FileEntry(path, text));
        } else {
          entries.add(new FileEntry(path, zip.read(path)));
        }
      } catch (IllegalArgumentException e) {
        throw unfit(e);
      }
    }
    try {
      return new TorchScriptModule(entries);
    } catch (IllegalArgumentException e) {
      throw unfit(e);
    }
  }

  private TorchScriptException unfit(IllegalArgumentException e) {
    return new TorchScriptException(
        zip.path() + " cannot be kept in an archive: " + e.getMessage(), e);
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
