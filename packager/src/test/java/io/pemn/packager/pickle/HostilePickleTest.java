package io.pemn.packager.pickle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.packager.pickle.PickleValue.Items;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Pickles that are damaged, or made to do harm. */
class HostilePickleTest {
  private static final AllowedCalls TENSORS =
      AllowedCalls.of(
          "a checkpoint only rebuilds tensors",
          "save it again",
          "collections.OrderedDict",
          "torch.FloatStorage",
          "torch._utils._rebuild_tensor_v2");

  @Test
  void whatWantsToBeRunIsNamedAndNotRun() {
    for (String pickle :
        List.of(
            "\u0080\2cos\nsystem\nU\4true\u0085R.",
            "\u0080\4\u008c\2os\u008c\6system\u0093\u008c\4true\u0085R.",
            "(S'true'\nios\nsystem\n.",
            "(cos\nsystem\nS'true'\no.",
            "\u0080\2cos\nsystem\n)\u0081.",
            "cos\nsystem\np0\n.")) {
      String message = refused(PickleBytes.of(pickle));
      assertTrue(message.startsWith("best.pt: data.pkl wants to call os.system at byte "), message);
      assertTrue(
          message.endsWith(
              ", but a checkpoint only rebuilds tensors; nothing was run. Do not trust this file."),
          message);
    }
    assertContains(
        "call builtins.eval at byte 2,", PickleBytes.protocol(2).global("builtins", "eval"));
    assertContains(
        "call torch._utils.os.system at byte 25,",
        PickleBytes.of("\u008c\14torch._utils\u008c\11os.system\u0093."));
    assertContains("call \"o\\u001bs.system\" at", PickleBytes.of("co\33s\nsystem\n."));
    assertContains("call the extension 7 at byte 0", PickleBytes.of("\u0082\7."));
    assertContains("call the extension 513 at byte 0", PickleBytes.of("\u0083\1\2."));
    assertContains(
        "call the extension 4294967295 at", PickleBytes.of("\u0084\u00ff\u00ff\u00ff\u00ff."));
    assertContains("call something that has no name at", PickleBytes.of("U\11os.system)R."));
    assertContains(
        "call something that has no name at", PickleBytes.of("ccollections\nOrderedDict\n)R)R."));
  }

  @Test
  void aModuleThatIsAllowedAllowsNoOtherNames() {
    assertContains("torch.load", PickleBytes.protocol(2).global("torch", "load").ops(")R."));
    assertContains(
        "torch._utils.FloatStorage",
        PickleBytes.protocol(2).global("torch._utils", "FloatStorage").ops("."));
    assertContains("collections.", PickleBytes.protocol(2).global("collections", "").ops("."));
    assertThrows(
        IllegalArgumentException.class, () -> AllowedCalls.of("nothing", "nothing", "eval"));
  }

  @Test
  void bytesAreMadeOfTextsInLatin1AndOfNothingElse() throws PickleException {
    String encode = "c_codecs\nencode\n";
    for (String arguments :
        List.of(
            "(V\\u20ac\nVlatin1\nt",
            "(Va\nVrot13\nt",
            "(Va\nt",
            ")",
            "N",
            "(K\1Vlatin1\nt",
            "(Va\nVlatin1\nVstrict\nt")) {
      assertContains(
          "makes bytes of something else than a text in latin1",
          PickleBytes.of(encode + arguments + "R."));
    }
    assertContains("makes bytes of something", PickleBytes.of("cbuiltins\nbytes\nK\1\u0085R."));
    Pickle.read(PickleBytes.of("cbuiltins\nbytes\n)R.").buffer(), "empty", TENSORS);
    StringBuilder bomb = new StringBuilder("(V" + "a".repeat(10_000) + "\np0\nVlatin1\np1\n");
    for (int i = 0; i < 10; i++) {
      bomb.append(encode).append("g0\ng1\n\u0086R");
    }
    assertContains("makes more bytes than it has", PickleBytes.of(bomb + "t."));
  }

