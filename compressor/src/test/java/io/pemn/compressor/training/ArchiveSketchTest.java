package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.loader.RemainderTensor;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.MaskedNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveSketchTest {
  @TempDir Path folder;

  @Test
  void aSketchIsAboutAsLargeAsTheTrainedArchiveAndFoldsItsNormsAsThatDoes() throws IOException {
    TrainingOptions options = TinyTraining.convMixer();
    Checkpoint trained = TinyTraining.run(options, folder.resolve("run")).start();
    int bytes =
        ArchiveWriter.toBytes(
                CheckpointPacker.pack(trained, new RunDirectory(folder.resolve("run")), "test"))
            .length;

    MaskedNetwork sketch = ArchiveSketch.of(options, trained.run(), Optional.empty(), "test");

    assertEquals(bytes, ArchiveWriter.toBytes(sketch).length, 0.15 * bytes);
    int variances = 0;
    for (RemainderTensor tensor : sketch.remainder()) {
      if (tensor.name().endsWith(".running_var")) {
        variances++;
        for (float value : tensor.values()) {
          assertEquals(1, value);
        }
      }
    }
    assertTrue(variances > 0);
  }
}
