package io.pemn.fuzz;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.pemn.format.proto.Archive;
import io.pemn.format.proto.CodedPrototype;
import io.pemn.format.proto.Layer;
import io.pemn.format.proto.Metadata;
import io.pemn.format.proto.Mlp;
import io.pemn.format.proto.Option;
import io.pemn.format.proto.ResNet;
import io.pemn.format.storage.ZstdFrame;
import java.io.IOException;
import java.util.Collections;
import java.util.List;

/**
 * Claims of the metadata, of layers and of prototypes, and metadata that no library would write.
 */
final class ArchiveMetadata {
  private static final String CORRUPT = "Corrupt";
  private static final String TOO_MUCH = "LimitExceeded";
  private static final String PERCEPTRON = "version-3/coded";
  private static final String NAMED = "version-3/partly-masked";
  private static final String DENSE = "version-3/dense-int8";
  private static final String STORED = "version-3/stored-values";
  private static final String SHUFFLED = "version-3/random-vector-shuffled";
  private static final String MODULE = "version-3/module";
  private static final String OLD = "version-1/random-vector-copy";
  private static final String CODED = "version-4/explicit-indexed";

  private final HostileArchives archives;

  ArchiveMetadata(HostileArchives archives) {
    this.archives = archives;
  }

  /** Adds them all. */
  void add() throws IOException {
    claims();
    networks();
    prototypes();
  }

