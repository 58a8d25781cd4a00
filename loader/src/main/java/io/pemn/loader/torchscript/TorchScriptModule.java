package io.pemn.loader.torchscript;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.NumberType;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.ModuleEntry;
import io.pemn.format.proto.StoredTensor;
import io.pemn.format.proto.TensorStorage;
import io.pemn.format.proto.TensorType;
import io.pemn.format.text.ShownText;
import io.pemn.loader.message.ComparedBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A TorchScript file (a zip archive) without its tensors' numbers. {@link ModuleFile} makes the
 * file of it again.
 *
 * @param entries of the zip, in order
 */
public record TorchScriptModule(List<Entry> entries) {
  /** The most entries of a module. */
  public static final int MAX_ENTRIES = 100_000;

  /** The most tensors of a module. */
  static final int MAX_TENSORS = 100_000;

  /** The longest path or name, in bytes of UTF-8. */
  public static final int MAX_NAME_BYTES = 4_096;

  /** The largest storage, in bytes: larger arrays cannot be allocated on every virtual machine. */
  public static final int MAX_STORAGE_BYTES = Integer.MAX_VALUE - 8;

  /** What tensors may have on average: 64 of each of 100,000 would take hundreds of megabytes. */
  private static final int STRIDES_A_TENSOR = 16;

  private static final int VARINT = 0;
  private static final int BYTES = 2;

  /** One file of the zip. */
  public sealed interface Entry {
    /** Below the zip's root folder, such as {@code data.pkl} or {@code data/0}. */
    String path();
  }

  /**
   * A file that is kept as it is.
   *
   * @param content its bytes; not copied: treat them as read-only
   */
  public record FileEntry(String path, byte[] content) implements Entry {
    /**
     * Checks the path.
     *
     * @throws IllegalArgumentException if it is none below a folder
     */
    public FileEntry {
      checkPath(path);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof FileEntry file
          && path.equals(file.path)
          && Arrays.equals(content, file.content);
    }

    @Override
    public int hashCode() {
      return 31 * path.hashCode() + Arrays.hashCode(content);
    }

    @Override
    public String toString() {
      return "FileEntry[path=" + path + ", " + content.length + " bytes]";
    }
  }

  /**
   * A file that holds tensors' numbers, little-endian, and zeros where no tensor has an element.
   *
   * @param type of all its numbers
   * @param elements how many there are, 0 to 2^31
   * @param spans where the tensors stand
   */
  public record StorageEntry(String path, NumberType type, long elements, List<Span> spans)
      implements Entry {
    /**
     * Checks and copies.
     *
     * @throws IllegalArgumentException if the path is none below a folder, or the storage would
     *     exceed {@link #MAX_STORAGE_BYTES}
     */
    public StorageEntry {
      checkPath(path);
      spans = List.copyOf(spans);
      if (elements < 0 || elements > MAX_STORAGE_BYTES / type.bytes()) {
        throw new IllegalArgumentException(
            "The storage "
                + path
                + " has "
                + Long.toUnsignedString(elements)
                + " elements of type "
                + type
                + ", but at most "
                + MAX_STORAGE_BYTES
                + " bytes are possible.");
      }
    }

    /** Bytes of the file, 0 to {@link #MAX_STORAGE_BYTES}. */
    int bytes() {
      return Math.toIntExact(elements * type.bytes());
    }
  }

  /**
   * Where a tensor stands in its storage.
   *
   * @param tensor its name
   * @param offset of its first element, in elements
   * @param strides one a dimension, in elements; none at all where it is contiguous and row-major
   */
  public record Span(String tensor, long offset, List<Long> strides) {
    /**
     * Checks and copies.
     *
     * @throws IllegalArgumentException if the name is not printable text or a number is negative
     */
    public Span {
      strides = List.copyOf(strides);
      checkText(tensor, "tensor name");
      if (offset < 0
          || strides.size() > TensorLayout.MAX_DIMENSIONS
          || strides.stream().anyMatch(stride -> stride < 0)) {
        throw new IllegalArgumentException(
            "The tensor "
                + tensor
                + " has offset "
                + Long.toUnsignedString(offset)
                + " and "
                + strides.size()
                + " strides, but numbers below 2^63 and at most "
                + TensorLayout.MAX_DIMENSIONS
                + " of them are possible.");
      }
    }

