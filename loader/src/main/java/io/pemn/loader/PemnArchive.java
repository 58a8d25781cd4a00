package io.pemn.loader;

import io.pemn.format.ArchiveSection;
import io.pemn.format.Distribution;
import io.pemn.format.Finding;
import io.pemn.format.LayerMask;
import io.pemn.format.Mask;
import io.pemn.format.Normalization;
import io.pemn.format.NumberType;
import io.pemn.format.Padding;
import io.pemn.format.PemnFormatException;
import io.pemn.format.Prototype;
import io.pemn.format.mask.MaskCodecs;
import io.pemn.format.mask.MaskLayout;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.NetworkDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.proto.MaskKind;
import io.pemn.format.proto.Metadata;
import io.pemn.format.proto.Provenance;
import io.pemn.format.storage.ArchiveFormat;
import io.pemn.format.storage.LayerDigest;
import io.pemn.format.storage.UsedValues;
import io.pemn.format.storage.ZstdFrame;
import io.pemn.loader.message.ShownUrl;
import io.pemn.loader.signature.ModelSignature;
import io.pemn.loader.torchscript.TorchScriptModule;
import io.pemn.loader.torchscript.TorchScriptModule.TensorShape;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * An open {@code .pemn} archive: its metadata, and its layers and remainder, decoded when asked
 * for.
 *
 * <p>Opening takes time in proportion to the metadata; it checks the head's digest and everything
 * that the metadata claim. A section's digest is checked when the section is first decoded, which
 * is once. Instances are immutable as far as callers can see and safe for concurrent use; they hold
 * no file open. Rebuilding needs no DJL.
 *
 * @since 0.1
 */
public final class PemnArchive {
  /** A multiple of 64; 16 KiB stay in the processor's first cache on their way into a buffer. */
  private static final int WEIGHTS_AT_ONCE = 1 << 12;

  /** Files up to this size are read whole when they are opened. */
  private static final int READ_WHOLE = 1 << 16;

  private static final long UNUSED_STORAGE_BYTES = 1 << 20;
  private static final String THE_ARCHIVE = "The archive";

  private final ArchiveFile file;
  private final Metadata metadata;
  private final CheckedMetadata checked;
  private final Map<String, Layer> layersByName;
  private final LoadPolicy policy;
  private final Limits limits;
  private final Optional<ArchiveSignature> signature;

  private final Once<Map<String, LayerMask>> masks = new Once<>(this::decodeMasks);
  private final Once<Padding> padding = new Once<>(this::decodePadding);
  private final Once<List<RemainderTensor>> remainder = new Once<>(this::decodeAnyRemainder);
  private final Once<TorchScriptModule> parsedModule = new Once<>(this::parseModule);
  private final Once<TorchScriptModule> checkedModule = new Once<>(this::checkModule);

  private PemnArchive(ArchiveBytes bytes, LoadPolicy policy, Optional<ArchiveSignature> signature)
      throws IOException {
    this.signature = signature;
    this.limits = policy.limits();
    this.file = ArchiveFile.parse(bytes, limits);
    this.metadata = this.file.metadata();
    this.checked =
        file.placing(
            () ->
                CheckedMetadata.of(
                    file.version(), metadata, file.prototypeValues().length(), limits));
    this.layersByName =
        layers().stream().collect(Collectors.toUnmodifiableMap(Layer::name, Function.identity()));
    this.policy = policy;
  }

  /**
   * Opens an archive under {@link LoadPolicy#standard()}; see {@link #open(Path, LoadPolicy)}.
   *
   * @param file its path
   * @return the open archive
   * @throws PemnFormatException if it is no sound archive
   * @throws IOException if it cannot be read
   */
  public static PemnArchive open(Path file) throws IOException {
    return open(file, LoadPolicy.standard());
  }

