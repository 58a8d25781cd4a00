package io.pemn.benchmarks.training;

import ai.djl.Device;
import com.google.gson.JsonObject;
import io.pemn.compressor.data.DataSources;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.network.NetworkChoice;
import io.pemn.compressor.training.Recipe;
import io.pemn.compressor.training.StepBenchmark;
import io.pemn.compressor.training.TimedSteps;
import io.pemn.compressor.training.TrainingOptions;
import io.pemn.format.network.Architecture;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A process that makes pemn's steps when it is asked to, as {@code pytorch_steps.py --serve} makes
 * PyTorch's: it describes itself in a line, then answers lines such as {@code masked 20} with the
 * milliseconds of so many steps, until its input ends.
 *
 * <p>{@code PemnSteps NETWORK}
 */
final class PemnSteps {
  /** So many that the schedule of the learning rate hardly moves. */
  private static final long STEPS = 10_000_000;

  private PemnSteps() {}

  public static void main(String[] arguments) throws IOException {
    Path home = Path.of(System.getProperty("pemn.home"));
    Dataset images = DataSources.load("bundled", home);
    TrainingOptions masked = options(TrainedNetwork.of(arguments[0]), images);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (TimedSteps dense = steps(StepBenchmark.dense(masked, images), images);
        TimedSteps alsoMasked = steps(masked, images)) {
      Map<StepKind, TimedSteps> trainings = new EnumMap<>(StepKind.class);
      trainings.put(StepKind.DENSE, dense);
      trainings.put(StepKind.MASKED, alsoMasked);
      JsonObject about = new JsonObject();
      about.addProperty("weights", weights(masked, images));
      out.println(about);
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] asked = line.split(" ");
        TimedSteps training = trainings.get(StepKind.of(asked[0]));
        StringBuilder answer = new StringBuilder();
        for (int i = Integer.parseInt(asked[1]); i > 0; i--) {
          answer.append(String.format(Locale.ROOT, "%.6f ", training.step() / 1e6));
        }
        out.println(answer.toString().trim());
      }
    }
  }

  private static TimedSteps steps(TrainingOptions options, Dataset images) throws IOException {
    return new TimedSteps(
        options, images, Optional.empty(), Device.cpu(), Integer.MAX_VALUE, STEPS);
  }

  /** What {@code pemn compress} trains this network with where nothing else is asked for. */
  static TrainingOptions options(TrainedNetwork network, Dataset images) {
    Map<String, String> options = new LinkedHashMap<>(network.options());
    MaskType mask = Recipe.PEMN.mask(false);
    String name = mask.toString();
    options.put("mask", name);
    options.putAll(Recipe.PEMN.options(mask, false));
    options.put("store-prototype", "seed");
    options.put("epochs", Integer.toString(Recipe.PEMN.epochs()));
    options.put("lr", Double.toString(Recipe.PEMN.learningRate(name, false, false)));
    options.put("remainder-lr", Double.toString(Recipe.PEMN.remainderRate(name, false, false)));
    options.put("weight-decay", "0.005");
    options.put("seed", "1");
    options.put("augmentation", "none");
    options.put("train-images", "all");
    options.put("normalize", images.normalization().toString());
    return TrainingOptions.of(options);
  }

  /** How many numbers the network learns, the statistics of its normalisations left out. */
  static long weights(TrainingOptions options, Dataset images) {
    Architecture network = ((NetworkChoice.BuiltIn) options.network()).architecture();
    int classes = images.labels().size();
    return network.parameters(images.image().orElseThrow(), classes).stream()
        .filter(parameter -> parameter.role() != Role.STATISTIC)
        .mapToLong(ParameterShape::size)
        .sum();
  }
}
