package io.pemn.loader.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Blocks;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import com.google.protobuf.ByteString;
import io.pemn.format.PemnFormatException;
import io.pemn.format.proto.Archive;
import io.pemn.format.proto.Metadata;
import io.pemn.format.proto.Network;
import io.pemn.format.storage.ArchiveFormat;
import io.pemn.loader.image.Resampling;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong is said in one sentence, and DJL passes it on. */
class RefusalTest {
  private static final int UNKNOWN = 1000;

  @TempDir private Path folder;

  @Test
  void anImageOfAnotherSizeIsRefusedUnlessItIsToBeResized() throws Exception {
    Image image = GoldenArchive.image(GoldenArchive.pixels(3, 9, 16), 3, 9, 16);

    TranslateException refusal =
        assertThrows(TranslateException.class, () -> classify(colour(), image));

    assertEquals(
        "The image is 16 pixels wide and 9 high, but the network takes images 8 wide and 8 high;"
            + " bring it to that size, or have it done with Criteria.optArgument(\"resize\","
            + " \"true\").",
        refusal.getMessage());
    Classifications resized = classify(colour().optArgument("resize", "true"), image);
    assertEquals(4, resized.getProbabilities().size());
  }

  @Test
  void anImageThatIsResizedIsClassifiedLikeThePixelsThatTrainingMakesOfIt() throws Exception {
    byte[] wide = GoldenArchive.pixels(3, 9, 16);
    byte[] resized = new byte[3 * 8 * 8];
    for (int channel = 0; channel < 3; channel++) {
      new Resampling(9, 16, 8, 8)
          .apply(
              Arrays.copyOfRange(wide, channel * 9 * 16, (channel + 1) * 9 * 16),
              resized,
              channel * 8 * 8);
    }

    assertEquals(
        GoldenArchive.ofPixels(GoldenArchive.COLOUR, resized).getProbabilities(),
        classify(colour().optArgument("resize", "true"), GoldenArchive.image(wide, 3, 9, 16))
            .getProbabilities());
  }

  @Test
  void pixelsOfAnotherNumberAreRefused() {
    assertEquals(
        "An image of 7 bytes was given, but the network takes 3 x 8 x 8, which is 192; bring it to"
            + " that size, a byte a value and channels first.",
        assertThrows(
                TranslateException.class,
                () -> GoldenArchive.ofPixels(GoldenArchive.COLOUR, new byte[7]))
            .getMessage());
  }

  @ParameterizedTest
  @CsvSource({"normalize, '0.5,0.5,0.5,0.2,0.2,0.2'", "centerCrop, true", "width, 28"})
  void whatTheArchiveSaysIsNotSaidAgain(String argument, String value) throws Exception {
    assertEquals(
        "The argument "
            + argument
            + "="
            + value
            + " was given, but the archive itself says how images become the network's input and"
            + " what the classes are; leave it out, or give a translator of your own.",
        refusalOfTranslator(colour().optArgument(argument, value)));
  }

  @Test
  void resizingNeedsNoSize() throws Exception {
    assertEquals(
        "The argument resize is 8,8, but the archive knows the size, so it must be true or false.",
        refusalOfTranslator(
            colour()
                .optArgument("resize", "8,8")
                .optTranslatorFactory(new PemnTranslatorFactory())));
  }

  @Test
  void theFactoryIsForModelsOfItsEngine() {
    try (Model model = Model.newInstance("m", "PyTorch")) {
      assertEquals(
          "PemnTranslatorFactory is for models of the engine Pemn, but this one is a PtModel; add"
              + " optEngine(\"Pemn\") to the Criteria.",
          assertThrows(
                  IllegalArgumentException.class,
                  () ->
                      new PemnTranslatorFactory()
                          .newInstance(Image.class, Classifications.class, model, Map.of()))
              .getMessage());
    }
  }