  /**
   * Opens an archive. Only its head is read; sections are read when they are first needed, and that
   * the file was replaced in between is found out then. Small files are read whole, and so are
   * those that the policy wants signed: what was checked is what is used, whatever becomes of the
   * file.
   *
   * @param file its path
   * @param policy what it may ask for and bring
   * @return the open archive
   * @throws PemnFormatException if it is no sound archive, or the policy refuses it
   * @throws IOException if it cannot be read
   */
  public static PemnArchive open(Path file, LoadPolicy policy) throws IOException {
    ArchiveBytes.OnDisk bytes = ArchiveBytes.OnDisk.of(file);
    if (bytes.size() > policy.limits().fileBytes()) {
      throw tooLarge(file.toString(), bytes.size() + " bytes", policy.limits().fileBytes());
    }
    if (!policy.signers().isEmpty()) {
      StatedPolicy stated = StatedPolicy.of(policy);
      SignatureSource source =
          stated.signature().orElseGet(() -> SignatureSource.beside(file.toAbsolutePath()));
      return signed(source.check(stated.keys()), file.toString(), bytes.whole(), stated);
    }
    return new PemnArchive(
        bytes.size() <= READ_WHOLE
            ? new ArchiveBytes.InMemory(bytes.read(0, (int) bytes.size()))
            : bytes,
        policy,
        Optional.empty());
  }

  /**
   * Reads an archive from a class-path resource, a web server, or wherever else a URL leads, under
   * {@link LoadPolicy#standard()}; see {@link #open(URL, LoadPolicy)}.
   *
   * @param url where it is
   * @return the open archive
   * @throws PemnFormatException if it is no sound archive
   * @throws IOException if it cannot be read
   */
  public static PemnArchive open(URL url) throws IOException {
    return open(url, LoadPolicy.standard());
  }

  /**
   * Reads an archive from a class-path resource ({@link Class#getResource}), a web server, or
   * wherever else a URL leads. All of it is read at once; a server that is silent for 30 seconds,
   * or sends less than 1 KiB a second for more than a minute, counts as lost. A {@code file:} URL
   * is opened as a path is. Where the policy wants a signature and does not have it, it is read
   * first, from the URL whose path has {@code .sig} behind it.
   *
   * @param url where it is
   * @param policy what it may ask for and bring
   * @return the open archive
   * @throws PemnFormatException if it is no sound archive, or the policy refuses it
   * @throws IOException if it cannot be read
   */
  public static PemnArchive open(URL url, LoadPolicy policy) throws IOException {
    if (url.getProtocol().equals("file")) {
      try {
        return open(Path.of(url.toURI()), policy);
      } catch (URISyntaxException | IllegalArgumentException e) {
        throw new IOException(ShownUrl.of(url) + " is no path of this machine; check it.", e);
      }
    }
    if (policy.signers().isEmpty()) {
      return Download.archive(url, in -> read(in, policy), policy.limits());
    }
    StatedPolicy stated = StatedPolicy.of(policy);
    ModelSignature checked =
        stated.signature().orElseGet(() -> SignatureSource.beside(url)).check(stated.keys());
    return Download.archive(url, in -> signed(checked, in, stated), policy.limits());
  }

  /**
   * Reads an archive from memory under {@link LoadPolicy#standard()}.
   *
   * @param file all its bytes; not copied: do not change them afterwards
   * @return the open archive
   * @throws PemnFormatException if it is no sound archive
   */
  public static PemnArchive read(byte[] file) throws PemnFormatException {
    return read(file, LoadPolicy.standard());
  }

  /**
   * Reads an archive from memory.
   *
   * @param file all its bytes; not copied: do not change them afterwards
   * @param policy what it may ask for and bring
   * @return the open archive
   * @throws PemnFormatException if it is no sound archive, or the policy refuses it
   */
  public static PemnArchive read(byte[] file, LoadPolicy policy) throws PemnFormatException {
    return read(ByteBuffer.wrap(file), policy);
  }

  /**
   * Reads an archive from memory under {@link LoadPolicy#standard()}.
   *
   * @param file all its bytes, from position to limit, on the heap, direct or mapped; not copied:
   *     do not change them afterwards
   * @return the open archive
   * @throws PemnFormatException if it is no sound archive
   */
  public static PemnArchive read(ByteBuffer file) throws PemnFormatException {
    return read(file, LoadPolicy.standard());
  }

