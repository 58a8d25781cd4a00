package io.pemn.packager.pickle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What Python writes is read as it was meant, in every protocol. */
class PickleTest {
  private static final AllowedCalls NOTHING =
      AllowedCalls.of("these pickles hold plain values", "save it again");
  private static final AllowedCalls ARRAYS =
      AllowedCalls.of(
          "these pickles hold arrays",
          "save it again",
          "numpy.core.multiarray._reconstruct",
          "numpy.core.numeric._frombuffer",
          "numpy.ndarray",
          "numpy.dtype");
  private static final AllowedCalls TENSORS =
      AllowedCalls.of(
          "a checkpoint only rebuilds tensors",
          "save it again",
          "collections.OrderedDict",
          "torch.FloatStorage",
          "torch._utils._rebuild_tensor_v2",
          "torch._utils._rebuild_parameter");

  /** {@code pickle.dumps({'data': a, b'data': b'x\xff\0', 'labels': [1, -2]}, protocol)}. */
  private static final Map<Integer, String> ARRAY_AND_BYTES =
      Map.of(
          0,
          "286470300a56646174610a70310a636e756d70792e636f72652e6d756c746961727261790a5f"
              + "7265636f6e7374727563740a70320a28636e756d70790a6e6461727261790a70330a2849300a"
              + "7470340a635f636f646563730a656e636f64650a70350a2856620a70360a566c6174696e310a"
              + "70370a7470380a5270390a747031300a527031310a2849310a2849320a49330a747031320a63"
              + "6e756d70790a64747970650a7031330a285675310a7031340a4930300a4930310a747031350a"
              + "527031360a2849330a567c0a7031370a4e4e4e492d310a492d310a49300a747031380a624930"
              + "300a67350a28565c753030303001020304ff0a7031390a67370a747032300a527032310a7470"
              + "32320a627367350a2856646174610a7032330a67370a747032340a527032350a67350a285678"
              + "ff5c75303030300a7032360a67370a747032370a527032380a73566c6162656c730a7032390a"
              + "286c7033300a49310a61492d320a61732e",
          1,
          "7d7100285804000000646174617101636e756d70792e636f72652e6d756c746961727261790a"
              + "5f7265636f6e7374727563740a710228636e756d70790a6e6461727261790a7103284b007471"
              + "04635f636f646563730a656e636f64650a710528580100000062710658060000006c6174696e"
              + "31710774710852710974710a52710b284b01284b024b0374710c636e756d70790a6474797065"
              + "0a710d2858020000007531710e4930300a4930310a74710f527110284b0358010000007c7111"
              + "4e4e4e4affffffff4affffffff4b00747112624930300a68052858070000000001020304c3bf"
              + "7113680774711452711574711662680528580400000064617461711768077471185271196805"
              + "28580400000078c3bf00711a680774711b52711c58060000006c6162656c73711d5d711e284b"
              + "014afeffffff65752e",
          2,
          "80027d7100285804000000646174617101636e756d70792e636f72652e6d756c746961727261"
              + "790a5f7265636f6e7374727563740a7102636e756d70790a6e6461727261790a71034b008571"
              + "04635f636f646563730a656e636f64650a7105580100000062710658060000006c6174696e31"
              + "710786710852710987710a52710b284b014b024b0386710c636e756d70790a64747970650a71"
              + "0d58020000007531710e898887710f527110284b0358010000007c71114e4e4e4affffffff4a"
              + "ffffffff4b007471126289680558070000000001020304c3bf71136807867114527115747116"
              + "626805580400000064617461711768078671185271196805580400000078c3bf00711a680786"
              + "711b52711c58060000006c6162656c73711d5d711e284b014afeffffff65752e",
          3,
          "80037d7100285804000000646174617101636e756d70792e636f72652e6d756c746961727261"
              + "790a5f7265636f6e7374727563740a7102636e756d70790a6e6461727261790a71034b008571"
              + "044301627105877106527107284b014b024b03867108636e756d70790a64747970650a710958"
              + "020000007531710a898887710b52710c284b0358010000007c710d4e4e4e4affffffff4affff"
              + "ffff4b0074710e628943060001020304ff710f747110624304646174617111430378ff007112"
              + "58060000006c6162656c7371135d7114284b014afeffffff65752e",
          4,
          "800495bc000000000000007d94288c0464617461948c156e756d70792e636f72652e6d756c74"
              + "696172726179948c0c5f7265636f6e7374727563749493948c056e756d7079948c076e646172"
              + "7261799493944b0085944301629487945294284b014b024b03869468058c0564747970659493"
              + "948c02753194898887945294284b038c017c944e4e4e4affffffff4affffffff4b0074946289"
              + "43060001020304ff9474946243046461746194430378ff00948c066c6162656c73945d94284b"
              + "014afeffffff65752e",
          5,
          "800595a7000000000000007d94288c0464617461948c126e756d70792e636f72652e6e756d65"
              + "726963948c0b5f66726f6d627566666572949394289606000000000000000001020304ff948c"
              + "056e756d7079948c0564747970659493948c02753194898887945294284b038c017c944e4e4e"
              + "4affffffff4affffffff4b007494624b024b0386948c01439474945294430464617461944303"
              + "78ff00948c066c6162656c73945d94284b014afeffffff65752e");

