package io.pemn.loader;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.pemn.format.ArchiveFormat;
import io.pemn.format.Distribution;
import io.pemn.format.Mask;
import io.pemn.format.Normalization;
import io.pemn.format.Padding;
import io.pemn.format.PemnFormatException;
import io.pemn.format.Prototype;
import io.pemn.format.ZstdFrame;
import io.pemn.format.mask.MaskCodecs;
import io.pemn.format.network.NetworkDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.format.proto.Metadata;
import io.pemn.format.proto.Provenance;
import io.pemn.format.proto.Remainder;
import io.pemn.format.proto.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * An open {@code .pemn} archive: its metadata, and its layers and remainder, decoded when asked
 * for.
 *
 * <p>Opening checks the head's digest and everything that the metadata claims; a section's digest
 * is checked when the section is first decoded. Instances are immutable as far as callers can see
 * and safe for concurrent use; they hold no file open. Rebuilding needs no DJL.
 */
public final class PemnArchive {
  private static final int WEIGHTS_AT_ONCE = 1 << 14;

  private final long fileBytes;
  private final String digest;
  private final Metadata metadata;
  private final NetworkDescription network;
  private final Normalization normalization;
  private final List<Layer> layers;
  private final ByteBuffer masks;
  private final ByteBuffer remainder;
  private final ByteBuffer prototypeValues;

  private Mask allMasks;
  private Padding padding;
  private List<RemainderTensor> remainderTensors;

  private PemnArchive(ByteBuffer file, Limits limits) throws PemnFormatException {
    this.fileBytes = file.remaining();
    checkMagic(file);
    ArchiveCursor cursor = new ArchiveCursor(file.slice());
    cursor.readBytes(1, "magic");
    long version = cursor.readNumber(2, "format version");
    if (version == 0) {
      throw new PemnFormatException.Corrupt(
          "The archive has format version 0, which never was: the file is damaged; get it again.");
    }
    if (version != ArchiveFormat.VERSION) {
      throw new PemnFormatException.TooNew(
          "The archive has format version "
              + Long.toUnsignedString(version)
              + ", but this version of pemn reads "
              + ArchiveFormat.VERSION
              + "; use a newer pemn, or get the file again if it is damaged.");
    }
    ByteBuffer metadataBytes = cursor.readBytes(3, "metadata");
    ByteBuffer head = file.slice(0, cursor.position());
    ByteBuffer headDigest = cursor.readBytes(4, "head digest");
    checkDigest(head, headDigest, "head");
    this.digest = Layer.hex(ArchiveFormat.digest(head));
    this.metadata = parse(metadataBytes);

    this.masks = section(cursor, 5, "masks", metadata.hasMasks(), maskBytes());
    this.remainder =
        section(cursor, 6, "remainder", metadata.hasRemainder(), remainderStoredBytes());
    this.prototypeValues =
        section(cursor, 7, "prototype values", metadata.hasPrototypeValues(), prototypeBytes());
    if (!cursor.atEnd()) {
      throw new PemnFormatException.Corrupt(
          "The archive ends at byte "
              + cursor.position()
              + ", but the file has "
              + fileBytes
              + ": something was appended to it; get it again.");
    }

    this.network = NetworkDescription.of(metadata.getNetwork(), metadata.getInput());
    this.normalization = normalization(metadata);
    this.layers = layers(limits);
    checkPrototype();
    checkRemainderClaims(limits);
    int labels = metadata.getClassLabelsCount();
    if (labels != 0 && labels != network.classes()) {
      throw new PemnFormatException.Corrupt(
          "The archive names "
              + labels
              + " classes, but its network has "
              + network.classes()
              + " outputs; get the file again.");
    }
  }

  /**
   * Opens an archive within {@link Limits#DEFAULT}.
   *
   * @throws PemnFormatException if it is no sound archive
   * @throws IOException if it cannot be read
   */
  public static PemnArchive open(Path file) throws IOException {
    return open(file, Limits.DEFAULT);
  }

