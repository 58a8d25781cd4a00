package io.pemn.benchmarks.loading;

import io.pemn.compressor.loading.FullWeights;
import io.pemn.compressor.loading.RandomNetwork;
import io.pemn.compressor.masking.FillingStrategy;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.compressor.shipping.ShippedWeights;
import io.pemn.compressor.training.Recipe;
import io.pemn.format.Distribution;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.AtomicFile;
import io.pemn.packager.MaskedNetwork;
import io.pemn.packager.Unpacker;
import io.pemn.packager.baseline.WeightFile;
import io.pemn.packager.baseline.WeightFormat;
import io.pemn.packager.tensors.SafetensorsWriter;
import io.pemn.packager.tensors.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Makes the files whose loading is measured; those that are there already stay.
 *
 * <p>{@code MakeNetworks archives FOLDER NETWORK...} makes archives and full weights: of a
 * TorchScript network from {@code NETWORK-dense.pt}, where that is there. {@code MakeNetworks
 * compressed FOLDER LEVEL NETWORK...} makes zstd frames of the TorchScript files that are there.
 */
final class MakeNetworks {
  private final Path folder;
  private final LoadedNetwork network;

  private MakeNetworks(Path folder, LoadedNetwork network) {
    this.folder = folder;
    this.network = network;
  }

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[1]);
    List<String> rest = List.of(arguments).subList(2, arguments.length);
    if (arguments[0].equals("archives")) {
      for (String label : rest) {
        new MakeNetworks(folder, LoadedNetwork.of(label)).archives();
      }
      return;
    }
    int level = Integer.parseInt(rest.get(0));
    for (String label : rest.subList(1, rest.size())) {
      MakeNetworks networks = new MakeNetworks(folder, LoadedNetwork.of(label));
      networks.compress(ShippedAs.TORCHSCRIPT.file(folder, networks.network), level);
      networks.compress(networks.dense(".pt"), level);
    }
  }

  private Path dense(String extension) {
    return folder.resolve(network.label() + "-dense" + extension);
  }

  private boolean isMissing(ShippedAs way) {
    return Files.notExists(way.file(folder, network));
  }

  private void archives() throws IOException {
    if (network.builtIn().isEmpty() && Files.notExists(dense(".pt"))) {
      return;
    }
    RandomNetwork.Masking paper =
        new RandomNetwork.Masking(
            MaskType.BINARY,
            0.5,
            new FillingStrategy.RandomVector(Recipe.PAPER.ratio(), false),
            Distribution.NORMAL,
            FloatCoding.FP32);
    RandomNetwork.Masking usual =
        new RandomNetwork.Masking(
            Recipe.PEMN.mask(network.builtIn().isEmpty()),
            0.5,
            new FillingStrategy.OwnWeights(),
            Distribution.SIGNED_CONSTANT,
            FloatCoding.BF16);
    if (isMissing(ShippedAs.PEMN)) {
      ArchiveWriter.write(masked(paper), ShippedAs.PEMN.file(folder, network));
    }
    if (isMissing(ShippedAs.PEMN_USUAL)) {
      ArchiveWriter.write(masked(usual), ShippedAs.PEMN_USUAL.file(folder, network));
    }
    PemnArchive archive =
        PemnArchive.open(ShippedAs.PEMN.file(folder, network), LoadPolicy.allowTorchScript());
    if (network.builtIn().isEmpty()) {
      if (isMissing(ShippedAs.TORCHSCRIPT)) {
        Unpacker.toTorchScript(archive, ShippedAs.TORCHSCRIPT.file(folder, network));
      }
      return;
    }
    if (isMissing(ShippedAs.SAFETENSORS)) {
      Unpacker.toSafetensors(archive, ShippedAs.SAFETENSORS.file(folder, network));
    }
    if (isMissing(ShippedAs.DENSE_INT8)) {
      dense(network.builtIn().get());
    }
  }

  private MaskedNetwork masked(RandomNetwork.Masking masking) throws IOException {
    if (network.builtIn().isPresent()) {
      return RandomNetwork.builtIn(network.builtIn().get(), masking);
    }
    try (ModuleSource module = ModuleSource.open(dense(".pt"), List.of(), List.of(), true)) {
      return RandomNetwork.module(module, network.image(), network.classes(), masking);
    }
  }

  private void dense(BuiltInDescription description) throws IOException {
    Map<String, float[]> values = RandomNetwork.dense(description);
    List<TensorEntry> tensors =
        description.parameters().stream().map(p -> entry(p, values.get(p.name()))).toList();
    AtomicFile.write(dense(".safetensors"), out -> SafetensorsWriter.write(out, Map.of(), tensors));
    byte[] int8 =
        WeightFile.pack(
            ShippedWeights.tensors(description, values, WeightFormat.INT8), WeightFormat.INT8);
    AtomicFile.write(ShippedAs.DENSE_INT8.file(folder, network), out -> out.write(int8));
  }

  private static TensorEntry entry(ParameterShape parameter, float[] values) {
    long[] shape = parameter.shape().stream().mapToLong(Integer::longValue).toArray();
    return TensorEntry.floats(parameter.name(), shape, values);
  }

  private void compress(Path file, int level) throws IOException {
    Path compressed = file.resolveSibling(file.getFileName() + ".zst");
    if (Files.notExists(file) || Files.exists(compressed)) {
      return;
    }
    FullWeights.compress(file, compressed, level);
  }
}
