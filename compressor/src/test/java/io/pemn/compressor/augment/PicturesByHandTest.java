package io.pemn.compressor.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import ai.djl.ndarray.NDArray;
import io.pemn.compressor.augment.AffineSampling.Source;
import io.pemn.compressor.augment.RandomErasing.Rectangle;
import io.pemn.compressor.augment.RandomResizedCrop.Window;
import io.pemn.format.Normalization;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What each operation makes of a picture that is small enough to work it out on paper. */
class PicturesByHandTest {
  private final Pictures pictures = new Pictures();

  @AfterEach
  void close() {
    pictures.close();
  }

  private void assertPicture(NDArray found, float... expected) {
    assertArrayEquals(expected, Pictures.numbers(found));
  }

  private NDArray nine() {
    return pictures.grey(3, 1, 2, 3, 4, 5, 6, 7, 8, 9);
  }

  private NDArray sampled(Source source) {
    return sampled(nine(), source);
  }

  private static NDArray sampled(NDArray image, Source source) {
    int height = (int) image.getShape().get(2);
    int width = (int) image.getShape().get(3);
    return Pictures.changed(image, n -> AffineSampling.of(height, width, new Source[] {source}, n));
  }

  private static NDArray blended(Blend blend, NDArray image, float factor) {
    return Pictures.changed(image, n -> blend.by(new float[] {factor}, n));
  }

  private static NDArray erased(NDArray image, Rectangle rectangle) {
    int height = (int) image.getShape().get(2);
    int width = (int) image.getShape().get(3);
    return Pictures.changed(
        image, n -> RandomErasing.erased(height, width, new Rectangle[] {rectangle}, n));
  }

  @Test
  void aFlipMirrorsEveryRowAndChannel() {
    assertPicture(HorizontalFlip.mirrored(nine()), 3, 2, 1, 6, 5, 4, 9, 8, 7);
    assertPicture(
        HorizontalFlip.mirrored(pictures.of(1, 3, 1, 2, 1, 2, 3, 4, 5, 6)), 2, 1, 4, 3, 6, 5);
  }

  @Test
  void aCropIsEnlargedBilinearlyWithinItself() {
    NDArray image = pictures.grey(4, 0, 100, 9, 9, 200, 100, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9);
    NDArray found = Pictures.cropped(image, new Window(0, 0, 2, 2));
    // A pixel lies at a quarter or three quarters between two; halves are rounded up.
    assertPicture(found, 0, 25, 75, 100, 50, 63, 88, 100, 150, 138, 113, 100, 200, 175, 125, 100);
  }

  @Test
  void aCropOfOnePixelFillsThePicture() {
    NDArray found = Pictures.cropped(nine(), new Window(1, 2, 1, 1));
    assertPicture(found, 6, 6, 6, 6, 6, 6, 6, 6, 6);
  }

  @Test
  void eachImageOfABatchHasItsOwnCrop() {
    NDArray two = Pictures.times(nine(), 2);
    NDArray found = Pictures.cropped(two, new Window(0, 0, 3, 3), new Window(2, 0, 1, 1));
    assertPicture(found, 1, 2, 3, 4, 5, 6, 7, 8, 9, 7, 7, 7, 7, 7, 7, 7, 7, 7);
  }

  @Test
  void aCropOfTheWholePictureCostsNothing() {
    NDArray image = nine();
    assertSame(image, Pictures.cropped(image, new Window(0, 0, 3, 3)));
  }

  @Test
  void aShearMovesEveryRowOrColumnByItsDistance() {
    assertPicture(sampled(Source.shearedAcross(0.5)), 1, 2, 3, 5, 6, 0, 8, 9, 0);
    assertPicture(sampled(Source.shearedAcross(-0.5)), 1, 2, 3, 0, 4, 5, 0, 7, 8);
    assertPicture(sampled(Source.shearedDown(0.5)), 1, 5, 6, 4, 8, 9, 7, 0, 0);
  }