    /**
     * The places of the tensor's elements.
     *
     * @throws IllegalArgumentException if the shape does not go with the strides
     */
    public TensorLayout layout(List<Integer> shape) {
      return strides.isEmpty()
          ? TensorLayout.contiguous(shape, offset)
          : new TensorLayout(shape, offset, strides);
    }
  }

  /**
   * What an archive says of a tensor.
   *
   * @param type how it is stored, and the type of the storage that it stands in
   * @param rounded whether it may stand in a storage of any floating-point type instead, its
   *     numbers rounded to it
   */
  public record TensorShape(NumberType type, boolean rounded, List<Integer> shape) {
    /** Copies the shape. */
    public TensorShape {
      shape = List.copyOf(shape);
    }

    /** A tensor that stands in storages of its own type, or as FLOAT32 in floating-point ones. */
    public TensorShape(NumberType type, List<Integer> shape) {
      this(type, type == NumberType.FLOAT32, shape);
    }
  }

  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException if there are too many entries or tensors, or two of one name
   */
  public TorchScriptModule {
    entries = List.copyOf(entries);
    Set<String> paths = new HashSet<>();
    Set<String> tensors = new HashSet<>();
    if (entries.size() > MAX_ENTRIES) {
      throw new IllegalArgumentException(
          "A TorchScript module has "
              + entries.size()
              + " entries, but at most "
              + MAX_ENTRIES
              + " are possible.");
    }
    for (Entry entry : entries) {
      if (!paths.add(entry.path())) {
        throw new IllegalArgumentException(
            "A TorchScript module has two entries "
                + entry.path()
                + ", but each path can stand in it once.");
      }
      if (entry instanceof StorageEntry storage) {
        for (Span span : storage.spans()) {
          if (!tensors.add(span.tensor())) {
            throw new IllegalArgumentException(
                "A TorchScript module has the tensor "
                    + span.tensor()
                    + " in two places, but each can stand in it once.");
          }
        }
      }
    }
    if (tensors.size() > MAX_TENSORS) {
      throw new IllegalArgumentException(
          "A TorchScript module has "
              + tensors.size()
              + " tensors, but at most "
              + MAX_TENSORS
              + " are possible.");
    }
  }

  /**
   * Reads what {@link #toBytes} wrote. Memory is bounded by a few times the message's length and
   * the numbers of entries and tensors above.
   *
   * @throws PemnFormatException if the message is anything else
   */
  public static TorchScriptModule parse(byte[] message) throws PemnFormatException {
    return parse(message, MAX_ENTRIES);
  }

  /**
   * The same, of fewer entries and tensors.
   *
   * @param most how many there may be of each
   * @throws PemnFormatException if there are more, or the message is anything else
   */
  public static TorchScriptModule parse(byte[] message, int most) throws PemnFormatException {
    try {
      TorchScriptModule module = new Parser(CodedInputStream.newInstance(message), most).module();
      ComparedBytes comparison = new ComparedBytes(message, 0, message.length);
      module.toProto().writeTo(comparison);
      if (!comparison.areEqual()) {
        throw corrupt(
            "its fields repeated, out of order or longer than need be",
            "each once, in the shortest form");
      }
      return module;
    } catch (PemnFormatException e) {
      throw e;
    } catch (InvalidProtocolBufferException e) {
      throw new PemnFormatException.Corrupt(
          Finding.of(ArchiveSection.MODULE, e.getMessage(), "a protobuf message"),
          "In the archive, the TorchScript module is not {expected}: {found}",
          e);
    } catch (IllegalArgumentException e) {
      throw impossible("entries and tensors that are possible", e);
    } catch (IOException e) {
      throw new AssertionError("Reading an array does not fail.", e);
    }
  }

  /** As an archive stores it, before compression. */
  public byte[] toBytes() {
    return toProto().toByteArray();
  }