  /**
   * Reads an archive from memory.
   *
   * @param file all its bytes, from position to limit, on the heap, direct or mapped; not copied:
   *     do not change them afterwards
   * @param policy what it may ask for and bring
   * @return the open archive
   * @throws PemnFormatException if it is no sound archive, or the policy refuses it
   */
  public static PemnArchive read(ByteBuffer file, LoadPolicy policy) throws PemnFormatException {
    if (file.remaining() > policy.limits().fileBytes()) {
      throw tooLarge("The archive", file.remaining() + " bytes", policy.limits().fileBytes());
    }
    try {
      if (policy.signers().isEmpty()) {
        return new PemnArchive(new ArchiveBytes.InMemory(file), policy, Optional.empty());
      }
      StatedPolicy stated = StatedPolicy.of(policy);
      return signed(carried(stated), THE_ARCHIVE, ArchiveBytes.InMemory.ownOf(file), stated);
    } catch (PemnFormatException e) {
      throw e;
    } catch (IOException e) {
      // The archive is in memory; only the signature may have to be read.
      throw new PemnFormatException.NotTrusted(
          Finding.of(ArchiveSection.SIGNATURE, "nothing that can be read", "a signature"),
          e.getMessage(),
          e);
    }
  }

  /**
   * Reads an archive from a stream under {@link LoadPolicy#standard()}.
   *
   * @param file all its bytes; read to its end and not closed
   * @return the open archive
   * @throws PemnFormatException if it is no sound archive
   * @throws IOException if it cannot be read
   */
  public static PemnArchive read(InputStream file) throws IOException {
    return read(file, LoadPolicy.standard());
  }

  /**
   * Reads an archive from a stream. Its head is worked on, and the digests of its sections are
   * checked, while the rest is on its way, unless the policy wants it signed.
   *
   * @param file all its bytes; read to its end, but no further than the limits allow, and not
   *     closed
   * @param policy what it may ask for and bring
   * @return the open archive
   * @throws PemnFormatException if it is no sound archive, or the policy refuses it
   * @throws IOException if it cannot be read
   */
  public static PemnArchive read(InputStream file, LoadPolicy policy) throws IOException {
    if (!policy.signers().isEmpty()) {
      StatedPolicy stated = StatedPolicy.of(policy);
      return signed(carried(stated), file, stated);
    }
    return new PemnArchive(new ArrivingBytes(file, policy.limits()), policy, Optional.empty());
  }

  /** The signature of an archive that comes without a place where one could be looked for. */
  private static ModelSignature carried(StatedPolicy policy) throws IOException {
    return policy
        .signature()
        .orElseThrow(
            () ->
                new PemnFormatException.NotTrusted(
                    Finding.of(ArchiveSection.SIGNATURE, "no signature", "one of a trusted key"),
                    "Only signed archives are taken here, and {found} came with this one; give it"
                        + " with LoadPolicy.withSignature."))
        .check(policy.keys());
  }

  private static PemnArchive signed(ModelSignature checked, InputStream file, StatedPolicy policy)
      throws IOException {
    ArrivingBytes bytes = new ArrivingBytes(file, policy.limits());
    return signed(checked, THE_ARCHIVE, bytes.toEnd(), policy);
  }

  /** Opens an archive if it is the signed one; nothing of it is looked at before that. */
  private static PemnArchive signed(
      ModelSignature checked, String name, ArchiveBytes.InMemory bytes, StatedPolicy policy)
      throws IOException {
    checked.check(name, bytes.bytes());
    int signer = policy.keys().indexOf(checked.signer());
    ArchiveSignature signature =
        new ArchiveSignature(
            policy.signers().get(signer), checked.signer().fingerprint(), checked.name());
    return new PemnArchive(bytes, policy, Optional.of(signature));
  }

  /** Checks that the policy hands out the module, whose code runs wherever it is loaded. */
  void requireTorchScript() throws PemnFormatException {
    if (!policy.allowsTorchScript()) {
      throw new PemnFormatException.NotTrusted(
          Finding.of(ArchiveSection.MODULE, "a TorchScript module", "a built-in network")
              .at(file.module().extent().from()),
          "The archive holds {found}, not {expected}: code that runs when it is loaded, and no one"
              + " allowed that; allow it (LoadPolicy.allowTorchScript(), or the option"
              + " allowTorchScript=true in DJL's Criteria) if you trust where the file comes from,"
              + " or read its weights only.");
    }
  }

