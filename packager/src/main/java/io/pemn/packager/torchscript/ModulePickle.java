package io.pemn.packager.torchscript;

import io.pemn.packager.torchscript.PickleValue.Constant;
import io.pemn.packager.torchscript.PickleValue.Dictionary;
import io.pemn.packager.torchscript.PickleValue.Global;
import io.pemn.packager.torchscript.PickleValue.Items;
import io.pemn.packager.torchscript.PickleValue.Made;
import io.pemn.packager.torchscript.PickleValue.Number;
import io.pemn.packager.torchscript.PickleValue.Persistent;
import io.pemn.packager.torchscript.PickleValue.Real;
import io.pemn.packager.torchscript.PickleValue.Text;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads pickles as TorchScript writes them. Nothing is run or looked up: classes and functions stay
 * names.
 *
 * <p>Source: the opcodes of {@code torch/csrc/jit/serialization/unpickler.cpp}.
 */
final class ModulePickle {
  /** The longest pickle, in bytes; those of real networks take some hundred kilobytes. */
  static final int MAX_BYTES = 1 << 24;

  /** The most values that are put on the stack or kept for later, which bounds the memory. */
  private static final int MAX_VALUES = 1 << 22;

  private static final int LONG_BYTES = 8;

  private final String name;
  private final ByteBuffer in;
  private final List<PickleValue> stack = new ArrayList<>();
  private final List<Opcode> origins = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Integer, PickleValue> kept = new HashMap<>();
  private final List<StorageClass> storageClasses = new ArrayList<>();
  private int values;

  /** Where an instruction stands that put a {@link Global} on the stack. */
  private record Opcode(int begin, int end) {
    static final Opcode OTHER = new Opcode(0, 0);
  }

  /**
   * Where a pickle says of what class a storage is.
   *
   * @param key of the storage
   * @param type the class
   * @param begin first byte of the instruction
   * @param end one past the last
   */
  record StorageClass(String key, Global type, int begin, int end) {}

  /**
   * A pickle that was read.
   *
   * @param root the value that it holds
   * @param storageClasses every place where it says of what class a storage is, in order
   */
  record Parsed(PickleValue root, List<StorageClass> storageClasses) {}

