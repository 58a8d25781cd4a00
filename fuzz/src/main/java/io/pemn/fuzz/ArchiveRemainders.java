package io.pemn.fuzz;

import com.google.protobuf.ByteString;
import io.pemn.format.proto.Archive;
import io.pemn.format.proto.Remainder;
import io.pemn.format.proto.RemainderTensor;
import java.io.IOException;
import java.util.Collections;
import java.util.function.Consumer;

/** Messages of tensors that are not masked. */
final class ArchiveRemainders {
  private static final String CORRUPT = "Corrupt";
  private static final String TOO_MUCH = "LimitExceeded";
  private static final String PERCEPTRON = "version-3/coded";
  private static final String DENSE = "version-3/dense-int8";
  private static final String MODULE = "version-3/module";
  private static final String OLD_MODULE = "version-2/module";
  private static final String MODULE_WITH_CONSTANTS = "version-3/module-coded";

  private final HostileArchives archives;

  ArchiveRemainders(HostileArchives archives) {
    this.archives = archives;
  }

  /** Adds them all. */
  void add() throws IOException {
    remainder(
        "remainder-of-2^31-1-constants",
        "a tensor of 2^31 - 1 numbers that are all 0, in ten bytes",
        TOO_MUCH,
        MODULE_WITH_CONSTANTS,
        r -> r.getTensorsBuilder(constant(r)).clearShape().addShape(Integer.MAX_VALUE));
    remainder(
        "remainder-shape-overflows",
        "a tensor of 2^33 x 2^31 numbers",
        CORRUPT,
        MODULE,
        r -> r.getTensorsBuilder(0).clearShape().addShape(1L << 33).addShape(1L << 31));
    remainder(
        "remainder-of-65-dimensions",
        "a tensor of 65 dimensions",
        CORRUPT,
        MODULE,
        r -> r.getTensorsBuilder(0).clearShape().addAllShape(Collections.nCopies(65, 1L)));
    remainder(
        "remainder-of-a-million-dimensions",
        "a tensor of 100,000 dimensions",
        CORRUPT,
        MODULE,
        r -> r.getTensorsBuilder(0).clearShape().addAllShape(Collections.nCopies(100_000, 1L)));
    remainder(
        "remainder-tensors-without-end",
        "100,000 tensors of two bytes each",
        CORRUPT,
        MODULE,
        r -> r.addAllTensors(Collections.nCopies(100_000, RemainderTensor.getDefaultInstance())));
    remainder(
        "remainder-tensors-too-many",
        "more tensors than the network has",
        TOO_MUCH,
        PERCEPTRON,
        r -> r.addAllTensors(Collections.nCopies(1000, RemainderTensor.getDefaultInstance())));
    remainder(
        "remainder-tensor-missing",
        "a tensor less than the network has",
        CORRUPT,
        PERCEPTRON,
        r -> r.removeTensors(0));
    remainder(
        "remainder-type-to-come",
        "a type that no version has",
        "Unsupported",
        PERCEPTRON,
        r -> r.getTensorsBuilder(0).setTypeValue(10));
    remainder(
        "remainder-bytes-missing",
        "fewer bytes than the tensors take",
        CORRUPT,
        PERCEPTRON,
        r -> r.setNumbers(r.getNumbers().substring(1)));
    remainder(
        "remainder-bytes-behind",
        "bytes that belong to no tensor",
        CORRUPT,
        PERCEPTRON,
        r -> r.setNumbers(r.getNumbers().concat(ByteString.copyFrom(new byte[4]))));
    remainder(
        "remainder-not-a-number",
        "running statistics that are no numbers",
        CORRUPT,
        PERCEPTRON,
        r -> r.setNumbers(ByteString.copyFrom(notANumber(r.getNumbers().size()))));
    remainder(
        "remainder-scale-not-a-number",
        "a scale that is no number",
        CORRUPT,
        DENSE,
        r -> r.getTensorsBuilder(scaled(r)).setScale(Float.NaN));
    remainder(
        "remainder-scale-0",
        "whole numbers without a scale in a network of floats",
        CORRUPT,
        DENSE,
        r -> r.getTensorsBuilder(scaled(r)).clearScale());
    remainder(
        "remainder-scale-overflows",
        "a scale whose 127-fold is infinite",
        CORRUPT,
        DENSE,
        r -> r.getTensorsBuilder(scaled(r)).setScale(Float.MAX_VALUE));
    remainder(
        "remainder-scale-negative",
        "a scale below 0",
        CORRUPT,
        DENSE,
        r -> r.getTensorsBuilder(scaled(r)).setScale(-1));
    remainder(
        "remainder-name-of-a-layer",
        "a tensor that is masked, too",
        CORRUPT,
        OLD_MODULE,
        r -> r.getTensorsBuilder(0).setName(layerOf(OLD_MODULE)));
    remainder(
        "remainder-name-twice",
        "two tensors of one name",
        CORRUPT,
        OLD_MODULE,
        r -> r.addTensors(r.getTensors(0)));
    archives.add(
        "remainder-groups-nested",
        "100 groups in one another",
        CORRUPT,
        ForgedArchive.of(TestData.golden(PERCEPTRON))
            .remainder(
                HandmadeFrame.join(
                    HostileArchives.filled(100, 0x7B), HostileArchives.filled(100, 0x7C)))
            .toBytes());
    archives.claim(
        "remainder-of-2^60-parameters",
        "2^60 numbers in a small file",
        TOO_MUCH,
        MODULE,
        m -> m.getRemainderBuilder().setParameters(1L << 60));
    archives.claim(
        "remainder-of-2^60-bytes",
        "2^60 bytes when decompressed",
        TOO_MUCH,
        OLD_MODULE,
        m -> m.getRemainderBuilder().setDecodedBytes(1L << 60));
  }

  /** Different ones, as equal ones would be constants. */
  private static byte[] notANumber(int length) {
    byte[] bytes = HostileArchives.filled(length, 0xFF);
    for (int i = 0; i < length; i += 7) {
      bytes[i] = -2;
    }
    return bytes;
  }

  private static int constant(Remainder.Builder remainder) {
    int index = 0;
    while (!remainder.getTensors(index).getConstant()) {
      index++;
    }
    return index;
  }

  private static int scaled(Remainder.Builder remainder) {
    int index = 0;
    while (remainder.getTensors(index).getScale() == 0) {
      index++;
    }
    return index;
  }

  private static String layerOf(String name) {
    try {
      return Archive.parseFrom(TestData.golden(name)).getMetadata().getLayers(0).getName();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void remainder(
      String name, String attack, String refusal, String base, Consumer<Remainder.Builder> change)
      throws IOException {
    Remainder.Builder message =
        Remainder.parseFrom(HostileArchives.opened(base).getRemainder()).toBuilder();
    change.accept(message);
    archives.add(
        name,
        attack,
        refusal,
        ForgedArchive.of(TestData.golden(base)).remainder(message.build().toByteArray()).toBytes());
  }
}