  static PemnFormatException tooLarge(String what, String found, long most) {
    return new PemnFormatException.LimitExceeded(
        Finding.of(ArchiveSection.FILE, found, "at most " + most + " bytes").at(most),
        what + " has {found}, but {expected} are allowed; raise the limit if you trust it.");
  }

  /** {@return the signature that the policy asked for; empty if it asked for none} */
  public Optional<ArchiveSignature> signature() {
    return signature;
  }

  /** {@return the format version of the file} */
  public int formatVersion() {
    return file.version();
  }

  /** {@return the size of the file in bytes} */
  public long fileBytes() {
    return file.bytes().size();
  }

  /** {@return where those bytes are} */
  public Sections sections() {
    long masks = file.masks().length();
    long remainder = file.remainder().length();
    long prototype = (long) file.prototypeValues().length() + file.codedPrototype().length();
    long module = file.module().length();
    return new Sections(
        masks, remainder, prototype, module, fileBytes() - masks - remainder - prototype - module);
  }

  /** {@return the network that the parameters belong to} */
  public NetworkDescription network() {
    return checked.network();
  }

  /** {@return how pixels become the network's input, if it takes images} */
  public Optional<Normalization> normalization() {
    return checked.normalization();
  }

  /** {@return one name an output of the network, or none at all} */
  public List<String> classLabels() {
    return List.copyOf(metadata.getClassLabelsList());
  }

  /** {@return where the archive comes from and what was measured} */
  public Provenance provenance() {
    return metadata.getProvenance();
  }

  /**
   * {@return SHA-256 of the head, 64 hexadecimal digits; since it covers every other digest, it
   * names the model}
   */
  public String digest() {
    return file.digest();
  }

  /** {@return the masked layers, in the network's order} */
  public List<Layer> layers() {
    return checked.layers();
  }

  /**
   * The layer of a name.
   *
   * @param name such as {@code blocks.0.pointwise.conv.weight}
   * @return the layer
   * @throws IllegalArgumentException if there is none
   */
  public Layer layer(String name) {
    Layer layer = layersByName.get(name);
    if (layer == null) {
      throw new IllegalArgumentException(
          "The archive has no layer \""
              + name
              + "\"; it has "
              + layers().stream().map(Layer::name).collect(Collectors.joining(", "))
              + ".");
    }
    return layer;
  }

  /** {@return the number of all parameters: masked weights, learned ones and running statistics} */
  public long parameters() {
    return maskedWeights()
        + checked
            .unmasked()
            .map(all -> all.stream().mapToLong(ParameterShape::size).sum())
            .orElseGet(() -> metadata.getRemainder().getParameters());
  }

  /** {@return the number of masked weights} */
  public long maskedWeights() {
    return layers().stream().mapToLong(Layer::size).sum();
  }

  /** {@return the generator of the prototype; empty if its values can only be read} */
  public Optional<Prototype> prototype() {
    return switch (metadata.getPrototype().getDistribution()) {
      case NORMAL -> Optional.of(generated(Distribution.NORMAL));
      case SIGNED_CONSTANT -> Optional.of(generated(Distribution.SIGNED_CONSTANT));
      default -> Optional.empty();
    };
  }

  /** {@return the number of values of the prototype; 0 if no layer is masked} */
  public int prototypeLength() {
    return (int) metadata.getPrototype().getLength();
  }

  /** {@return the seed of the prototype; 0 if no layer is masked} */
  public long seed() {
    return metadata.getPrototype().getSeed();
  }

  /** {@return whether the prototype's values travel in the file} */
  public boolean storesPrototypeValues() {
    return metadata.hasPrototypeValues() || metadata.hasCodedPrototype();
  }

  /**
   * {@return the encoding of the masks, such as {@code roaring_zstd}; {@code none} if there are
   * none}
   */
  public String maskEncoding() {
    if (!metadata.hasMasks()) {
      return "none";
    }
    return metadata.getMasks().getEncoding().name().toLowerCase(Locale.ROOT);
  }