  @Test
  void whatIsNotWholeIsRefusedWhereverItEnds() {
    PickleBytes pickle = PickleBytes.protocol(2).ops("}q\0(").text("weights");
    pickle.global("torch._utils", "_rebuild_tensor_v2").ops("(");
    pickle.ops("(").text("storage").global("torch", "FloatStorage").text("0").text("cpu");
    pickle.ops("K\6tQK\0K\2K\3\u0086K\3K\1\u0086\u0089");
    pickle.global("collections", "OrderedDict").ops(")RtRU\1aG\0\0\0\0\0\0\0\0u.");
    assertTruncationsRefused(pickle.bytes());
    assertTruncationsRefused(PickleBytes.of("(dp0\nS'a'\np1\nF1.5\nsVb\nL5L\nsI3\ng1\ns.").bytes());
    assertTruncationsRefused(
        PickleBytes.of(
                "\u0080\4\u0095\26\0\0\0\0\0\0\0]\u0094(\u008c\1aC\1b\u008d\1\0\0\0\0\0\0\0c"
                    + "\u008e\0\0\0\0\0\0\0\0e.")
            .bytes());
  }

  private static void assertTruncationsRefused(byte[] whole) {
    for (int length = 0; length < whole.length; length++) {
      String message = refused(Arrays.copyOf(whole, length));
      assertTrue(message.contains("the file is damaged, save it again"), message);
    }
  }

  @Test
  void changedBytesAreRefusedOrHarmless() throws PickleException {
    byte[] whole =
        PickleBytes.of("\u0080\2}q\0(X\1\0\0\0aU\2bcX\1\0\0\0b](K\1J\1\2\3\4eu.").bytes();
    Pickle.read(ByteBuffer.wrap(whole), "whole", TENSORS);
    Random random = new Random(4);
    for (int i = 0; i < 20_000; i++) {
      byte[] changed = whole.clone();
      for (int j = 0; j <= i % 3; j++) {
        changed[random.nextInt(changed.length)] = (byte) random.nextInt();
      }
      try {
        Pickle.read(ByteBuffer.wrap(changed), "changed", TENSORS);
      } catch (PickleException e) {
        assertTrue(e.getMessage().startsWith("changed "), e.getMessage());
      }
    }
  }

  @Test
  void hugeLengthsAreRefusedBeforeAnythingIsAllocated() {
    for (String opcode : List.of("X", "T", "B")) {
      assertContains(
          "of 4294967295 bytes where 1 follow",
          PickleBytes.of(opcode + "\u00ff\u00ff\u00ff\u00ff."));
    }
    for (String opcode : List.of("\u008d", "\u008e", "\u0096", "\u0095")) {
      assertContains(
          "of 18446744073709551615 bytes where 1 follow",
          PickleBytes.of(opcode + "\u00ff".repeat(8) + "."));
      assertContains(
          "of 9223372036854775807 bytes where 1 follow",
          PickleBytes.of(opcode + "\u00ff".repeat(7) + "\177."));
    }
    assertContains(
        "whole number of 4294967295 bytes, expected at most",
        PickleBytes.of("\u008b\u00ff\u00ff\u00ff\u00ff."));
    assertContains(
        "where a whole number belongs", PickleBytes.of("L" + "9".repeat(1_000_000) + "L\n."));
    assertContains("where a number belongs", PickleBytes.of("F" + "9".repeat(1_000_000) + "\n."));
    assertContains("where a number belongs", PickleBytes.of("F0x1p3\n."));
    assertContains("in an impossible place", PickleBytes.of("Np-1\n."));
    assertContains("in an impossible place", PickleBytes.of("Np99999999999999999999\n."));
  }

  @Test
  void deepNestingIsRefused() throws PickleException {
    for (int depth : new int[] {Pickle.MAX_DEPTH, 1_000_000}) {
      String tooDeep = ")" + "\u0085".repeat(depth) + ".";
      assertContains("nested deeper than 200 levels", PickleBytes.of(tooDeep));
      assertContains(
          "nested deeper than 200 levels",
          PickleBytes.of("]".repeat(depth + 1) + "a".repeat(depth) + "."));
    }
    Pickle.read(
        PickleBytes.of(")" + "\u0085".repeat(Pickle.MAX_DEPTH - 1) + ".").buffer(),
        "deep",
        TENSORS);
    // A tuple of 150 levels is met first at the top and then again 100 levels further down.
    String shared = ")" + "\u0085".repeat(149) + "q\0h\0" + "\u0085".repeat(100) + "\u0086.";
    assertContains("nested deeper than 200 levels", PickleBytes.of(shared));
  }

