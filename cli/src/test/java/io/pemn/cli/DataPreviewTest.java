package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import com.google.gson.JsonObject;
import io.pemn.compressor.augment.AugmentationChoice;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.data.ImageSet;
import io.pemn.compressor.training.TrainingPreview;
import io.pemn.compressor.training.TrainingPreview.Row;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataPreviewTest {
  @TempDir Path folder;

  @Test
  void theSheetShowsEveryOriginalBesideWhatTrainingSees() throws IOException {
    Path sheet = folder.resolve("sheet.png");
    CommandRun run =
        CommandRun.of(
                "data",
                "preview",
                "--data",
                "bundled",
                "-o",
                sheet,
                "--count",
                4,
                "--columns",
                3,
                "--seed",
                5,
                "--epoch",
                2,
                "--flip",
                "--erase",
                1,
                "--device",
                "cpu",
                "--json")
            .done();

    JsonObject report = run.json();
    BufferedImage image = ImageIO.read(sheet.toFile());
    assertEquals(sheet.toString(), report.get("file").getAsString());
    assertEquals(image.getWidth(), report.get("width").getAsInt());
    assertEquals(image.getHeight(), report.get("height").getAsInt());
    assertEquals(10_000, report.get("train_images").getAsInt());
    assertEquals(2_000, report.get("test_images").getAsInt());
    assertEquals("[1,28,28]", report.get("image_shape").toString());
    assertEquals(10, report.get("classes").getAsInt());
    assertEquals("Ankle boot", report.get("labels").getAsJsonArray().get(9).getAsString());
    assertEquals(1000, report.get("train_images_per_class").getAsJsonArray().get(0).getAsInt());
    assertEquals("0.286,0.353", report.get("normalization").getAsString());
    assertEquals("flip+erase:1.0", report.get("augmentation").getAsString());
    assertEquals("[2,3,4]", report.get("shown_epochs").toString());

    Dataset dataSet = DataMixin.load("bundled");
    List<Row> rows =
        TrainingPreview.of(
            AugmentationChoice.parse("flip+erase:1"),
            (ImageSet) dataSet.train(),
            dataSet.normalization(),
            5,
            2,
            3,
            4,
            Device.cpu());
    // Pictures of 84 pixels, each with 6 to its right and below it, up to the edges of the sheet.
    for (int row = 0; row < 4; row++) {
      int top = image.getHeight() - (4 - row) * 90;
      for (int column = 0; column < 4; column++) {
        int left = image.getWidth() - (4 - column) * 90;
        Row shown = rows.get(row);
        byte[] pixels = column == 0 ? shown.original() : shown.seen().get(column - 1);
        for (int i = 0; i < pixels.length; i++) {
          int color = image.getRGB(left + i % 28 * 3 + 1, top + i / 28 * 3 + 1) & 0xffffff;
          assertEquals((pixels[i] & 0xff) * 0x010101, color, "row " + row + " column " + column);
        }
      }
    }
  }

  @Test
  void theReportSaysInWordsWhatIsShown() {
    Path sheet = folder.resolve("sheet.PNG");
    String out =
        CommandRun.of(
                "data",
                "preview",
                "--data",
                "bundled",
                "-o",
                sheet,
                "--count",
                2,
                "--columns",
                1,
                "--train-images",
                100,
                "--device",
                "cpu")
            .done()
            .out();
    assertTrue(out.contains("100 images of 1x28x28 in 10 classes to train on"), out);
    assertTrue(out.contains("augmentation shift-and-flip"), out);
    assertTrue(out.contains("sheet.PNG: 2 images, epoch 1"), out);
    assertTrue(Files.exists(sheet));
  }

  @ParameterizedTest
  @CsvSource({
    "sheet.jpg, --count=1, 2, 'does not end in .png'",
    "sheet.png, --count=0, 1, 'at least 1, not 0'",
    "sheet.png, --count=10001, 1, 'at most'",
    "sheet.png, --columns=0, 1, 'at least 1, not 0'",
    "sheet.png, --epoch=0, 1, 'at least 1, not 0'",
    "sheet.png, --epoch=2147483647, 1, 'last epoch must be at most 2147483646'",
    "sheet.png, --columns=2000000000, 1, 'smaller --count or --columns'",
    "sheet.png, --no-flip, 2, '--no-flip switches off'",
    "sheet.png, --jitter=-1, 1, 'above 0 and at most 100, not -1.0'",
    "missing/sheet.png, --count=1, 1, 'missing'"
  })
  void whatCannotBeDrawnIsRefusedInASentence(String file, String option, int code, String because) {
    CommandRun run =
        CommandRun.of(
            "data",
            "preview",
            "--data",
            "bundled",
            "-o",
            folder.resolve(file),
            option,
            "--device",
            "cpu");
    assertEquals(code, run.code(), run.err());
    assertTrue(run.err().contains(because), run.err());
    assertEquals("", run.out());
    assertFalse(Files.exists(folder.resolve(file)));
  }

  @Test
  void dataWithoutImagesHaveNothingToShow() {
    CommandRun run = CommandRun.of("data");
    assertEquals(2, run.code());
    assertTrue(run.err().contains("A command is missing: preview."), run.err());
  }
}