  /**
   * The mask of a layer.
   *
   * @param layer one of this archive
   * @return its mask, of {@link Layer#size} weights
   * @throws IllegalArgumentException if the layer is another archive's
   * @throws PemnFormatException if the masks are damaged
   * @throws IOException if the archive's file cannot be read any more
   */
  public LayerMask mask(Layer layer) throws IOException {
    Layer own = layer(layer.name());
    if (own != layer && !own.equals(layer)) {
      throw new IllegalArgumentException(
          "The layer " + layer.name() + " is another archive's; give one of this archive's own.");
    }
    return masks.get().get(layer.name());
  }

  /**
   * Rebuilds a layer's weights on the heap. {@link WeightRebuilder} rebuilds all layers at once.
   *
   * @param layer one of this archive
   * @return as many weights as {@link Layer#size()}, row-major
   * @throws IllegalArgumentException if the layer is another archive's
   * @throws PemnFormatException if the masks or the prototype's values are damaged
   * @throws IOException if the archive's file cannot be read any more
   */
  public float[] rebuild(Layer layer) throws IOException {
    float[] weights = new float[layer.size()];
    rebuild(layer, 0, FloatBuffer.wrap(weights));
    return weights;
  }

  /**
   * Rebuilds a layer's weights into a buffer, from its position on, without a second copy of them.
   *
   * @param layer one of this archive
   * @param target has room for {@link Layer#size()} floats; its position moves behind them
   * @throws IllegalArgumentException if the buffer has too little room, or the layer is another
   *     archive's
   * @throws PemnFormatException if the masks or the prototype's values are damaged
   * @throws IOException if the archive's file cannot be read any more
   */
  public void rebuild(Layer layer, FloatBuffer target) throws IOException {
    if (target.remaining() < layer.size()) {
      throw new IllegalArgumentException(
          layer.name()
              + " has "
              + layer.size()
              + " weights, but the buffer has room for "
              + target.remaining()
              + ".");
    }
    rebuild(layer, 0, target.slice(target.position(), layer.size()));
    target.position(target.position() + layer.size());
  }

  /**
   * Rebuilds a stretch of a layer.
   *
   * @param from its first weight, a multiple of 64
   * @param target gets the weights, from its position to its limit, and stays as it is
   */
  void rebuild(Layer layer, int from, FloatBuffer target) throws IOException {
    LayerMask mask = mask(layer);
    Padding prototype = padding.get();
    if (target.hasArray()) {
      prototype.rebuild(
          layer.offset(),
          layer.scale(),
          mask,
          from,
          target.array(),
          target.arrayOffset() + target.position(),
          target.remaining());
      return;
    }
    float[] weights = new float[Math.min(WEIGHTS_AT_ONCE, target.remaining())];
    for (int at = target.position(); at < target.limit(); at += weights.length) {
      int count = Math.min(weights.length, target.limit() - at);
      prototype.rebuild(
          layer.offset(), layer.scale(), mask, from + at - target.position(), weights, 0, count);
      target.put(at, weights, 0, count);
    }
  }

  /**
   * What is not masked. Decoded when it is first asked for.
   *
   * @return the tensors, in the network's order
   * @throws PemnFormatException if the remainder is damaged
   * @throws IOException if the archive's file cannot be read any more
   */
  public List<RemainderTensor> remainder() throws IOException {
    return remainder.get();
  }

  private List<RemainderTensor> decodeAnyRemainder() throws IOException {
    return isOld() ? decodeOldRemainder() : decodeRemainder();
  }

  /**
   * Decodes all sections, several at a time, so that later calls find them decoded and damage shows
   * now. Weights are not rebuilt.
   *
   * @throws PemnFormatException if a section is damaged
   * @throws IOException if the archive's file cannot be read any more
   */
  public void decode() throws IOException {
    SharedWork.run(
        2,
        2,
        half -> {
          if (half == 0) {
            remainder();
            module();
          } else if (!layers().isEmpty()) {
            padding.get();
            masks.get();
          }
        });
  }

