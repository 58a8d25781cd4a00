package io.pemn.packager.torchscript;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Training modes that tracing wrote into the code: calls of batch normalisation, dropout and the
 * like that say {@code True} or {@code False} where scripted code asks the module.
 *
 * @param evalCalls calls that always behave as in evaluation
 * @param trainCalls calls that always behave as in training
 * @param fixedCalls those of both that cannot ask the module, because they are in no method of a
 *     class with {@code training : bool}
 * @param rewritten the code by its path, in which all others ask the module
 */
public record TracedMode(
    int evalCalls, int trainCalls, int fixedCalls, Map<String, String> rewritten) {
  private static final String ASKED = "self.training";
  private static final int RUNNING_MEAN = 3;

  /** Where the functions take the mode, counted from 0. */
  private static final Map<String, Integer> MODE_ARGUMENTS =
      Map.ofEntries(
          Map.entry("batch_norm", 5),
          Map.entry("instance_norm", 5),
          Map.entry("native_batch_norm", 5),
          Map.entry("cudnn_batch_norm", 5),
          Map.entry("miopen_batch_norm", 5),
          Map.entry("_batch_norm_impl_index", 5),
          Map.entry("dropout", 2),
          Map.entry("dropout_", 2),
          Map.entry("feature_dropout", 2),
          Map.entry("feature_dropout_", 2),
          Map.entry("alpha_dropout", 2),
          Map.entry("alpha_dropout_", 2),
          Map.entry("feature_alpha_dropout", 2),
          Map.entry("feature_alpha_dropout_", 2),
          Map.entry("native_dropout", 2),
          Map.entry("rrelu", 3),
          Map.entry("rrelu_", 3),
          Map.entry("rrelu_with_noise", 4),
          Map.entry("rrelu_with_noise_", 4),
          Map.entry("lstm", 6),
          Map.entry("gru", 6),
          Map.entry("rnn_tanh", 6),
          Map.entry("rnn_relu", 6));

  private static final Pattern CALL = Pattern.compile("(?<![\\w.])torch\\.(\\w+)\\(");
  private static final Pattern METHOD =
      Pattern.compile("  def [^(]+\\(self\\s*:.*", Pattern.DOTALL);
  private static final Pattern LITERAL = Pattern.compile("True|False");

  /** Copies the map. */
  public TracedMode {
    rewritten = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(rewritten));
  }

  /** Whether a call has a mode written into it. */
  public boolean isPresent() {
    return evalCalls + trainCalls > 0;
  }

  /**
   * Searches code.
   *
   * @param code texts by their path in the module
   */
  static TracedMode of(Map<String, String> code) {
    Map<String, ModuleClass> classes = ModuleClass.of(code);
    Search search = new Search();
    Map<String, String> rewritten = new LinkedHashMap<>();
    code.forEach(
        (path, text) ->
            rewritten.put(path, search.rewrite(ModuleClass.qualifier(path), text, classes)));
    return new TracedMode(search.evalCalls, search.trainCalls, search.fixedCalls, rewritten);
  }

  /** Counts what it finds. */
  private static final class Search {
    private int evalCalls;
    private int trainCalls;
    private int fixedCalls;

    String rewrite(String qualifier, String text, Map<String, ModuleClass> classes) {
      StringBuilder out = new StringBuilder(text.length());
      boolean knowsMode = false;
      boolean inMethod = false;
      int begin = 0;
      while (begin < text.length()) {
        int newline = text.indexOf('\n', begin);
        int end = newline < 0 ? text.length() : newline + 1;
        String line = text.substring(begin, end);
        String begun = ModuleClass.begunBy(line.stripTrailing());
        if (begun != null) {
          ModuleClass found = classes.get(qualifier + begun);
          knowsMode = found != null && found.training();
          inMethod = false;
        } else if (line.startsWith("def ")) {
          knowsMode = false;
          inMethod = false;
        } else if (line.startsWith("  def ")) {
          inMethod = METHOD.matcher(line).matches();
        }
        out.append(line(line, knowsMode && inMethod));
        begin = end;
      }
      return out.toString();
    }

    private String line(String line, boolean canAsk) {
      // Replacements from the right, so that the places of those on the left stay.
      List<int[]> places = new ArrayList<>();
      Matcher call = CALL.matcher(line);
      while (call.find()) {
        if (MODE_ARGUMENTS.containsKey(call.group(1)) && !isQuoted(line, call.start())) {
          modePlace(line, call.group(1), call.end(), places);
        }
      }
      StringBuilder changed = new StringBuilder(line);
      places.sort((a, b) -> b[0] - a[0]);
      for (int[] place : places) {
        if (line.startsWith("True", place[0])) {
          trainCalls++;
        } else {
          evalCalls++;
        }
        if (canAsk) {
          changed.replace(place[0], place[1], ASKED);
        } else {
          fixedCalls++;
        }
      }
      return changed.toString();
    }

    private static void modePlace(String line, String function, int open, List<int[]> places) {
      List<int[]> arguments = arguments(line, open);
      int number = MODE_ARGUMENTS.get(function);
      boolean recurrent =
          function.equals("lstm") || function.equals("gru") || function.startsWith("rnn_");
      if (recurrent && arguments.size() > 4 && !isLiteral(line, arguments.get(3))) {
        // Of packed sequences: the batch sizes come second.
        number++;
      }
      if (arguments.size() <= number || !isLiteral(line, arguments.get(number))) {
        return;
      }
      if (function.endsWith("_norm") || function.equals("_batch_norm_impl_index")) {
        int[] mean = arguments.get(RUNNING_MEAN);
        String text = line.substring(mean[0], mean[1]);
        if (text.equals("None") || text.startsWith("annotate(Optional[Tensor], None")) {
          // Without running statistics there is but one mode.
          return;
        }
      }
      places.add(arguments.get(number));
    }

    private static boolean isLiteral(String line, int[] place) {
      return LITERAL.matcher(line.substring(place[0], place[1])).matches();
    }

    /** Begin and end of each argument, without the white space around it. */
    private static List<int[]> arguments(String line, int open) {
      List<int[]> arguments = new ArrayList<>();
      int depth = 0;
      int begin = open;
      for (int i = open; i < line.length(); i++) {
        char c = line.charAt(i);
        if (c == '"' || c == '\'') {
          i = endOfText(line, i);
        } else if (c == '(' || c == '[' || c == '{') {
          depth++;
        } else if (depth > 0 && (c == ')' || c == ']' || c == '}')) {
          depth--;
        } else if (depth == 0 && (c == ',' || c == ')')) {
          arguments.add(trimmed(line, begin, i));
          begin = i + 1;
          if (c == ')') {
            return arguments;
          }
        }
      }
      return List.of();
    }

    private static int[] trimmed(String line, int begin, int end) {
      while (begin < end && line.charAt(begin) == ' ') {
        begin++;
      }
      while (end > begin && line.charAt(end - 1) == ' ') {
        end--;
      }
      return new int[] {begin, end};
    }

    private static boolean isQuoted(String line, int place) {
      for (int i = 0; i < place; i++) {
        if (line.charAt(i) == '"' || line.charAt(i) == '\'') {
          i = endOfText(line, i);
          if (i > place) {
            return true;
          }
        }
      }
      return false;
    }

    private static int endOfText(String line, int quote) {
      for (int i = quote + 1; i < line.length(); i++) {
        if (line.charAt(i) == '\\') {
          i++;
        } else if (line.charAt(i) == line.charAt(quote)) {
          return i;
        }
      }
      return line.length();
    }
  }
}