  @Test
  void tensorsOfAnotherShapeOrTypeAreRefused() throws Exception {
    try (Model model = PemnModel.load(GoldenArchive.GREY, Device.cpu());
        Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator());
        NDManager manager = model.getNDManager().newSubManager()) {
      NDList noBatch = new NDList(manager.ones(new Shape(1, 4, 5)));
      NDList integers = new NDList(manager.ones(new Shape(1, 1, 4, 5), DataType.INT32));

      assertEquals(
          "The input is FLOAT32 (1, 4, 5), but the network takes FLOAT32 (1, 4, 5) after a first"
              + " dimension for the batch; give it arrays of that type and shape.",
          assertThrows(TranslateException.class, () -> predictor.predict(noBatch)).getMessage());
      assertEquals(
          "The input is INT32 (1, 1, 4, 5), but the network takes FLOAT32 (1, 4, 5) after a first"
              + " dimension for the batch; give it arrays of that type and shape.",
          assertThrows(TranslateException.class, () -> predictor.predict(integers)).getMessage());
    }
  }

  @Test
  void anInputOfTheRightTypeAndShapeIsNotBlamedForTheEnginesFailure() throws Exception {
    try (Model model = PemnModel.load(GoldenArchive.GREY, Device.cpu());
        Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator());
        NDManager manager = model.getNDManager().newSubManager()) {
      // One image that stands for more than any memory holds.
      NDList batch =
          new NDList(manager.ones(new Shape(1, 1, 4, 5)).broadcast(new Shape(1L << 45, 1, 4, 5)));

      TranslateException failure =
          assertThrows(TranslateException.class, () -> predictor.predict(batch));

      String message = failure.getMessage();
      assertTrue(
          message.startsWith(
              "The PyTorch engine fails with the input FLOAT32 (35184372088832, 1, 4, 5), though"
                  + " the network takes such: "),
          message);
      assertTrue(message.contains("memory") && !message.contains("give it arrays"), message);
      assertTrue(message.endsWith(".") && !message.contains("\n"), message);
      assertInstanceOf(EngineException.class, failure.getCause());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7})
  void aGpuThatIsNotThereIsMissed(int gpu) {
    assumeTrue(Engine.getEngine("PyTorch").getGpuCount() == 0);
    String sentence =
        "The network was to run on gpu("
            + gpu
            + "), but the PyTorch engine finds no GPU on this machine; leave the device out, or"
            + " give it PyTorch's native libraries for that device.";
    Device device = Device.gpu(gpu);

    assertEquals(
        sentence,
        assertThrows(
                IllegalArgumentException.class,
                () -> colour().optDevice(device).build().loadModel())
            .getMessage());
    assertEquals(
        sentence,
        assertThrows(
                IllegalArgumentException.class, () -> PemnModel.load(GoldenArchive.COLOUR, device))
            .getMessage());
  }

  @Test
  void aPredictorRunsOnADeviceThatIsThere() throws Exception {
    try (ZooModel<Image, Classifications> model = colour().build().loadModel()) {
      assertTrue(
          assertThrows(
                  IllegalArgumentException.class, () -> model.newPredictor(Device.of("abacus", 1)))
              .getMessage()
              .startsWith("The network was to run on abacus(1), but the PyTorch engine finds "));
    }
  }

  @Test
  void anArchiveOfANewerVersionIsRefused() throws Exception {
    assertRefusal(
        PemnFormatException.TooNew.class,
        forged(archive -> archive.setFormatVersion(UNKNOWN), metadata -> metadata));
  }

  @Test
  void anArchitectureThatIsNotKnownIsRefused() throws Exception {
    assertRefusal(
        PemnFormatException.Unsupported.class,
        forged(
            archive -> archive,
            metadata -> metadata.setNetwork(Network.newBuilder().setClasses(3))));
  }

  @Test
  void aMaskCodecThatIsNotKnownIsRefused() throws Exception {
    assertRefusal(
        PemnFormatException.Unsupported.class,
        forged(
            archive -> archive,
            metadata -> {
              metadata.getMasksBuilder().setEncodingValue(UNKNOWN);
              return metadata;
            }));
  }

  @Test
  void aFileThatIsNoArchiveIsRefused() throws Exception {
    assertRefusal(PemnFormatException.NotAnArchive.class, "PK: a zip".getBytes());
  }

  @Test
  void aTruncatedStreamIsRefused() throws Exception {
    byte[] whole = Files.readAllBytes(GoldenArchive.GREY);
    assertRefusal(PemnFormatException.Truncated.class, Arrays.copyOf(whole, whole.length - 100));
  }

  @Test
  void aMissingFileIsNamedExceptWhereDjlDoesNotAskForIt() {
    Path missing = folder.resolve("missing.pemn");
    String sentence = "There is no file or folder " + missing + "; check the path of the archive.";

    try (Model model = Model.newInstance("m", "Pemn")) {
      assertEquals(
          sentence,
          assertThrows(NoSuchFileException.class, () -> model.load(missing)).getMessage());
    }
    assertEquals(
        sentence,
        assertThrows(
                NoSuchFileException.class,
                () -> images().optModelUrls("pemn:" + missing.toUri()).build().loadModel())
            .getMessage());
    // DJL's own words.
    assertEquals(
        "No model matching the criteria is found.",
        assertThrows(
                ModelNotFoundException.class,
                () -> images().optModelPath(missing).optEngine("Pemn").build().loadModel())
            .getMessage());
  }

  @Test
  void typesThatNobodyTranslatesAreRefusedInDjlsWords() {
    ModelNotFoundException refusal =
        assertThrows(
            ModelNotFoundException.class,
            () ->
                Criteria.builder()
                    .setTypes(byte[].class, Classifications.class)
                    .optModelPath(GoldenArchive.COLOUR)
                    .optEngine("Pemn")
                    .build()
                    .loadModel());

    assertEquals(
        "No model with the specified URI or the matching Input/Output type is found.",
        refusal.getMessage());
    assertTrue(refusal.getCause().getMessage().contains("valid input and output classes"));
  }

  @Test
  void aFolderWithoutTheArchiveSaysWhichItHas() throws Exception {
    Path models = Files.createDirectory(folder.resolve("models"));
    Files.writeString(models.resolve("readme.txt"), "nothing");
    String tail = "; give the path of the archive itself, or its name with optModelName.";
    assertEquals(
        "The folder "
            + models
            + " has no models.pemn and no model.pemn but no other archive"
            + tail,
        refusalOfFolder(models));
    Files.copy(GoldenArchive.GREY, models.resolve("grey.pemn"));
    Files.copy(GoldenArchive.COLOUR, models.resolve("colour.pemn"));

    assertEquals(
        "The folder "
            + models
            + " has no models.pemn and no model.pemn but colour.pemn, grey.pemn"
            + tail,
        refusalOfFolder(models));
  }

  @Test
  void aWebAddressNeedsTheScheme() {
    assertEquals(
        "DJL takes http://127.0.0.1:9/m.pemn for a server that predicts, not for an archive to"
            + " load; write pemn: before it in optModelUrls.",
        assertThrows(
                FileNotFoundException.class,
                () ->
                    images()
                        .optModelUrls("http://user:secret@127.0.0.1:9/m.pemn?sig=secret")
                        .optEngine("Pemn")
                        .build()
                        .loadModel())
            .getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gopher://host/m.pemn | archives are not read from gopher: URLs",
        "mailto:a | archives are not read from mailto: URLs",
        "ftp://host/m.pemn | archives are not read from ftp: URLs",
        "file:m.pemn | a file: URL needs the whole path and nothing else",
        "file://host/m.pemn | a file: URL needs the whole path and nothing else",
        "http:x | it names no host, or no port that there can be",
        "http://host:65536/m.pemn | it names no host, or no port that there can be",
        "jar:http://host/a.jar!/m.pemn | a jar: URL must name a file, and a resource in it after !/",
        "jar:file://host/a.jar!/m.pemn | a jar: URL must name a file, and a resource in it after !/",
        "jar:file:/a.jar | a jar: URL must name a file, and a resource in it after !/",
        "/m%00.pemn | it is neither a URL nor a path"
      })
  void aUrlThatIsNotReadIsRefused(String url, String reason) {
    assertEquals(
        "pemn:"
            + url
            + " leads to no archive ("
            + reason
            + "); after pemn: give a path, or a URL such as https://host/model.pemn,"
            + " file:///folder/model.pemn or jar:file:///folder/application.jar!/model.pemn.",
        refusalOfUrl("pemn:" + url).getMessage());
  }

  @Test
  void aPathWithADriveOfWindowsIsAPath() {
    assertEquals(
        "There is no file or folder "
            + Path.of("C:/m.pemn").toAbsolutePath()
            + "; check the path of the archive.",
        assertThrows(
                NoSuchFileException.class,
                () -> images().optModelUrls("pemn:C:/m.pemn").build().loadModel())
            .getMessage());
  }

  @Test
  void theSecretsOfAUrlAreNotRepeated() {
    Throwable refusal = refusalOfUrl("pemn:ftp://user:secret@host/m.pemn?sig=secret");

    assertTrue(
        refusal.getMessage().startsWith("pemn:ftp://host/m.pemn leads"), refusal::getMessage);
    assertNull(refusal.getCause());
  }

  private static Throwable refusalOfUrl(String url) {
    return assertThrows(
        IllegalArgumentException.class, () -> images().optModelUrls(url).build().loadModel());
  }

  @Test
  void anArchiveBringsItsOwnBlock() {
    assertEquals(
        "The model grey has a network already, but an archive brings its own; load it into a new"
            + " model, without a block.",
        assertThrows(
                IllegalStateException.class,
                () ->
                    colour()
                        .optModelName("grey")
                        .optBlock(Blocks.identityBlock())
                        .build()
                        .loadModel())
            .getMessage());
  }

  private static Criteria.Builder<Image, Classifications> images() {
    return Criteria.builder().setTypes(Image.class, Classifications.class);
  }

  private static Criteria.Builder<Image, Classifications> colour() {
    return images().optModelPath(GoldenArchive.COLOUR).optEngine("Pemn");
  }

  private static Classifications classify(
      Criteria.Builder<Image, Classifications> criteria, Image image) throws Exception {
    try (ZooModel<Image, Classifications> model = criteria.build().loadModel();
        Predictor<Image, Classifications> predictor = model.newPredictor()) {
      return predictor.predict(image);
    }
  }

  private static String refusalOfTranslator(Criteria.Builder<Image, Classifications> criteria)
      throws Exception {
    return assertThrows(
            IllegalArgumentException.class,
            () -> {
              try (ZooModel<Image, Classifications> model = criteria.build().loadModel()) {
                model.newPredictor();
              }
            })
        .getMessage();
  }

  private static String refusalOfFolder(Path models) {
    return assertThrows(
            FileNotFoundException.class,
            () -> images().optModelPath(models).optEngine("Pemn").build().loadModel())
        .getMessage();
  }

  /** As a file, through Criteria, and as a stream. */
  private void assertRefusal(Class<? extends PemnFormatException> kind, byte[] archive)
      throws IOException {
    Path file = Files.write(folder.resolve("bad.pemn"), archive);
    Criteria<Image, Classifications> criteria =
        images().optModelPath(file).optEngine("Pemn").build();
    String ofFile = assertThrows(kind, criteria::loadModel).getMessage();
    assertTrue(ofFile.endsWith(".") && !ofFile.contains("\n"), ofFile);
    try (Model model = Model.newInstance("m", "Pemn")) {
      IOException ofStream =
          assertThrows(IOException.class, () -> model.load(new ByteArrayInputStream(archive)));
      assertInstanceOf(kind, ofStream);
    }
  }

  private static byte[] forged(
      UnaryOperator<Archive.Builder> change, UnaryOperator<Metadata.Builder> changeMetadata)
      throws IOException {
    Archive sound = Archive.parseFrom(Files.readAllBytes(GoldenArchive.GREY));
    Archive changed =
        change
            .apply(sound.toBuilder())
            .setMetadata(changeMetadata.apply(sound.getMetadata().toBuilder()))
            .build();
    Archive head =
        Archive.newBuilder()
            .setMagic(changed.getMagic())
            .setFormatVersion(changed.getFormatVersion())
            .setMetadata(changed.getMetadata())
            .build();
    byte[] digest = ArchiveFormat.digest(head.toByteString().asReadOnlyByteBuffer());
    return changed.toBuilder().setHeadDigest(ByteString.copyFrom(digest)).build().toByteArray();
  }
}
