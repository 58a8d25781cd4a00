package io.pemn.fuzz;

import io.pemn.packager.tensors.SafetensorsException;
import io.pemn.packager.tensors.SafetensorsFile;
import io.pemn.packager.tensors.SafetensorsWriter;
import io.pemn.packager.tensors.TensorEntry;
import io.pemn.packager.tensors.TensorType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as a safetensors file, all of whose tensors are then read. */
class SafetensorsFuzzTest {
  private static final FileInput FILE = new FileInput(".safetensors");

  static List<byte[]> seeds() throws IOException {
    List<byte[]> seeds = new ArrayList<>(TestData.hostile("safetensors"));
    seeds.addAll(sound());
    return seeds;
  }

  private static List<byte[]> sound() throws IOException {
    return List.of(
        written(Map.of(), List.of()),
        written(
            Map.of("format", "pt", "\u00e9\"\\", "\n"),
            List.of(
                TensorEntry.floats("a.weight", new long[] {2, 3}, new float[6]),
                TensorEntry.bytes("b", TensorType.U8, new long[] {0, 9}, new byte[0]),
                TensorEntry.bytes("c", TensorType.I64, new long[0], new byte[8]))),
        byHand("{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]}} ", 2),
        byHand(" {\"__metadata__\":{\"a\\u0041\":\"\\ud83d\\ude00\"}}", 0));
  }

  private static byte[] written(Map<String, String> metadata, List<TensorEntry> tensors)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SafetensorsWriter.write(out, metadata, tensors);
    return out.toByteArray();
  }

  private static byte[] byHand(String header, int data) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    byte[] file = new byte[8 + text.length + data];
    file[0] = (byte) text.length;
    System.arraycopy(text, 0, file, 8, text.length);
    return file;
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isReadOrRefused(byte[] bytes) throws IOException {
    try {
      SafetensorsFile file = SafetensorsFile.read(FILE.with(bytes));
      file.metadata();
      for (String name : file.names()) {
        file.shape(name);
        file.tensor(name);
        if (file.type(name) == TensorType.F32) {
          file.floats(name);
        }
      }
    } catch (SafetensorsException e) {
      // As it should be.
    }
  }
}
