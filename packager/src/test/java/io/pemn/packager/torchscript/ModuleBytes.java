package io.pemn.packager.torchscript;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** TorchScript files made by hand, entry by entry. */
final class ModuleBytes {
  static final String CODE = "code/__torch__/net.py";

  final Map<String, byte[]> entries = new LinkedHashMap<>();

  /** A module of class {@code __torch__.net.Net} with these parameters. */
  static ModuleBytes of(Pickle pickle, String... parameters) {
    ModuleBytes module = new ModuleBytes();
    String names = parameters.length == 0 ? "" : "\"" + String.join("\", \"", parameters) + "\", ";
    return module
        .with("data.pkl", pickle.bytes())
        .with(
            CODE,
            ("class Net(Module):\n  __parameters__ = [" + names + "]\n  __buffers__ = []\n")
                .getBytes(StandardCharsets.UTF_8))
        .with("constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'})
        .with("version", new byte[] {'3', '\n'});
  }

  /** The entries of a file. */
  static ModuleBytes of(Path path) throws IOException {
    ModuleBytes module = new ModuleBytes();
    try (ZipFile zip = new ZipFile(path.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        String name = entry.getName().substring(entry.getName().indexOf('/') + 1);
        module.with(name, zip.getInputStream(entry).readAllBytes());
      }
    }
    return module;
  }

  ModuleBytes with(String path, byte[] content) {
    entries.put(path, content);
    return this;
  }

  /** Storages {@code data/0} and so on, of as many bytes, which count up. */
  ModuleBytes withStorages(int... bytes) {
    for (int i = 0; i < bytes.length; i++) {
      byte[] content = new byte[bytes[i]];
      for (int j = 0; j < content.length; j++) {
        content[j] = (byte) (j % 50);
      }
      with("data/" + i, content);
    }
    return this;
  }

  Path writeTo(Path folder) throws IOException {
    return Files.write(folder.resolve("module.pt"), zip(ZipEntry.STORED));
  }

  byte[] zip(int method) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        ZipEntry header = new ZipEntry("m/" + entry.getKey());
        header.setMethod(method);
        CRC32 crc = new CRC32();
        crc.update(entry.getValue());
        header.setCrc(crc.getValue());
        header.setSize(entry.getValue().length);
        if (method == ZipEntry.STORED) {
          header.setCompressedSize(entry.getValue().length);
        }
        zip.putNextEntry(header);
        zip.write(entry.getValue());
        zip.closeEntry();
      }
    }
    return bytes.toByteArray();
  }

  /** A pickle, instruction by instruction. */
  static final class Pickle {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Pickle() {
      op(0x80).op(2);
    }

    /** An object of class {@code __torch__.net.Net} whose attributes follow. */
    static Pickle module() {
      return new Pickle().global("__torch__.net", "Net").ops(")\u0081}(");
    }

    /** Ends what {@link #module} began. */
    Pickle end() {
      return ops("ub.");
    }

    Pickle op(int opcode) {
      out.write(opcode);
      return this;
    }

    Pickle ops(String opcodes) {
      opcodes.chars().forEach(out::write);
      return this;
    }

    Pickle global(String module, String name) {
      return ops("c").utf8(module + "\n" + name + "\n");
    }

    Pickle text(String text) {
      int length = text.getBytes(StandardCharsets.UTF_8).length;
      return ops("X").little(length, 4).utf8(text);
    }

    Pickle number(long number) {
      return op(0x8a).op(8).little(number, 8);
    }

    Pickle numbers(long... numbers) {
      ops("(");
      for (long number : numbers) {
        number(number);
      }
      return ops("t");
    }

    Pickle little(long number, int bytes) {
      for (int i = 0; i < bytes; i++) {
        op((int) (number >>> Byte.SIZE * i) & 0xFF);
      }
      return this;
    }

    Pickle storage(String type, String key, long elements) {
      ops("(").text("storage").global("torch", type).text(key).text("cpu").number(elements);
      return ops("tQ");
    }

    /** An attribute that is a tensor; see {@link #tensor(String, String, long, long)}. */
    Pickle tensor(String name, String type, String key, long elements, long offset, long... rest) {
      return text(name).tensor(type, key, elements, offset, rest);
    }

    /**
     * A tensor.
     *
     * @param rest its shape and then its strides
     */
    Pickle tensor(String type, String key, long elements, long offset, long... rest) {
      long[] shape = Arrays.copyOf(rest, rest.length / 2);
      long[] strides = Arrays.copyOfRange(rest, rest.length / 2, rest.length);
      global("torch._utils", "_rebuild_tensor_v2").ops("(").storage(type, key, elements);
      number(offset).numbers(shape).numbers(strides).op(0x89);
      return global("collections", "OrderedDict").ops(")RtR");
    }

    private Pickle utf8(String text) {
      out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
      return this;
    }

    byte[] bytes() {
      return out.toByteArray();
    }

    int length() {
      return out.size();
    }
  }
}
