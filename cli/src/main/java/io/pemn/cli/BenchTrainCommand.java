package io.pemn.cli;

import com.google.gson.JsonObject;
import io.pemn.compressor.data.Dataset;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.compressor.training.StepBenchmark;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Times training steps. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description =
        "Time dense and masked training steps of the same network, warmed up and interleaved."
            + " Options that do not change a step, such as --epochs, are ignored.",
    sortOptions = false)
final class BenchTrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "A TorchScript file whose steps to time; without it a network of pemn's own.")
  private Path model;

  @Option(
      names = "--data",
      paramLabel = "SPEC",
      defaultValue = "bundled",
      description = "Images to step on (default: ${DEFAULT-VALUE}).")
  private String data;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "60",
      description = "Timed steps of each kind (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "15",
      description = "Steps of each kind before the timed ones (default: ${DEFAULT-VALUE}).")
  private int warmUp;

  @Mixin private JsonOption json;

  @Mixin private DeviceMixin device;

  @Mixin private TrainingMixin training;

  @Override
  public Integer call() throws IOException {
    Dataset dataSet = DataMixin.load(data);
    StepBenchmark.Result result;
    if (model == null) {
      result = run(dataSet, Optional.empty());
    } else {
      try (ModuleSource module = training.open(model)) {
        module.requireMaskable();
        result = run(dataSet, Optional.of(module));
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted) {
      JsonObject object = Json.object(result);
      out.println(Json.text(object));
    } else {
      out.printf(
          Locale.ROOT,
          "dense step %.2f ms, masked step %.2f ms (medians of %d), ratio %.3f,"
              + " %,.0f images/s masked%n",
          result.denseMs(),
          result.maskedMs(),
          result.steps(),
          result.ratio(),
          result.imagesPerSecond());
    }
    out.flush();
    return 0;
  }

  private StepBenchmark.Result run(Dataset dataSet, Optional<ModuleSource> module)
      throws IOException {
    return StepBenchmark.run(
        training.options(Optional.of(dataSet), module),
        dataSet,
        module,
        device.choose(spec.commandLine().getErr()),
        warmUp,
        steps);
  }
}
