package io.pemn.loader;

import io.pemn.format.Normalization;
import io.pemn.format.PemnFormatException;
import io.pemn.format.Prototype;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.NetworkDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.proto.MaskKind;
import io.pemn.format.proto.Measure;
import io.pemn.format.proto.Metadata;
import io.pemn.format.proto.Metrics;
import io.pemn.format.storage.ArchiveFormat;
import io.pemn.format.storage.LayerDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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
    Optional<List<ParameterShape>> parameters =
        network instanceof BuiltInDescription builtIn
            ? Optional.of(builtIn.parameters())
            : Optional.empty();
    List<Layer> layers = layers(version, metadata, parameters, limits);
    checkPrototype(metadata, layers);
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
      throw new PemnFormatException.Corrupt(
          "The archive names "
              + labels
              + " classes, but its network has "
              + network.classes()
              + " outputs; get the file again.");
    }
    Metrics metrics = metadata.getProvenance().getMetrics();
    if (metrics.getMeasure() == Measure.UNRECOGNIZED) {
      throw new PemnFormatException.Unsupported(
          "The archive's accuracy and loss are of measure "
              + metrics.getMeasureValue()
              + ", which this version of pemn does not know; use a newer one.");
    }
    if (!(metrics.getAccuracy() >= 0 && metrics.getAccuracy() <= 1)
        || !Double.isFinite(metrics.getLoss())) {
      throw new PemnFormatException.Corrupt(
          "The archive says that an accuracy of "
              + metrics.getAccuracy()
              + " and a loss of "
              + metrics.getLoss()
              + " were measured, but those are not possible; it was written by a faulty tool.");
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
          "The archive's input normalisation is unusable: " + e.getMessage(), e);
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
        checkShape(parameter, layer.getShapeList());
      }
      int size = parameter.size();
      if (position + size > Math.min(limits.weights(), Integer.MAX_VALUE)) {
        throw new PemnFormatException.LimitExceeded(
            "The archive has more masked weights than the limit of "
                + limits.weights()
                + "; raise the limit if you trust it.");
      }
      boolean sound =
          layer.getKept() >= 0
              && layer.getKept() <= size
              && (layer.getKind() != MaskKind.SIGN || layer.getKept() == size)
              && Float.isFinite(layer.getScale())
              && layer.getOffset() >= 0
              && layer.getDigest().size() == LayerDigest.BYTES;
      if (!sound) {
        throw new PemnFormatException.Corrupt(
            "The archive's layer "
                + parameter.name()
                + " has an impossible count, scale, offset or digest;"
                + " it was written by a faulty tool.");
      }
      if (layer.getKind() == MaskKind.UNRECOGNIZED) {
        throw new PemnFormatException.Unsupported(
            "The archive's layer "
                + parameter.name()
                + " has a mask of kind "
                + layer.getKindValue()
                + ", which this version of pemn does not know; use a newer one.");
      }
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

  /** Where all weights of a built-in network are masked, the network says which these are. */
  private static void checkUnnamed(io.pemn.format.proto.Layer layer, ParameterShape parameter)
      throws PemnFormatException {
    if (!layer.getName().isEmpty() || layer.getShapeCount() > 0) {
      throw new PemnFormatException.Corrupt(
          "The archive repeats name or shape of "
              + parameter.name()
              + ", which its network says; it was written by a faulty tool.");
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
    throw new PemnFormatException.Corrupt(
        "The archive masks \""
            + name
            + "\", which its network does not have, or not in this place, or masks it twice;"
            + " it was written by a faulty tool.");
  }

  /** A layer of a TorchScript module: the archive alone says what it is. */
  private static ParameterShape claimed(io.pemn.format.proto.Layer layer, Set<String> names)
      throws PemnFormatException {
    long size = 1;
    boolean sound =
        !layer.getName().isEmpty()
            && names.add(layer.getName())
            && layer.getShapeCount() >= 1
            && layer.getShapeCount() <= MAX_DIMENSIONS;
    for (long dimension : layer.getShapeList()) {
      sound = sound && dimension >= 1 && dimension <= Integer.MAX_VALUE / size;
      size *= sound ? dimension : 1;
    }
    if (!sound) {
      throw new PemnFormatException.Corrupt(
          "The archive's layer \""
              + layer.getName()
              + "\" has no name of its own or an impossible shape; it was written by a faulty"
              + " tool.");
    }
    return new ParameterShape(
        layer.getName(), layer.getShapeList().stream().map(Long::intValue).toList(), Role.WEIGHT);
  }

  private static void checkModule(int version, Metadata metadata, Limits limits)
      throws PemnFormatException {
    if (metadata.getNetwork().hasTorchScript() != metadata.hasModule()) {
      throw new PemnFormatException.Corrupt(
          "The archive must have a module exactly where its network is one;"
              + " it was written by a faulty tool.");
    }
    long decoded = metadata.getModule().getDecodedBytes();
    if (version > ArchiveFormat.LAST_SPELLED_OUT) {
      checkNotStated(decoded, "decompressed size of its module");
      return;
    }
    if (decoded < 0 || decoded > limits.moduleBytes()) {
      throw new PemnFormatException.LimitExceeded(
          "The archive's module takes "
              + Long.toUnsignedString(decoded)
              + " bytes in memory, more than the limit of "
              + limits.moduleBytes()
              + "; raise the limit if you trust it.");
    }
  }

  static void checkShape(ParameterShape parameter, List<Long> shape) throws PemnFormatException {
    if (!shape.equals(parameter.shape().stream().map(Integer::longValue).toList())) {
      throw new PemnFormatException.Corrupt(
          "The archive's "
              + parameter.name()
              + " has shape "
              + shape
              + ", but its network needs "
              + parameter.shape()
              + "; it was written by a faulty tool.");
    }
  }

  private static void checkPrototype(Metadata metadata, List<Layer> layers)
      throws PemnFormatException {
    if (layers.isEmpty() != !metadata.hasPrototype()
        || layers.isEmpty() != !metadata.hasMasks()
        || layers.isEmpty() && (metadata.hasPrototypeValues() || metadata.hasCodedPrototype())) {
      throw new PemnFormatException.Corrupt(
          "The archive must have a prototype and masks exactly where it has masked layers;"
              + " it was written by a faulty tool.");
    }
    if (layers.isEmpty()) {
      return;
    }
    long weights = layers.stream().mapToLong(Layer::size).sum();
    io.pemn.format.proto.Prototype prototype = metadata.getPrototype();
    long length = prototype.getLength();
    long shuffled = prototype.getShuffledLength();
    if (length < 1 || length > Prototype.MAX_LENGTH) {
      throw new PemnFormatException.Corrupt(
          "The archive's prototype has "
              + Long.toUnsignedString(length)
              + " values, but 1 to "
              + Prototype.MAX_LENGTH
              + " are possible; get the file again.");
    }
    boolean stored = metadata.hasPrototypeValues() || metadata.hasCodedPrototype();
    boolean generated =
        prototype.getDistribution() == io.pemn.format.proto.Distribution.NORMAL
            || prototype.getDistribution() == io.pemn.format.proto.Distribution.SIGNED_CONSTANT;
    if (!stored && !generated) {
      throw new PemnFormatException.Unsupported(
          "The archive's prototype follows distribution "
              + prototype.getDistributionValue()
              + ", which this version of pemn cannot regenerate; use a newer one.");
    }
    // Their number bounds what the values may take in memory.
    boolean codable =
        !metadata.hasPrototypeValues()
            && prototype.getDistribution() == io.pemn.format.proto.Distribution.EXPLICIT
            && shuffled == 0
            && length <= weights;
    if (metadata.hasCodedPrototype() && !codable) {
      throw new PemnFormatException.Corrupt(
          "The archive has coded values of a prototype that is stored otherwise, too, or"
              + " regenerated, shuffled, or longer than its layers; it was written by a faulty"
              + " tool.");
    }
    // Shuffled padding holds all values in memory; without this, a small file could ask for 4 GiB.
    if (shuffled != 0 && Long.compareUnsigned(length, shuffled) > 0) {
      throw new PemnFormatException.Corrupt(
          "The archive's prototype has "
              + length
              + " values, more than the "
              + shuffled
              + " positions that its layers read shuffled; it was written by a faulty tool.");
    }
    if (shuffled < 0 || shuffled > weights) {
      throw new PemnFormatException.Corrupt(
          "The archive's prototype is shuffled over "
              + Long.toUnsignedString(shuffled)
              + " positions, more than the "
              + weights
              + " weights of its layers; it was written by a faulty tool.");
    }
    for (Layer layer : layers) {
      long end = layer.offset() + layer.size();
      if (end < 0 || shuffled != 0 && end > shuffled) {
        throw new PemnFormatException.Corrupt(
            "The archive's layer "
                + layer.name()
                + " begins at offset "
                + layer.offset()
                + " of its prototype and ends beyond it; it was written by a faulty tool.");
      }
    }
  }

  private static void checkPrototypeValues(Metadata metadata, long storedBytes)
      throws PemnFormatException {
    long length = metadata.getPrototype().getLength();
    if (metadata.hasPrototypeValues() && storedBytes != length * Float.BYTES) {
      throw new PemnFormatException.Corrupt(
          "The archive stores "
              + storedBytes
              + " bytes of prototype, but its "
              + length
              + " values take "
              + length * Float.BYTES
              + "; get the file again.");
    }
  }

  private static void checkNotStated(long number, String what) throws PemnFormatException {
    if (number != 0) {
      throw new PemnFormatException.Corrupt(
          "The archive states the "
              + what
              + ", "
              + Long.toUnsignedString(number)
              + ", which follows from the rest of it; it was written by a faulty tool.");
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
        throw new PemnFormatException.Corrupt(
            "The archive must have a remainder exactly where its network has parameters that are"
                + " not masked; it was written by a faulty tool.");
      }
      parameters = unmasked.get().stream().mapToLong(ParameterShape::size).sum();
    }
    long bytes = parameters * (unmasked.isPresent() ? Float.BYTES : 1);
    if (parameters < 0 || bytes > limits.remainderBytes()) {
      throw new PemnFormatException.LimitExceeded(
          "The archive's remainder has "
              + Long.toUnsignedString(parameters)
              + " numbers, which take more than the limit of "
              + limits.remainderBytes()
              + " bytes; raise the limit if you trust it.");
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
      throw new PemnFormatException.Corrupt(
          "The archive's remainder has "
              + Long.toUnsignedString(claimed)
              + " parameters, but its network has "
              + parameters
              + " that are not masked; it was written by a faulty tool.");
    }
    long decoded = metadata.getRemainder().getDecodedBytes();
    if (decoded < 0 || decoded > limits.remainderBytes()) {
      throw new PemnFormatException.LimitExceeded(
          "The archive's remainder takes "
              + Long.toUnsignedString(decoded)
              + " bytes in memory, more than the limit of "
              + limits.remainderBytes()
              + "; raise the limit if you trust it.");
    }
    if (unmasked.isEmpty()) {
      if (metadata.hasRemainder() && decoded == 0) {
        throw new PemnFormatException.Corrupt(
            "The archive has a remainder without a tensor, where it should have none;"
                + " it was written by a faulty tool.");
      }
      if (claimed > decoded) {
        throw new PemnFormatException.Corrupt(
            "The archive's remainder takes "
                + decoded
                + " bytes in memory, fewer than the "
                + claimed
                + " numbers that it should hold; it was written by a faulty tool.");
      }
      return;
    }
    if (decoded < parameters * Float.BYTES) {
      throw new PemnFormatException.Corrupt(
          "The archive's remainder takes "
              + decoded
              + " bytes in memory, but the parameters of its network that are not masked take at"
              + " least "
              + parameters * Float.BYTES
              + "; it was written by a faulty tool.");
    }
    long possible = parameters * Float.BYTES + unmasked.get().size() * MAX_TENSOR_OVERHEAD;
    if (decoded > possible) {
      throw new PemnFormatException.Corrupt(
          "The archive's remainder takes "
              + decoded
              + " bytes in memory, but the parameters of its network that are not masked take at"
              + " most "
              + possible
              + "; it was written by a faulty tool.");
    }
  }
}
