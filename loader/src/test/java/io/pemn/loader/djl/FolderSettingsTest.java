package io.pemn.loader.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.repository.zoo.Criteria;
import io.pemn.format.PemnFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * DJL takes options from a file in the model's folder, which came from wherever the archive did: it
 * does not decide what the archive may do.
 */
class FolderSettingsTest {
  private static final String RAN = "pemn.test.ran";

  @TempDir private Path folder;
  private Path archive;

  @BeforeEach
  void copy() throws IOException {
    archive = Files.copy(GoldenArchive.MODULE, folder.resolve("model.pemn"));
  }

  @Test
  void theyDoNotAllowTorchScript() throws IOException {
    set("engine=Pemn\noption.allowTorchScript=true\n");
    for (Path path : new Path[] {folder, archive}) {
      PemnFormatException.NotTrusted refusal =
          assertThrows(
              PemnFormatException.NotTrusted.class,
              () -> criteria().optModelPath(path).build().loadModel());
      assertTrue(refusal.getMessage().contains("serving.properties"), refusal.getMessage());
    }
    String url = "pemn:" + archive.toUri();
    assertThrows(
        PemnFormatException.NotTrusted.class,
        () -> criteria().optModelUrls(url).build().loadModel());
  }

  @Test
  void theyDoNotReadAnArchiveFromElsewhere() throws IOException {
    Path sound = GoldenArchive.COLOUR;
    Files.delete(archive);
    set("option.location=" + sound.toUri() + "\n");
    IOException refusal =
        assertThrows(IOException.class, () -> criteria().optModelPath(folder).build().loadModel());
    assertTrue(refusal.getMessage().contains(" no model.pemn"), refusal.getMessage());
  }

  @Test
  void classesBesideAnArchiveAreRunByDjlForPathsAndNotForUrlsOfPemn() throws Exception {
    Files.copy(GoldenArchive.COLOUR, archive, StandardCopyOption.REPLACE_EXISTING);
    Path source = folder.resolve("Beside.java");
    Files.writeString(
        source, "public class Beside { static { System.setProperty(\"" + RAN + "\", \"\"); } }");
    Path classes = Files.createDirectory(folder.resolve("classes"));
    assertEquals(
        0,
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", classes.toString(), source.toString()));

    System.clearProperty(RAN);
    criteria().optModelUrls("pemn:" + archive.toUri()).build().loadModel().close();
    assertNull(System.getProperty(RAN));
    criteria().optModelPath(archive).build().loadModel().close();
    assertNotNull(System.clearProperty(RAN), "docs/security.md says that DJL runs them");
  }

  @Test
  void aPermissionOrAKeyThatWouldBeOverlookedIsRefused() {
    for (String name : new String[] {"signedBy", "allowTorchScript"}) {
      String said =
          assertThrows(
                  IllegalArgumentException.class,
                  () ->
                      criteria()
                          .optModelPath(archive)
                          .optArgument(name, "true")
                          .build()
                          .loadModel())
              .getMessage();
      assertEquals(
          name + " is given as an argument, but " + name + " is an option; give it with optOption.",
          said);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "signedby, write signedBy",
    "signed_by, write signedBy",
    "SIGNED-BY, write signedBy",
    "AllowTorchscript, write allowTorchScript",
    "allow_torch_script, write allowTorchScript",
    "signature, signedBy and allowTorchScript",
    "signers, signedBy and allowTorchScript",
    "trust, signedBy and allowTorchScript",
    "allowCode, signedBy and allowTorchScript"
  })
  void anOptionThatLooksLikeThoseOfAPolicyIsNotOverlooked(String option, String advice)
      throws IOException {
    for (Criteria<NDList, NDList> misspelt :
        List.of(
            criteria().optModelPath(archive).optOption(option, "x").build(),
            criteria().optModelUrls("pemn:" + archive.toUri()).optOption(option, "x").build())) {
      assertOverlooked(option, advice, misspelt);
    }
    set("option." + option + "=x\n");
    assertOverlooked(option, advice, criteria().optModelPath(archive).build());
  }

  private static void assertOverlooked(
      String option, String advice, Criteria<NDList, NDList> criteria) {
    String said = assertThrows(IllegalArgumentException.class, criteria::loadModel).getMessage();
    assertTrue(said.startsWith("There is no option " + option + ", "), said);
    assertTrue(said.endsWith(advice + "."), said);
  }

  @ParameterizedTest
  @ValueSource(strings = {"signed_by", "allowtorchscript"})
  void anArgumentThatLooksLikeAnOptionIsNotOverlooked(String name) {
    Criteria<NDList, NDList> misplaced =
        criteria().optModelPath(archive).optArgument(name, "x").build();
    String said = assertThrows(IllegalArgumentException.class, misplaced::loadModel).getMessage();
    assertTrue(said.startsWith(name + " is given as an argument, but "), said);
  }

  @Test
  void optionsOfDjlAndOfOtherEnginesGoOnWorking() throws Exception {
    Path colour = Files.copy(GoldenArchive.COLOUR, folder.resolve("colour.pemn"));
    Criteria.Builder<NDList, NDList> usual = criteria().optModelPath(colour);
    for (String option :
        List.of("mapLocation", "trainParam", "Tags", "SignatureDefKey", "trust_remote_code")) {
      usual.optOption(option, "true");
    }
    set("option.modelName=colour\noption.extraFiles=a\nminWorkers=1\n");
    usual.build().loadModel().close();
  }

  @Test
  void aKeyThatIsNotThereAsksForNoOtherArchives() {
    Map<String, Object> options = new HashMap<>();
    options.put("signedBy", null);
    try (Model model = Model.newInstance("model", "Pemn")) {
      assertThrows(IllegalArgumentException.class, () -> model.load(archive, null, options));
    }
  }

  private void set(String properties) throws IOException {
    Files.writeString(folder.resolve("serving.properties"), properties);
  }

  private static Criteria.Builder<NDList, NDList> criteria() {
    return Criteria.builder().setTypes(NDList.class, NDList.class).optEngine("Pemn");
  }
}
