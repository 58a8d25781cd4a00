package io.pemn.packager.pickle;

import io.pemn.packager.pickle.PickleValue.BigNumber;
import io.pemn.packager.pickle.PickleValue.Bytes;
import io.pemn.packager.pickle.PickleValue.Constant;
import io.pemn.packager.pickle.PickleValue.Dictionary;
import io.pemn.packager.pickle.PickleValue.Global;
import io.pemn.packager.pickle.PickleValue.Items;
import io.pemn.packager.pickle.PickleValue.Made;
import io.pemn.packager.pickle.PickleValue.Number;
import io.pemn.packager.pickle.PickleValue.Persistent;
import io.pemn.packager.pickle.PickleValue.Real;
import io.pemn.packager.pickle.PickleValue.Text;
import io.pemn.packager.pickle.TupleListener.Span;
import io.pemn.packager.tensors.PrintableName;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Goes through a pickle, instruction by instruction, and reads it once. */
final class PickleMachine {
  /** The most values that are put on the stack or kept for later, which bounds the memory. */
  static final int MAX_VALUES = 1 << 22;

  private static final int LONG_BYTES = 8;
  private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_.]{1,200}");
  private static final Pattern WHOLE = Pattern.compile("[-+]?[0-9]{1,600}");
  private static final Pattern REAL =
      Pattern.compile("[-+]?([0-9]{1,400}\\.?[0-9]{0,400}|\\.[0-9]{1,400})([eE][-+]?[0-9]{1,9})?");

  private final String name;
  private final ByteBuffer in;
  private final PickleDialect dialect;
  private final TupleListener listener;
  private final List<PickleValue> stack = new ArrayList<>();
  private final List<Span> origins = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Integer, PickleValue> kept = new HashMap<>();
  private int values;
  private long encoded;

  PickleMachine(ByteBuffer pickle, String name, PickleDialect dialect, TupleListener listener) {
    this.name = name;
    this.in = pickle.slice().order(ByteOrder.LITTLE_ENDIAN);
    this.dialect = dialect;
    this.listener = listener;
  }

  PickleValue read() throws PickleException {
    PickleValue root = run();
    if (dialect.calls().isPresent()) {
      if (in.hasRemaining()) {
        throw damaged(in.position(), "goes on for " + in.remaining() + " bytes after its end");
      }
      new PickleSize(name, dialect.remedy()).check(root);
    }
    return root;
  }

  private PickleValue run() throws PickleException {
    while (in.hasRemaining()) {
      int begin = in.position();
      int opcode = in.get() & 0xFF;
      if (!dialect.opcodes().get(opcode)) {
        throw new PickleException(
            String.format(
                "%s has the instruction %#04x at byte %d, which %s.",
                name, opcode, begin, dialect.foreign()));
      }
      switch (opcode) {
        case 0x80 -> { // PROTO
          int protocol = number(1);
          if (protocol < dialect.leastProtocol() || protocol > dialect.greatestProtocol()) {
            throw damaged(begin, "has protocol " + protocol + ", expected " + protocols());
          }
        }
        case 0x95 -> { // FRAME: what is in it follows as if it were not there
          long length = longNumber();
          if (length < 0 || length > in.remaining()) {
            throw announced(begin, "a frame", length);
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
        case 0x8a -> push(begin, whole(begin, number(1))); // LONG1
        case 0x8b -> push(begin, whole(begin, Integer.toUnsignedLong(number(4)))); // LONG4
        case 'I' -> push(begin, integerLine(begin));
        case 'L' -> push(begin, longLine(begin));
        case 'G' -> // BINFLOAT, the only big-endian number
            push(begin, new Real(take(LONG_BYTES).order(ByteOrder.BIG_ENDIAN).getDouble()));
        case 'F' -> push(begin, realLine(begin));
        case 'X' -> push(begin, text(begin, Integer.toUnsignedLong(number(4)))); // BINUNICODE
        case 0x8c -> push(begin, text(begin, number(1))); // SHORT_BINUNICODE
        case 0x8d -> push(begin, text(begin, longNumber())); // BINUNICODE8
        case 'V' -> { // UNICODE
          Optional<String> text = EscapedText.rawUnicode(line(begin, "a text"));
          push(begin, new Text(text.orElseThrow(() -> damaged(begin, "has half a character"))));
        }
        case 'U', 'C' -> push(begin, bytes(begin, number(1))); // SHORT_BINSTRING, SHORT_BINBYTES
        case 'T', 'B' -> push(begin, bytes(begin, Integer.toUnsignedLong(number(4))));
        case 0x8e, 0x96 -> push(begin, bytes(begin, longNumber())); // BINBYTES8, BYTEARRAY8
        case 'S' -> { // STRING
          Optional<ByteBuffer> string = EscapedText.quoted(line(begin, "a string"));
          push(begin, new Bytes(string.orElseThrow(() -> damaged(begin, "has half a string"))));
        }
        case 'c' -> { // GLOBAL
          push(begin, allowed(begin, name(begin), name(begin)));
          origins.set(origins.size() - 1, new Span(begin, in.position()));
        }
        case 0x93 -> { // STACK_GLOBAL
          List<PickleValue> names = popFrom(begin, stack.size() - 2);
          if (!(names.get(0) instanceof Text module) || !(names.get(1) instanceof Text global)) {
            throw damaged(begin, "names a class or function by something else than texts");
          }
          push(begin, allowed(begin, module.value(), global.value()));
        }
        case 0x82 -> throw extension(begin, number(1));
        case 0x83 -> throw extension(begin, number(2));
        case 0x84 -> throw extension(begin, number(4));
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
        case 0x92 -> makeWithNames(begin); // NEWOBJ_EX
        case 'R' -> make(begin, true); // REDUCE
        case 'i' -> { // INST
          Global type = allowed(begin, name(begin), name(begin));
          Items arguments = Items.tuple(popFrom(begin, mark(begin)));
          push(begin, new Made(type, arguments, false));
        }
        case 'o' -> { // OBJ
          List<PickleValue> parts = popFrom(begin, mark(begin));
          if (parts.isEmpty()) {
            throw damaged(begin, "needs a value that is not there");
          }
          List<PickleValue> arguments = parts.subList(1, parts.size());
          push(begin, made(begin, parts.get(0), Items.tuple(List.copyOf(arguments)), false));
        }
        case 'b' -> { // BUILD
          PickleValue state = pop(begin);
          if (!(top(begin) instanceof Made made) || made.state() != Constant.NONE) {
            throw damaged(begin, "fills something that is no new object");
          }
          made.build(state);
        }
        case 'Q' -> push(begin, new Persistent(pop(begin))); // BINPERSID
        case 'P' -> push(begin, new Persistent(new Text(name(begin)))); // PERSID
        case 'q' -> keep(begin, number(1)); // BINPUT
        case 'r' -> keep(begin, number(4)); // LONG_BINPUT
        case 'p' -> keep(begin, place(begin)); // PUT
        case 0x94 -> keep(begin, kept.size()); // MEMOIZE
        case 'h' -> get(begin, number(1)); // BINGET
        case 'j' -> get(begin, number(4)); // LONG_BINGET
        case 'g' -> get(begin, place(begin)); // GET
        default -> throw new IllegalStateException("A dialect has an unknown instruction");
      }
    }
    throw damaged(in.position(), "ends before its last instruction");
  }

  private String protocols() {
    return dialect.leastProtocol() == dialect.greatestProtocol()
        ? Integer.toString(dialect.leastProtocol())
        : dialect.leastProtocol() + " to " + dialect.greatestProtocol();
  }

  private void push(int begin, PickleValue value) throws PickleException {
    count(begin);
    stack.add(value);
    origins.add(Span.UNKNOWN);
  }

  private void count(int begin) throws PickleException {
    if (++values > MAX_VALUES) {
      throw damaged(begin, "has more than " + MAX_VALUES + " values, which no network needs");
    }
  }

  private PickleValue top(int begin) throws PickleException {
    if (stack.isEmpty() || !marks.isEmpty() && marks.get(marks.size() - 1) >= stack.size()) {
      throw damaged(begin, "needs a value that is not there");
    }
    return stack.get(stack.size() - 1);
  }

  private PickleValue pop(int begin) throws PickleException {
    PickleValue value = top(begin);
    stack.remove(stack.size() - 1);
    origins.remove(origins.size() - 1);
    return value;
  }

  /** The values from that place of the stack on, which are taken off. */
  private List<PickleValue> popFrom(int begin, int from) throws PickleException {
    if (from < 0 || !marks.isEmpty() && from < marks.get(marks.size() - 1)) {
      throw damaged(begin, "needs values that are not there");
    }
    List<PickleValue> top = stack.subList(from, stack.size());
    List<PickleValue> taken = List.copyOf(top);
    top.clear();
    origins.subList(from, origins.size()).clear();
    return taken;
  }

  private int mark(int begin) throws PickleException {
    if (marks.isEmpty()) {
      throw damaged(begin, "closes what was not opened");
    }
    return marks.remove(marks.size() - 1);
  }

  private void tuple(int begin, int from) throws PickleException {
    List<Span> spans = from < 0 ? List.of() : List.copyOf(origins.subList(from, origins.size()));
    List<PickleValue> items = popFrom(begin, from);
    listener.tuple(items, spans);
    push(begin, Items.tuple(items));
  }

  private void append(int begin, List<PickleValue> items) throws PickleException {
    if (!(top(begin) instanceof Items list) || list.isTuple()) {
      throw damaged(begin, "appends to something that is no list");
    }
    list.add(items);
  }

  private void put(int begin, List<PickleValue> pairs) throws PickleException {
    PickleValue into = top(begin);
    if (into instanceof Dictionary dictionary) {
      dictionary.put(pairs(begin, pairs));
    } else if (into instanceof Made made && dialect.calls().isPresent()) {
      made.put(pairs(begin, pairs));
    } else {
      throw damaged(begin, "puts items into something that is no dictionary");
    }
  }

  private List<PickleValue> pairs(int begin, List<PickleValue> items) throws PickleException {
    if (items.size() % 2 != 0) {
      throw damaged(begin, "has a dictionary key without a value");
    }
    return items;
  }

  private void make(int begin, boolean called) throws PickleException {
    PickleValue arguments = pop(begin);
    push(begin, made(begin, pop(begin), arguments, called));
  }

  private void makeWithNames(int begin) throws PickleException {
    List<PickleValue> parts = popFrom(begin, stack.size() - 3);
    if (!(parts.get(2) instanceof Dictionary named) || !named.pairs().isEmpty()) {
      throw damaged(begin, "makes an object of arguments that have names");
    }
    push(begin, made(begin, parts.get(0), parts.get(1), false));
  }

  private PickleValue made(int begin, PickleValue maker, PickleValue arguments, boolean called)
      throws PickleException {
    if (dialect.calls().isPresent()) {
      if (!(maker instanceof Global global)) {
        throw refused(begin, "something that has no name");
      }
      if (isOfBytes(global)) {
        return encoded(begin, global, arguments);
      }
    }
    return new Made(maker, arguments, called);
  }

  /** A class or function, if the pickle may name it. */
  private Global allowed(int begin, String module, String function) throws PickleException {
    Global global = new Global(module, function);
    Optional<AllowedCalls> calls = dialect.calls();
    if (calls.isPresent() && !calls.get().globals().contains(global) && !isOfBytes(global)) {
      String qualified = global.qualified();
      throw refused(
          begin,
          PLAIN_NAME.matcher(qualified).matches() ? qualified : PrintableName.quoted(qualified));
    }
    return global;
  }

  private PickleException extension(int begin, int number) {
    return refused(begin, "the extension " + Integer.toUnsignedString(number));
  }

  private PickleException refused(int begin, String what) {
    return new PickleException(
        String.format(
            "%s wants to call %s at byte %d, but %s; nothing was run. Do not trust this file.",
            name, what, begin, dialect.calls().orElseThrow().purpose()));
  }

  /** Whether it is one of the two calls by which Python 3 writes bytes in protocols 0 to 2. */
  private static boolean isOfBytes(Global global) {
    return global.is("_codecs", "encode")
        || global.is("__builtin__", "bytes")
        || global.is("builtins", "bytes");
  }

  private Bytes encoded(int begin, Global global, PickleValue arguments) throws PickleException {
    List<PickleValue> given =
        arguments instanceof Items items && items.isTuple() ? items.values() : List.of();
    if (given.isEmpty() && !global.name().equals("encode")) {
      return new Bytes(ByteBuffer.allocate(0));
    }
    if (given.size() != 2
        || !global.name().equals("encode")
        || !(given.get(0) instanceof Text text)
        || !(given.get(1) instanceof Text charset)
        || !charset.value().equals("latin1")
        || text.value().chars().anyMatch(c -> c > 0xFF)) {
      throw damaged(begin, "makes bytes of something else than a text in latin1");
    }
    // Every byte is written at least once, so that more of them is one text again and again.
    encoded += text.value().length();
    if (encoded > in.limit()) {
      throw damaged(begin, "makes more bytes than it has");
    }
    return new Bytes(ByteBuffer.wrap(text.value().getBytes(StandardCharsets.ISO_8859_1)));
  }

  private void keep(int begin, int place) throws PickleException {
    count(begin);
    kept.put(place, top(begin));
  }

  private void get(int begin, int place) throws PickleException {
    PickleValue value = kept.get(place);
    if (value == null) {
      throw damaged(begin, "uses a value that it did not keep");
    }
    push(begin, value);
    if (value instanceof Global) {
      origins.set(origins.size() - 1, new Span(begin, in.position()));
    }
  }

  /** A little-endian number of 1, 2 (unsigned) or 4 (signed) bytes. */
  private int number(int bytes) throws PickleException {
    ByteBuffer number = take(bytes);
    return switch (bytes) {
      case 1 -> number.get() & 0xFF;
      case 2 -> number.getShort() & 0xFFFF;
      default -> number.getInt();
    };
  }

  /** A little-endian number of 8 bytes. */
  private long longNumber() throws PickleException {
    return take(LONG_BYTES).getLong();
  }

  private PickleValue whole(int begin, long length) throws PickleException {
    if (length > dialect.longestNumber()) {
      throw damaged(
          begin,
          "has a whole number of "
              + length
              + " bytes, expected at most "
              + dialect.longestNumber());
    }
    if (length == 0) {
      return new Number(0);
    }
    ByteBuffer bytes = take((int) length);
    byte[] bigEndian = new byte[(int) length];
    for (int i = 0; i < length; i++) {
      bigEndian[i] = bytes.get((int) length - 1 - i);
    }
    return whole(new BigInteger(bigEndian));
  }

  private static PickleValue whole(BigInteger number) {
    return number.bitLength() < Long.SIZE ? new Number(number.longValue()) : new BigNumber(number);
  }

  /** {@code INT}: a decimal number, or {@code 00} and {@code 01}, which are false and true. */
  private PickleValue integerLine(int begin) throws PickleException {
    String line = asciiLine(begin);
    return switch (line) {
      case "00" -> Constant.FALSE;
      case "01" -> Constant.TRUE;
      default -> decimal(begin, line);
    };
  }

  private PickleValue longLine(int begin) throws PickleException {
    String line = asciiLine(begin);
    return decimal(begin, line.endsWith("L") ? line.substring(0, line.length() - 1) : line);
  }

  private PickleValue decimal(int begin, String line) throws PickleException {
    if (!WHOLE.matcher(line).matches()) {
      throw damaged(begin, "has " + PrintableName.quoted(line) + " where a whole number belongs");
    }
    return whole(new BigInteger(line));
  }

  private Real realLine(int begin) throws PickleException {
    String line = asciiLine(begin);
    return switch (line) {
      case "nan" -> new Real(Double.NaN);
      case "inf" -> new Real(Double.POSITIVE_INFINITY);
      case "-inf" -> new Real(Double.NEGATIVE_INFINITY);
      default -> {
        if (!REAL.matcher(line).matches()) {
          throw damaged(begin, "has " + PrintableName.quoted(line) + " where a number belongs");
        }
        yield new Real(Double.parseDouble(line));
      }
    };
  }

  /** A place to keep a value in, in decimal digits. */
  private int place(int begin) throws PickleException {
    if (decimal(begin, asciiLine(begin)) instanceof Number number
        && number.value() >= 0
        && number.value() <= Integer.MAX_VALUE) {
      return (int) number.value();
    }
    throw damaged(begin, "keeps a value in an impossible place");
  }

  private Text text(int begin, long length) throws PickleException {
    if (length < 0 || length > in.remaining()) {
      throw announced(begin, "a text", length);
    }
    return new Text(StandardCharsets.UTF_8.decode(take((int) length)).toString());
  }

  private Bytes bytes(int begin, long length) throws PickleException {
    if (length < 0 || length > in.remaining()) {
      throw announced(begin, "a string", length);
    }
    return new Bytes(take((int) length));
  }

  private PickleException announced(int begin, String what, long length) {
    return damaged(
        begin,
        "announces "
            + what
            + " of "
            + Long.toUnsignedString(length)
            + " bytes where "
            + in.remaining()
            + " follow");
  }

  private String name(int begin) throws PickleException {
    return new String(line(begin, "a name"), StandardCharsets.UTF_8);
  }

  private String asciiLine(int begin) throws PickleException {
    return new String(line(begin, "a number"), StandardCharsets.ISO_8859_1);
  }

  private byte[] line(int begin, String what) throws PickleException {
    ByteBuffer line = in.slice();
    int length = 0;
    while (true) {
      if (!in.hasRemaining()) {
        throw damaged(begin, "ends within " + what);
      }
      if (in.get() == '\n') {
        byte[] bytes = new byte[length];
        line.get(bytes);
        return bytes;
      }
      length++;
    }
  }

  private ByteBuffer take(int length) throws PickleException {
    if (length > in.remaining()) {
      throw damaged(in.position(), "ends within an instruction");
    }
    ByteBuffer bytes = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + length);
    return bytes;
  }

  private PickleException damaged(int at, String what) {
    return new PickleException(
        String.format(
            "%s %s at byte %d; the file is damaged, %s.", name, what, at, dialect.remedy()));
  }
}
