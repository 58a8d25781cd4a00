package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

class HelpTest {
  static Stream<List<String>> commands() {
    List<List<String>> paths = new ArrayList<>();
    collect(Pemn.commandLine(), List.of(), paths);
    return paths.stream();
  }

  private static void collect(CommandLine command, List<String> path, List<List<String>> paths) {
    paths.add(path);
    command
        .getSubcommands()
        .forEach(
            (name, child) -> {
              List<String> longer = new ArrayList<>(path);
              longer.add(name);
              // demo and what picocli brings along have help of their own making.
              if (!List.of("demo", "help", "generate-completion").contains(name)) {
                collect(child, longer, paths);
              }
            });
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandExplainsItselfAndEveryDefault(List<String> path) {
    List<Object> arguments = new ArrayList<>(path);
    arguments.add("--help");
    CommandRun run = CommandRun.of(arguments.toArray()).done();

    assertEquals("", run.err());
    assertTrue(run.out().startsWith("Usage: " + String.join(" ", qualified(path))), run.out());
    // Wrapped lines break descriptions anywhere.
    String text = run.out().replaceAll("\\s+", " ");
    for (OptionSpec option : spec(path).options()) {
      if (!option.hidden()) {
        String negatable = option.longestName().replaceFirst("^--", "--[no-]");
        assertTrue(
            text.contains(option.negatable() ? negatable : option.longestName()),
            option.longestName());
        assertTrue(option.description().length > 0, option.longestName() + " says nothing");
      }
      if (option.arity().max() > 0 && !option.required()) {
        assertTrue(
            String.join(" ", option.description())
                .matches("(?s).*(\\(default: |[Nn]eeded unless ).*"),
            option.longestName() + " does not say its default");
      }
      if (option.defaultValue() != null && option.arity().max() > 0) {
        assertTrue(text.contains("(default: " + option.defaultValue()), option.longestName());
      }
    }
  }

  @Test
  void theVersionIsThatOfTheBuild() {
    CommandRun run = CommandRun.of("--version").done();
    assertTrue(run.out().matches("pemn \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?\\R"), run.out());
    assertEquals(Version.text(), run.out().strip());
  }

  @Test
  void theHelpListsEveryCommandAndExitCode() {
    String help = CommandRun.of("--help").done().out();
    for (String name :
        List.of(
            "compress",
            "pack",
            "unpack",
            "inspect",
            "verify",
            "keygen",
            "sign",
            "eval",
            "compare",
            "sweep",
            "bench",
            "doctor",
            "demo")) {
      assertTrue(help.contains("  " + name), name);
    }
    for (int code :
        new int[] {0, Pemn.FAILURE, 2, Pemn.MISSED, Pemn.NOT_TRUSTED, Pemn.FAULT, 130}) {
      assertTrue(help.matches("(?s).*\\R  " + code + " +\\S.*"), "exit code " + code);
    }
    assertEquals(1, Pemn.FAILURE);
    assertEquals(3, Pemn.MISSED);
    assertEquals(4, Pemn.NOT_TRUSTED);
    assertEquals(70, Pemn.FAULT);
  }

  @Test
  void theHelpCommandShowsTheHelpOfACommand() {
    assertEquals(
        CommandRun.of("inspect", "--help").done().out(),
        CommandRun.of("help", "inspect").done().out());
  }

  @Test
  void aCompletionScriptKnowsTheCommandsAndTheirOptions() {
    String script = CommandRun.of("generate-completion").done().out();
    assertTrue(script.startsWith("#!/usr/bin/env bash"), script.substring(0, 100));
    for (String word :
        List.of("compress", "unpack", "inspect", "bench", "--strategy", "max-layer", "--json")) {
      assertTrue(script.contains(word), word);
    }
    assertFalse(script.contains("MAX_LAYER)"), "completes what users type");
  }

  private static CommandSpec spec(List<String> path) {
    CommandLine command = Pemn.commandLine();
    for (String name : path) {
      command = command.getSubcommands().get(name);
    }
    return command.getCommandSpec();
  }

  private static List<String> qualified(List<String> path) {
    List<String> qualified = new ArrayList<>(List.of("pemn"));
    qualified.addAll(path);
    return qualified;
  }
}