  private boolean isOld() {
    return file.version() <= ArchiveFormat.LAST_SPELLED_OUT;
  }

  private List<RemainderTensor> decodeRemainder() throws IOException {
    if (checked.unmasked().isPresent()) {
      List<ParameterShape> unmasked = checked.unmasked().get();
      return unmasked.isEmpty()
          ? List.of()
          : file.decode(
              file.remainder(),
              contents ->
                  RemainderDecoder.decode(
                      ZstdFrame.decompressUpTo(
                          contents, RemainderDecoder.mostBytes(unmasked), ArchiveSection.REMAINDER),
                      unmasked));
    }
    Set<String> masked = layers().stream().map(Layer::name).collect(Collectors.toSet());
    List<String> names =
        parsedModule.get().tensors().stream().filter(name -> !masked.contains(name)).toList();
    if (metadata.hasRemainder() == names.isEmpty()) {
      throw new PemnFormatException.Corrupt(
          Finding.of(
                  ArchiveSection.METADATA,
                  (metadata.hasRemainder() ? "a" : "no") + " remainder",
                  "one exactly where there are tensors that are not masked")
              .at(file.metadataExtent().from()),
          "The archive has {found} of a module with "
              + names.size()
              + " tensors that are not masked, but should have {expected}; it was written by a"
              + " faulty tool.");
    }
    return names.isEmpty()
        ? List.of()
        : file.decode(
            file.remainder(),
            contents ->
                RemainderDecoder.decode(
                    ZstdFrame.decompressUpTo(
                        contents, limits.remainderBytes(), ArchiveSection.REMAINDER),
                    names,
                    metadata.getRemainder().getParameters(),
                    limits));
  }

  private List<RemainderTensor> decodeOldRemainder() throws IOException {
    if (!metadata.hasRemainder()) {
      return file.placing(() -> decodeOldRemainder(new byte[0]));
    }
    return file.decode(
        file.remainder(),
        contents ->
            decodeOldRemainder(
                ZstdFrame.decompress(
                    contents,
                    metadata.getRemainder().getDecodedBytes(),
                    ArchiveSection.REMAINDER)));
  }

  private List<RemainderTensor> decodeOldRemainder(byte[] message) throws IOException {
    if (checked.unmasked().isPresent()) {
      return RemainderDecoder.decodeOld(message, checked.unmasked().get());
    }
    Set<String> masked = layers().stream().map(Layer::name).collect(Collectors.toSet());
    return RemainderDecoder.decodeOld(
        message, masked, metadata.getRemainder().getParameters(), limits.layers());
  }

  /**
   * The TorchScript module without its numbers, if the network is one, found to have a place for
   * every layer and every remainder tensor.
   *
   * @throws PemnFormatException if the module is damaged
   * @throws IOException if the archive's file cannot be read any more
   */
  Optional<TorchScriptModule> module() throws IOException {
    return metadata.hasModule() ? Optional.of(checkedModule.get()) : Optional.empty();
  }

  private TorchScriptModule checkModule() throws IOException {
    TorchScriptModule module = parsedModule.get();
    Map<String, TensorShape> tensors = new HashMap<>();
    for (Layer layer : layers()) {
      tensors.put(layer.name(), new TensorShape(NumberType.FLOAT32, layer.shape()));
    }
    for (RemainderTensor tensor : remainder()) {
      boolean rounded = isOld() ? tensor.type() == NumberType.FLOAT32 : tensor.isFloats();
      tensors.put(tensor.name(), new TensorShape(tensor.type(), rounded, tensor.shape()));
    }
    long storageLimit = storageLimit();
    return file.placing(
        () -> {
          module.check(tensors, storageLimit);
          return module;
        });
  }

