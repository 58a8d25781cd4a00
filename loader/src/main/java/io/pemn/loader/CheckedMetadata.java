package io.pemn.loader;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.Normalization;
import io.pemn.format.PemnFormatException;
import io.pemn.format.Prototype;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.InputTensor;
import io.pemn.format.network.NetworkDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.proto.MaskKind;
import io.pemn.format.proto.Measure;
import io.pemn.format.proto.Metadata;
import io.pemn.format.proto.Metrics;
import io.pemn.format.storage.ArchiveFormat;
import io.pemn.format.storage.LayerDigest;
import io.pemn.loader.torchscript.TorchScriptModule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What an archive's metadata claims, after every claim was held against the network and the limits.
 * Nothing is allocated for a count before it is checked.
 *
 * @param network what the parameters belong to
 * @param normalization how pixels become its input, if it takes images
 * @param layers the masked layers, in the network's order
 * @param unmasked every other parameter of a built-in network, in its order; a TorchScript module's
 *     are in its remainder
 */
record CheckedMetadata(
    NetworkDescription network,
    Optional<Normalization> normalization,
    List<Layer> layers,
    Optional<List<ParameterShape>> unmasked) {
  /** Room for a remainder tensor's name, shape, tags and lengths, before version 3. */
  private static final long MAX_TENSOR_OVERHEAD = 256;

  private static final int MAX_DIMENSIONS = 64;

  /**
   * Checks the metadata of an archive.
   *
   * @param version of the format
   * @param storedValuesBytes bytes of prototype values that the file has
   */
  static CheckedMetadata of(int version, Metadata metadata, long storedValuesBytes, Limits limits)
      throws PemnFormatException {
    NetworkDescription network =
        NetworkDescription.of(
            metadata.getNetwork(),
            metadata.hasInput() ? Optional.of(metadata.getInput()) : Optional.empty());
    long inputs = network.inputs().stream().mapToLong(InputTensor::elements).sum();
    if (inputs > limits.inputNumbers()) {
      throw exceeded(
          "a network that takes " + inputs + " numbers a sample",
          limits.inputNumbers() + " of them");
    }
    Optional<List<ParameterShape>> parameters =
        network instanceof BuiltInDescription builtIn
            ? Optional.of(builtIn.parameters())
            : Optional.empty();
    List<Layer> layers = layers(version, metadata, parameters, limits);
    checkPrototype(metadata, layers, limits);
    checkPrototypeValues(metadata, storedValuesBytes);
    checkModule(version, metadata, limits);
    Set<String> masked = new HashSet<>();
    layers.forEach(layer -> masked.add(layer.name()));
    Optional<List<ParameterShape>> unmasked =
        parameters.map(
            all -> all.stream().filter(parameter -> !masked.contains(parameter.name())).toList());
    if (version <= ArchiveFormat.LAST_SPELLED_OUT) {
      checkOldRemainderClaims(metadata, unmasked, limits);
    } else {
      checkRemainderClaims(metadata, unmasked, limits);
    }
    int labels = metadata.getClassLabelsCount();
    if (labels != 0 && labels != network.classes()) {
      throw corrupt(
          "names for " + labels + " classes",
          network.classes() + " of them or none",
          "The archive has {found}, but its network's outputs need {expected}");
    }
    Metrics metrics = metadata.getProvenance().getMetrics();
    if (metrics.getMeasure() == Measure.UNRECOGNIZED) {
      throw unsupported(
          "measure " + metrics.getMeasureValue(),
          "0 to " + (Measure.values().length - 2),
          "The archive's accuracy and loss are of {found}");
    }
    if (!(metrics.getAccuracy() >= 0 && metrics.getAccuracy() <= 1)
        || !Double.isFinite(metrics.getLoss())) {
      throw corrupt(
          "an accuracy of " + metrics.getAccuracy() + " and a loss of " + metrics.getLoss(),
          "0 to 1 and a finite number",
          "The archive says that {found} were measured, but only {expected} are possible");
    }
    return new CheckedMetadata(network, normalization(metadata), layers, unmasked);
  }

  private static Optional<Normalization> normalization(Metadata metadata)
      throws PemnFormatException {
    if (!metadata.hasInput()) {
      return Optional.empty();
    }
    try {
      Normalization normalization =
          new Normalization(
                  metadata.getInput().getMeanList(), metadata.getInput().getDeviationList())
              .requireChannels(metadata.getInput().getChannels());
      return Optional.of(normalization);
    } catch (IllegalArgumentException e) {
      throw new PemnFormatException.Corrupt(
          Finding.of(
              ArchiveSection.METADATA, e.getMessage(), "finite means and deviations above 0"),
          "The archive's input normalisation should have {expected}: {found}",
          e);
    }
  }

  private static List<Layer> layers(
      int version, Metadata metadata, Optional<List<ParameterShape>> parameters, Limits limits)
      throws PemnFormatException {
    Optional<List<ParameterShape>> weights =
        parameters.map(
            all -> all.stream().filter(parameter -> parameter.role() == Role.WEIGHT).toList());
    Optional<Iterator<ParameterShape>> maskable = weights.map(List::iterator);
    boolean implied =
        version > ArchiveFormat.LAST_SPELLED_OUT
            && weights.isPresent()
            && weights.get().size() == metadata.getLayersCount();
    Set<String> names = new HashSet<>();
    List<Layer> found = new ArrayList<>();
    long position = 0;
    for (io.pemn.format.proto.Layer layer : metadata.getLayersList()) {
      ParameterShape parameter;
      if (implied) {
        parameter = maskable.get().next();
        checkUnnamed(layer, parameter);
      } else {
        parameter =
            maskable.isPresent() ? next(maskable.get(), layer.getName()) : claimed(layer, names);
        checkShape(parameter, layer.getShapeList(), ArchiveSection.METADATA);
      }
      int size = parameter.size();
      if (position + size > Math.min(limits.weights(), Integer.MAX_VALUE)) {
        throw exceeded(
            position + size + " masked weights or more",
            Math.min(limits.weights(), Integer.MAX_VALUE) + " masked weights");
      }
      checkNumbers(layer, parameter);
      found.add(
          new Layer(
              parameter.name(),
              parameter.shape(),
              (int) position,
              size,
              layer.getOffset(),
              layer.getScale(),
              (int) layer.getKept(),
              Layer.hex(layer.getDigest().toByteArray()),
              layer.getKind()));
      position += size;
    }
    return List.copyOf(found);
  }

  private static void checkNumbers(io.pemn.format.proto.Layer layer, ParameterShape parameter)
      throws PemnFormatException {
    String sentence = "The archive's layer " + parameter.name() + " has {found}, not {expected}";
    if (layer.getKind() == MaskKind.UNRECOGNIZED) {
      throw unsupported(
          "a mask of kind " + layer.getKindValue(),
          "0 to " + (MaskKind.values().length - 2),
          "The archive's layer " + parameter.name() + " has {found}");
    }
    int size = parameter.size();
    boolean sign = layer.getKind() == MaskKind.SIGN;
    if (Long.compareUnsigned(layer.getKept(), size) > 0 || sign && layer.getKept() != size) {
      throw corrupt(
          Long.toUnsignedString(layer.getKept()) + " kept weights",
          sign ? "all its " + size : "at most its " + size,
          sentence);
    }
    if (!Float.isFinite(layer.getScale())) {
      throw corrupt("the scale " + layer.getScale(), "a finite one", sentence);
    }
    if (layer.getOffset() < 0) {
      throw corrupt(
          "the offset " + Long.toUnsignedString(layer.getOffset()),
          "one below 9223372036854775808",
          sentence);
    }
    if (layer.getDigest().size() != LayerDigest.BYTES) {
      throw corrupt(
          "a digest of " + layer.getDigest().size() + " bytes",
          "one of " + LayerDigest.BYTES,
          sentence);
    }
  }

  private static PemnFormatException corrupt(Object found, Object expected, String sentence) {
    return new PemnFormatException.Corrupt(
        Finding.of(ArchiveSection.METADATA, found, expected),
        sentence + "; it was written by a faulty tool.");
  }

  private static PemnFormatException unsupported(String found, String expected, String sentence) {
    return new PemnFormatException.Unsupported(
        Finding.of(ArchiveSection.METADATA, found, expected),
        sentence + ", but this version of pemn knows {expected}; use a newer one.");
  }

  private static PemnFormatException exceeded(String found, String most) {
    return new PemnFormatException.LimitExceeded(
        Finding.of(ArchiveSection.METADATA, found, "at most " + most),
        "The archive has {found}, but {expected} are allowed; raise the limit if you trust it.");
  }

  /** Where all weights of a built-in network are masked, the network says which these are. */
  private static void checkUnnamed(io.pemn.format.proto.Layer layer, ParameterShape parameter)
      throws PemnFormatException {
    if (!layer.getName().isEmpty() || layer.getShapeCount() > 0) {
      throw corrupt(
          "name or shape of " + parameter.name(),
          "neither",
          "The archive has {found}, where its network says both and the format has {expected}");
    }
  }

  private static ParameterShape next(Iterator<ParameterShape> maskable, String name)
      throws PemnFormatException {
    while (maskable.hasNext()) {
      ParameterShape parameter = maskable.next();
      if (parameter.name().equals(name)) {
        return parameter;
      }
    }
    throw corrupt(
        "a layer \"" + name + "\"",
        "weights of its network, each once and in its order",
        "The archive has {found}, but only {expected} can be masked");
  }

  /** A layer of a TorchScript module: the archive alone says what it is. */
  private static ParameterShape claimed(io.pemn.format.proto.Layer layer, Set<String> names)
      throws PemnFormatException {
    String shown = "The archive's layer \"" + layer.getName() + "\" has {found}, not {expected}";
    if (!TorchScriptModule.isName(layer.getName())) {
      throw corrupt("such a name", "1 to 4096 bytes of printable text", shown);
    }
    if (!names.add(layer.getName())) {
      throw corrupt("another's name", "one of its own", shown);
    }
    if (layer.getShapeCount() < 1 || layer.getShapeCount() > MAX_DIMENSIONS) {
      throw corrupt(layer.getShapeCount() + " dimensions", "1 to " + MAX_DIMENSIONS, shown);
    }
    long size = 1;
    for (long dimension : layer.getShapeList()) {
      if (dimension < 1 || dimension > Integer.MAX_VALUE / size) {
        throw corrupt(
            "a shape of " + shape(layer.getShapeList()),
            "dimensions from 1 with a product below 2147483648",
            shown);
      }
      size *= dimension;
    }
    return new ParameterShape(
        layer.getName(), layer.getShapeList().stream().map(Long::intValue).toList(), Role.WEIGHT);
  }

  static String shape(List<Long> shape) {
    return shape.stream().map(Long::toUnsignedString).collect(Collectors.joining(" x "));
  }

  private static void checkModule(int version, Metadata metadata, Limits limits)
      throws PemnFormatException {
    if (metadata.getNetwork().hasTorchScript() != metadata.hasModule()) {
      throw corrupt(
          metadata.hasModule() ? "a module" : "no module",
          metadata.hasModule() ? "none" : "one",
          "The archive has {found}, but its network needs {expected}");
    }
    long decoded = metadata.getModule().getDecodedBytes();
    if (version > ArchiveFormat.LAST_SPELLED_OUT) {
      checkNotStated(decoded, "decompressed size of its module");
      return;
    }
    if (decoded < 0 || decoded > limits.moduleBytes()) {
      throw exceeded(
          "a module of " + Long.toUnsignedString(decoded) + " bytes in memory",
          limits.moduleBytes() + " bytes");
    }
  }

  static void checkShape(ParameterShape parameter, List<Long> shape, ArchiveSection section)
      throws PemnFormatException {
    if (!shape.equals(parameter.shape().stream().map(Integer::longValue).toList())) {
      throw new PemnFormatException.Corrupt(
          Finding.of(section, "shape " + shape(shape), "shape " + parameter.shape()),
          "The archive's "
              + parameter.name()
              + " has {found}, but its network needs {expected}; it was written by a faulty tool.");
    }
  }

  private static void checkPrototype(Metadata metadata, List<Layer> layers, Limits limits)
      throws PemnFormatException {
    if (layers.isEmpty() != !metadata.hasPrototype()
        || layers.isEmpty() != !metadata.hasMasks()
        || layers.isEmpty() && (metadata.hasPrototypeValues() || metadata.hasCodedPrototype())) {
      throw corrupt(
          layers.size()
              + " layers, "
              + (metadata.hasPrototype() ? "a" : "no")
              + " prototype and "
              + (metadata.hasMasks() ? "" : "no ")
              + "masks",
          "a prototype and masks exactly where there are layers, and values of it only then",
          "The archive has {found}, but should have {expected}");
    }
    if (layers.isEmpty()) {
      return;
    }
    long weights = layers.stream().mapToLong(Layer::size).sum();
    io.pemn.format.proto.Prototype prototype = metadata.getPrototype();
    long length = prototype.getLength();
    long shuffled = prototype.getShuffledLength();
    if (length < 1 || length > Prototype.MAX_LENGTH) {
      throw corrupt(
          Long.toUnsignedString(length) + " values",
          "1 to " + Prototype.MAX_LENGTH,
          "The archive's prototype has {found}, but {expected} are possible");
    }
    boolean stored = metadata.hasPrototypeValues() || metadata.hasCodedPrototype();
    boolean generated =
        prototype.getDistribution() == io.pemn.format.proto.Distribution.NORMAL
            || prototype.getDistribution() == io.pemn.format.proto.Distribution.SIGNED_CONSTANT;
    if (!stored && !generated) {
      throw unsupported(
          "distribution " + prototype.getDistributionValue() + " and has no values",
          "1 to " + (io.pemn.format.proto.Distribution.values().length - 2),
          "The archive's prototype follows {found}");
    }
    // Their number bounds what the values may take in memory.
    boolean codable =
        !metadata.hasPrototypeValues()
            && prototype.getDistribution() == io.pemn.format.proto.Distribution.EXPLICIT
            && shuffled == 0
            && length <= weights;
    if (metadata.hasCodedPrototype() && !codable) {
      throw corrupt(
          "stored otherwise, too, or regenerated, shuffled, or longer than its layers",
          "none of these",
          "The archive has coded values of a prototype that is {found}, but should be {expected}");
    }
    // Shuffled padding holds all values in memory; without this, a small file could ask for 4 GiB.
    if (shuffled != 0 && Long.compareUnsigned(length, shuffled) > 0) {
      throw corrupt(
          length + " values",
          "at most as many as the " + Long.toUnsignedString(shuffled) + " positions",
          "The archive's prototype has {found}, but {expected} that its layers read shuffled");
    }
    if (shuffled < 0 || shuffled > weights) {
      throw corrupt(
          Long.toUnsignedString(shuffled) + " positions",
          "at most the " + weights + " weights of its layers",
          "The archive's prototype is shuffled over {found}, but {expected} are possible");
    }
    checkPrototypeBytes(metadata, limits);
    for (Layer layer : layers) {
      long end = layer.offset() + layer.size();
      if (end < 0 || shuffled != 0 && end > shuffled) {
        throw corrupt(
            "the offset " + layer.offset(),
            shuffled == 0
                ? "at most " + (Long.MAX_VALUE - layer.size())
                : "at most " + (shuffled - layer.size()),
            "The archive's layer "
                + layer.name()
                + " has {found} in its prototype, but {expected} is possible for its size");
      }
    }
  }

  /** Coded values, and those that are read in another order, are all in memory at once. */
  private static void checkPrototypeBytes(Metadata metadata, Limits limits)
      throws PemnFormatException {
    long shuffled = metadata.getPrototype().getShuffledLength();
    boolean whole = metadata.hasCodedPrototype() || shuffled != 0;
    // At most 2^30 values and fewer than 2^31 positions: no overflow.
    long bytes =
        whole ? metadata.getPrototype().getLength() * Float.BYTES + shuffled * Integer.BYTES : 0;
    if (bytes > limits.prototypeBytes()) {
      throw exceeded(
          "a prototype of " + bytes + " bytes in memory", limits.prototypeBytes() + " bytes");
    }
  }

  private static void checkPrototypeValues(Metadata metadata, long storedBytes)
      throws PemnFormatException {
    long length = metadata.getPrototype().getLength();
    if (metadata.hasPrototypeValues() && storedBytes != length * Float.BYTES) {
      throw new PemnFormatException.Corrupt(
          Finding.of(
              ArchiveSection.PROTOTYPE_VALUES,
              storedBytes + " bytes",
              length * Float.BYTES + " bytes"),
          "The archive's prototype values take {found}, but "
              + length
              + " of them take {expected}; get the file again.");
    }
  }

  private static void checkNotStated(long number, String what) throws PemnFormatException {
    if (number != 0) {
      throw corrupt(
          "the " + what + ", " + Long.toUnsignedString(number),
          "nothing",
          "The archive states {found}, where this format version states {expected} since it follows"
              + " from the rest");
    }
  }

  /** Whatever a remainder claims later, its numbers must fit in memory. */
  private static void checkRemainderClaims(
      Metadata metadata, Optional<List<ParameterShape>> unmasked, Limits limits)
      throws PemnFormatException {
    checkNotStated(metadata.getRemainder().getDecodedBytes(), "decompressed size of its remainder");
    long parameters = metadata.getRemainder().getParameters();
    if (unmasked.isPresent()) {
      checkNotStated(parameters, "number of its remaining parameters");
      if (metadata.hasRemainder() == unmasked.get().isEmpty()) {
        throw corrupt(
            metadata.hasRemainder() ? "a remainder" : "no remainder",
            metadata.hasRemainder() ? "none" : "one",
            "The archive has {found}, but its network's parameters that are not masked need"
                + " {expected}");
      }
      parameters = unmasked.get().stream().mapToLong(ParameterShape::size).sum();
    }
    long bytes = parameters * (unmasked.isPresent() ? Float.BYTES : 1);
    if (parameters < 0 || bytes > limits.remainderBytes()) {
      throw exceeded(
          "a remainder of " + Long.toUnsignedString(parameters) + " numbers",
          limits.remainderBytes() + " bytes of them");
    }
  }

  private static void checkOldRemainderClaims(
      Metadata metadata, Optional<List<ParameterShape>> unmasked, Limits limits)
      throws PemnFormatException {
    long claimed = metadata.getRemainder().getParameters();
    // What a TorchScript module's remainder holds is checked against the claim when it is decoded.
    long parameters =
        unmasked.map(all -> all.stream().mapToLong(ParameterShape::size).sum()).orElse(claimed);
    if (claimed != parameters || claimed < 0) {
      throw corrupt(
          Long.toUnsignedString(claimed) + " parameters",
          unmasked.isPresent() ? parameters : "fewer than 9223372036854775808",
          "The archive's remainder has {found}, but its network has {expected} that are not masked");
    }
    long decoded = metadata.getRemainder().getDecodedBytes();
    if (decoded < 0 || decoded > limits.remainderBytes()) {
      throw exceeded(
          "a remainder of " + Long.toUnsignedString(decoded) + " bytes in memory",
          limits.remainderBytes() + " bytes");
    }
    if (unmasked.isEmpty()) {
      if (metadata.hasRemainder() && decoded == 0) {
        throw corrupt(
            "a remainder without a tensor",
            "none at all",
            "The archive has {found}, but should have {expected}");
      }
      if (claimed > decoded) {
        throw corrupt(
            decoded + " bytes",
            "at least one for each of its " + claimed + " numbers",
            "The archive's remainder takes {found} in memory, but needs {expected}");
      }
      return;
    }
    if (decoded < parameters * Float.BYTES) {
      throw corrupt(
          decoded + " bytes",
          "at least " + parameters * Float.BYTES,
          "The archive's remainder takes {found} in memory, but the parameters of its network that"
              + " are not masked take {expected}");
    }
    long possible = parameters * Float.BYTES + unmasked.get().size() * MAX_TENSOR_OVERHEAD;
    if (decoded > possible) {
      throw corrupt(
          decoded + " bytes",
          "at most " + possible,
          "The archive's remainder takes {found} in memory, but the parameters of its network that"
              + " are not masked take {expected}");
    }
  }
}
