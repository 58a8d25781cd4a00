package io.pemn.cli;

import com.google.gson.JsonObject;
import io.pemn.compressor.loading.LoadBenchmark;
import io.pemn.compressor.loading.RandomNetwork;
import io.pemn.compressor.loading.ShippedFile;
import io.pemn.compressor.masking.FillingStrategy;
import io.pemn.compressor.network.ArchitectureOptions;
import io.pemn.compressor.training.Recipe;
import io.pemn.format.Distribution;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ImageShape;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.PemnArchive;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.TemporaryFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Times the loading of an archive. */
@Command(
    name = "load",
    mixinStandardHelpOptions = true,
    description = {
      "Time an archive from the start of a process to a first prediction, beside files of the same"
          + " full weights: safetensors, or of a TorchScript network a TorchScript file, each also"
          + " in a zstd frame.",
      "Every measurement is a new process on the CPU, in turn; all must predict the same, bit for"
          + " bit."
    },
    sortOptions = false)
final class BenchLoadCommand implements Callable<Integer> {
  /** As large as CIFAR's. */
  private static final ImageShape IMAGE = new ImageShape(3, 32, 32);

  private static final int CLASSES = 10;
  private static final double DENSITY = 0.5;
  private static final double MEGA = 1e6;

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description =
          "A .pemn archive; without it, one of a network of pemn's own for ten classes of 3x32x32"
              + " images, with masks drawn at random.")
  private Path model;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "How often each file is loaded (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--work",
      paramLabel = "DIR",
      description =
          "Folder in which the files of full weights are made, and deleted in the end (default: that"
              + " of MODEL, without MODEL the system's for temporary files).")
  private Path work;

  @Mixin private JsonOption json;

  @Mixin private SignatureMixin trust;

  @ArgGroup(validate = false, heading = "%nA network of pemn's own (without MODEL):%n", order = 1)
  private NetworkOptions network = new NetworkOptions();

  @Override
  public Integer call() throws IOException {
    if (model == null) {
      refuse("--trust", "is for an archive; name it as MODEL, or leave the option out.");
      refuse("--signature", "is for an archive; name it as MODEL, or leave the option out.");
    } else {
      for (String option : NetworkOptions.NAMES) {
        refuse(option, "is for networks of pemn's own, but MODEL is one already; leave it out.");
      }
      refuse("--arch", "is for networks of pemn's own, but MODEL is one already; leave it out.");
    }
    PrintWriter err = spec.commandLine().getErr();
    // What cannot be read is found out before anything is written.
    Optional<PemnArchive> given =
        model == null ? Optional.empty() : Optional.of(trust.open(model, err));
    LoadBenchmark.Result result;
    try (TemporaryFolder folder = TemporaryFolder.in(parent(), "pemn-bench-load");
        ProgressDisplay progress = new ProgressDisplay(err, 0)) {
      Path file = model == null ? drawn(folder.path()) : model;
      PemnArchive archive = given.isPresent() ? given.get() : PemnArchive.open(file);
      result =
          new LoadBenchmark(OwnJava.command(Map.of()), progress::doing)
              .run(archive, file, trust.trusted(), folder.path(), rounds);
    }
    report(result);
    return 0;
  }

  /** Refuses an option that would change nothing. */
  private void refuse(String option, String because) {
    if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
      throw new ParameterException(spec.commandLine(), option + " " + because);
    }
  }

  private Path parent() {
    if (work != null) {
      return work;
    }
    return model == null
        ? Path.of(System.getProperty("java.io.tmpdir"))
        : model.toAbsolutePath().getParent();
  }

  /** An archive of a network that nobody trained. */
  private Path drawn(Path folder) throws IOException {
    Path file = folder.resolve("model.pemn");
    ArchiveWriter.write(
        RandomNetwork.builtIn(
            new BuiltInDescription(ArchitectureOptions.of(network.toMap()), IMAGE, CLASSES),
            masking()),
        file);
    return file;
  }

  /** As pemn compress has it where nothing is asked for. */
  private static RandomNetwork.Masking masking() {
    return new RandomNetwork.Masking(
        Recipe.PEMN.mask(false),
        DENSITY,
        new FillingStrategy.OwnWeights(),
        Distribution.SIGNED_CONSTANT,
        FloatCoding.BF16);
  }

  private void report(LoadBenchmark.Result result) {
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted) {
      JsonObject object = new JsonObject();
      if (model != null) {
        object.addProperty("model", model.toString());
      }
      object.addProperty("parameters", result.parameters());
      object.addProperty("rounds", result.rounds());
      for (LoadBenchmark.Row row : result.rows()) {
        String key = row.shipped().key();
        object.addProperty(key + "_ms", 1000 * row.first().median());
        object.addProperty(key + "_load_ms", 1000 * row.load().median());
        object.addProperty(key + "_again_ms", 1000 * row.again().median());
        object.addProperty(key + "_bytes", row.bytes());
        if (row.peakBytes().median() > 0) {
          object.addProperty(key + "_peak_bytes", Math.round(row.peakBytes().median()));
        }
      }
      object.addProperty("ratio", result.ratio());
      out.println(Json.text(object));
    } else {
      table(result, out);
    }
    out.flush();
  }

  private static void table(LoadBenchmark.Result result, PrintWriter out) {
    String line = "%-20s %14s %18s %10s %12s %13s%n";
    out.printf(
        line, "shipped as", "bytes", "first prediction", "loading", "once more", "peak memory");
    for (LoadBenchmark.Row row : result.rows()) {
      out.printf(
          line,
          row.shipped(),
          String.format(Locale.ROOT, "%,d", row.bytes()),
          millis(row.first().median()),
          millis(row.load().median()),
          millis(row.again().median()),
          row.peakBytes().median() == 0
              ? "-"
              : String.format(Locale.ROOT, "%,.0f MB", row.peakBytes().median() / MEGA));
    }
    ShippedFile full = result.rows().get(1).shipped();
    out.printf(
        Locale.ROOT,
        "%,d parameters, medians of %d rounds; from the start of the process to a first prediction"
            + " the archive takes %.2f times as long as %s%n",
        result.parameters(),
        result.rounds(),
        result.ratio(),
        full);
  }

  private static String millis(double seconds) {
    return String.format(Locale.ROOT, "%,.0f ms", 1000 * seconds);
  }
}
