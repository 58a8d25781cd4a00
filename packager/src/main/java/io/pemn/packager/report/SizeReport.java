package io.pemn.packager.report;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.pemn.format.proto.Archive;
import io.pemn.format.proto.MaskKind;
import io.pemn.format.proto.Metadata;
import io.pemn.format.proto.PrototypeSection;
import io.pemn.format.storage.ArchiveFormat;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.Sections;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The sizes of one archive.
 *
 * @param fileBytes the whole file
 * @param parameters all parameters of the network: masked weights, learned ones, running statistics
 * @param maskedWeights those of them that masks replace
 * @param ratioFp32 bytes of all parameters as float32, over the file's
 * @param ratioFp16 bytes of all parameters as float16, over the file's
 * @param bitsPerWeight all the file's bits over all parameters
 * @param maskBitsPerWeight stored mask bits over masked weights; 0 if there are none
 * @param sections where the bytes are
 * @param maskEncoding how the masks are stored
 * @param maskEntropyBytes the layers' entropy bounds added up
 * @param prototypeLength values of the prototype
 * @param prototypeStored whether they travel in the file
 * @param prototypeSeeded whether a seed regenerates them
 * @param prototypeSeedBytes what the seed costs
 * @param prototypeValuesBytes what storing the values costs, or would cost, on top of it: the
 *     values, their digest and their lengths; without a seed their section alone
 * @param layers the masked layers
 */
public record SizeReport(
    long fileBytes,
    long parameters,
    long maskedWeights,
    double ratioFp32,
    double ratioFp16,
    double bitsPerWeight,
    double maskBitsPerWeight,
    Sections sections,
    String maskEncoding,
    double maskEntropyBytes,
    int prototypeLength,
    boolean prototypeStored,
    boolean prototypeSeeded,
    int prototypeSeedBytes,
    long prototypeValuesBytes,
    List<LayerSize> layers) {

  /**
   * The size of one layer. All layers share one code, so a layer has no bytes of its own: {@code
   * bytes} is its share of the masks in proportion to its entropy bound, rounded so that the shares
   * add up to the section.
   *
   * @param name the layer's name
   * @param shape its dimensions
   * @param density fraction of weights kept, 0 to 1
   * @param mask kind of its mask: keep, sign or ternary
   * @param encoding how its mask is stored
   * @param bytes its share of the masks
   * @param entropyBytes the entropy bound: H(density) bits a weight, and one bit for each sign. No
   *     code without knowledge of which positions and signs are likelier can do better on average
   * @param scale the layer's scale
   * @param digest the digest of its weights
   */
  public record LayerSize(
      String name,
      List<Integer> shape,
      double density,
      String mask,
      String encoding,
      long bytes,
      double entropyBytes,
      float scale,
      String digest) {

    /** Stored bytes over the bound; 1 if both are 0. */
    public double storedOverBound() {
      return entropyBytes == 0 ? (bytes == 0 ? 1 : Double.POSITIVE_INFINITY) : bytes / entropyBytes;
    }
  }

  /** The tag and the eight bytes of a field of 64 bits. */
  private static final int SEED_BYTES = 9;

  /** Copies the list. */
  public SizeReport {
    layers = List.copyOf(layers);
  }

  /** Measures an open archive; decodes none of its sections. */
  public static SizeReport of(PemnArchive archive) {
    Sections sections = archive.sections();
    double bits = archive.fileBytes() * 8.0;
    double entropy = 0;
    for (Layer layer : archive.layers()) {
      entropy += entropyBytes(layer);
    }
    List<LayerSize> layers = new ArrayList<>();
    double entropySoFar = 0;
    long bytesSoFar = 0;
    for (Layer layer : archive.layers()) {
      double own = entropyBytes(layer);
      entropySoFar += own;
      boolean last = layers.size() == archive.layers().size() - 1;
      long upToHere =
          last || entropy == 0
              ? sections.masks()
              : Math.round(sections.masks() * (entropySoFar / entropy));
      layers.add(
          new LayerSize(
              layer.name(),
              layer.shape(),
              layer.density(),
              layer.kind().name().toLowerCase(Locale.ROOT),
              archive.maskEncoding(),
              upToHere - bytesSoFar,
              own,
              layer.scale(),
              layer.digest()));
      bytesSoFar = upToHere;
    }
    return new SizeReport(
        archive.fileBytes(),
        archive.parameters(),
        archive.maskedWeights(),
        archive.parameters() * 4.0 / archive.fileBytes(),
        archive.parameters() * 2.0 / archive.fileBytes(),
        bits / archive.parameters(),
        archive.maskedWeights() == 0 ? 0 : sections.masks() * 8.0 / archive.maskedWeights(),
        sections,
        archive.maskEncoding(),
        entropy,
        archive.prototypeLength(),
        archive.storesPrototypeValues(),
        archive.prototype().isPresent(),
        archive.seed() == 0 ? 0 : SEED_BYTES,
        archive.prototype().isEmpty()
            ? sections.prototype()
            : storedValuesBytes(
                archive.storesPrototypeValues()
                    ? sections.prototype()
                    : archive.prototypeLength() * (long) Float.BYTES),
        layers);
  }

  /** With tags, lengths and digest; a coded prototype has as many of these as another one. */
  private static long storedValuesBytes(long values) {
    if (values == 0) {
      return 0;
    }
    PrototypeSection section =
        PrototypeSection.newBuilder()
            .setDigest(ByteString.copyFrom(new byte[ArchiveFormat.DIGEST_BYTES]))
            .build();
    return values
        + CodedOutputStream.computeTagSize(Archive.PROTOTYPE_VALUES_FIELD_NUMBER)
        + CodedOutputStream.computeUInt64SizeNoTag(values)
        + CodedOutputStream.computeMessageSize(Metadata.PROTOTYPE_VALUES_FIELD_NUMBER, section);
  }

  private static double entropyBytes(Layer layer) {
    long signs = layer.kind() == MaskKind.KEEP ? 0 : layer.kept();
    return (layer.size() * entropyBits(layer.density()) + signs) / 8;
  }

  /** The entropy H(p) of a bit that is set with probability p, in bits. */
  public static double entropyBits(double p) {
    return p <= 0 || p >= 1 ? 0 : -(p * log2(p) + (1 - p) * log2(1 - p));
  }

  private static double log2(double x) {
    return Math.log(x) / Math.log(2);
  }
}
