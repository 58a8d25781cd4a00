package io.pemn.fuzz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.Archive;
import io.pemn.loader.Layer;
import io.pemn.loader.LoadPolicy;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.TorchScriptWriter;
import io.pemn.loader.WeightRebuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Does with an archive everything that can be done without an engine. */
final class HostileReading {
  /** So little that a target is quick whatever it is given. */
  private static final LoadPolicy POLICY =
      LoadPolicy.allowTorchScript().withLimits(StrangersFile.LIMITS);

  private HostileReading() {}

  /**
   * Reads an archive, and checks that a sound one has no byte that its messages do not account for.
   *
   * @return the layers' weights, if it is sound
   * @throws PemnFormatException if it is none
   */
  static Map<String, float[]> everything(byte[] bytes) throws IOException {
    PemnArchive archive = PemnArchive.read(bytes, POLICY);
    archive.layers();
    archive.classLabels();
    archive.normalization();
    archive.provenance();
    archive.sections();
    archive.prototype();
    archive.decode();
    archive.tensors();
    Map<String, float[]> weights = new HashMap<>();
    for (Layer layer : archive.layers()) {
      weights.put(layer.name(), archive.rebuild(layer));
    }
    WeightRebuilder.of(archive).threads(1).rebuild();
    if (Archive.parseFrom(bytes).getMetadata().hasModule()) {
      TorchScriptWriter.of(archive).write(OutputStream.nullOutputStream());
    }
    archive.verify();
    assertArrayEquals(Archive.parseFrom(bytes).toByteArray(), bytes, "Not all bytes count.");
    return weights;
  }

  /**
   * Reads an archive that need not be sound, at once and as it arrives: both find it sound, or
   * neither does.
   */
  static void everythingOrRefusal(byte[] bytes) {
    Optional<PemnFormatException> atOnce = refusal(() -> everything(bytes));
    Optional<PemnFormatException> arriving =
        refusal(() -> PemnArchive.read(new ByteArrayInputStream(bytes), POLICY).verify());
    if (atOnce.isPresent() != arriving.isPresent()) {
      throw new AssertionError(
          "At once " + atOnce + ", but as it arrives " + arriving, atOnce.orElse(null));
    }
  }

  @FunctionalInterface
  private interface Reading {
    void read() throws IOException;
  }

  private static Optional<PemnFormatException> refusal(Reading reading) {
    try {
      reading.read();
      return Optional.empty();
    } catch (PemnFormatException e) {
      return Optional.of(e);
    } catch (IOException e) {
      throw new AssertionError("An archive in memory ends in nothing else.", e);
    }
  }
}
