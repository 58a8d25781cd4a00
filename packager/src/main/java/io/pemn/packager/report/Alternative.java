package io.pemn.packager.report;

import io.pemn.format.NumberType;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.packager.baseline.PaperCount;
import io.pemn.packager.baseline.PlainTensor;
import io.pemn.packager.baseline.WeightFile;
import io.pemn.packager.baseline.WeightFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What an archive's parameters would take in another form.
 *
 * @param name such as {@code fp16} or {@code fp16_zstd}
 * @param bytes of the whole file
 * @param ratio how many times the archive's own bytes
 */
public record Alternative(String name, long bytes, double ratio) {
  /** The dense forms, in the order of the report. */
  private static final List<WeightFormat> FORMATS =
      List.of(WeightFormat.FLOAT32, WeightFormat.FLOAT16, WeightFormat.INT8, WeightFormat.INT4);

  /** Sparse matrices, counted and not encoded. */
  public static final String CSR_PAPER = "csr_paper";

  /**
   * The alternatives to an archive: its rebuilt weights and its remainder as float32, float16, int8
   * and int4, really encoded as {@link WeightFile} has it, each as it is and after zstd of level
   * 19; and sparse matrices of its masks' densities, as the paper counts them: 32 bits for every
   * kept weight, for its column index, for the row pointers (a row an output channel, and one
   * more), and for every number of the remainder.
   *
   * <p>The dense weights that a user may have had are not in an archive. Its own have few different
   * values, so that zstd makes more of them than it would of trained ones.
   *
   * <p>It takes about 16 bytes of memory a parameter, and, for zstd, some seconds for a million of
   * them.
   *
   * @throws IOException in one sentence, if the archive is damaged
   */
  public static List<Alternative> of(PemnArchive archive) throws IOException {
    List<PlainTensor> tensors = new ArrayList<>();
    long paper = 0;
    for (Layer layer : archive.layers()) {
      tensors.add(new PlainTensor.Weights(layer.shape(), archive.rebuild(layer)));
      paper += PaperCount.sparse(layer.kept(), layer.shape().isEmpty() ? 1 : layer.shape().get(0));
    }
    for (RemainderTensor tensor : archive.remainder()) {
      tensors.add(plain(tensor));
      paper += PaperCount.numbers(tensor.size());
    }
    List<Alternative> alternatives = new ArrayList<>();
    for (WeightFormat format : FORMATS) {
      byte[] content = WeightFile.encode(tensors, format);
      alternatives.add(of(format.toString(), content.length, archive));
      alternatives.add(of(format + "_zstd", WeightFile.packed(content).length, archive));
    }
    alternatives.add(of(CSR_PAPER, paper, archive));
    return List.copyOf(alternatives);
  }

  private static Alternative of(String name, long bytes, PemnArchive archive) {
    return new Alternative(name, bytes, (double) bytes / archive.fileBytes());
  }

  /** Weights of dense networks, which have no layers, are in the remainder: those of matrices. */
  private static PlainTensor plain(RemainderTensor tensor) {
    if (tensor.type() == NumberType.FLOAT32) {
      return tensor.shape().size() > 1
          ? new PlainTensor.Weights(tensor.shape(), tensor.values())
          : new PlainTensor.Floats(tensor.shape(), tensor.values());
    }
    byte[] data = new byte[tensor.data().remaining()];
    tensor.data().get(data);
    return new PlainTensor.Numbers(tensor.shape(), tensor.type(), data);
  }
}
