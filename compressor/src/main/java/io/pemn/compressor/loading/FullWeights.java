package io.pemn.compressor.loading;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.loader.network.BuiltInNetwork;
import io.pemn.packager.AtomicFile;
import io.pemn.packager.tensors.SafetensorsFile;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Full weights, as an application loads them that has no archive. All models run on the CPU. */
public final class FullWeights {
  private static final String NAME = "model";

  private FullWeights() {}

  /** Where the values of a network come from. */
  @FunctionalInterface
  public interface Values {
    /**
     * The values of a parameter.
     *
     * @param parameter its name
     * @throws IOException in one sentence, if they cannot be read
     */
    float[] of(String parameter) throws IOException;
  }

  /**
   * Loads a TorchScript file by DJL's own means.
   *
   * @throws IOException in one sentence, if the engine does not take it
   */
  public static Model torchScript(Path file) throws IOException {
    Model model = Model.newInstance(NAME, Device.cpu(), "PyTorch");
    try {
      model.load(file);
    } catch (MalformedModelException e) {
      model.close();
      throw new IOException("The engine cannot load " + file + ": " + e.getMessage(), e);
    }
    return model;
  }

  /**
   * Loads a safetensors file into a network that the application has in its code.
   *
   * @throws IOException in one sentence, if the file is damaged, or of another network
   */
  public static Model safetensors(Path file, BuiltInDescription network) throws IOException {
    SafetensorsFile tensors = SafetensorsFile.read(file);
    return builtIn(network, tensors::floats);
  }

  /**
   * Makes a model of a built-in network.
   *
   * @throws IOException in one sentence, if the values cannot be read
   */
  public static Model builtIn(BuiltInDescription description, Values values) throws IOException {
    Model model = Model.newInstance(NAME, Device.cpu(), "PyTorch");
    try {
      BuiltInNetwork network = BuiltInNetwork.of(description);
      network.initialize(model.getNDManager());
      for (ParameterShape parameter : description.parameters()) {
        float[] numbers = values.of(parameter.name());
        if (numbers.length != parameter.size()) {
          throw new IOException(
              "There are "
                  + numbers.length
                  + " values of "
                  + parameter.name()
                  + ", which has "
                  + parameter.size()
                  + "; give the weights of this network.");
        }
        network
            .parameters()
            .get(parameter.name())
            .getArray()
            .toByteBuffer(true)
            .asFloatBuffer()
            .put(numbers);
      }
      network.block().freezeParameters(true);
      model.setBlock(network.block());
      return model;
    } catch (IOException | RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /**
   * Puts a file into a zstd frame.
   *
   * @param level of zstd, 1 to 22
   * @throws IOException in one sentence, if the frame cannot be written
   */
  public static void compress(Path file, Path frame, int level) throws IOException {
    AtomicFile.write(
        frame,
        out -> {
          try (InputStream in = Files.newInputStream(file);
              OutputStream zstd = new ZstdOutputStream(out, level)) {
            in.transferTo(zstd);
          }
        });
  }

  /**
   * Takes a file out of its zstd frame, while that arrives.
   *
   * @param frame closed afterwards
   * @param file in a temporary folder
   * @throws IOException of the system or of zstd
   */
  public static void decompress(InputStream frame, Path file) throws IOException {
    try (InputStream content = new ZstdInputStream(new BufferedInputStream(frame));
        OutputStream out = Files.newOutputStream(file)) {
      content.transferTo(out);
    }
  }
}
