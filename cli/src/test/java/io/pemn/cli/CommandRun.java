package io.pemn.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/**
 * What a command did.
 *
 * @param code its exit code
 * @param out its standard output
 * @param err its standard error
 */
record CommandRun(int code, String out, String err) {
  private static final Map<String, String> TINY =
      Map.of(
          "--device",
          "cpu",
          "--dim",
          "8",
          "--depth",
          "1",
          "--kernel",
          "3",
          "--patch",
          "4",
          "--batch-size",
          "32",
          "--epochs",
          "1");

  /** Runs a command in this process. */
  static CommandRun of(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine =
        Pemn.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int code =
        commandLine.execute(Arrays.stream(arguments).map(String::valueOf).toArray(String[]::new));
    commandLine.getOut().flush();
    commandLine.getErr().flush();
    return new CommandRun(code, out.toString(), err.toString());
  }

  /**
   * Runs {@code pemn compress} with the options of a training that takes a moment, but for those
   * that are given.
   */
  static CommandRun compressTiny(Object data, Object output, Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("compress", "--data", data, "-o", output));
    TINY.forEach(
        (option, value) -> {
          if (!List.of(more).contains(option)) {
            arguments.addAll(List.of(option, value));
          }
        });
    arguments.addAll(List.of(more));
    return of(arguments.toArray());
  }

  /** The run itself, which must have gone well. */
  CommandRun done() {
    if (code != 0) {
      throw new AssertionError("exit code " + code + ": " + err);
    }
    return this;
  }

  /** Standard output, which must be exactly one JSON object. */
  JsonObject json() {
    return JsonParser.parseString(out).getAsJsonObject();
  }
}
