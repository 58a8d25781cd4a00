package io.pemn.packager.torchscript;

import io.pemn.loader.torchscript.TensorLayout;
import io.pemn.packager.tensors.PrintableName;
import io.pemn.packager.torchscript.TensorSearch.Reference;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides which of a module's tensors own the numbers, so that each number has one owner: a
 * parameter before a buffer before any other tensor, a larger tensor before its views.
 *
 * @param tensors the owners, in the module's order
 * @param opaque keys of the storages that stay as they are, since something else uses them
 */
record TensorSelection(List<ModuleTensor> tensors, Set<String> opaque) {
  /** Elements that are compared at most, which takes some seconds. */
  private static final long MAX_WORK = 1L << 32;

  /** Elements of a row that are compared as fast as one elsewhere. */
  private static final int FAST = 16;

  /** Tensors of a kind with all the same numbers. */
  private static final class Group {
    private final List<Reference> references = new ArrayList<>();
    private final List<String> views = new ArrayList<>();
    private Reference first;
    private int order;

    void add(Reference reference, int position) {
      references.add(reference);
      if (first == null || reference.kind().compareTo(first.kind()) < 0) {
        first = reference;
        order = position;
      }
    }

    TensorLayout layout() {
      return first.layout();
    }

    ModuleTensor tensor() {
      Set<String> aliases = new LinkedHashSet<>();
      references.forEach(reference -> aliases.add(reference.name()));
      aliases.addAll(views);
      aliases.remove(first.name());
      return new ModuleTensor(
          first.name(),
          first.kind(),
          first.storage().type().orElseThrow(),
          first.requiresGradient(),
          List.copyOf(aliases),
          first.storage().key(),
          layout());
    }
  }

  /**
   * Chooses the owners.
   *
   * @throws TorchScriptException if two tensors have only some of their numbers in common, or one
   *     name
   */
  static TensorSelection of(TensorSearch.Found found, String file) throws TorchScriptException {
    Map<String, Map<TensorLayout, Group>> storages = new LinkedHashMap<>();
    int position = 0;
    for (Reference reference : found.references()) {
      if (!found.opaque().contains(reference.storage().key())) {
        storages
            .computeIfAbsent(reference.storage().key(), key -> new LinkedHashMap<>())
            .computeIfAbsent(reference.layout(), layout -> new Group())
            .add(reference, position);
      }
      position++;
    }
    List<Group> owners = new ArrayList<>();
    Set<String> opaque = new HashSet<>(found.opaque());
    for (Map.Entry<String, Map<TensorLayout, Group>> storage : storages.entrySet()) {
      Optional<List<Group>> chosen = owners(List.copyOf(storage.getValue().values()), file);
      chosen.ifPresentOrElse(owners::addAll, () -> opaque.add(storage.getKey()));
    }
    owners.sort(Comparator.comparingInt(group -> group.order));
    List<ModuleTensor> tensors = owners.stream().map(Group::tensor).toList();
    checkNames(tensors, file);
    return new TensorSelection(tensors, Set.copyOf(opaque));
  }

  /** The owners of a storage's numbers, or nothing if it has to stay as it is. */
  private static Optional<List<Group>> owners(List<Group> groups, String file)
      throws TorchScriptException {
    if (groups.size() == 1) {
      return groups.get(0).layout().isInjective() ? Optional.of(groups) : Optional.empty();
    }
    List<Group> byRank = new ArrayList<>(groups);
    byRank.sort(
        Comparator.comparing((Group group) -> !group.layout().isInjective())
            .thenComparing(group -> group.first.kind())
            .thenComparing(group -> -group.layout().size())
            .thenComparing(group -> group.order));
    List<Group> owners = new ArrayList<>();
    BitSet taken = new BitSet();
    long work = 0;
    for (Group group : byRank) {
      work += group.layout().end() / FAST;
      work +=
          group.layout().isContiguous()
              ? 0
              : Math.min(group.layout().size(), group.first.storage().elements());
      if (work > MAX_WORK) {
        throw new TorchScriptException(
            file
                + ": the storage of "
                + PrintableName.quoted(group.first.name())
                + " has more tensors than can be compared; clone() them before the module is"
                + " saved.");
      }
      Optional<BitSet> places = places(group);
      if (places.isEmpty()) {
        return Optional.empty();
      }
      BitSet free = places.get();
      int size = free.cardinality();
      free.andNot(taken);
      if (free.isEmpty() && size > 0) {
        view(group, owners);
      } else if (!group.layout().isInjective()) {
        return Optional.empty();
      } else if (free.cardinality() == size) {
        owners.add(group);
        taken.or(free);
      } else {
        throw new TorchScriptException(
            file
                + ": the tensor "
                + PrintableName.quoted(group.first.name())
                + " shares some of its numbers with another and some not, which pemn does not read;"
                + " clone() it before the module is saved.");
      }
    }
    return Optional.of(owners);
  }

  /** Where the elements of the tensor stand, unless finding out takes too long. */
  private static Optional<BitSet> places(Group group) {
    TensorLayout layout = group.layout();
    BitSet places = new BitSet();
    if (layout.isContiguous()) {
      places.set((int) layout.offset(), (int) (layout.offset() + layout.size()));
      return Optional.of(places);
    }
    List<Integer> shape = new ArrayList<>();
    List<Long> strides = new ArrayList<>();
    for (int i = 0; i < layout.shape().size(); i++) {
      if (layout.strides().get(i) > 0 || layout.shape().get(i) == 0) {
        shape.add(layout.shape().get(i));
        strides.add(layout.strides().get(i));
      }
    }
    TensorLayout repeated = new TensorLayout(shape, layout.offset(), strides);
    if (repeated.size() > group.first.storage().elements()) {
      return Optional.empty();
    }
    repeated.forEach((element, index) -> places.set(index));
    return Optional.of(places);
  }

  private static void view(Group group, List<Group> owners) {
    long begin = group.layout().offset();
    Group owner =
        owners.stream()
            .filter(other -> other.layout().offset() <= begin && begin < other.layout().end())
            .findFirst()
            .orElse(owners.get(0));
    group.references.forEach(reference -> owner.views.add(reference.name()));
  }

  private static void checkNames(List<ModuleTensor> tensors, String file)
      throws TorchScriptException {
    Map<String, ModuleTensor> names = new HashMap<>();
    for (ModuleTensor tensor : tensors) {
      if (names.put(tensor.name(), tensor) != null) {
        throw new TorchScriptException(
            file
                + " has two tensors "
                + PrintableName.quoted(tensor.name())
                + ", expected one name for each; rename one.");
      }
    }
  }
}