  /**
   * Every tensor of the network, masked or not: what {@link #layers} and {@link #remainder} have
   * together. A TorchScript module is checked to have a place for each.
   *
   * @return the tensors, in the network's order
   * @throws PemnFormatException if the module or the remainder is damaged
   * @throws IOException if the archive's file cannot be read any more
   */
  public List<NetworkTensor> tensors() throws IOException {
    if (network() instanceof BuiltInDescription builtIn) {
      return builtIn.parameters().stream()
          .map(each -> new NetworkTensor(each.name(), each.shape(), NumberType.FLOAT32))
          .toList();
    }
    Map<String, List<Integer>> shapes = new HashMap<>();
    layers().forEach(layer -> shapes.put(layer.name(), layer.shape()));
    remainder().forEach(tensor -> shapes.put(tensor.name(), tensor.shape()));
    TorchScriptModule module = module().orElseThrow();
    Map<String, NumberType> types = module.storageTypes();
    return module.tensors().stream()
        .map(name -> new NetworkTensor(name, shapes.get(name), types.get(name)))
        .toList();
  }

  private TorchScriptModule parseModule() throws IOException {
    return file.decode(
        file.module(),
        contents ->
            TorchScriptModule.parse(
                isOld()
                    ? ZstdFrame.decompress(
                        contents, metadata.getModule().getDecodedBytes(), ArchiveSection.MODULE)
                    : ZstdFrame.decompressUpTo(
                        contents, limits.moduleBytes(), ArchiveSection.MODULE),
                limits.moduleEntries()));
  }

  /**
   * Room for the widest numbers for every masked weight, for the whole remainder in a type of twice
   * its width, and for some places of storages that no tensor takes.
   */
  private long storageLimit() throws IOException {
    long remainder = 0;
    for (RemainderTensor tensor : remainder()) {
      remainder += (long) tensor.size() * (tensor.isFloats() ? Float.BYTES : tensor.type().bytes());
    }
    return maskedWeights() * Double.BYTES
        + 2 * (isOld() ? metadata.getRemainder().getDecodedBytes() : remainder)
        + UNUSED_STORAGE_BYTES;
  }

  /**
   * Writes the network as a TorchScript file with all its numbers, every masked layer checked
   * against its digest. One layer at a time is in memory. {@link TorchScriptWriter} can do more.
   *
   * @param out gets the file and stays open
   * @throws IllegalArgumentException if the network is no TorchScript module
   * @throws PemnFormatException if the archive is damaged, or the {@link LoadPolicy} does not allow
   *     TorchScript
   * @throws IOException if {@code out} cannot be written to
   */
  public void writeTorchScript(OutputStream out) throws IOException {
    TorchScriptWriter.of(this).checkingDigests().write(out);
  }

  /**
   * Decodes everything and checks every digest, the rebuilt weights' too, with as many threads as
   * the virtual machine has processors.
   *
   * @throws PemnFormatException naming the first thing that was found to differ
   * @throws IOException if the archive's file cannot be read any more
   */
  public void verify() throws IOException {
    remainder();
    module();
    SharedWork.run(
        Runtime.getRuntime().availableProcessors(),
        layers().size(),
        i -> verify(layers().get(i), digest(layers().get(i))));
    Optional<Prototype> generator = prototype();
    if (storesPrototypeValues()
        && generator.isPresent()
        && !Arrays.equals(generator.get().values(), storedPrototypeValues())) {
      throw new PemnFormatException.Corrupt(
          Finding.of(ArchiveSection.PROTOTYPE_VALUES, "others", "those that its seed regenerates")
              .at(file.prototypeValues().extent().from()),
          "The archive's prototype values should be {expected}, but are {found}; it was written by"
              + " a faulty tool.");
    }
  }

  /** The digest of what a layer is rebuilt to, without ever holding all of it. */
  private byte[] digest(Layer layer) throws IOException {
    LayerDigest digest = new LayerDigest();
    FloatBuffer weights = FloatBuffer.allocate(Math.min(WEIGHTS_AT_ONCE, layer.size()));
    for (int from = 0; from < layer.size(); from += WEIGHTS_AT_ONCE) {
      weights.limit(Math.min(WEIGHTS_AT_ONCE, layer.size() - from));
      rebuild(layer, from, weights);
      digest.add(weights);
    }
    return digest.finish();
  }

  /**
   * Checks rebuilt weights against the layer's digest.
   *
   * @param layer one of this archive
   * @param weights all of the layer's, row-major
   * @throws PemnFormatException if they are not, bit for bit, those that were trained
   */
  public void verify(Layer layer, float[] weights) throws PemnFormatException {
    verify(layer, LayerDigest.of(weights));
  }

