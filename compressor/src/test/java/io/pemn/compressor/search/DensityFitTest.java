package io.pemn.compressor.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.compressor.masking.MaskType;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DensityFitTest {
  private int weighed;

  /** 1,000 bytes of other things and a million weights. */
  private Prediction weigh(Candidate candidate, boolean byEntropy) {
    weighed++;
    double d = candidate.density();
    double bits = 5 * d;
    if (byEntropy) {
      bits = d == 1 ? 1 : -(d * Math.log(d) + (1 - d) * Math.log(1 - d)) / Math.log(2);
      bits += candidate.type() == MaskType.TERNARY ? d : 0;
    }
    long masks = Math.round(125_000 * bits);
    return new Prediction(1000 + masks, masks, 1_000_100);
  }

  @ParameterizedTest
  @CsvSource({
    "TERNARY, true, 60000",
    "TERNARY, true, 20000",
    "TERNARY, true, 120000",
    "BINARY, true, 60000",
    "BINARY, true, 100000",
    "TERNARY, false, 60000",
    "BINARY, false, 299000"
  })
  void theDensestThatFitsIsFoundWithFewMeasurements(MaskType type, boolean byEntropy, long limit)
      throws IOException {
    DensityFit fit = new DensityFit(candidate -> weigh(candidate, byEntropy));

    DensityFit.Fit found = fit.densest(type, limit);

    assertTrue(weighed <= 14, weighed + " archives");
    Candidate densest = found.candidate().orElseThrow();
    long bytes = found.prediction().bytes();
    assertTrue(bytes <= limit, bytes + "");
    long denser = weigh(new Candidate(type, densest.perMille() + 1), byEntropy).bytes();
    assertTrue(denser > limit || bytes > 0.998 * limit, densest + " of " + bytes);
  }

  @Test
  void whatFitsAnywayIsAsDenseAsPays() throws IOException {
    DensityFit fit = new DensityFit(candidate -> weigh(candidate, true));
    assertEquals(
        Optional.of(new Candidate(MaskType.BINARY, 500)),
        fit.densest(MaskType.BINARY, 1_000_000).candidate());
    assertEquals(
        Optional.of(new Candidate(MaskType.SIGN, 1000)),
        fit.densest(MaskType.SIGN, 126_000).candidate());
  }

  @Test
  void whatCannotFitSaysHowSmallItGets() throws IOException {
    DensityFit fit = new DensityFit(candidate -> weigh(candidate, true));
    DensityFit.Fit none = fit.densest(MaskType.SIGN, 125_999);
    assertEquals(Optional.empty(), none.candidate());
    assertEquals(126_000, none.prediction().bytes());
    DensityFit.Fit sparse = fit.densest(MaskType.TERNARY, 1000);
    assertEquals(Optional.empty(), sparse.candidate());
    assertTrue(sparse.prediction().bytes() < 8000, sparse.toString());
  }

  @Test
  void aSizeThatIsNotMonotoneStillFits() throws IOException {
    // As of sparse bitmaps whose positions are stored one by one.
    DensityFit fit =
        new DensityFit(
            candidate -> {
              long masks = candidate.perMille() < 200 ? 900L * candidate.perMille() : 100_000;
              return new Prediction(1000 + masks, masks, 1_000_100);
            });
    DensityFit.Fit found = fit.densest(MaskType.TERNARY, 90_000);
    assertTrue(found.prediction().bytes() <= 90_000, found.toString());
    assertTrue(found.candidate().isPresent());
  }
}
