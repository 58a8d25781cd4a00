package io.pemn.cli;

import com.google.gson.JsonObject;

/** What was measured on test images, in the same words and keys wherever it is reported. */
final class EvaluationText {
  private EvaluationText() {}

  /** One sentence without its end; every digit, so that two reports can be compared. */
  static String sentence(double accuracy, double loss, long images) {
    return "test accuracy " + accuracy + ", loss " + loss + " on " + images + " images";
  }

  static void add(JsonObject object, double accuracy, double loss, long images) {
    object.addProperty("test_images", images);
    object.addProperty("accuracy", accuracy);
    object.addProperty("loss", loss);
  }
}
