package io.pemn.cli;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Starts processes with this one's Java, its options and its class path. */
final class OwnJava {
  private OwnJava() {}

  /**
   * The command, to be followed by a main class and its arguments.
   *
   * @param properties of the system that the process shall have, whatever this one's are; those of
   *     pemn's own are not inherited
   */
  static List<String> command(Map<String, String> properties) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String argument : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      // A debugger's port, or a profiler's file, cannot be had twice.
      if (!argument.startsWith("-agentlib")
          && !argument.startsWith("-javaagent")
          && !argument.startsWith("-Dpemn.")
          && properties.keySet().stream().noneMatch(name -> argument.startsWith("-D" + name))) {
        command.add(argument);
      }
    }
    command.add("-Djava.awt.headless=true");
    properties.forEach((name, value) -> command.add("-D" + name + "=" + value));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    return command;
  }
}
