package io.pemn.benchmarks.loading;

import ai.djl.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The machine and the software that something was measured on, in lines of text. */
public final class Machine {
  private Machine() {}

  /** The description; starts the engine. */
  public static List<String> describe() throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("date: " + LocalDate.now(ZoneOffset.UTC));
    lines.add(
        "processor: "
            + first("/proc/cpuinfo", "model name")
            + ", "
            + Runtime.getRuntime().availableProcessors()
            + " cores");
    lines.add("memory: " + first("/proc/meminfo", "MemTotal"));
    lines.add(
        String.join(
            " ",
            "system:",
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            System.getProperty("os.arch")));
    lines.add(
        "java: "
            + System.getProperty("java.vm.name")
            + " "
            + System.getProperty("java.vm.version"));
    lines.add(
        "engine: DJL "
            + Engine.getDjlVersion()
            + ", PyTorch "
            + Engine.getEngine("PyTorch").getVersion());
    lines.add("pemn: " + System.getProperty("pemn.commit", "unknown commit"));
    lines.add(load("before"));
    return lines;
  }

  /** How busy the machine was in the last minute, by whomever. */
  public static String load(String when) throws IOException {
    Path average = Path.of("/proc/loadavg");
    String text = Files.exists(average) ? Files.readString(average).split(" ")[0] : "unknown";
    return String.format(Locale.ROOT, "load average %s: %s", when, text);
  }

  private static String first(String file, String key) throws IOException {
    if (Files.notExists(Path.of(file))) {
      return "unknown";
    }
    try (Stream<String> lines = Files.lines(Path.of(file))) {
      return lines
          .filter(line -> line.startsWith(key))
          .findFirst()
          .map(line -> line.substring(line.indexOf(':') + 1).trim())
          .orElse("unknown");
    }
  }
}
