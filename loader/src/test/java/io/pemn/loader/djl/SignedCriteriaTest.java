package io.pemn.loader.djl;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.repository.zoo.Criteria;
import io.pemn.format.PemnFormatException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DJL users name the keys that they trust in their Criteria. */
class SignedCriteriaTest {
  private static final Path VECTORS =
      Path.of(System.getProperty("pemn.home")).resolve("testdata/signatures");
  private static final Path SIGNER = VECTORS.resolve("signer.pub");
  private static final Path OTHER = VECTORS.resolve("other.pub");

  @TempDir private Path folder;

  @Test
  void anArchiveIsLoadedIfOneOfTheKeysSignedIt() throws Exception {
    Path archive = folder.resolve("model.pemn");
    Files.copy(VECTORS.resolve("model.pemn"), archive);
    String url = "pemn:" + archive.toUri();
    for (Criteria.Builder<Image, Classifications> unsigned :
        List.of(criteria().optModelPath(archive), criteria().optModelUrls(url))) {
      Criteria<Image, Classifications> signed =
          unsigned.optOption("signedBy", SIGNER.toString()).build();
      assertRefused("There is no signature ", signed);
    }

    Files.copy(VECTORS.resolve("file.sig"), folder.resolve("model.pemn.sig"));
    String either = OTHER + File.pathSeparator + SIGNER;
    for (Criteria.Builder<Image, Classifications> signed :
        List.of(criteria().optModelPath(archive), criteria().optModelUrls(url))) {
      signed.optOption("signedBy", either).build().loadModel().close();
      assertRefused(" names the key ", signed.optOption("signedBy", OTHER.toString()).build());
    }
  }

  private static Criteria.Builder<Image, Classifications> criteria() {
    return Criteria.builder().setTypes(Image.class, Classifications.class).optEngine("Pemn");
  }

  private static void assertRefused(String expected, Criteria<Image, Classifications> criteria) {
    String said =
        assertThrows(PemnFormatException.NotTrusted.class, criteria::loadModel).getMessage();
    assertTrue(said.contains(expected), said);
  }
}