  @Test
  void aTranslationLeavesBlackBehind() {
    assertPicture(sampled(Source.moved(1, -1)), 0, 4, 5, 0, 7, 8, 0, 0, 0);
    assertPicture(sampled(Source.moved(-2, 0)), 3, 0, 0, 6, 0, 0, 9, 0, 0);
  }

  @Test
  void aRotationTurnsCounterClockwiseAboutTheMiddle() {
    assertPicture(sampled(Source.turned(90, 3, 3)), 3, 6, 9, 2, 5, 8, 1, 4, 7);
    assertPicture(sampled(Source.turned(-90, 3, 3)), 7, 4, 1, 8, 5, 2, 9, 6, 3);
    // By 45 degrees the corners come from outside, and the edges' middles from the corners.
    assertPicture(sampled(Source.turned(45, 3, 3)), 2, 3, 6, 1, 5, 9, 4, 7, 8);
  }

  @Test
  void allChannelsMoveAlike() {
    NDArray image = pictures.of(1, 3, 1, 2, 1, 2, 3, 4, 5, 6);
    assertPicture(sampled(image, Source.moved(1, 0)), 0, 1, 0, 3, 0, 5);
  }

  @Test
  void brightnessMultipliesCutsAndDropsFractions() {
    NDArray image = pictures.grey(3, 100, 201, 7);
    assertPicture(blended(Blend.BRIGHTNESS, image, 1.5f), 150, 255, 10);
    assertPicture(blended(Blend.BRIGHTNESS, image, 0.5f), 50, 100, 3);
    assertPicture(blended(Blend.BRIGHTNESS, image, 0), 0, 0, 0);
    assertPicture(blended(Blend.BRIGHTNESS, image, 1), 100, 201, 7);
  }

  @Test
  void contrastLeadsAwayFromTheRoundedMean() {
    NDArray image = pictures.grey(3, 10, 20, 31);
    assertPicture(blended(Blend.CONTRAST, image, 0.5f), 15, 20, 25);
    assertPicture(blended(Blend.CONTRAST, image, 2), 0, 20, 42);
    assertPicture(blended(Blend.CONTRAST, pictures.grey(2, 1, 2), 0), 2, 2);
  }

  @Test
  void contrastOfAColourPictureHasOneMeanForAllChannels() {
    // Red alone: its luma is 255 * 19595 / 65536, rounded 76, of which the other pixel has none.
    NDArray image = pictures.of(1, 3, 1, 2, 255, 0, 0, 0, 0, 0);
    assertPicture(blended(Blend.CONTRAST, image, 0), 38, 38, 38, 38, 38, 38);
  }

  @Test
  void colourLeadsAwayFromGrey() {
    NDArray red = pictures.of(1, 3, 1, 1, 255, 0, 0);
    assertPicture(blended(Blend.COLOR, red, 0), 76, 76, 76);
    assertPicture(blended(Blend.COLOR, red, 0.5f), 165, 38, 38);
    assertPicture(blended(Blend.COLOR, red, 2), 255, 0, 0);
  }

  @Test
  void colourChangesNothingOfAGreyPicture() {
    assertPicture(blended(Blend.COLOR, pictures.grey(2, 3, 200), 0), 3, 200);
    assertPicture(blended(Blend.COLOR, pictures.of(1, 3, 1, 1, 90, 90, 90), 1.9f), 90, 90, 90);
  }

  @Test
  void sharpnessLeadsAwayFromTheSmoothedPictureButNotAtItsEdge() {
    NDArray image = pictures.grey(3, 0, 26, 0, 0, 130, 0, 0, 0, 0);
    // In the middle (5 * 130 + 26) / 13 = 52.
    assertPicture(blended(Blend.SHARPNESS, image, 0), 0, 26, 0, 0, 52, 0, 0, 0, 0);
    assertPicture(blended(Blend.SHARPNESS, image, 1.5f), 0, 26, 0, 0, 169, 0, 0, 0, 0);
    assertPicture(blended(Blend.SHARPNESS, pictures.grey(2, 1, 2, 3, 4), 0), 1, 2, 3, 4);
  }

