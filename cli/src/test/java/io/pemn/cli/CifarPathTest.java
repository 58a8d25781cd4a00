package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the archives of CIFAR's Python version to an archive of pemn's, and what is refused. */
class CifarPathTest {
  private static final Path CIFAR =
      Path.of(System.getProperty("pemn.home")).resolve("testdata/cifar");
  private static final String CIFAR_10 = "cifar10:" + CIFAR + "?part";

  @TempDir static Path shared;
  private static Path archive;

  @TempDir Path folder;

  @BeforeAll
  static void compress() {
    archive = shared.resolve("cifar.pemn");
    CommandRun.compressTiny(CIFAR_10, archive).done();
  }

  @Test
  void anArchiveIsTrainedAndMeasuredOnIt() {
    JsonObject eval =
        CommandRun.of("eval", archive, "--data", CIFAR_10, "--device", "cpu", "--json")
            .done()
            .json();
    assertEquals("cifar10 (part)", eval.get("data_set").getAsString());
    assertEquals(2, eval.get("test_images").getAsInt());
    String inspected = CommandRun.of("inspect", archive).done().out();
    assertTrue(inspected.contains("10 classes"), inspected);
  }

  @Test
  void theHundredClassesOfTheOtherAreRefused() {
    assertFailed(
        CommandRun.of("eval", archive, "--data", "cifar100:" + CIFAR + "?part"),
        "The network takes images of 3 x 32 x 32 in 10 classes, but cifar100 (part) has images of"
            + " 3 x 32 x 32 in 100; give the data set that it was trained for.");
  }

  @Test
  void aPartThatIsNotMeantIsRefused() {
    assertFailed(
        CommandRun.of("eval", archive, "--data", "cifar10:" + CIFAR),
        "the official file has 10,000 images; download or unpack it again, or give"
            + " cifar10:DIR?part");
  }

  @Test
  void aTruncatedFileIsRefusedWithWhatWasFoundAndExpected() throws IOException {
    byte[] whole = Files.readAllBytes(CIFAR.resolve("cifar-10-python.tar.gz"));
    Path cut = folder.resolve("cifar-10-python.tar.gz");
    Files.write(cut, Arrays.copyOf(whole, 1000));
    Path output = folder.resolve("a.pemn");
    assertFailed(
        CommandRun.compressTiny("cifar10:" + folder + "?part", output),
        "cifar-10-python.tar.gz has 1000 bytes and ends in the middle of a file; the official"
            + " archives cifar-10-binary.tar.gz and cifar-10-python.tar.gz have 170,052,171 and"
            + " 170,498,071 bytes");
    assertFalse(Files.exists(output));
  }

  private static void assertFailed(CommandRun run, String expected) {
    assertEquals(Pemn.FAILURE, run.code(), run.toString());
    assertEquals("", run.out());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains(expected), run.err());
  }
}