  private ModulePickle(String name, byte[] pickle) {
    this.name = name;
    this.in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reads a pickle. Memory is bounded by some hundred times its length and some hundred megabytes.
   *
   * @param name of the file and the entry, for messages
   * @throws TorchScriptException if it is damaged, longer than {@link #MAX_BYTES}, or has an
   *     instruction that TorchScript does not write
   */
  static Parsed parse(String name, byte[] pickle) throws TorchScriptException {
    if (pickle.length > MAX_BYTES) {
      throw new TorchScriptException(
          String.format(
              "%s has %,d bytes, expected at most %,d; move large lists out of the module.",
              name, pickle.length, MAX_BYTES));
    }
    ModulePickle reader = new ModulePickle(name, pickle);
    PickleValue root = reader.run();
    reader.storageClasses.sort(Comparator.comparingInt(StorageClass::begin));
    return new Parsed(root, List.copyOf(reader.storageClasses));
  }

  /**
   * The pickle with other storage classes.
   *
   * @param storageClasses of the whole pickle, as it was parsed
   * @param types the class of {@code torch} that each storage gets, by its key; others keep theirs
   */
  static byte[] withStorageClasses(
      byte[] pickle, List<StorageClass> storageClasses, Map<String, String> types) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(pickle.length);
    int done = 0;
    for (StorageClass place : storageClasses) {
      out.write(pickle, done, place.begin() - done);
      // Never a kept class: the one that was kept may be another now.
      Global type = place.type();
      String changed = types.get(place.key());
      String text =
          "c"
              + (changed == null ? type.module() : "torch")
              + "\n"
              + (changed == null ? type.name() : changed)
              + "\n";
      out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
      done = place.end();
    }
    out.write(pickle, done, pickle.length - done);
    return out.toByteArray();
  }

  private PickleValue run() throws TorchScriptException {
    while (in.hasRemaining()) {
      int begin = in.position();
      int opcode = in.get() & 0xFF;
      switch (opcode) {
        case 0x80 -> { // PROTO
          int protocol = number(1);
          if (protocol != 2) {
            throw damaged(begin, "has protocol " + protocol + ", expected 2");
          }
        }
        case '.' -> { // STOP
          PickleValue root = pop(begin);
          if (!stack.isEmpty() || !marks.isEmpty()) {
            throw damaged(begin, "ends with values that belong to nothing");
          }
          return root;
        }
        case '(' -> { // MARK
          count(begin);
          marks.add(stack.size());
        }
        case 'N' -> push(begin, Constant.NONE);
        case 0x88 -> push(begin, Constant.TRUE);
        case 0x89 -> push(begin, Constant.FALSE);
        case 'K' -> push(begin, new Number(number(1)));
        case 'M' -> push(begin, new Number(number(2)));
        case 'J' -> push(begin, new Number(number(4)));
        case 0x8a -> push(begin, longNumber(begin)); // LONG1
        case 'G' -> { // BINFLOAT
          take(LONG_BYTES);
          push(begin, new Real());
        }
        case 'X' -> push(begin, text(begin)); // BINUNICODE
        case 'c' -> { // GLOBAL
          Global global = new Global(line(begin), line(begin));
          push(begin, global);
          origins.set(origins.size() - 1, new Opcode(begin, in.position()));
        }
        case ')' -> push(begin, Items.tuple(List.of()));
        case ']' -> push(begin, Items.list());
        case '}' -> push(begin, new Dictionary());
        case 0x85 -> tuple(begin, stack.size() - 1);
        case 0x86 -> tuple(begin, stack.size() - 2);
        case 0x87 -> tuple(begin, stack.size() - 3);
        case 't' -> tuple(begin, mark(begin)); // TUPLE
        case 'l' -> { // LIST
          Items list = Items.list();
          list.add(popFrom(begin, mark(begin)));
          push(begin, list);
        }
        case 'd' -> { // DICT
          Dictionary dictionary = new Dictionary();
          dictionary.put(pairs(begin, popFrom(begin, mark(begin))));
          push(begin, dictionary);
        }
        case 'a' -> append(begin, popFrom(begin, stack.size() - 1)); // APPEND
        case 'e' -> append(begin, popFrom(begin, mark(begin))); // APPENDS
        case 's' -> put(begin, popFrom(begin, stack.size() - 2)); // SETITEM
        case 'u' -> put(begin, popFrom(begin, mark(begin))); // SETITEMS
        case 0x81 -> make(begin, false); // NEWOBJ
        case 'R' -> make(begin, true); // REDUCE
        case 'b' -> { // BUILD
          PickleValue state = pop(begin);
          if (!(top(begin) instanceof Made made) || made.state() != Constant.NONE) {
            throw damaged(begin, "fills something that is no new object");
          }
          made.build(state);
        }
        case 'Q' -> push(begin, new Persistent(pop(begin))); // BINPERSID
        case 'q' -> keep(begin, number(1)); // BINPUT
        case 'r' -> keep(begin, number(4)); // LONG_BINPUT
        case 'h' -> get(begin, number(1)); // BINGET
        case 'j' -> get(begin, number(4)); // LONG_BINGET
        default ->
            throw new TorchScriptException(
                String.format(
                    "%s has the instruction %#04x at byte %d, which TorchScript does not write; the"
                        + " file is damaged or was made by something else than"
                        + " torch.jit.save.",
                    name, opcode, begin));
      }
    }
    throw damaged(in.position(), "ends before its last instruction");
  }

  private void push(int begin, PickleValue value) throws TorchScriptException {
    count(begin);
    stack.add(value);
    origins.add(Opcode.OTHER);
  }

  private void count(int begin) throws TorchScriptException {
    if (++values > MAX_VALUES) {
      throw damaged(begin, "has more than " + MAX_VALUES + " values, which no network needs");
    }
  }

  private PickleValue top(int begin) throws TorchScriptException {
    if (stack.isEmpty() || !marks.isEmpty() && marks.get(marks.size() - 1) >= stack.size()) {
      throw damaged(begin, "needs a value that is not there");
    }
    return stack.get(stack.size() - 1);
  }

  private PickleValue pop(int begin) throws TorchScriptException {
    PickleValue value = top(begin);
    stack.remove(stack.size() - 1);
    origins.remove(origins.size() - 1);
    return value;
  }

  /** The values from that place of the stack on, which are taken off. */
  private List<PickleValue> popFrom(int begin, int from) throws TorchScriptException {
    if (from < 0 || !marks.isEmpty() && from < marks.get(marks.size() - 1)) {
      throw damaged(begin, "needs values that are not there");
    }
    List<PickleValue> top = stack.subList(from, stack.size());
    List<PickleValue> values = List.copyOf(top);
    top.clear();
    origins.subList(from, origins.size()).clear();
    return values;
  }

  private int mark(int begin) throws TorchScriptException {
    if (marks.isEmpty()) {
      throw damaged(begin, "closes what was not opened");
    }
    return marks.remove(marks.size() - 1);
  }

  private void tuple(int begin, int from) throws TorchScriptException {
    Opcode second = from >= 0 && from + 1 < stack.size() ? origins.get(from + 1) : Opcode.OTHER;
    List<PickleValue> items = popFrom(begin, from);
    if (items.size() == StorageId.LENGTH
        && items.get(0) instanceof Text text
        && text.value().equals(StorageId.TAG)
        && items.get(1) instanceof Global type
        && items.get(2) instanceof Text key) {
      storageClasses.add(new StorageClass(key.value(), type, second.begin(), second.end()));
    }
    push(begin, Items.tuple(items));
  }

  private void append(int begin, List<PickleValue> items) throws TorchScriptException {
    if (!(top(begin) instanceof Items list) || list.isTuple()) {
      throw damaged(begin, "appends to something that is no list");
    }
    list.add(items);
  }

  private void put(int begin, List<PickleValue> pairs) throws TorchScriptException {
    if (!(top(begin) instanceof Dictionary dictionary)) {
      throw damaged(begin, "puts items into something that is no dictionary");
    }
    dictionary.put(pairs(begin, pairs));
  }

  private List<PickleValue> pairs(int begin, List<PickleValue> items) throws TorchScriptException {
    if (items.size() % 2 != 0) {
      throw damaged(begin, "has a dictionary key without a value");
    }
    return items;
  }

  private void make(int begin, boolean called) throws TorchScriptException {
    PickleValue arguments = pop(begin);
    push(begin, new Made(pop(begin), arguments, called));
  }

  private void keep(int begin, int number) throws TorchScriptException {
    count(begin);
    kept.put(number, top(begin));
  }

  private void get(int begin, int number) throws TorchScriptException {
    PickleValue value = kept.get(number);
    if (value == null) {
      throw damaged(begin, "uses a value that it did not keep");
    }
    push(begin, value);
    if (value instanceof Global) {
      origins.set(origins.size() - 1, new Opcode(begin, in.position()));
    }
  }

  /** A little-endian number of 1, 2 (unsigned) or 4 (signed) bytes. */
  private int number(int bytes) throws TorchScriptException {
    ByteBuffer number = take(bytes);
    return switch (bytes) {
      case 1 -> number.get() & 0xFF;
      case 2 -> number.getShort() & 0xFFFF;
      default -> number.getInt();
    };
  }

  private Number longNumber(int begin) throws TorchScriptException {
    int length = number(1);
    if (length > LONG_BYTES) {
      throw damaged(begin, "has a whole number of " + length + " bytes, expected at most 8");
    }
    ByteBuffer bytes = take(length);
    long value = length > 0 && bytes.get(length - 1) < 0 ? -1 : 0;
    for (int i = length - 1; i >= 0; i--) {
      value = value << Byte.SIZE | bytes.get(i) & 0xFF;
    }
    return new Number(value);
  }

  private Text text(int begin) throws TorchScriptException {
    long length = Integer.toUnsignedLong(number(4));
    if (length > in.remaining()) {
      throw damaged(
          begin, "announces a text of " + length + " bytes where " + in.remaining() + " follow");
    }
    return new Text(StandardCharsets.UTF_8.decode(take((int) length)).toString());
  }

  private String line(int begin) throws TorchScriptException {
    ByteBuffer line = in.slice();
    int length = 0;
    while (true) {
      if (!in.hasRemaining()) {
        throw damaged(begin, "ends within a name");
      }
      if (in.get() == '\n') {
        return StandardCharsets.UTF_8.decode(line.limit(length)).toString();
      }
      length++;
    }
  }

  private ByteBuffer take(int length) throws TorchScriptException {
    if (length > in.remaining()) {
      throw damaged(in.position(), "ends within an instruction");
    }
    ByteBuffer bytes = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + length);
    return bytes;
  }

  private TorchScriptException damaged(int at, String what) {
    return new TorchScriptException(
        String.format("%s %s at byte %d; the file is damaged, save it again.", name, what, at));
  }
}