  @Test
  void posterizeKeepsTheHighestBits() {
    NDArray image = pictures.grey(5, 0, 63, 64, 200, 255);
    assertPicture(ToneCurve.posterize(image, 2), 0, 0, 64, 192, 192);
    assertPicture(ToneCurve.posterize(image, 4), 0, 48, 64, 192, 240);
    assertPicture(ToneCurve.posterize(image, 8), 0, 63, 64, 200, 255);
  }

  @Test
  void solarizeInvertsFromTheThresholdOn() {
    NDArray image = pictures.grey(4, 0, 127, 128, 255);
    assertPicture(ToneCurve.solarize(image, 128), 0, 127, 127, 0);
    assertPicture(ToneCurve.solarize(image, 0), 255, 128, 127, 0);
  }

  @Test
  void autoContrastStretchesEveryChannelByItself() {
    NDArray image = pictures.of(1, 3, 1, 3, 50, 101, 150, 0, 10, 255, 9, 9, 9);
    assertPicture(ToneCurve.autoContrast(image), 0, 130, 255, 0, 10, 255, 9, 9, 9);
  }

  @Test
  void equalizeSpreadsFrequentValues() {
    float[] pixels = new float[1020];
    Arrays.fill(pixels, 510, 810, 7);
    Arrays.fill(pixels, 810, 1020, 9);
    NDArray found = ToneCurve.equalize(pictures.grey(30, pixels));
    // 810 pixels are not the brightest, so a step is 3: 0 + 1, 510 + 1 and 810 + 1 of them over 3.
    float[] expected = new float[1020];
    Arrays.fill(expected, 510, 810, 170);
    Arrays.fill(expected, 810, 1020, 255);
    assertPicture(found, expected);
  }

  @Test
  void equalizeLeavesAPictureOfFewPixelsAsItIs() {
    assertPicture(ToneCurve.equalize(nine()), 1, 2, 3, 4, 5, 6, 7, 8, 9);
  }

  @Test
  void anErasedRectangleIsZeroInAllChannels() {
    NDArray image = pictures.of(1, 3, 2, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    assertPicture(erased(image, new Rectangle(1, 0, 1, 2)), 1, 2, 0, 0, 5, 6, 0, 0, 9, 10, 0, 0);
    assertPicture(erased(nine(), new Rectangle(0, 1, 2, 1)), 1, 0, 3, 4, 0, 6, 7, 8, 9);
    assertPicture(erased(nine(), new Rectangle(0, 0, 0, 0)), 1, 2, 3, 4, 5, 6, 7, 8, 9);
  }

  @Test
  void everyPixelIsNormalizedToTheVeryFloatOfTheTables() {
    for (String text :
        new String[] {"0.2860,0.3530", "0.4914,0.4822,0.4465/0.2470,0.2435,0.2616", "0,1"}) {
      Normalization normalization = Normalization.parse(text);
      float[] pixels = new float[3 * 256];
      float[] expected = new float[pixels.length];
      for (int channel = 0; channel < 3; channel++) {
        float[] table = normalization.tableFor(channel);
        for (int pixel = 0; pixel < 256; pixel++) {
          pixels[channel * 256 + pixel] = pixel;
          expected[channel * 256 + pixel] = table[pixel];
        }
      }
      NDArray found =
          Pictures.changed(
              pictures.of(1, 3, 16, 16, pixels), new PixelNormalization(normalization)::change);
      assertArrayEquals(expected, found.toFloatArray(), text);
    }
  }

  @Test
  void groupsLeaveTheOthersAndTheOrderAsTheyWere() {
    NDArray five = pictures.of(5, 1, 1, 1, 1, 2, 3, 4, 5);
    BatchGroups groups = new BatchGroups(5);
    groups.add(new int[] {3, 0}, part -> part.mul(pictures.of(2, 1, 1, 1, 10, 100)));
    groups.add(new int[] {2}, part -> part.neg());
    groups.add(new int[] {}, part -> part.mul(0));
    assertPicture(Pictures.changed(five, groups::together), 100, 2, -3, 40, 5);
    assertPicture(five, 1, 2, 3, 4, 5);
    assertEquals(5, five.getShape().get(0));
  }
}
