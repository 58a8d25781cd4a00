package io.pemn.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pemn.compressor.device.CacheFolder;
import io.pemn.compressor.device.Diagnosis;
import io.pemn.compressor.device.Diagnosis.JavaRuntime;
import io.pemn.compressor.device.Diagnosis.Tried;
import io.pemn.compressor.device.Doctor;
import io.pemn.compressor.device.EngineFacts;
import io.pemn.compressor.device.EngineNatives;
import io.pemn.compressor.device.Gpu;
import io.pemn.compressor.device.NvidiaDriver;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says what this machine has for training, and what is missing for a GPU. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description =
        "Show the engine, its natives, devices, driver and threads, compute a little on the device,"
            + " and say what is missing for a GPU and how to get it. Ends with 1 where the device"
            + " does not work.")
final class DoctorCommand implements Callable<Integer> {
  private static final long MIB = 1 << 20;

  @Spec private CommandSpec spec;

  @Option(
      names = "--device",
      paramLabel = "D",
      defaultValue = "auto",
      description =
          "What shall work: cpu, gpu, gpu:N or gpu:0,1 and so on; auto is the CPU, and a GPU where"
              + " the engine sees one (default: ${DEFAULT-VALUE}).")
  private String device;

  @Mixin private JsonOption json;

  @Override
  public Integer call() {
    Diagnosis found = Doctor.examine(device);
    PrintWriter out = spec.commandLine().getOut();
    if (json.wanted) {
      out.println(Json.text(object(found)));
    } else {
      print(found, out);
    }
    out.flush();
    PrintWriter err = spec.commandLine().getErr();
    found.faults().forEach(fault -> err.println(Printable.of(fault)));
    err.flush();
    return found.sound() ? 0 : Pemn.FAILURE;
  }

  static void print(Diagnosis found, PrintWriter out) {
    row(out, "pemn", Version.text().replace("pemn ", "") + ", " + found.platform());
    JavaRuntime java = found.java();
    row(
        out,
        "java",
        String.format(
            Locale.ROOT,
            "%s (%s) in %s, heap of at most %,d MiB",
            java.version(),
            java.vendor(),
            java.home(),
            java.maxHeapBytes() / MIB));
    found.engine().ifPresent(engine -> engine(engine, out));
    CacheFolder cache = found.cache();
    row(
        out,
        "cache",
        String.format(Locale.ROOT, "%s, %,d MiB", cache.folder(), cache.bytes() / MIB));
    row(
        out,
        "processor",
        String.format(
            Locale.ROOT, "%s, %d cores", found.processor().model(), found.processor().cores()));
    row(out, "driver", found.driver().map(DoctorCommand::text).orElse("no NVIDIA driver"));
    if (found.gpus().isEmpty()) {
      row(out, "gpus", "none that the engine can use");
    }
    found.gpus().forEach(gpu -> row(out, "gpu:" + gpu.number(), text(gpu)));
    row(
        out,
        "settings",
        found.settings().isEmpty()
            ? "none"
            : found.settings().entrySet().stream()
                .map(setting -> setting.getKey() + "=" + setting.getValue())
                .collect(Collectors.joining("\n")));
    for (Tried tried : found.devices()) {
      row(out, tried.device(), tried.trouble().map(t -> "does not work").orElse("works"));
    }
    for (String note : found.notes()) {
      row(out, "note", note);
    }
  }

  private static void engine(EngineFacts engine, PrintWriter out) {
    row(
        out,
        "engine",
        "PyTorch "
            + engine.version()
            + ", DJL "
            + engine.djlVersion()
            + ", built with "
            + String.join(", ", engine.features()));
    EngineNatives natives = engine.natives();
    row(
        out,
        "natives",
        natives.flavour()
            + ", from "
            + natives.source()
            + (natives.jar().isEmpty() ? "" : " (" + natives.jar() + ")")
            + ", in "
            + natives.folder());
    row(
        out,
        "threads",
        engine.threads() + " within an operation, " + engine.interopThreads() + " side by side");
  }

