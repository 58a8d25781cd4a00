package io.pemn.packager.torchscript;

import io.pemn.loader.torchscript.TensorLayout;
import io.pemn.loader.torchscript.TorchScriptModule;
import io.pemn.packager.pickle.PickleValue;
import io.pemn.packager.pickle.PickleValue.Constant;
import io.pemn.packager.pickle.PickleValue.Dictionary;
import io.pemn.packager.pickle.PickleValue.Global;
import io.pemn.packager.pickle.PickleValue.Items;
import io.pemn.packager.pickle.PickleValue.Made;
import io.pemn.packager.pickle.PickleValue.Number;
import io.pemn.packager.pickle.PickleValue.Persistent;
import io.pemn.packager.pickle.PickleValue.Real;
import io.pemn.packager.pickle.PickleValue.Text;
import io.pemn.packager.pytorch.RebuiltTensor;
import io.pemn.packager.pytorch.StorageId;
import io.pemn.packager.tensors.PrintableName;
import io.pemn.packager.torchscript.ModuleTensor.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Finds every tensor in a module's objects, under every name that leads to it. */
final class TensorSearch {
  private static final int MAX_DEPTH = 200;

  /** Objects that are looked at; an object under several names counts as often. */
  private static final int MAX_VISITS = 1 << 22;

  /** Characters in the names of all tensors. */
  private static final int MAX_NAME_CHARACTERS = 1 << 24;

  private final String file;
  private final Map<String, ModuleClass> classes;
  private final StringBuilder path = new StringBuilder();
  private final Set<PickleValue> ancestors = Collections.newSetFromMap(new IdentityHashMap<>());
  private final List<Reference> references = new ArrayList<>();
  private final Map<String, StorageId> storages = new LinkedHashMap<>();
  private final Set<String> opaque = new LinkedHashSet<>();
  private final Map<String, String> objects = new LinkedHashMap<>();
  private int visits;
  private long nameCharacters;

  /**
   * One path to a tensor.
   *
   * @param storage of a type that an archive can store as numbers
   */
  record Reference(
      String name, Kind kind, StorageId storage, TensorLayout layout, boolean requiresGradient) {}

  /**
   * What was found.
   *
   * @param references every path to a tensor whose numbers can be taken out, in the module's order
   * @param storages every storage by its key
   * @param opaque keys of the storages that something else than such a tensor uses
   * @param objects the class of every object of the module's own code, by its path
   */
  record Found(
      List<Reference> references,
      Map<String, StorageId> storages,
      Set<String> opaque,
      Map<String, String> objects) {}

  private TensorSearch(String file, Map<String, ModuleClass> classes) {
    this.file = file;
    this.classes = classes;
  }

  /**
   * Goes through a module.
   *
   * @throws TorchScriptException if a tensor is damaged or reaches beyond its storage, or if the
   *     objects are nested deeper or more in number than any network's
   */
  static Found in(PickleValue root, Map<String, ModuleClass> classes, String file)
      throws TorchScriptException {
    TensorSearch search = new TensorSearch(file, classes);
    search.visit(root, Kind.ATTRIBUTE, false);
    return new Found(search.references, search.storages, search.opaque, search.objects);
  }

  /**
   * Looks at a value.
   *
   * @param kind what it is if it is a tensor
   * @param sealed whether it belongs to something that only PyTorch understands
   */
  private void visit(PickleValue value, Kind kind, boolean sealed) throws TorchScriptException {
    if (value instanceof Constant
        || value instanceof Number
        || value instanceof Text
        || value instanceof Global
        || value instanceof Real) {
      return;
    }
    if (++visits > MAX_VISITS) {
      throw new TorchScriptException(
          file
              + " has more than "
              + MAX_VISITS
              + " objects, which no network needs; save it again.");
    }
    if (ancestors.size() >= MAX_DEPTH) {
      throw new TorchScriptException(
          file
              + " has objects nested deeper than "
              + MAX_DEPTH
              + " levels, which no network needs; save it again.");
    }
    if (!ancestors.add(value)) {
      return;
    }
    if (value instanceof Items items) {
      visitItems(items, sealed);
    } else if (value instanceof Dictionary dictionary) {
      visitPairs(dictionary, Optional.empty(), sealed);
    } else if (value instanceof Made made) {
      if (made.called()) {
        visitResult(made, kind, sealed);
      } else {
        visitObject(made, sealed);
      }
    } else if (value instanceof Persistent persistent) {
      opaque.add(storage(persistent).key());
    }
    ancestors.remove(value);
  }

  private void visitItems(Items items, boolean sealed) throws TorchScriptException {
    int number = 0;
    for (PickleValue item : items.values()) {
      visitChild(Integer.toString(number++), item, Kind.ATTRIBUTE, sealed);
    }
  }