  /** As a message; shares the contents of the entries. */
  io.pemn.format.proto.TorchScriptModule toProto() {
    io.pemn.format.proto.TorchScriptModule.Builder module =
        io.pemn.format.proto.TorchScriptModule.newBuilder();
    for (Entry entry : entries) {
      ModuleEntry.Builder message = ModuleEntry.newBuilder().setPath(entry.path());
      if (entry instanceof FileEntry file) {
        ByteString content = UnsafeByteOperations.unsafeWrap(file.content());
        message.setContent(content);
      } else if (entry instanceof StorageEntry storage) {
        message.setStorage(toProto(storage));
      }
      module.addEntries(message);
    }
    return module.build();
  }

  private static TensorStorage toProto(StorageEntry storage) {
    TensorStorage.Builder message =
        TensorStorage.newBuilder()
            .setType(storage.type().toProto())
            .setElements(storage.elements());
    for (Span span : storage.spans()) {
      message.addTensors(
          StoredTensor.newBuilder()
              .setName(span.tensor())
              .setOffset(span.offset())
              .addAllStrides(span.strides()));
    }
    return message.build();
  }

  /**
   * Holds the module against the tensors that an archive has: each stands in exactly one storage,
   * within it, in a type that it can be written in, and no place of a storage belongs to two
   * elements.
   *
   * @param tensors all of them, by name
   * @param maxBytes the most that all storages together may take
   * @throws PemnFormatException if anything is not so
   */
  public void check(Map<String, TensorShape> tensors, long maxBytes) throws PemnFormatException {
    Set<String> missing = new HashSet<>(tensors.keySet());
    long bytes = 0;
    for (Entry entry : entries) {
      if (entry instanceof StorageEntry storage) {
        // At most MAX_ENTRIES of at most 2^31 bytes each: no overflow.
        bytes += storage.bytes();
        if (bytes > maxBytes) {
          throw new PemnFormatException.LimitExceeded(
              Finding.of(
                  ArchiveSection.MODULE,
                  bytes + " bytes or more",
                  "at most " + maxBytes + " bytes"),
              "The tensors of the archive's TorchScript module take {found}, but {expected} are"
                  + " possible for the weights and the remainder that it has; it was written by a"
                  + " faulty tool.");
        }
        List<Placed> placed = new ArrayList<>();
        for (Span span : storage.spans()) {
          TensorShape tensor = tensors.get(span.tensor());
          if (tensor == null) {
            throw corrupt(
                "the tensor " + span.tensor() + ", which is neither a layer nor in the remainder",
                "only such");
          }
          placed.add(new Placed(span.tensor(), checkSpan(storage, span, tensor)));
          missing.remove(span.tensor());
        }
        checkApart(placed);
      }
    }
    if (!missing.isEmpty()) {
      throw corrupt(
          "no " + missing.stream().min(Comparator.naturalOrder()).get(),
          "every layer of the archive and every tensor of its remainder");
    }
  }

  /** The type of the storage that each tensor stands in, by the tensor's name. */
  public Map<String, NumberType> storageTypes() {
    Map<String, NumberType> types = new HashMap<>();
    for (Entry entry : entries) {
      if (entry instanceof StorageEntry storage) {
        storage.spans().forEach(span -> types.put(span.tensor(), storage.type()));
      }
    }
    return types;
  }

  /** The names of all tensors in storages, in the order of the entries. */
  public List<String> tensors() {
    return entries.stream()
        .filter(StorageEntry.class::isInstance)
        .flatMap(entry -> ((StorageEntry) entry).spans().stream())
        .map(Span::tensor)
        .toList();
  }

  private static TensorLayout checkSpan(StorageEntry storage, Span span, TensorShape tensor)
      throws PemnFormatException {
    boolean typeFits =
        tensor.rounded() ? storage.type().isFloat() : tensor.type() == storage.type();
    if (!typeFits) {
      throw corrupt(
          "the tensor "
              + span.tensor()
              + " of type "
              + tensor.type()
              + " in a storage of type "
              + storage.type(),
          tensor.rounded() ? "one of floating-point numbers" : "one of its own type");
    }
    return checkInside(storage, span, tensor.shape());
  }

  /** A tensor in its storage. */
  private record Placed(String tensor, TensorLayout layout) {}

