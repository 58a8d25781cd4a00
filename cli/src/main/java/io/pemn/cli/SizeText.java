package io.pemn.cli;

import com.google.gson.JsonObject;
import io.pemn.loader.Sections;
import io.pemn.packager.report.Alternative;
import io.pemn.packager.report.SizeReport;
import io.pemn.packager.report.SizeReport.LayerSize;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Size reports as text and as JSON. */
final class SizeText {
  private SizeText() {}

  /** One line. */
  static String summary(SizeReport sizes) {
    return String.format(
        Locale.ROOT,
        "%,d bytes for %,d parameters, %.1fx smaller than fp32, %.1fx than fp16",
        sizes.fileBytes(),
        sizes.parameters(),
        sizes.ratioFp32(),
        sizes.ratioFp16());
  }

  /** The figures of {@link #summary}. */
  static void addSummary(JsonObject object, SizeReport sizes) {
    object.addProperty("file_bytes", sizes.fileBytes());
    object.addProperty("parameters", sizes.parameters());
    object.addProperty("masked_weights", sizes.maskedWeights());
    object.addProperty("ratio_fp32", sizes.ratioFp32());
    object.addProperty("ratio_fp16", sizes.ratioFp16());
    object.addProperty("bits_per_weight", sizes.bitsPerWeight());
    object.addProperty("mask_bits_per_weight", sizes.maskBitsPerWeight());
    object.add("sections", Json.object(sizes.sections()));
  }

  /** Several lines. */
  static void print(SizeReport sizes, boolean withLayers, PrintWriter out) {
    Sections sections = sizes.sections();
    out.println(summary(sizes));
    out.printf(Locale.ROOT, "  bits a parameter    %9.3f%n", sizes.bitsPerWeight());
    if (sizes.maskedWeights() > 0) {
      out.printf(
          Locale.ROOT,
          "  bits a masked weight%9.3f  (%,d masked weights, %s)%n",
          sizes.maskBitsPerWeight(),
          sizes.maskedWeights(),
          sizes.maskEncoding());
    }
    out.println("where the bytes are:");
    row(out, "masks", sections.masks(), sizes);
    row(out, "remainder", sections.remainder(), sizes);
    row(out, "prototype", sections.prototype(), sizes);
    if (sections.module() > 0) {
      row(out, "module", sections.module(), sizes);
    }
    row(out, "metadata", sections.metadata(), sizes);
    if (sizes.maskedWeights() > 0) {
      if (sizes.prototypeSeeded()) {
        out.printf(
            Locale.ROOT,
            "prototype of %,d values, kept as %s; the seed costs %d bytes, the values %,d on top%n",
            sizes.prototypeLength(),
            sizes.prototypeStored() ? "values" : "its seed",
            sizes.prototypeSeedBytes(),
            sizes.prototypeValuesBytes());
      } else {
        out.printf(
            Locale.ROOT,
            "prototype of %,d values, kept as values, which no seed regenerates: %,d bytes%n",
            sizes.prototypeLength(),
            sizes.prototypeValuesBytes());
      }
      if (sizes.maskEntropyBytes() > 0) {
        out.printf(
            Locale.ROOT,
            "masks against their entropy bound: %,d of %,.1f bytes, %.4f%n",
            sections.masks(),
            sizes.maskEntropyBytes(),
            sections.masks() / sizes.maskEntropyBytes());
      }
    }
    if (withLayers && !sizes.layers().isEmpty()) {
      printLayers(sizes, out);
    }
    out.flush();
  }

  /** A table of what the same parameters would take otherwise. */
  static void print(List<Alternative> alternatives, PrintWriter out) {
    out.println("this archive's own rebuilt weights and remainder, in other forms:");
    out.printf("  %-19s %14s  %s%n", "what", "bytes", "times this file");
    for (Alternative alternative : alternatives) {
      out.printf(
          Locale.ROOT,
          "  %-19s %,14d  %8.1f%n",
          alternative.name().equals(Alternative.CSR_PAPER)
              ? "csr (paper's count)"
              : alternative.name().replace("_zstd", " + zstd"),
          alternative.bytes(),
          alternative.ratio());
    }
    out.println(
        "(the trained dense weights are not in an archive: they have more different values, of"
            + " which zstd makes less; csr is sparse at the masks' densities, with 32 bits a kept"
            + " value, a column index and a row pointer)");
    out.flush();
  }

  private static void row(PrintWriter out, String name, long bytes, SizeReport sizes) {
    out.printf(
        Locale.ROOT, "  %-10s %,12d  %5.1f %%%n", name, bytes, 100.0 * bytes / sizes.fileBytes());
  }

  private static void printLayers(SizeReport sizes, PrintWriter out) {
    int width =
        Math.max(
            5, sizes.layers().stream().mapToInt(layer -> layer.name().length()).max().orElse(0));
    out.printf(
        "%-" + width + "s  %-16s %8s %10s %10s %8s  %-16s%n",
        "layer",
        "shape",
        "density",
        "bytes",
        "bound",
        "ratio",
        "digest");
    for (LayerSize layer : sizes.layers()) {
      out.printf(
          Locale.ROOT,
          "%-" + width + "s  %-16s %8.4f %10d %10.1f %8.4f  %s%n",
          layer.name(),
          layer.shape().stream().map(String::valueOf).collect(Collectors.joining("x")),
          layer.density(),
          layer.bytes(),
          layer.entropyBytes(),
          layer.storedOverBound(),
          layer.digest());
    }
    out.println(
        "(all layers share one code: a layer's bytes are its share in proportion to its bound)");
  }
}