  @Test
  void anArrayIsTheSameInEveryProtocol() throws PickleException {
    for (int protocol = 0; protocol <= 5; protocol++) {
      Dictionary root =
          assertInstanceOf(
              Dictionary.class,
              read(HexFormat.of().parseHex(ARRAY_AND_BYTES.get(protocol)), ARRAYS));
      assertEquals(6, root.pairs().size());
      assertEquals(new Text("data"), root.pairs().get(0));
      assertEquals(bytes("data"), root.pairs().get(2));
      assertEquals(bytes("x\u00ff\0"), root.pairs().get(3));
      Items labels = assertInstanceOf(Items.class, root.byName().get("labels"));
      assertEquals(List.of(new Number(1), new Number(-2)), labels.values());
      Made array = assertInstanceOf(Made.class, root.pairs().get(1));
      if (protocol == 5) {
        assertTrue(array.isMadeBy("numpy.core.numeric", "_frombuffer"));
        assertEquals(bytes("\0\1\2\3\4\u00ff"), values(array.arguments()).get(0));
      } else {
        assertTrue(array.isMadeBy("numpy.core.multiarray", "_reconstruct"));
        List<PickleValue> arguments = values(array.arguments());
        assertEquals(new Global("numpy", "ndarray"), arguments.get(0));
        assertEquals(bytes("b"), arguments.get(2));
        List<PickleValue> state = values(array.state());
        assertEquals(List.of(new Number(2), new Number(3)), values(state.get(1)));
        assertEquals(Constant.FALSE, state.get(3));
        assertEquals(bytes("\0\1\2\3\4\u00ff"), state.get(4));
        Made type = assertInstanceOf(Made.class, state.get(2));
        assertEquals(
            List.of(new Text("u1"), Constant.FALSE, Constant.TRUE), values(type.arguments()));
      }
    }
  }

  @Test
  void stringsOfPython2AreBytesWhoseTextIsKnown() throws PickleException {
    for (String pickle :
        List.of("U\3a\u00ffb.", "T\3\0\0\0a\u00ffb.", "S'a\\xffb'\n.", "S\"a\u00ffb\"\np0\n.")) {
      PickleValue value = read(PickleBytes.of(pickle).bytes(), NOTHING);
      assertEquals(bytes("a\u00ffb"), value);
      assertEquals("a\u00ffb", PickleValue.text(value).orElseThrow());
    }
    assertEquals(
        bytes("'\"\\\n\t\r\7\b\f\13\0\1\123x\\q"),
        read(
            PickleBytes.of("S'\\'\\\"\\\\\\n\\t\\r\\a\\b\\f\\v\\0\\01\\123x\\q'\n.").bytes(),
            NOTHING));
  }

  @Test
  void textsAreReadInEveryForm() throws PickleException {
    byte[] utf8 = "a\u00ff\u20ac\ud83d\ude00".getBytes(StandardCharsets.UTF_8);
    String raw = new String(utf8, StandardCharsets.ISO_8859_1);
    for (String pickle :
        List.of(
            "X\12\0\0\0" + raw + ".",
            "\u008c\12" + raw + ".",
            "\u008d\12\0\0\0\0\0\0\0" + raw + ".",
            "Va\u00ff\\u20ac\\U0001f600\n.")) {
      assertEquals(
          new Text("a\u00ff\u20ac\ud83d\ude00"), read(PickleBytes.of(pickle).bytes(), NOTHING));
    }
    assertEquals(new Text("\\n\\"), read(PickleBytes.of("V\\n\\\n.").bytes(), NOTHING));
  }

  @Test
  void numbersKeepTheirValues() throws PickleException {
    assertEquals(new Number(200), read("K\u00c8."));
    assertEquals(new Number(65535), read("M\u00ff\u00ff."));
    assertEquals(new Number(-2), read("J\u00fe\u00ff\u00ff\u00ff."));
    assertEquals(new Number(0), read("\u008a\0."));
    assertEquals(new Number(-128), read("\u008a\1\u0080."));
    assertEquals(new Number(255), read("\u008b\2\0\0\0\u00ff\0."));
    assertEquals(new Number(Long.MIN_VALUE), read("\u008a\10\0\0\0\0\0\0\0\u0080."));
    assertEquals(
        new BigNumber(BigInteger.ONE.shiftLeft(63)), read("\u008a\11\0\0\0\0\0\0\0\u0080\0."));
    assertEquals(new Number(-12), read("I-12\n."));
    assertEquals(Constant.TRUE, read("I01\n."));
    assertEquals(Constant.FALSE, read("I00\n."));
    assertEquals(new Number(5), read("L5L\n."));
    assertEquals(new BigNumber(BigInteger.TEN.pow(30)), read("L1" + "0".repeat(30) + "L\n."));
    assertEquals(new Real(-1.5), read("G\u00bf\u00f8\0\0\0\0\0\0."));
    assertEquals(new Real(0.001), read("F0.001\n."));
    assertEquals(new Real(1e-7), read("F1e-07\n."));
    assertEquals(new Real(Double.NEGATIVE_INFINITY), read("F-inf\n."));
    assertEquals(new Real(Double.NaN), read("Fnan\n."));
  }

