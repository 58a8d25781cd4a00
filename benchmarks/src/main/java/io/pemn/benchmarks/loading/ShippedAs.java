package io.pemn.benchmarks.loading;

import ai.djl.Device;
import ai.djl.Model;
import io.pemn.compressor.loading.FullWeights;
import io.pemn.compressor.shipping.ShippedWeights;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.djl.PemnModel;
import io.pemn.packager.baseline.WeightFile;
import io.pemn.packager.baseline.WeightFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

/** What a network is shipped as, and how an application makes a model of it. */
enum ShippedAs {
  /** An archive as the paper has it: {0, 1} masks at density 0.5 over a short random vector. */
  PEMN("pemn", ".pemn", false, false),
  /** An archive as {@code pemn compress} makes it where nothing is asked for. */
  PEMN_USUAL("pemn, usual options", "-usual.pemn", false, false),
  /** The TorchScript file with all the weights of {@link #PEMN}. */
  TORCHSCRIPT("TorchScript", ".pt", false, false),
  /** Those weights as safetensors, for an application that has the network in its code. */
  SAFETENSORS("safetensors", ".safetensors", true, false),
  /** Dense weights of no structure, as TorchScript in a zstd frame. */
  DENSE_ZSTD("dense fp32 + zstd", "-dense.pt.zst", false, true),
  /** {@link #TORCHSCRIPT} in a zstd frame: most weights recur, since the prototype is short. */
  MASKED_ZSTD("masked fp32 + zstd", ".pt.zst", false, true),
  /** The dense weights as 8-bit integers in a zstd frame. */
  DENSE_INT8("dense int8 + zstd", "-dense.int8", true, false);

  private static final String MODEL = "model";

  private final String label;
  private final String suffix;
  private final boolean builtInOnly;
  private final boolean compressedFile;

  ShippedAs(String label, String suffix, boolean builtInOnly, boolean compressedFile) {
    this.label = label;
    this.suffix = suffix;
    this.builtInOnly = builtInOnly;
    this.compressedFile = compressedFile;
  }

  /** Whether a network can be shipped so. */
  boolean suits(LoadedNetwork network) {
    return !builtInOnly || network.builtIn().isPresent();
  }

  /** Whether the weights are those of {@link #PEMN}, so that every such model predicts the same. */
  boolean hasMaskedWeights() {
    return this == PEMN || this == TORCHSCRIPT || this == SAFETENSORS || this == MASKED_ZSTD;
  }

  /** Where the network's file is. */
  Path file(Path folder, LoadedNetwork network) {
    return folder.resolve(network.label() + suffix);
  }

  /**
   * Loads a model from its file.
   *
   * @param scratch an empty folder, for what has to be decompressed to a file
   * @throws IOException in one sentence, if the file is damaged
   */
  Model load(LoadedNetwork network, Path file, Path scratch) throws IOException {
    if (!compressedFile) {
      return load(network, file);
    }
    try (InputStream in = Files.newInputStream(file)) {
      return load(network, received(in, scratch));
    }
  }

  /**
   * Loads a model while its file arrives.
   *
   * @param in the file's bytes
   * @param scratch an empty folder, for the file that arrived
   * @throws IOException in one sentence, if the file is damaged
   */
  Model load(LoadedNetwork network, InputStream in, Path scratch) throws IOException {
    return this == PEMN || this == PEMN_USUAL
        ? PemnModel.load(PemnArchive.read(in, LoadPolicy.allowTorchScript()), MODEL, Device.cpu())
        : load(network, received(in, scratch));
  }

  /** What arrives is decompressed while it does. */
  private Path received(InputStream in, Path scratch) throws IOException {
    Path file = scratch.resolve(MODEL + (compressedFile ? ".pt" : suffix));
    if (compressedFile) {
      FullWeights.decompress(in, file);
    } else {
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    }
    return file;
  }

  private Model load(LoadedNetwork network, Path file) throws IOException {
    return switch (this) {
      case PEMN, PEMN_USUAL -> PemnModel.load(file, LoadPolicy.allowTorchScript(), Device.cpu());
      case TORCHSCRIPT, DENSE_ZSTD, MASKED_ZSTD -> FullWeights.torchScript(file);
      case SAFETENSORS -> FullWeights.safetensors(file, network.builtIn().orElseThrow());
      case DENSE_INT8 -> {
        BuiltInDescription description = network.builtIn().orElseThrow();
        Map<String, float[]> values =
            ShippedWeights.values(
                description, WeightFile.unpack(Files.readAllBytes(file)), WeightFormat.INT8);
        yield FullWeights.builtIn(description, values::get);
      }
    };
  }

  /** As tables name it. */
  @Override
  public String toString() {
    return label;
  }
}