  /**
   * Checks that the tensors of a storage share no place: one of two elements there would be lost,
   * and the module not have the weights that the digests are of.
   */
  private static void checkApart(List<Placed> tensors) throws PemnFormatException {
    boolean apart = true;
    long end = 0;
    for (Placed placed :
        tensors.stream()
            .filter(placed -> placed.layout().size() > 0)
            .sorted(Comparator.comparing(placed -> placed.layout().offset()))
            .toList()) {
      if (!placed.layout().isInjective()) {
        throw shared(placed.tensor());
      }
      apart &= placed.layout().offset() >= end;
      end = Math.max(end, placed.layout().end());
    }
    if (apart) {
      return;
    }
    BitSet taken = new BitSet();
    for (Placed placed : tensors) {
      boolean[] free = {true};
      placed
          .layout()
          .forEach(
              (element, index) -> {
                free[0] &= !taken.get(index);
                taken.set(index);
              });
      if (!free[0]) {
        throw shared(placed.tensor());
      }
    }
  }

  private static PemnFormatException shared(String tensor) {
    return corrupt(
        "the tensor " + tensor + " with an element in the place of another", "a place for each");
  }

  /** The places of a tensor's elements, all of them within the storage. */
  static TensorLayout checkInside(StorageEntry storage, Span span, List<Integer> shape)
      throws PemnFormatException {
    TensorLayout layout;
    try {
      layout = span.layout(shape);
    } catch (IllegalArgumentException e) {
      throw impossible("a possible place for " + span.tensor(), e);
    }
    if (layout.end() > storage.elements()
        || span.offset() > storage.elements()
        || layout.size() > storage.elements()) {
      throw corrupt(
          "the tensor "
              + span.tensor()
              + " of shape "
              + shape
              + ", which reaches beyond its storage",
          "all of it within the " + storage.elements() + " elements of " + storage.path());
    }
    return layout;
  }

  private static PemnFormatException corrupt(String found, String expected) {
    return new PemnFormatException.Corrupt(
        Finding.of(ArchiveSection.MODULE, found, expected),
        "The archive's TorchScript module has {found}, but should have {expected}; it was written"
            + " by a faulty tool.");
  }

  private static PemnFormatException impossible(String expected, IllegalArgumentException e) {
    return new PemnFormatException.Corrupt(
        Finding.of(ArchiveSection.MODULE, e.getMessage(), expected),
        "The archive's TorchScript module should have {expected}: {found}",
        e);
  }