  @Test
  void aStateDictIsADictionaryOfTensors() throws PickleException {
    PickleBytes pickle = PickleBytes.protocol(2).global("collections", "OrderedDict").ops(")Rq\0(");
    pickle.text("weight").global("torch._utils", "_rebuild_tensor_v2").ops("(");
    pickle.ops("(").text("storage").global("torch", "FloatStorage").text("0").text("cpu");
    pickle.ops("K\6tQK\0K\2K\3\u0086K\3K\1\u0086\u0089");
    pickle.global("collections", "OrderedDict").ops(")RtR");
    pickle.ops("u}").text("_metadata").ops("Nsb.");
    Made made = assertInstanceOf(Made.class, read(pickle.bytes(), TENSORS));
    Dictionary tensors = PickleValue.dictionary(made).orElseThrow();
    assertEquals(List.of("weight"), List.copyOf(tensors.byName().keySet()));
    Made tensor = assertInstanceOf(Made.class, tensors.byName().get("weight"));
    assertTrue(tensor.isMadeBy("torch._utils", "_rebuild_tensor_v2"));
    Persistent storage = assertInstanceOf(Persistent.class, values(tensor.arguments()).get(0));
    assertEquals(
        List.of(
            new Text("storage"),
            new Global("torch", "FloatStorage"),
            new Text("0"),
            new Text("cpu"),
            new Number(6)),
        values(storage.id()));
    assertInstanceOf(Dictionary.class, made.state());
  }

  @Test
  void anOrderedDictOfPairsIsADictionaryToo() throws PickleException {
    PickleBytes written = PickleBytes.protocol(2).global("collections", "OrderedDict");
    written.ops("](](U\1aK\1e](U\1bK\2ee\u0085RU\1aK\3s.");
    Dictionary dictionary = PickleValue.dictionary(read(written.bytes(), TENSORS)).orElseThrow();
    assertEquals(Map.of("a", new Number(3), "b", new Number(2)), dictionary.byName());
    assertTrue(PickleValue.dictionary(new Number(1)).isEmpty());
  }

  @Test
  void objectsOfOldClassesAndNewOnesAreNamedByTheirClass() throws PickleException {
    for (String pickle :
        List.of(
            "(K\1icollections\nOrderedDict\n.",
            "(ccollections\nOrderedDict\nK\1o.",
            "ccollections\nOrderedDict\nK\1\u0085\u0081.",
            "ccollections\nOrderedDict\nK\1\u0085}\u0092.",
            "\u008c\13collections\u008c\13OrderedDict\u0093K\1\u0085\u0081.")) {
      Made made = assertInstanceOf(Made.class, read(PickleBytes.of(pickle).bytes(), TENSORS));
      assertFalse(made.called());
      assertTrue(made.isMadeBy("collections", "OrderedDict"));
      assertEquals(List.of(new Number(1)), values(made.arguments()));
    }
  }

  @Test
  void bytesAreViewsOfTheFileThatCannotChangeIt() throws PickleException {
    byte[] file = PickleBytes.of("U\3abc.").bytes();
    Bytes bytes = assertInstanceOf(Bytes.class, read(file, NOTHING));
    assertTrue(bytes.buffer().isReadOnly());
    bytes.buffer().get();
    assertEquals(3, bytes.buffer().remaining());
    file[2] = 'x';
    assertEquals('x', bytes.buffer().get(0));
  }

  @Test
  void aBufferIsReadFromItsPositionToItsLimit() throws PickleException {
    ByteBuffer buffer = PickleBytes.of("..K\7..").buffer().position(2).limit(5);
    assertEquals(new Number(7), Pickle.read(buffer, "part", NOTHING));
    assertEquals(2, buffer.position());
  }

  private static PickleValue read(String opcodes) throws PickleException {
    return read(PickleBytes.of(opcodes).bytes(), NOTHING);
  }

  private static PickleValue read(byte[] pickle, AllowedCalls calls) throws PickleException {
    return Pickle.read(ByteBuffer.wrap(pickle), "a.pickle", calls);
  }

  private static List<PickleValue> values(PickleValue value) {
    return assertInstanceOf(Items.class, value).values();
  }

  private static Bytes bytes(String characters) {
    return new Bytes(ByteBuffer.wrap(characters.getBytes(StandardCharsets.ISO_8859_1)));
  }
}
