package io.pemn.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Pickles, which are programs of a small machine. */
final class HostilePickles {
  private static final String REFUSED = "PickleException";

  private final List<HostileFile> files = new ArrayList<>();

  private HostilePickles() {}

  /** All of them. */
  static List<HostileFile> all() {
    HostilePickles pickles = new HostilePickles();
    pickles.calls();
    pickles.sizes();
    pickles.structure();
    return pickles.files;
  }

  private void add(String name, String attack, byte[]... parts) {
    add(name, attack, REFUSED, parts);
  }

  private void add(String name, String attack, String refusal, byte[]... parts) {
    files.add(
        new HostileFile("pickles/" + name + ".pkl", attack, refusal, HandmadeFrame.join(parts)));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private void calls() {
    add("call-system", "os.system(\"id\") by REDUCE", text("cos\nsystem\n(S'id'\ntR."));
    add("call-posix", "the same by its other name", text("cposix\nsystem\n(S'id'\ntR."));
    add("call-eval", "builtins.eval of an expression", text("cbuiltins\neval\n(S'1+1'\ntR."));
    add(
        "call-stack-global",
        "a name from two texts on the stack",
        text("\u0080\u0004\u008c\u0002os\u008c\u0006system\u0093\u008c\u0002id\u0085R."));
    add("call-inst", "a call by INST", text("(S'id'\nios\nsystem\n."));
    add("call-obj", "a call by OBJ", text("(cos\nsystem\nS'id'\no."));
    add("call-newobj", "a call by NEWOBJ", text("\u0080\u0002cos\nsystem\n(S'id'\nt\u0081."));
    add(
        "call-newobj-ex",
        "a call by NEWOBJ_EX",
        text("\u0080\u0004cos\nsystem\n(S'id'\nt}\u0092."));
    add("call-extension", "a call by a number of copyreg", text("\u0080\u0002\u0082\u0001)R."));
    add(
        "call-persistent",
        "an object by its persistent id, which stays an id",
        HostileFile.READ,
        text("S'x'\nQ."));
    add(
        "call-build",
        "an attribute by BUILD, which calls __setstate__",
        text("ccollections\nOrderedDict\n)R}S'__setstate__'\ncos\nsystem\nsbS'id'\nb."));
    add("call-getattr", "getattr of what is allowed", text("c__builtin__\ngetattr\n."));
    add(
        "call-dotted",
        "a name that leads on from what is allowed",
        text("\u0080\u0004\u008c\u000bcollections\u008c\u0019OrderedDict.__init__.x.yz\u0093."));
  }

  private void sizes() {
    add(
        "text-of-2^63-1",
        "a text of 2^63 - 1 bytes",
        text("\u0080\u0004\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f."));
    add(
        "text-of-2^64-1",
        "a text of 2^64 - 1 bytes",
        text("\u0080\u0004\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff."));
    add("text-of-2^32-1", "a text of 2^32 - 1 bytes", text("X\u00ff\u00ff\u00ff\u00ff."));
    add("bytes-of-2^31", "-2^31 bytes", text("\u0080\u0003B\u0000\u0000\u0000\u0080."));
    add(
        "bytearray-of-2^62",
        "a bytearray of 2^62 bytes",
        text("\u0080\u0005\u0096\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0040."));
    add(
        "long-of-2^31-1",
        "a number of 2^31 - 1 bytes",
        text("\u0080\u0002\u008b\u00ff\u00ff\u00ff\u007f."));
    add("long-of-digits", "a number of 20,000 digits", text("L" + "9".repeat(20_000) + "L\n."));
    add(
        "frame-of-2^64-1",
        "a frame of 2^64 - 1 bytes",
        text("\u0080\u0004\u0095\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ffN."));
    add(
        "memo-2^31-1",
        "a place of the memo at 2^31 - 1",
        HostileFile.READ,
        text("Nr\u00ff\u00ff\u00ff\u007f."));
    add(
        "memo-2^32-1",
        "a place of the memo at 2^32 - 1",
        HostileFile.READ,
        text("Nr\u00ff\u00ff\u00ff\u00ff."));
    add("memo-missing", "a value that nothing put into the memo", text("h\u0005."));
  }

  private void structure() {
    add(
        "nested-lists",
        "20,000 lists in one another",
        text("]".repeat(20_000) + "a".repeat(19_999) + "."));
    add("nested-tuples", "20,000 tuples in one another", text("N" + "\u0085".repeat(20_000) + "."));
    StringBuilder laughs = new StringBuilder("Nq\u0000");
    for (char level = 0; level < 40; level++) {
      laughs.append('h').append(level).append("\u0086q").append((char) (level + 1));
    }
    add(
        "tuples-doubling",
        "2^40 values: each of 40 tuples holds the one before twice",
        text(laughs + "."));
    add("list-in-itself", "a list that contains itself", text("]q\u0000h\u0000a."));
    add("dict-in-itself", "a dictionary that contains itself", text("}q\u0000S'a'\nh\u0000s."));
    add("marks-without-end", "20,000 marks", text("(".repeat(20_000) + "."));
    add("duplicates", "the same value 20,000 times", text("N" + "2".repeat(20_000) + "."));
    add("stack-empty", "a value from an empty stack", text("]a."));
    add("mark-missing", "a tuple without a mark", text("Nt."));
    add("stop-missing", "no end", text("\u0080\u0002]"));
    add("stop-at-once", "an end without a value", text("."));
    add("bytes-behind", "bytes behind the end", text("N.N."));
    add("opcode-unknown", "an instruction that no protocol has", text("\u00ff."));
    add("protocol-to-come", "protocol 6", text("\u0080\u0006N."));
    add("nothing", "no bytes");
  }
}