  private static void checkPath(String path) {
    checkText(path, "path");
    for (String part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..") || part.indexOf('\\') >= 0) {
        throw new IllegalArgumentException(
            "A TorchScript module has an entry \""
                + path
                + "\", but only plain paths below its folder are possible.");
      }
    }
  }

  /** Whether a tensor can have this name: 1 to {@link #MAX_NAME_BYTES} bytes of printable text. */
  public static boolean isName(String text) {
    return !text.isEmpty()
        && text.length() <= MAX_NAME_BYTES
        && text.getBytes(StandardCharsets.UTF_8).length <= MAX_NAME_BYTES
        && text.codePoints().allMatch(ShownText::isSeen);
  }

  private static void checkText(String text, String what) {
    if (!isName(text)) {
      throw new IllegalArgumentException(
          "A TorchScript module has a "
              + what
              + " of "
              + text.length()
              + " characters, but only printable ones, 1 to "
              + MAX_NAME_BYTES
              + " bytes, are possible.");
    }
  }

  /** Counts before it keeps: two bytes can claim an object of a hundred. */
  private static final class Parser {
    private final CodedInputStream in;
    private final int most;
    private int tensors;
    private long allStrides;

    Parser(CodedInputStream in, int most) {
      this.in = in;
      this.most = Math.min(most, MAX_ENTRIES);
    }

    private PemnFormatException exceeded(String what, long most) {
      return new PemnFormatException.LimitExceeded(
          Finding.of(
              ArchiveSection.MODULE, (most + 1) + " " + what + " or more", "at most " + most),
          "The archive's TorchScript module has {found}, but {expected} are allowed; "
              + (this.most < MAX_ENTRIES
                  ? "raise the limit if you trust it."
                  : "use a smaller module."));
    }

    TorchScriptModule module() throws IOException {
      List<Entry> entries = new ArrayList<>();
      while (!in.isAtEnd()) {
        expect(io.pemn.format.proto.TorchScriptModule.ENTRIES_FIELD_NUMBER, BYTES);
        if (entries.size() == most) {
          throw exceeded("entries", most);
        }
        int end = in.pushLimit(in.readRawVarint32());
        entries.add(entry());
        in.popLimit(end);
      }
      return new TorchScriptModule(entries);
    }

    private Entry entry() throws IOException {
      String path = "";
      byte[] content = {};
      StorageEntry storage = null;
      for (int tag; (tag = in.readTag()) != 0; ) {
        if (tag == tag(ModuleEntry.PATH_FIELD_NUMBER, BYTES)) {
          path = in.readStringRequireUtf8();
        } else if (tag == tag(ModuleEntry.CONTENT_FIELD_NUMBER, BYTES)) {
          content = in.readByteArray();
        } else if (tag == tag(ModuleEntry.STORAGE_FIELD_NUMBER, BYTES)) {
          int end = in.pushLimit(in.readRawVarint32());
          storage = storage(path);
          in.popLimit(end);
        } else {
          throw unknown(tag);
        }
      }
      if (storage == null) {
        return new FileEntry(path, content);
      }
      if (content.length > 0) {
        throw corrupt("both content and a storage at " + path, "one of them");
      }
      return storage;
    }

    private StorageEntry storage(String path) throws IOException {
      NumberType type = NumberType.FLOAT32;
      long elements = 0;
      List<Span> spans = new ArrayList<>();
      for (int tag; (tag = in.readTag()) != 0; ) {
        if (tag == tag(TensorStorage.TYPE_FIELD_NUMBER, VARINT)) {
          type = type(in.readEnum());
        } else if (tag == tag(TensorStorage.ELEMENTS_FIELD_NUMBER, VARINT)) {
          elements = in.readUInt64();
        } else if (tag == tag(TensorStorage.TENSORS_FIELD_NUMBER, BYTES)) {
          if (tensors++ == most) {
            throw exceeded("tensors", most);
          }
          int end = in.pushLimit(in.readRawVarint32());
          spans.add(span());
          in.popLimit(end);
        } else {
          throw unknown(tag);
        }
      }
      return new StorageEntry(path, type, elements, spans);
    }

    private static NumberType type(int number) throws PemnFormatException {
      TensorType type = TensorType.forNumber(number);
      if (type == null) {
        throw new PemnFormatException.Unsupported(
            Finding.of(
                ArchiveSection.MODULE,
                "number type " + number,
                "0 to " + (NumberType.values().length - 1)),
            "The archive's TorchScript module has {found}, but this version of pemn reads"
                + " {expected}; use a newer one.");
      }
      return NumberType.of(type).orElseThrow();
    }

    private Span span() throws IOException {
      String name = "";
      long offset = 0;
      List<Long> strides = new ArrayList<>();
      for (int tag; (tag = in.readTag()) != 0; ) {
        if (tag == tag(StoredTensor.NAME_FIELD_NUMBER, BYTES)) {
          name = in.readStringRequireUtf8();
        } else if (tag == tag(StoredTensor.OFFSET_FIELD_NUMBER, VARINT)) {
          offset = in.readUInt64();
        } else if (tag == tag(StoredTensor.STRIDES_FIELD_NUMBER, BYTES)) {
          int end = in.pushLimit(in.readRawVarint32());
          while (in.getBytesUntilLimit() > 0) {
            if (strides.size() == TensorLayout.MAX_DIMENSIONS) {
              throw corrupt("a tensor of more strides", "at most " + TensorLayout.MAX_DIMENSIONS);
            }
            if (allStrides++ == (long) most * STRIDES_A_TENSOR) {
              throw exceeded("strides", (long) most * STRIDES_A_TENSOR);
            }
            strides.add(in.readUInt64());
          }
          in.popLimit(end);
        } else {
          throw unknown(tag);
        }
      }
      return new Span(name, offset, strides);
    }

    private void expect(int field, int wireType) throws IOException {
      int tag = in.readTag();
      if (tag != tag(field, wireType)) {
        throw unknown(tag);
      }
    }

    private static int tag(int field, int wireType) {
      return field << 3 | wireType;
    }

    private static PemnFormatException unknown(int tag) {
      return corrupt("a field of tag " + tag, "only those of this format version");
    }
  }
}
