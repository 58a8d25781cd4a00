package io.pemn.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pemn.loader.PemnArchive;
import io.pemn.packager.MaskCodecChoice;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class MaskedPerceptronTest {
  @Test
  void archivesHaveAMillionWeightsALayer() throws IOException {
    byte[] file =
        MaskedPerceptron.archive(
            2,
            MaskedPerceptron.Masks.TERNARY_05,
            MaskedPerceptron.Values.OWN_CONSTANT,
            MaskCodecChoice.ENTROPY);
    PemnArchive archive = PemnArchive.read(file);
    assertEquals(2 * 1_048_576 + 10 * 1024, archive.maskedWeights());
    assertEquals("entropy", archive.maskEncoding());
  }
}