  private void visitPairs(Dictionary dictionary, Optional<ModuleClass> owner, boolean sealed)
      throws TorchScriptException {
    List<PickleValue> pairs = dictionary.pairs();
    for (int i = 0; i < pairs.size(); i += 2) {
      String key =
          pairs.get(i) instanceof Text text
              ? text.value()
              : pairs.get(i) instanceof Number number
                  ? Long.toString(number.value())
                  : Integer.toString(i / 2);
      Kind kind =
          owner.isPresent() && owner.get().parameters().contains(key)
              ? Kind.PARAMETER
              : owner.isPresent() && owner.get().buffers().contains(key)
                  ? Kind.BUFFER
                  : Kind.ATTRIBUTE;
      visitChild(key, pairs.get(i + 1), kind, sealed);
    }
  }

  private void visitObject(Made made, boolean sealed) throws TorchScriptException {
    boolean foreign =
        !(made.maker() instanceof Global type)
            || !type.module().startsWith("__torch__")
            || type.module().startsWith("__torch__.torch.classes");
    visit(made.arguments(), Kind.ATTRIBUTE, true);
    if (!foreign && made.state() instanceof Dictionary attributes) {
      Global type = (Global) made.maker();
      if (classes.containsKey(type.qualified())) {
        countCharacters();
        objects.put(path.toString(), type.qualified());
      }
      visitPairs(attributes, Optional.ofNullable(classes.get(type.qualified())), sealed);
    } else {
      visit(made.state(), Kind.ATTRIBUTE, sealed || foreign);
    }
  }

  private void visitResult(Made made, Kind kind, boolean sealed) throws TorchScriptException {
    if (made.maker() instanceof Global function) {
      if (function.is(RebuiltTensor.MODULE, RebuiltTensor.FUNCTION)) {
        tensor(made, kind, sealed);
        return;
      }
      // build_tensorlist, restore_type_tag and the like: a list with its type.
      if (function.module().equals("torch.jit._pickle")
          && made.arguments() instanceof Items arguments
          && !arguments.values().isEmpty()
          && made.state() == Constant.NONE) {
        visit(arguments.values().get(0), Kind.ATTRIBUTE, sealed);
        return;
      }
    }
    visit(made.arguments(), Kind.ATTRIBUTE, true);
    visit(made.state(), Kind.ATTRIBUTE, true);
  }

  private void visitChild(String name, PickleValue child, Kind kind, boolean sealed)
      throws TorchScriptException {
    int length = path.length();
    if (length + name.length() < TorchScriptModule.MAX_NAME_BYTES) {
      path.append(length == 0 ? "" : ".").append(name);
      visit(child, kind, sealed);
      path.setLength(length);
    } else if (!(child instanceof Constant || child instanceof Number || child instanceof Text)) {
      throw new TorchScriptException(
          file
              + " has an object under a name of more than "
              + TorchScriptModule.MAX_NAME_BYTES
              + " characters, expected a shorter one; rename it.");
    }
  }

  private void tensor(Made made, Kind kind, boolean sealed) throws TorchScriptException {
    RebuiltTensor tensor;
    try {
      tensor = RebuiltTensor.of(made);
    } catch (IllegalArgumentException e) {
      throw damaged(e.getMessage());
    }
    add(tensor.storage());
    if (sealed || !tensor.isPlain() || tensor.storage().type().isEmpty()) {
      opaque.add(tensor.storage().key());
      return;
    }
    countCharacters();
    references.add(
        new Reference(
            path.isEmpty() ? "tensor" : path.toString(),
            kind,
            tensor.storage(),
            tensor.layout(),
            tensor.requiresGradient()));
  }

  private void countCharacters() throws TorchScriptException {
    nameCharacters += path.length();
    if (nameCharacters > MAX_NAME_CHARACTERS) {
      throw new TorchScriptException(
          file
              + " has tensors and objects whose names have more than "
              + MAX_NAME_CHARACTERS
              + " characters together, which no network needs; save it again.");
    }
  }

  private StorageId storage(Persistent persistent) throws TorchScriptException {
    try {
      return add(RebuiltTensor.storage(persistent));
    } catch (IllegalArgumentException e) {
      throw damaged(e.getMessage());
    }
  }

  private StorageId add(StorageId id) throws TorchScriptException {
    StorageId before = storages.putIfAbsent(id.key(), id);
    if (before != null && !before.equals(id)) {
      throw damaged(
          "has the storage "
              + PrintableName.quoted(id.key())
              + ", which another tensor has with another type or length");
    }
    return id;
  }

  private String quotedPath() {
    return PrintableName.quoted(path.toString());
  }

  private TorchScriptException damaged(String what) {
    return new TorchScriptException(
        file
            + ": the tensor "
            + quotedPath()
            + " "
            + what
            + "; the file is damaged, save it again.");
  }
}