  private void claims() throws IOException {
    byte[] sound = TestData.golden(PERCEPTRON);
    byte[] metadata = Archive.parseFrom(sound).getMetadata().toByteArray();
    ForgedArchive same = ForgedArchive.of(sound);
    archives.add(
        "groups-nested",
        "20,000 groups in one another, to overflow the stack",
        CORRUPT,
        same.toBytes(
            HandmadeFrame.join(
                metadata,
                HostileArchives.filled(20_000, 0x7B),
                HostileArchives.filled(20_000, 0x7C))));
    archives.add(
        "groups-open",
        "groups that nothing closes",
        CORRUPT,
        same.toBytes(HandmadeFrame.join(metadata, HostileArchives.filled(50, 0x7B))));
    archives.add(
        "network-twice",
        "a field that a library would merge: two networks",
        CORRUPT,
        same.toBytes(HandmadeFrame.join(metadata, new byte[] {0x0A, 2, 0x08, 5})));
    archives.add(
        "fields-in-another-order",
        "metadata that mean the same in other bytes",
        CORRUPT,
        same.toBytes(
            HandmadeFrame.join(
                Metadata.parseFrom(metadata).toBuilder().clearNetwork().build().toByteArray(),
                Metadata.newBuilder()
                    .setNetwork(Metadata.parseFrom(metadata).getNetwork())
                    .build()
                    .toByteArray())));
    archives.claim(
        "field-unknown",
        "a field that no version has, in a layer",
        CORRUPT,
        PERCEPTRON,
        m ->
            m.getLayersBuilder(0)
                .setUnknownFields(
                    UnknownFieldSet.newBuilder()
                        .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                        .build()));
    archives.add("metadata-of-nothing", "no metadata at all", CORRUPT, same.toBytes(new byte[0]));
    archives.claim(
        "layers-without-end",
        "30,000 layers of two bytes each",
        TOO_MUCH,
        MODULE,
        m -> {
          m.clearLayers();
          m.addAllLayers(Collections.nCopies(30_000, Layer.getDefaultInstance()));
        });
    archives.claim(
        "labels-without-end",
        "30,000 class labels of two bytes each",
        CORRUPT,
        PERCEPTRON,
        m -> m.clearClassLabels().addAllClassLabels(Collections.nCopies(30_000, "")));
    archives.claim(
        "labels-for-terminals",
        "class labels that move the cursor and change the window's title",
        HostileFile.READ,
        PERCEPTRON,
        m ->
            m.clearClassLabels()
                .addClassLabels("\u001b[2J\u001b[H")
                .addClassLabels("\u001b]0;owned\u0007")
                .addClassLabels("right\u202eot tfel"));
    archives.claim(
        "provenance-for-terminals",
        "a tool, a data set and an option that move the cursor and change the window's title",
        HostileFile.READ,
        PERCEPTRON,
        m -> {
          m.getProvenanceBuilder().setTool("\u001b[2J\u001b[H").setDataSet("\u001b]0;owned\u0007");
          m.getProvenanceBuilder()
              .addOptions(Option.newBuilder().setName("\u009b31m").setValue("a\r\nb"));
        });
    archives.add(
        "labels-not-utf-8",
        "a class label that is no UTF-8",
        CORRUPT,
        same.toBytes(HandmadeFrame.join(metadata, new byte[] {0x42, 2, (byte) 0xC3, 0x28})));
    archives.claim(
        "layer-twice", "two layers of one name", CORRUPT, MODULE, m -> m.addLayers(m.getLayers(0)));
    archives.layer(
        "layer-of-a-built-in-network-renamed",
        "a layer that the network lacks",
        CORRUPT,
        NAMED,
        l -> l.setName("../../etc/passwd"));
    archives.layer(
        "shape-overflows",
        "a layer of 2^33 x 2^31 weights, which is 0 in 64 bits",
        CORRUPT,
        MODULE,
        l -> l.clearShape().addShape(1L << 33).addShape(1L << 31));
    archives.layer(
        "shape-overflows-to-itself",
        "a layer whose size is right modulo 2^32",
        CORRUPT,
        MODULE,
        l -> l.setShape(0, l.getShape(0) | 1L << 32));
    archives.layer("shape-negative", "a layer of -1 rows", CORRUPT, MODULE, l -> l.setShape(0, -1));
    archives.layer(
        "shape-of-65-dimensions",
        "a layer of 65 dimensions",
        CORRUPT,
        MODULE,
        l -> l.clearShape().addAllShape(Collections.nCopies(65, 1L)));
    archives.add(
        "weights-2^31-1",
        "a layer of 2^31 - 1 weights and an empty mask",
        TOO_MUCH,
        ForgedArchive.of(TestData.golden(MODULE))
            .metadata(
                m -> m.getLayersBuilder(0).clearShape().addShape(Integer.MAX_VALUE).setKept(0))
            .masks(ZstdFrame.compress(HandmadeBitmap.of(0)))
            .toBytes());
    archives.layer(
        "kept-too-many",
        "more kept weights than a layer has",
        CORRUPT,
        PERCEPTRON,
        l -> l.setKept(1 << 20));
    archives.layer("kept-negative", "-1 kept weights", CORRUPT, PERCEPTRON, l -> l.setKept(-1));
    archives.layer(
        "kept-other",
        "one kept weight less than the mask has",
        CORRUPT,
        PERCEPTRON,
        l -> l.setKept(l.getKept() - 1));
    archives.layer(
        "digest-of-a-layer",
        "another digest of the rebuilt weights",
        CORRUPT,
        PERCEPTRON,
        l -> l.setDigest(ByteString.copyFrom(new byte[8])));
    archives.layer(
        "digest-of-a-layer-short",
        "a digest of seven bytes",
        CORRUPT,
        PERCEPTRON,
        l -> l.setDigest(ByteString.copyFrom(new byte[7])));
    archives.layer(
        "scale-not-a-number",
        "a scale that is no number",
        CORRUPT,
        PERCEPTRON,
        l -> l.setScale(Float.NaN));
    archives.layer(
        "scale-infinite",
        "an infinite scale",
        CORRUPT,
        PERCEPTRON,
        l -> l.setScale(Float.POSITIVE_INFINITY));
    archives.layer(
        "scale-denormal",
        "the smallest scale, which some processors round to 0",
        CORRUPT,
        PERCEPTRON,
        l -> l.setScale(Float.MIN_VALUE));
    archives.claim(
        "digest-of-a-section",
        "another digest of the masks",
        CORRUPT,
        PERCEPTRON,
        m -> m.getMasksBuilder().setDigest(ByteString.copyFrom(new byte[32])));
    archives.claim(
        "digest-of-a-section-empty",
        "a digest of no bytes",
        CORRUPT,
        PERCEPTRON,
        m -> m.getMasksBuilder().clearDigest());
    archives.claim(
        "stored-bytes-wrong",
        "a length of the masks that is not theirs",
        CORRUPT,
        OLD,
        m -> m.getMasksBuilder().setStoredBytes(1L << 40));
    archives.claim(
        "accuracy-not-a-number",
        "an accuracy that is no number",
        CORRUPT,
        PERCEPTRON,
        m -> m.getProvenanceBuilder().getMetricsBuilder().setAccuracy(Double.NaN));
    archives.claim(
        "deviation-0",
        "pixels that are divided by 0",
        CORRUPT,
        PERCEPTRON,
        m -> m.getInputBuilder().setDeviation(0, 0));
  }

