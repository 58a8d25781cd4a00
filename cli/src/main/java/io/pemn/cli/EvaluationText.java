package io.pemn.cli;

import com.google.gson.JsonObject;
import io.pemn.compressor.training.Evaluation;
import io.pemn.format.proto.Measure;
import java.util.Locale;

/** What was measured on test images, in the same words and keys wherever it is reported. */
final class EvaluationText {
  private EvaluationText() {}

  /** One sentence without its end; every digit, so that two reports can be compared. */
  static String sentence(Evaluation test) {
    return sentence(test.accuracy(), test.loss(), test.images(), test.measure());
  }

  /** As {@link #sentence(Evaluation)}, for figures from an archive. */
  static String sentence(double accuracy, double loss, long images, Measure measure) {
    return switch (measure) {
      case AGREEMENT ->
          "agreement with the teacher "
              + accuracy
              + ", divergence "
              + loss
              + " on "
              + images
              + " test samples";
      case MEAN_SQUARED_ERROR -> "mean squared error " + loss + " on " + images + " test samples";
      case COSINE_DISTANCE -> "cosine distance " + loss + " on " + images + " test samples";
      default -> "test accuracy " + accuracy + ", loss " + loss + " on " + images + " images";
    };
  }

  static void add(JsonObject object, Evaluation test) {
    add(object, test.accuracy(), test.loss(), test.images(), test.measure());
  }

  static void add(JsonObject object, double accuracy, double loss, long images, Measure measure) {
    object.addProperty("test_images", images);
    object.addProperty("measure", measure.name().toLowerCase(Locale.ROOT));
    if (measure == Measure.ACCURACY || measure == Measure.AGREEMENT) {
      object.addProperty("accuracy", accuracy);
    }
    object.addProperty("loss", loss);
  }

  /** Adds what was measured on samples that were held out. */
  static void addValidation(JsonObject object, Evaluation held) {
    object.addProperty("validation_images", held.images());
    if (held.measure() == Measure.ACCURACY || held.measure() == Measure.AGREEMENT) {
      object.addProperty("validation_accuracy", held.accuracy());
    }
    object.addProperty("validation_loss", held.loss());
  }
}
