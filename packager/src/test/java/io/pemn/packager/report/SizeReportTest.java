package io.pemn.packager.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.Distribution;
import io.pemn.format.LayerMask;
import io.pemn.format.Mask;
import io.pemn.format.Normalization;
import io.pemn.format.Prototype;
import io.pemn.format.network.Activation;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.MlpArchitecture;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.proto.Provenance;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.RemainderTensor;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.MaskCodecChoice;
import io.pemn.packager.MaskedLayer;
import io.pemn.packager.MaskedNetwork;
import io.pemn.packager.PrototypeSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class SizeReportTest {
  /** 16 x 8 weights, half of them kept, and 2 x 16, a quarter of them kept. */
  private static PemnArchive archive(boolean masked, boolean stored) throws IOException {
    return archive(masked, stored, LayerMask.Keep::new);
  }

  private static PemnArchive archive(boolean masked, boolean stored, Function<Mask, LayerMask> kind)
      throws IOException {
    BuiltInDescription network =
        new BuiltInDescription(
            new MlpArchitecture(List.of(16), Activation.RELU), new ImageShape(1, 2, 4), 2);
    List<MaskedLayer> layers = new ArrayList<>();
    List<RemainderTensor> remainder = new ArrayList<>();
    for (ParameterShape parameter : network.parameters()) {
      long[] kept =
          switch (parameter.name()) {
            case "layers.0.linear.weight" -> new long[] {-1L, 0};
            case "head.weight" -> new long[] {0b1111_0000_1111L};
            default -> new long[0];
          };
      if (masked && kept.length > 0) {
        layers.add(
            new MaskedLayer(
                parameter.name(),
                parameter.shape(),
                0,
                0.5f,
                kind.apply(Mask.of(kept, parameter.size()))));
      } else {
        remainder.add(
            new RemainderTensor(parameter.name(), parameter.shape(), new float[parameter.size()]));
      }
    }
    MaskedNetwork maskedNetwork =
        new MaskedNetwork(
            network,
            Optional.of(new Normalization(List.of(0f), List.of(1f))),
            List.of(),
            new PrototypeSource.Generated(new Prototype(1, Distribution.NORMAL, 5), 0, stored),
            layers,
            remainder,
            Optional.empty(),
            Provenance.getDefaultInstance());
    return PemnArchive.read(ArchiveWriter.toBytes(maskedNetwork, MaskCodecChoice.ROARING));
  }

  @Test
  void figuresCountTheWholeFile() throws IOException {
    PemnArchive archive = archive(true, false);
    SizeReport report = SizeReport.of(archive);
    double file = archive.fileBytes();
    // 128 + 4 * 16 + 32 + 2.
    assertEquals(226, report.parameters());
    assertEquals(160, report.maskedWeights());
    assertEquals(904 / file, report.ratioFp32(), 1e-12);
    assertEquals(452 / file, report.ratioFp16(), 1e-12);
    assertEquals(8 * file / 226, report.bitsPerWeight(), 1e-12);
    assertEquals(archive.sections().masks() / 20.0, report.maskBitsPerWeight(), 1e-12);
    assertEquals(archive.sections(), report.sections());
    assertEquals(archive.maskEncoding(), report.maskEncoding());
    assertEquals(5, report.prototypeLength());
    assertEquals(
        archive(true, true).fileBytes() - archive.fileBytes(), report.prototypeValuesBytes());
    assertEquals(false, report.prototypeStored());
    assertEquals(true, SizeReport.of(archive(true, true)).prototypeStored());
    assertEquals(file, report.fileBytes());
  }

  @Test
  void layersShareTheMasksInProportionToTheirEntropy() throws IOException {
    PemnArchive archive = archive(true, false);
    SizeReport report = SizeReport.of(archive);
    SizeReport.LayerSize first = report.layers().get(0);
    SizeReport.LayerSize second = report.layers().get(1);
    assertEquals(0.5, first.density());
    assertEquals(0.25, second.density());
    // 128 weights at 1 bit; 32 at 2 - 3/4 log2(3) bits.
    assertEquals(16, first.entropyBytes(), 1e-12);
    assertEquals(3.245112497836532, second.entropyBytes(), 1e-12);
    assertEquals(19.245112497836532, report.maskEntropyBytes(), 1e-12);
    assertEquals(archive.sections().masks() * 16 / 19.245112497836532, first.bytes(), 0.5);
    assertEquals(archive.sections().masks(), first.bytes() + second.bytes());
    assertEquals(first.bytes() / 16.0, first.storedOverBound(), 1e-12);
    assertEquals(archive.layers().get(1).digest(), second.digest());
    assertEquals(List.of(2, 16), second.shape());
    assertEquals(0.5f, second.scale());
  }

  @Test
  void aSignCostsOneBitForEveryWeightThatIsNot0() throws IOException {
    SizeReport keep = SizeReport.of(archive(true, false));
    SizeReport signs = SizeReport.of(archive(true, false, LayerMask.Sign::new));
    SizeReport ternary =
        SizeReport.of(
            archive(true, false, kept -> new LayerMask.Ternary(kept, Mask.none(kept.size()))));
    assertEquals("keep", keep.layers().get(0).mask());
    assertEquals("sign", signs.layers().get(0).mask());
    assertEquals("ternary", ternary.layers().get(0).mask());
    assertEquals(1, signs.layers().get(1).density());
    assertEquals(160 / 8, signs.maskEntropyBytes(), 1e-12);
    assertEquals(0.25, ternary.layers().get(1).density());
    assertEquals(keep.maskEntropyBytes() + (64 + 8) / 8.0, ternary.maskEntropyBytes(), 1e-12);
  }

  @Test
  void aDenseNetworkHasNoMasks() throws IOException {
    SizeReport report = SizeReport.of(archive(false, false));
    assertEquals(226, report.parameters());
    assertEquals(0, report.maskedWeights());
    assertEquals(0, report.maskBitsPerWeight());
    assertEquals(0, report.maskEntropyBytes());
    assertEquals(0, report.prototypeLength());
    assertEquals(List.of(), report.layers());
  }

  @Test
  void alternativesAreBytesThatWouldReallyBeWritten() throws IOException {
    PemnArchive archive = archive(true, false);
    List<Alternative> found = Alternative.of(archive);
    assertEquals(
        List.of(
            "fp32",
            "fp32_zstd",
            "fp16",
            "fp16_zstd",
            "int8",
            "int8_zstd",
            "int4",
            "int4_zstd",
            "csr_paper"),
        found.stream().map(Alternative::name).toList());
    // 5 bytes, two matrices of 10 and five vectors of 6; 160 weights and 66 other numbers.
    int head = 5 + 2 * 10 + 5 * 6;
    assertEquals(head + 4 * 226, found.get(0).bytes());
    assertEquals(head + 2 * 226, found.get(2).bytes());
    assertEquals(head + 160 + 2 * 4 + 2 * 66, found.get(4).bytes());
    assertEquals(head + 80 + 2 * (16 + 2) + 2 * 66, found.get(6).bytes());
    // 64 of 16 rows and 8 of 2 are kept.
    assertEquals(4 * (2 * 64 + 17 + 2 * 8 + 3 + 66), found.get(8).bytes());
    for (int i = 0; i < 8; i += 2) {
      assertTrue(found.get(i + 1).bytes() < found.get(i).bytes(), found.toString());
    }
    for (Alternative alternative : found) {
      assertEquals((double) alternative.bytes() / archive.fileBytes(), alternative.ratio(), 1e-12);
    }
  }

  @Test
  void signsAreAllKeptAndADenseNetworkHasWeightsToo() throws IOException {
    List<Alternative> signs = Alternative.of(archive(true, false, LayerMask.Sign::new));
    assertEquals(4 * (2 * 160 + 17 + 3 + 66), signs.get(8).bytes());
    List<Alternative> ternary =
        Alternative.of(
            archive(true, false, kept -> new LayerMask.Ternary(kept, Mask.none(kept.size()))));
    assertEquals(4 * (2 * 72 + 17 + 3 + 66), ternary.get(8).bytes());
    List<Alternative> dense = Alternative.of(archive(false, false));
    assertEquals(signs.get(4).bytes(), dense.get(4).bytes());
    assertEquals(4 * 226, dense.get(8).bytes());
  }

  @Test
  void certainBitsHaveNoEntropyAndEvenOnesOneBit() {
    assertEquals(0, SizeReport.entropyBits(0));
    assertEquals(0, SizeReport.entropyBits(1));
    assertEquals(1, SizeReport.entropyBits(0.5), 1e-15);
    assertEquals(0.8812908992306927, SizeReport.entropyBits(0.3), 1e-12);
  }
}