  private void networks() throws IOException {
    archives.claim(
        "network-wide",
        "a network of 4,294,967,296 weights in a small file",
        TOO_MUCH,
        DENSE,
        m ->
            m.getNetworkBuilder().setMlp(Mlp.newBuilder().addAllHidden(List.of(1 << 15, 1 << 15))));
    archives.claim(
        "network-deep",
        "30,000 hidden layers",
        CORRUPT,
        DENSE,
        m ->
            m.getNetworkBuilder()
                .setMlp(Mlp.newBuilder().addAllHidden(Collections.nCopies(30_000, 1))));
    archives.add(
        "network-of-1202-layers",
        "1,202 layers in the file of eight",
        CORRUPT,
        ForgedArchive.of(TestData.golden("version-4/res-net"))
            .metadata(
                m ->
                    m.getNetworkBuilder()
                        .setResNet(ResNet.newBuilder().setDepth(1202).setWidth(64)))
            .toBytes());
    archives.claim(
        "network-negative",
        "a hidden layer of 2^32 - 1 neurons",
        CORRUPT,
        DENSE,
        m -> m.getNetworkBuilder().setMlp(Mlp.newBuilder().addHidden(-1)));
    archives.claim(
        "network-of-no-kind",
        "no architecture",
        "Unsupported",
        DENSE,
        m -> m.getNetworkBuilder().clearArchitecture());
    archives.claim(
        "classes-2^32-1",
        "4,294,967,295 classes",
        CORRUPT,
        DENSE,
        m -> m.getNetworkBuilder().setClasses(-1));
    archives.claim(
        "image-2^32-1",
        "images of 4,294,967,295 rows",
        CORRUPT,
        DENSE,
        m -> m.getInputBuilder().setHeight(-1));
  }

  private void prototypes() throws IOException {
    archives.claim(
        "prototype-2^30",
        "a prototype of 4 GiB, which a seed makes, for three small layers",
        CORRUPT,
        PERCEPTRON,
        m -> m.getPrototypeBuilder().setLength(1 << 30));
    archives.claim(
        "prototype-2^60",
        "a prototype of 2^60 values",
        CORRUPT,
        PERCEPTRON,
        m -> m.getPrototypeBuilder().setLength(1L << 60));
    archives.claim(
        "prototype-0",
        "a prototype of no values",
        CORRUPT,
        PERCEPTRON,
        m -> m.getPrototypeBuilder().clearLength());
    archives.claim(
        "prototype-stored-2^30",
        "4 GiB of stored values in some bytes",
        CORRUPT,
        STORED,
        m -> m.getPrototypeBuilder().setLength(1 << 30));
    archives.claim(
        "permutation-2^60",
        "a permutation of 2^60 places",
        CORRUPT,
        SHUFFLED,
        m -> m.getPrototypeBuilder().setShuffledLength(1L << 60));
    archives.claim(
        "permutation-negative",
        "a permutation of -1 places",
        CORRUPT,
        SHUFFLED,
        m -> m.getPrototypeBuilder().setShuffledLength(-1));
    archives.layer(
        "offset-2^63-1",
        "an offset whose end overflows",
        CORRUPT,
        PERCEPTRON,
        l -> l.setOffset(Long.MAX_VALUE));
    archives.layer("offset-negative", "an offset of -1", CORRUPT, PERCEPTRON, l -> l.setOffset(-1));
    archives.layer(
        "offset-beyond-the-permutation",
        "a layer that ends behind the permutation",
        CORRUPT,
        SHUFFLED,
        l -> l.setOffset(1 << 20));
    archives.add(
        "prototype-not-a-number",
        "a stored value that is no number",
        CORRUPT,
        ForgedArchive.of(TestData.golden(STORED)).prototypeValue(0, Float.NaN).toBytes());
    archives.add(
        "prototype-infinite",
        "a stored value that is infinite",
        CORRUPT,
        ForgedArchive.of(TestData.golden(STORED))
            .prototypeValue(0, Float.NEGATIVE_INFINITY)
            .toBytes());
    CodedPrototype coded =
        CodedPrototype.parseFrom(HostileArchives.opened(CODED).getCodedPrototype());
    coded(
        "coded-index-beyond",
        "an index of no number",
        coded.toBuilder()
            .setIndices(
                ByteString.copyFrom(HostileArchives.filled(coded.getIndices().size(), 0xFF))));
    coded(
        "coded-indices-short",
        "an index less than values are used",
        coded.toBuilder().setIndices(coded.getIndices().substring(1)));
    coded("coded-numbers-none", "indices and no numbers", coded.toBuilder().clearNumbers());
    coded(
        "coded-not-a-number",
        "numbers that are none",
        coded.toBuilder()
            .setNumbers(
                ByteString.copyFrom(HostileArchives.filled(coded.getNumbers().size(), 0xFF))));
    archives.claim(
        "coded-2^30",
        "2^30 coded values of small layers",
        CORRUPT,
        CODED,
        m -> m.getPrototypeBuilder().setLength(1 << 30));
  }

  private void coded(String name, String attack, CodedPrototype.Builder message)
      throws IOException {
    archives.add(
        name,
        attack,
        CORRUPT,
        ForgedArchive.of(TestData.golden(CODED))
            .codedPrototype(message.build().toByteArray())
            .toBytes());
  }
}
