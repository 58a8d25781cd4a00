package io.pemn.compressor.shipping;

import ai.djl.Device;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.network.OpenedModel;
import io.pemn.compressor.training.Checkpoint;
import io.pemn.compressor.training.CheckpointPacker;
import io.pemn.compressor.training.Comparison;
import io.pemn.compressor.training.Evaluation;
import io.pemn.compressor.training.Objective;
import io.pemn.compressor.training.RunDirectory;
import io.pemn.format.LayerMask;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.baseline.PaperCount;
import io.pemn.packager.baseline.WeightFile;
import io.pemn.packager.baseline.WeightFormat;
import io.pemn.packager.report.SizeReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * A trained built-in network as it was shipped.
 *
 * @param test how well the network does that the file decodes to, on all test images
 * @param bytes the whole file
 * @param bitsPerWeight stored mask bits a masked weight; of what has no masks all the file's bits
 *     over the weights of convolutions and linear layers
 * @param paperBytes the file as {@link PaperCount} has it
 */
public record Shipment(Evaluation test, long bytes, double bitsPerWeight, long paperBytes) {
  /** Of the prototype, in the paper's file. */
  private static final int SEED_BYTES = Long.BYTES;

  /**
   * Ships masks as an archive.
   *
   * @param checkpoint the trained network
   * @param directory of its run
   * @param file the archive to write
   * @param tool name and version of the program, for the archive
   * @param dataSet whose test images are measured
   * @param device where
   * @param progress told the number of images done so far, after every batch
   * @throws IOException in one sentence, if the archive cannot be written
   */
  public static Shipment archive(
      Checkpoint checkpoint,
      RunDirectory directory,
      Path file,
      String tool,
      Dataset dataSet,
      Device device,
      IntConsumer progress)
      throws IOException {
    ArchiveWriter.write(CheckpointPacker.pack(checkpoint, directory, tool), file);
    SizeReport sizes = SizeReport.of(PemnArchive.open(file));
    Evaluation test;
    try (OpenedModel model = OpenedModel.open(file, LoadPolicy.standard(), device)) {
      test =
          Comparison.evaluate(
              model,
              dataSet,
              checkpoint.run().trainingOptions().normalization(),
              Objective.CLASSIFY,
              progress);
    }
    return new Shipment(test, sizes.fileBytes(), sizes.maskBitsPerWeight(), paperBytes(checkpoint));
  }

  /**
   * Ships dense weights.
   *
   * @param checkpoint the trained network
   * @param file what {@link #weightFile} made of it
   * @param format of the file
   * @param dataSet whose test images are measured
   * @param device where
   * @param progress told the number of images done so far, after every batch
   * @throws IOException in one sentence, if the file is damaged
   */
  public static Shipment weights(
      Checkpoint checkpoint,
      byte[] file,
      WeightFormat format,
      Dataset dataSet,
      Device device,
      IntConsumer progress)
      throws IOException {
    BuiltInDescription network = (BuiltInDescription) checkpoint.run().network();
    Map<String, float[]> decoded = ShippedWeights.values(network, WeightFile.unpack(file), format);
    Map<String, float[]> trained = unmasked(checkpoint);
    long paper = 0;
    for (ParameterShape parameter : network.parameters()) {
      paper +=
          format == WeightFormat.CSR && parameter.role() == Role.WEIGHT
              ? PaperCount.sparse(
                  WeightFile.nonZero(trained.get(parameter.name())), parameter.shape().get(0))
              : PaperCount.numbers(parameter.size());
    }
    double bits = 8.0 * file.length / weights(network);
    Evaluation test =
        Evaluation.ofValues(
            network,
            decoded,
            dataSet,
            checkpoint.run().trainingOptions().normalization(),
            device,
            progress);
    return new Shipment(test, file.length, bits, paper);
  }

  /** The whole file of a dense network's weights, compressed. */
  public static byte[] weightFile(Checkpoint checkpoint, WeightFormat format) {
    BuiltInDescription network = (BuiltInDescription) checkpoint.run().network();
    return WeightFile.pack(ShippedWeights.tensors(network, unmasked(checkpoint), format), format);
  }

  /** Every parameter of a checkpoint that is not masked. */
  public static Map<String, float[]> unmasked(Checkpoint checkpoint) {
    Map<String, float[]> values = new LinkedHashMap<>(checkpoint.parameters());
    checkpoint.statistics().forEach((name, tensor) -> values.put(name, tensor.values()));
    return values;
  }

  /** The bytes of masks, and of what is not masked, as the paper counts them. */
  public static long paperBytes(Checkpoint checkpoint) {
    long bits = 0;
    for (LayerMask mask : checkpoint.masks().values()) {
      bits += mask.size() + (mask instanceof LayerMask.Ternary ? mask.kept().kept() : 0);
    }
    long others = unmasked(checkpoint).values().stream().mapToLong(v -> v.length).sum();
    return SEED_BYTES + PaperCount.masks(bits) + PaperCount.numbers(others);
  }

  /** Number of weights of convolutions and linear layers. */
  public static long weights(BuiltInDescription network) {
    return network.parameters().stream()
        .filter(parameter -> parameter.role() == Role.WEIGHT)
        .mapToLong(ParameterShape::size)
        .sum();
  }

  /** Number of all parameters, running statistics included. */
  public static long parameters(BuiltInDescription network) {
    return network.parameters().stream().mapToLong(ParameterShape::size).sum();
  }
}
