package io.pemn.benchmarks.loading;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The processor cores that this process may use, and how others are pinned to some of them. */
record Cores(List<Integer> allowed) {
  /** Copies the list. */
  Cores {
    allowed = List.copyOf(allowed);
  }

  /** Those of this process, as Linux says; none where it is not said. */
  static Cores ofThisProcess() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return new Cores(List.of());
    }
    try (Stream<String> lines = Files.lines(status)) {
      return new Cores(
          lines
              .filter(line -> line.startsWith("Cpus_allowed_list:"))
              .findFirst()
              .map(line -> parse(line.substring(line.indexOf(':') + 1).trim()))
              .orElse(List.of()));
    }
  }

  /** Such as {@code 0-3,8}. */
  static List<Integer> parse(String list) {
    List<Integer> cores = new ArrayList<>();
    for (String range : list.split(",")) {
      String[] ends = range.split("-");
      for (int core = Integer.parseInt(ends[0]);
          core <= Integer.parseInt(ends[ends.length - 1]);
          core++) {
        cores.add(core);
      }
    }
    return cores;
  }

  /** What goes before a command that shall run on so many of them: the last ones. */
  List<String> pinned(int count) {
    return List.of(
        "taskset",
        "-c",
        allowed.subList(allowed.size() - count, allowed.size()).stream()
            .map(String::valueOf)
            .collect(Collectors.joining(",")));
  }
}