  private static String text(NvidiaDriver driver) {
    return "NVIDIA "
        + driver.version().orElse("of a version that it does not say")
        + " ("
        + driver.evidence()
        + ")";
  }

  private static String text(Gpu gpu) {
    return "compute capability "
        + gpu.computeCapability().orElse("unknown")
        + gpu.totalBytes()
            .map(total -> String.format(Locale.ROOT, ", %,d MiB", total / MIB))
            .orElse(", memory unknown")
        + gpu.freeBytes()
            .map(free -> String.format(Locale.ROOT, ", of which %,d are free", free / MIB))
            .orElse("");
  }

  private static void row(PrintWriter out, String name, String value) {
    List<String> lines = value.lines().map(Printable::of).toList();
    for (int i = 0; i < lines.size(); i++) {
      out.printf(Locale.ROOT, "%-11s%s%n", i == 0 ? name : "", lines.get(i));
    }
  }

  static JsonObject object(Diagnosis found) {
    JsonObject object = new JsonObject();
    object.addProperty("pemn", Version.text().replace("pemn ", ""));
    object.addProperty("sound", found.sound());
    object.addProperty("platform", found.platform());
    object.add("java", Json.object(found.java()));
    found.engine().ifPresent(engine -> object.add("engine", object(engine)));
    JsonObject cache = new JsonObject();
    cache.addProperty("folder", found.cache().folder().toString());
    cache.addProperty("bytes", found.cache().bytes());
    object.add("cache", cache);
    object.add("processor", Json.object(found.processor()));
    found
        .driver()
        .ifPresent(
            driver -> {
              JsonObject nvidia = new JsonObject();
              driver.version().ifPresent(version -> nvidia.addProperty("version", version));
              nvidia.addProperty("evidence", driver.evidence());
              object.add("nvidia_driver", nvidia);
            });
    JsonArray gpus = new JsonArray();
    found.gpus().forEach(gpu -> gpus.add(object(gpu)));
    object.add("gpus", gpus);
    JsonObject settings = new JsonObject();
    for (Map.Entry<String, String> setting : found.settings().entrySet()) {
      settings.addProperty(setting.getKey(), setting.getValue());
    }
    object.add("settings", settings);
    JsonArray devices = new JsonArray();
    for (Tried tried : found.devices()) {
      JsonObject one = new JsonObject();
      one.addProperty("device", tried.device());
      one.addProperty("works", tried.trouble().isEmpty());
      tried.trouble().ifPresent(trouble -> one.addProperty("trouble", trouble));
      devices.add(one);
    }
    object.add("devices", devices);
    object.add("faults", array(found.faults()));
    object.add("notes", array(found.notes()));
    return object;
  }

  private static JsonObject object(EngineFacts engine) {
    JsonObject object = new JsonObject();
    object.addProperty("pytorch", engine.version());
    object.addProperty("djl", engine.djlVersion());
    object.add("features", array(List.copyOf(engine.features())));
    JsonObject natives = new JsonObject();
    natives.addProperty("flavour", engine.natives().flavour());
    natives.addProperty("source", engine.natives().source().toString());
    if (!engine.natives().jar().isEmpty()) {
      natives.addProperty("jar", engine.natives().jar());
    }
    natives.addProperty("folder", engine.natives().folder().toString());
    object.add("natives", natives);
    object.addProperty("threads", engine.threads());
    object.addProperty("interop_threads", engine.interopThreads());
    return object;
  }

  private static JsonObject object(Gpu gpu) {
    JsonObject object = new JsonObject();
    object.addProperty("number", gpu.number());
    gpu.computeCapability().ifPresent(value -> object.addProperty("compute_capability", value));
    gpu.totalBytes().ifPresent(value -> object.addProperty("total_bytes", value));
    gpu.freeBytes().ifPresent(value -> object.addProperty("free_bytes", value));
    return object;
  }

  private static JsonArray array(List<String> texts) {
    JsonArray array = new JsonArray();
    texts.forEach(array::add);
    return array;
  }
}