  void verify(Layer layer, byte[] digest) throws PemnFormatException {
    String found = Layer.hex(digest);
    if (!found.equals(layer.digest())) {
      throw new PemnFormatException.Corrupt(
          Finding.of(ArchiveSection.METADATA, "digest " + found, "digest " + layer.digest())
              .at(file.metadataExtent().from()),
          "The rebuilt weights of "
              + layer.name()
              + " have {found}, but those that were trained had {expected}; get the file again, and"
              + " report a fault of pemn if that does not help.");
    }
  }

  private Map<String, LayerMask> decodeMasks() throws IOException {
    // Where the signs of the ternary layers begin: behind one bit a weight of every layer.
    int signs = Math.toIntExact(maskedWeights());
    long ternarySigns =
        layers().stream()
            .filter(layer -> layer.kind() == MaskKind.TERNARY)
            .mapToLong(Layer::kept)
            .sum();
    if (signs + ternarySigns > Integer.MAX_VALUE) {
      throw new PemnFormatException.LimitExceeded(
          Finding.of(
                  ArchiveSection.METADATA,
                  signs + ternarySigns + " bits",
                  "at most " + Integer.MAX_VALUE + " bits")
              .at(file.metadataExtent().from()),
          "The archive's masks have {found}, but {expected} are possible; use a smaller network.");
    }
    MaskLayout layout =
        MaskLayout.of(
            layers().stream()
                .map(layer -> new MaskLayout.Masked(layer.shape(), layer.kept(), layer.kind()))
                .toList());
    Mask bits =
        file.decode(
            file.masks(),
            contents ->
                MaskCodecs.of(metadata.getMasks().getEncoding())
                    .decode(contents, metadata.getMasks().getDecodedBytes(), layout));
    Map<String, LayerMask> decoded = new HashMap<>();
    for (Layer layer : layers()) {
      Mask own = bits.slice(layer.firstPosition(), layer.size());
      if (layer.kind() != MaskKind.SIGN && own.kept() != layer.kept()) {
        throw new PemnFormatException.Corrupt(
            Finding.of(
                    ArchiveSection.MASKS, own.kept() + " kept weights", layer.kept() + " of them")
                .at(file.masks().extent().from()),
            "The mask of "
                + layer.name()
                + " has {found}, but the archive says {expected}; it was written by a faulty"
                + " tool.");
      }
      if (layer.kind() == MaskKind.KEEP) {
        decoded.put(layer.name(), new LayerMask.Keep(own));
      } else if (layer.kind() == MaskKind.SIGN) {
        decoded.put(layer.name(), new LayerMask.Sign(own));
      } else {
        Mask negated = bits.slice(signs, layer.kept()).scatter(own);
        decoded.put(layer.name(), new LayerMask.Ternary(own, negated));
        signs += layer.kept();
      }
    }
    return decoded;
  }

  private Padding decodePadding() throws IOException {
    int shuffled = (int) metadata.getPrototype().getShuffledLength();
    return storesPrototypeValues()
        ? Padding.of(storedPrototypeValues(), metadata.getPrototype().getSeed(), shuffled)
        : Padding.of(prototype().orElseThrow(), shuffled, maskedWeights());
  }

  private Prototype generated(Distribution distribution) {
    return new Prototype(metadata.getPrototype().getSeed(), distribution, prototypeLength());
  }

  private float[] storedPrototypeValues() throws IOException {
    if (metadata.hasCodedPrototype()) {
      Map<String, LayerMask> decoded = masks.get();
      Mask used =
          UsedValues.of(
              prototypeLength(),
              layers().stream()
                  .map(
                      layer -> new UsedValues.Use(layer.offset(), decoded.get(layer.name()).kept()))
                  .toList());
      return file.decode(
          file.codedPrototype(), contents -> PrototypeDecoder.decode(contents, used));
    }
    return file.decode(
        file.prototypeValues(),
        contents -> FiniteFloats.read(contents, ArchiveSection.PROTOTYPE_VALUES, "prototype"));
  }
}