  /**
   * Opens an archive.
   *
   * @param limits what it may ask for
   * @throws PemnFormatException if it is no sound archive, or exceeds the limits
   * @throws IOException if it cannot be read
   */
  public static PemnArchive open(Path file, Limits limits) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(
          "There is no file " + file + "; check the path of the archive.");
    }
    if (!Files.isRegularFile(file)) {
      throw new PemnFormatException.NotAnArchive(
          file + " is not a file; give the path of a .pemn archive.");
    }
    long size = Files.size(file);
    if (size > limits.fileBytes()) {
      throw new PemnFormatException.LimitExceeded(
          file
              + " has "
              + size
              + " bytes, more than the limit of "
              + limits.fileBytes()
              + "; raise the limit if you trust it.");
    }
    return read(Files.readAllBytes(file), limits);
  }

  /**
   * Reads an archive from memory.
   *
   * @param file all its bytes; not copied: do not change them afterwards
   * @param limits what it may ask for
   * @throws PemnFormatException if it is no sound archive, or exceeds the limits
   */
  public static PemnArchive read(byte[] file, Limits limits) throws PemnFormatException {
    return new PemnArchive(ByteBuffer.wrap(file).asReadOnlyBuffer(), limits);
  }

  /** Size of the file in bytes. */
  public long fileBytes() {
    return fileBytes;
  }

  /** Where those bytes are. */
  public Sections sections() {
    long sections = maskBytes() + remainderStoredBytes() + prototypeBytes();
    return new Sections(
        maskBytes(), remainderStoredBytes(), prototypeBytes(), fileBytes - sections);
  }

  /** The network that the parameters belong to. */
  public NetworkDescription network() {
    return network;
  }

  /** How pixels become the network's input. */
  public Normalization normalization() {
    return normalization;
  }

  /** One name an output of the network, or none at all. */
  public List<String> classLabels() {
    return List.copyOf(metadata.getClassLabelsList());
  }

  /** Where the archive comes from and what was measured. */
  public Provenance provenance() {
    return metadata.getProvenance();
  }

  /** SHA-256 of the head in hexadecimal; since it covers every other digest, it names the model. */
  public String digest() {
    return digest;
  }

  /** The masked layers, in the network's order. */
  public List<Layer> layers() {
    return layers;
  }

  /**
   * The layer of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Layer layer(String name) {
    return layers.stream()
        .filter(layer -> layer.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "The archive has no layer \""
                        + name
                        + "\"; it has "
                        + layers.stream().map(Layer::name).collect(Collectors.joining(", "))
                        + "."));
  }

  /** Number of all parameters: masked weights, learned ones and running statistics. */
  public long parameters() {
    return maskedWeights() + metadata.getRemainder().getParameters();
  }

  /** Number of masked weights. */
  public long maskedWeights() {
    return layers.stream().mapToLong(Layer::size).sum();
  }

  /** The generator of the prototype; empty if its values can only be read. */
  public Optional<Prototype> prototype() {
    return switch (metadata.getPrototype().getDistribution()) {
      case NORMAL -> Optional.of(generated(Distribution.NORMAL));
      case SIGNED_CONSTANT -> Optional.of(generated(Distribution.SIGNED_CONSTANT));
      default -> Optional.empty();
    };
  }

  /** Number of values of the prototype; 0 if no layer is masked. */
  public int prototypeLength() {
    return (int) metadata.getPrototype().getLength();
  }

  /** Whether the prototype's values travel in the file. */
  public boolean storesPrototypeValues() {
    return metadata.hasPrototypeValues();
  }

  /** The encoding of the masks, such as {@code roaring_zstd}. */
  public String maskEncoding() {
    return metadata.getMasks().getEncoding().name().toLowerCase(java.util.Locale.ROOT);
  }

  /**
   * The mask of a layer.
   *
   * @throws PemnFormatException if the masks are damaged
   */
  public Mask mask(Layer layer) throws PemnFormatException {
    return masks().slice(layer.firstPosition(), layer.size());
  }

  /**
   * Rebuilds a layer's weights on the heap.
   *
   * @return as many weights as {@link Layer#size()}, row-major
   * @throws PemnFormatException if the masks or the prototype's values are damaged
   */
  public float[] rebuild(Layer layer) throws PemnFormatException {
    float[] weights = new float[layer.size()];
    padding().rebuild(layer.offset(), layer.scale(), mask(layer), 0, weights);
    return weights;
  }

  /**
   * Rebuilds a layer's weights into a buffer, from its position on, without a second copy of them.
   *
   * @param target has room for {@link Layer#size()} floats
   * @throws PemnFormatException if the masks or the prototype's values are damaged
   */
  public void rebuild(Layer layer, FloatBuffer target) throws PemnFormatException {
    if (target.remaining() < layer.size()) {
      throw new IllegalArgumentException(
          layer.name()
              + " has "
              + layer.size()
              + " weights, but the buffer has room for "
              + target.remaining()
              + ".");
    }
    Mask mask = mask(layer);
    float[] weights = new float[Math.min(WEIGHTS_AT_ONCE, layer.size())];
    for (int from = 0; from < layer.size(); from += weights.length) {
      if (layer.size() - from < weights.length) {
        weights = new float[layer.size() - from];
      }
      padding().rebuild(layer.offset(), layer.scale(), mask, from, weights);
      target.put(weights);
    }
  }

  /**
   * What is not masked, in the network's order.
   *
   * @throws PemnFormatException if the remainder is damaged
   */
  public synchronized List<RemainderTensor> remainder() throws PemnFormatException {
    if (remainderTensors == null) {
      remainderTensors = decodeRemainder();
    }
    return remainderTensors;
  }

  /**
   * Decodes everything and checks every digest, the rebuilt weights' too.
   *
   * @throws PemnFormatException naming the first thing that differs
   */
  public void verify() throws PemnFormatException {
    remainder();
    for (Layer layer : layers) {
      verify(layer, rebuild(layer));
    }
    Optional<Prototype> generator = prototype();
    if (storesPrototypeValues()
        && generator.isPresent()
        && !Arrays.equals(generator.get().values(), storedPrototypeValues())) {
      throw new PemnFormatException.Corrupt(
          "The stored prototype values are not those that the seed regenerates;"
              + " the archive was written by a faulty tool.");
    }
  }

  /**
   * Checks rebuilt weights against the layer's digest.
   *
   * @throws PemnFormatException if they are not, bit for bit, those that were trained
   */
  public void verify(Layer layer, float[] weights) throws PemnFormatException {
    String digest = Layer.hex(ArchiveFormat.layerDigest(weights));
    if (!digest.equals(layer.digest())) {
      throw new PemnFormatException.Corrupt(
          "The rebuilt weights of "
              + layer.name()
              + " have digest "
              + digest
              + ", but the archive was trained with "
              + layer.digest()
              + "; get the file again, and report a fault of pemn if that does not help.");
    }
  }

  private static void checkMagic(ByteBuffer file) throws PemnFormatException {
    byte[] magic = ArchiveFormat.magic();
    byte[] expected = new byte[magic.length + 2];
    expected[0] = 1 << 3 | 2;
    expected[1] = (byte) magic.length;
    System.arraycopy(magic, 0, expected, 2, magic.length);
    byte[] found = new byte[Math.min(expected.length, file.remaining())];
    file.get(0, found);
    if (!Arrays.equals(found, 0, found.length, expected, 0, found.length)) {
      throw new PemnFormatException.NotAnArchive(
          "The file does not begin as a .pemn archive does; if it is meant to be one, it was"
              + " damaged, perhaps by a transfer in text mode.");
    }
    if (found.length < expected.length) {
      throw new PemnFormatException.Truncated(
          "The file has only "
              + found.length
              + " bytes, fewer than the beginning of any .pemn archive; get it again.");
    }
  }

  private static void checkDigest(ByteBuffer bytes, ByteBuffer expected, String what)
      throws PemnFormatException {
    byte[] digest = ArchiveFormat.digest(bytes);
    if (!ByteBuffer.wrap(digest).equals(expected)) {
      byte[] stated = new byte[expected.remaining()];
      expected.duplicate().get(stated);
      throw new PemnFormatException.Corrupt(
          "The archive's "
              + what
              + " has SHA-256 "
              + Layer.hex(digest).substring(0, 16)
              + "..., but "
              + (stated.length == digest.length
                  ? Layer.hex(stated).substring(0, 16) + "..."
                  : "a digest of " + stated.length + " bytes")
              + " is stated: the file is damaged; get it again.");
    }
  }

  private static Metadata parse(ByteBuffer bytes) throws PemnFormatException {
    try {
      Metadata metadata = Metadata.parseFrom(ByteString.copyFrom(bytes.duplicate()));
      if (!metadata.getUnknownFields().asMap().isEmpty()) {
        throw new PemnFormatException.Corrupt(
            "The archive's metadata has fields that format version "
                + ArchiveFormat.VERSION
                + " does not; it was written by a faulty tool.");
      }
      return metadata;
    } catch (InvalidProtocolBufferException e) {
      throw new PemnFormatException.Corrupt(
          "The archive's metadata is no protobuf message: " + e.getMessage(), e);
    }
  }

  private static ByteBuffer section(
      ArchiveCursor cursor, int field, String what, boolean present, long storedBytes)
      throws PemnFormatException {
    if (!present) {
      return ByteBuffer.allocate(0);
    }
    ByteBuffer bytes = cursor.readBytes(field, what);
    if (bytes.remaining() != storedBytes) {
      throw new PemnFormatException.Corrupt(
          "The archive's "
              + what
              + " should take "
              + Long.toUnsignedString(storedBytes)
              + " bytes, but "
              + bytes.remaining()
              + " are there: the file is damaged; get it again.");
    }
    return bytes;
  }

  private static Normalization normalization(Metadata metadata) throws PemnFormatException {
    try {
      return new Normalization(
              metadata.getInput().getMeanList(), metadata.getInput().getDeviationList())
          .requireChannels(metadata.getInput().getChannels());
    } catch (IllegalArgumentException e) {
      throw new PemnFormatException.Corrupt(
          "The archive's input normalisation is unusable: " + e.getMessage(), e);
    }
  }

  private List<Layer> layers(Limits limits) throws PemnFormatException {
    if (metadata.getLayersCount() > limits.layers()) {
      throw new PemnFormatException.LimitExceeded(
          "The archive has "
              + metadata.getLayersCount()
              + " layers, more than the limit of "
              + limits.layers()
              + "; raise the limit if you trust it.");
    }
    Map<String, ParameterShape> known = new HashMap<>();
    for (ParameterShape parameter : network.parameters()) {
      if (parameter.role() == Role.WEIGHT) {
        known.put(parameter.name(), parameter);
      }
    }
    List<Layer> found = new ArrayList<>();
    long position = 0;
    for (io.pemn.format.proto.Layer layer : metadata.getLayersList()) {
      ParameterShape parameter = known.remove(layer.getName());
      if (parameter == null) {
        throw new PemnFormatException.Corrupt(
            "The archive masks \""
                + layer.getName()
                + "\", which its network does not have, or masks it twice;"
                + " it was written by a faulty tool.");
      }
      checkShape(parameter, layer.getShapeList());
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
              && Float.isFinite(layer.getScale())
              && layer.getOffset() >= 0
              && layer.getDigest().size() == ArchiveFormat.LAYER_DIGEST_BYTES;
      if (!sound) {
        throw new PemnFormatException.Corrupt(
            "The archive's layer "
                + layer.getName()
                + " has an impossible count, scale, offset or digest;"
                + " it was written by a faulty tool.");
      }
      found.add(
          new Layer(
              layer.getName(),
              parameter.shape(),
              (int) position,
              size,
              layer.getOffset(),
              layer.getScale(),
              (int) layer.getKept(),
              Layer.hex(layer.getDigest().toByteArray())));
      position += size;
    }
    return List.copyOf(found);
  }

  private static void checkShape(ParameterShape parameter, List<Long> shape)
      throws PemnFormatException {
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

  private void checkPrototype() throws PemnFormatException {
    if (layers.isEmpty() != !metadata.hasPrototype()
        || layers.isEmpty() != !metadata.hasMasks()
        || layers.isEmpty() && metadata.hasPrototypeValues()) {
      throw new PemnFormatException.Corrupt(
          "The archive must have a prototype and masks exactly where it has masked layers;"
              + " it was written by a faulty tool.");
    }
    if (layers.isEmpty()) {
      return;
    }
    io.pemn.format.proto.Prototype prototype = metadata.getPrototype();
    long length = prototype.getLength();
    long shuffled = prototype.getShuffledLength();
    long longest = Math.min(Prototype.MAX_LENGTH, maskedWeights());
    if (length < 1 || length > longest) {
      throw new PemnFormatException.Corrupt(
          "The archive's prototype has "
              + Long.toUnsignedString(length)
              + " values, but its layers can use 1 to "
              + longest
              + "; get the file again.");
    }
    boolean stored = metadata.hasPrototypeValues();
    if (stored && prototypeValues.remaining() != length * Float.BYTES) {
      throw new PemnFormatException.Corrupt(
          "The archive stores "
              + prototypeValues.remaining()
              + " bytes of prototype, but its "
              + length
              + " values take "
              + length * Float.BYTES
              + "; get the file again.");
    }
    if (!stored && prototype().isEmpty()) {
      throw new PemnFormatException.Unsupported(
          "The archive's prototype follows distribution "
              + prototype.getDistributionValue()
              + ", which this version of pemn cannot regenerate; use a newer one.");
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
    for (Layer layer : layers) {
      long end = layer.offset() + layer.size();
      long limit = shuffled == 0 ? Long.MAX_VALUE : shuffled;
      if (end < 0 || shuffled < 0 || shuffled > maskedWeights() || end > limit) {
        throw new PemnFormatException.Corrupt(
            "The archive's layer "
                + layer.name()
                + " reads beyond the shuffled prototype; it was written by a faulty tool.");
      }
    }
  }

  private void checkRemainderClaims(Limits limits) throws PemnFormatException {
    long decoded = metadata.getRemainder().getDecodedBytes();
    if (decoded < 0 || decoded > limits.remainderBytes()) {
      throw new PemnFormatException.LimitExceeded(
          "The archive's remainder takes "
              + Long.toUnsignedString(decoded)
              + " bytes in memory, more than the limit of "
              + limits.remainderBytes()
              + "; raise the limit if you trust it.");
    }
    long expected =
        network.parameters().stream().mapToLong(ParameterShape::size).sum() - maskedWeights();
    if (metadata.getRemainder().getParameters() != expected) {
      throw new PemnFormatException.Corrupt(
          "The archive's remainder has "
              + Long.toUnsignedString(metadata.getRemainder().getParameters())
              + " parameters, but its network has "
              + expected
              + " that are not masked; it was written by a faulty tool.");
    }
  }

  private synchronized Mask masks() throws PemnFormatException {
    if (allMasks == null) {
      checkDigest(masks, metadata.getMasks().getDigest().asReadOnlyByteBuffer(), "masks");
      Mask decoded =
          MaskCodecs.of(metadata.getMasks().getEncoding())
              .decode(
                  masks, metadata.getMasks().getDecodedBytes(), Math.toIntExact(maskedWeights()));
      for (Layer layer : layers) {
        int kept = decoded.slice(layer.firstPosition(), layer.size()).kept();
        if (kept != layer.kept()) {
          throw new PemnFormatException.Corrupt(
              "The mask of "
                  + layer.name()
                  + " keeps "
                  + kept
                  + " weights, but the archive says "
                  + layer.kept()
                  + "; it was written by a faulty tool.");
        }
      }
      allMasks = decoded;
    }
    return allMasks;
  }

  private synchronized Padding padding() throws PemnFormatException {
    if (padding == null) {
      int shuffled = (int) metadata.getPrototype().getShuffledLength();
      padding =
          storesPrototypeValues()
              ? Padding.of(storedPrototypeValues(), metadata.getPrototype().getSeed(), shuffled)
              : Padding.of(prototype().orElseThrow(), shuffled);
    }
    return padding;
  }

  private Prototype generated(Distribution distribution) {
    return new Prototype(metadata.getPrototype().getSeed(), distribution, prototypeLength());
  }

  private float[] storedPrototypeValues() throws PemnFormatException {
    checkDigest(
        prototypeValues,
        metadata.getPrototypeValues().getDigest().asReadOnlyByteBuffer(),
        "prototype values");
    float[] values = floats(prototypeValues);
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new PemnFormatException.Corrupt(
            "The stored prototype has the value " + value + "; it was written by a faulty tool.");
      }
    }
    return values;
  }

  private List<RemainderTensor> decodeRemainder() throws PemnFormatException {
    Map<String, ParameterShape> expected = new LinkedHashMap<>();
    network.parameters().forEach(parameter -> expected.put(parameter.name(), parameter));
    layers.forEach(layer -> expected.remove(layer.name()));
    byte[] content = new byte[0];
    if (metadata.hasRemainder()) {
      checkDigest(
          remainder, metadata.getRemainder().getDigest().asReadOnlyByteBuffer(), "remainder");
      content =
          ZstdFrame.decompress(
              remainder, metadata.getRemainder().getDecodedBytes(), "The remainder tensors");
    }
    List<RemainderTensor> tensors = new ArrayList<>();
    // One at a time: two bytes are a tensor, so that a whole message may take far more memory.
    ArchiveCursor cursor = new ArchiveCursor(ByteBuffer.wrap(content));
    while (!cursor.atEnd()) {
      io.pemn.format.proto.RemainderTensor tensor =
          parseTensor(cursor.readBytes(Remainder.TENSORS_FIELD_NUMBER, "remainder"));
      ParameterShape parameter = expected.remove(tensor.getName());
      if (parameter == null) {
        throw new PemnFormatException.Corrupt(
            "The archive's remainder has a tensor \""
                + tensor.getName()
                + "\" that its network does not have, has masked, or has had before;"
                + " it was written by a faulty tool.");
      }
      if (tensor.getType() != TensorType.FLOAT32) {
        throw new PemnFormatException.Unsupported(
            "The archive's "
                + tensor.getName()
                + " has number type "
                + tensor.getTypeValue()
                + ", which this version of pemn does not read; use a newer one.");
      }
      checkShape(parameter, tensor.getShapeList());
      if (tensor.getData().size() != parameter.size() * (long) Float.BYTES) {
        throw new PemnFormatException.Corrupt(
            "The archive's "
                + tensor.getName()
                + " takes "
                + tensor.getData().size()
                + " bytes, but its "
                + parameter.size()
                + " numbers need "
                + parameter.size() * (long) Float.BYTES
                + "; it was written by a faulty tool.");
      }
      tensors.add(
          new RemainderTensor(
              tensor.getName(),
              parameter.shape(),
              floats(tensor.getData().asReadOnlyByteBuffer())));
    }
    if (!expected.isEmpty()) {
      throw new PemnFormatException.Corrupt(
          "The archive lacks the parameter "
              + expected.keySet().iterator().next()
              + " of its network; it was written by a faulty tool.");
    }
    return List.copyOf(tensors);
  }

  private static io.pemn.format.proto.RemainderTensor parseTensor(ByteBuffer bytes)
      throws PemnFormatException {
    try {
      return io.pemn.format.proto.RemainderTensor.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new PemnFormatException.Corrupt(
          "The archive's remainder is no protobuf message: " + e.getMessage(), e);
    }
  }

  private static float[] floats(ByteBuffer bytes) {
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  private long maskBytes() {
    return metadata.getMasks().getStoredBytes();
  }

  private long remainderStoredBytes() {
    return metadata.getRemainder().getStoredBytes();
  }

  private long prototypeBytes() {
    return metadata.getPrototypeValues().getStoredBytes();
  }
}