  @Test
  void valuesThatContainThemselvesAreRefused() {
    for (String pickle :
        List.of(
            "]q\0h\0a.",
            "}q\0Nh\0s.",
            "ccollections\nOrderedDict\n)Rq\0h\0b.",
            "ccollections\nOrderedDict\n)Rq\0Nh\0s.",
            "]q\0h\0\u0085a.")) {
      assertContains("contains itself", PickleBytes.of(pickle));
    }
  }

  @Test
  void aValueThatStandsInSeveralPlacesIsNoCycle() throws PickleException {
    Items items = (Items) Pickle.read(PickleBytes.of("](]q\0h\0h\0e.").buffer(), "shared", TENSORS);
    assertEquals(3, items.values().size());
  }

  @Test
  void listsOfTheSameListsThatGrowWithoutBoundAreRefused() {
    PickleBytes laughs = PickleBytes.of("(]q\0");
    for (int i = 1; i < 100; i++) {
      laughs.ops("](h").op(i - 1).ops("h").op(i - 1).ops("eq").op(i);
    }
    assertContains(
        "more than 4194304 values if what stands in several places is counted as often",
        laughs.ops("t."));
  }

  @Test
  void moreValuesThanMemoryHoldsAreRefused() {
    for (String opcodes : List.of("(", "N", "Nq\0", "]Na", "}", "N\u0094")) {
      assertContains(
          "has more than 4194304 values",
          PickleBytes.of(opcodes.repeat((1 << 24) / opcodes.length())));
    }
  }

  @Test
  void instructionsThatDoNotHoldTogetherAreRefused() {
    for (String pickle :
        List.of(
            "",
            ".",
            "t.",
            "(",
            "(.",
            "NN.",
            ")R.",
            "N}s.",
            "N}u.",
            "(N}.u",
            "Nb.",
            "))b.",
            "]]a",
            "h\7.",
            "g7\n.",
            "q\0.",
            "p0\n.",
            "\u0094.",
            "\u0085.",
            "(\u0085.",
            "N(\u0085.",
            "}(Nu.",
            "(d(Nd",
            "(o.",
            "(o",
            "\u0093.",
            "NN\u0093.",
            "N\u0093.",
            "I\n.",
            "I1x\n.",
            "Ix",
            "F\n.",
            "S'\n.",
            "S'a\"\n.",
            "Sa\n.",
            "S'\\'\n.",
            "S'\\x1'\n.",
            "V\\u12\n.",
            "V\\U00110000\n.",
            "V\\Uffffffff\n.",
            "N.N",
            "\u0080\6N.",
            "\u0080",
            "}\u0092.",
            "N}N\u0092.",
            "ccollections\nOrderedDict\n)}N\u0086\u0092.",
            "ccollections\nOrderedDict",
            "ccollections\nOrderedDict\n)RNbNb.\u0000",
            "Q.",
            "P",
            "Nq")) {
      String message = refused(PickleBytes.of(pickle));
      assertTrue(message.contains("the file is damaged, save it again."), pickle + ": " + message);
      assertTrue(message.contains(" at byte "), message);
    }
  }

  @Test
  void instructionsThatNoCheckpointNeedsAreRefused() {
    // POP, POP_MARK, DUP, EMPTY_SET, ADDITEMS, FROZENSET, NEXT_BUFFER, READONLY_BUFFER, none.
    for (int opcode : new int[] {'0', '1', '2', 0x8f, 0x90, 0x91, 0x97, 0x98, 0xff}) {
      assertContains(
          String.format(
              "has the instruction %#04x at byte 1, which has no place here, since a checkpoint only"
                  + " rebuilds tensors; save it again.",
              opcode),
          PickleBytes.of("N").op(opcode).ops("."));
    }
  }

  private static void assertContains(String part, PickleBytes pickle) {
    String message = refused(pickle);
    assertTrue(message.contains(part), message);
  }

  private static String refused(PickleBytes pickle) {
    return refused(pickle.bytes());
  }

  private static String refused(byte[] pickle) {
    PickleException e =
        assertThrows(
            PickleException.class,
            () -> Pickle.read(ByteBuffer.wrap(pickle), "best.pt: data.pkl", TENSORS));
    String message = e.getMessage();
    assertTrue(message.startsWith("best.pt: data.pkl "), message);
    assertTrue(message.endsWith(".") && !message.contains("\n"), message);
    return message;
  }
}
