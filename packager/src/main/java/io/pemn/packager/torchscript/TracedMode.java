package io.pemn.packager.torchscript;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
  private static final String MODULE = "torch.";
  private static final int LONGEST_FUNCTION = 32;
  private static final int RUNNING_MEAN = 3;
  private static final int HAS_BIASES = 3;
  private static final int NORMALISATION_MODE = 5;
  private static final Set<String> RECURRENT = Set.of("lstm", "gru", "rnn_tanh", "rnn_relu");

  /** Where the functions take the mode, counted from 0. */
  private static final Map<String, Integer> MODE_ARGUMENTS =
      Map.ofEntries(
          Map.entry("batch_norm", NORMALISATION_MODE),
          Map.entry("instance_norm", NORMALISATION_MODE),
          Map.entry("native_batch_norm", NORMALISATION_MODE),
          Map.entry("cudnn_batch_norm", NORMALISATION_MODE),
          Map.entry("miopen_batch_norm", NORMALISATION_MODE),
          Map.entry("_batch_norm_impl_index", NORMALISATION_MODE),
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

  private static final Pattern METHOD =
      Pattern.compile("  def [^(]+\\(self\\s*:.*", Pattern.DOTALL);

  /** Copies the map. */
  public TracedMode {
    rewritten = Collections.unmodifiableMap(new LinkedHashMap<>(rewritten));
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
      StringBuilder changed = new StringBuilder(line);
      List<Place> places = new ArrayList<>(places(line));
      // From the right, so that the places on the left stay.
      places.sort(Comparator.comparingInt(Place::begin).reversed());
      for (Place place : places) {
        if (line.startsWith("True", place.begin())) {
          trainCalls++;
        } else {
          evalCalls++;
        }
        if (canAsk) {
          changed.replace(place.begin(), place.end(), ASKED);
        } else {
          fixedCalls++;
        }
      }
      return changed.toString();
    }

    /** Where a line has literals for the mode. */
    private static List<Place> places(String line) {
      List<Place> found = new ArrayList<>();
      Deque<Call> open = new ArrayDeque<>();
      for (int i = 0; i < line.length(); i++) {
        char c = line.charAt(i);
        if (c == '"' || c == '\'') {
          i = ModuleClass.endOfText(line, i);
        } else if (c == '(' || c == '[' || c == '{') {
          open.push(new Call(c == '(' ? function(line, i) : null, i + 1));
        } else if ((c == ')' || c == ']' || c == '}') && !open.isEmpty()) {
          Call call = open.pop();
          if (call.function != null) {
            call.argument(line, i);
            call.mode(line).ifPresent(found::add);
          }
        } else if (c == ',' && !open.isEmpty() && open.peek().function != null) {
          open.peek().argument(line, i);
        }
      }
      return found;
    }

    /** The function with a mode that is called by the parenthesis there, or null. */
    private static String function(String line, int parenthesis) {
      int begin = parenthesis;
      while (begin > 0
          && parenthesis - begin <= LONGEST_FUNCTION
          && isWord(line.charAt(begin - 1))) {
        begin--;
      }
      int module = begin - MODULE.length();
      boolean ofTorch =
          module >= 0
              && line.startsWith(MODULE, module)
              && (module == 0
                  || !isWord(line.charAt(module - 1)) && line.charAt(module - 1) != '.');
      String name = line.substring(begin, parenthesis);
      return ofTorch && MODE_ARGUMENTS.containsKey(name) ? name : null;
    }

    private static boolean isWord(char c) {
      return c == '_' || Character.isLetterOrDigit(c);
    }
  }

  /** A part of a line. */
  private record Place(int begin, int end) {
    String of(String line) {
      return line.substring(begin, end);
    }

    boolean isLiteral(String line) {
      String text = of(line);
      return text.equals("True") || text.equals("False");
    }
  }

  /** A call whose arguments are being read, or anything else in brackets. */
  private static final class Call {
    private final String function;
    private final List<Place> arguments = new ArrayList<>(0);
    private int begin;

    Call(String function, int begin) {
      this.function = function;
      this.begin = begin;
    }

    /** Takes the argument that ends there, without the white space around it. */
    void argument(String line, int end) {
      int from = begin;
      int to = end;
      while (from < to && line.charAt(from) == ' ') {
        from++;
      }
      while (to > from && line.charAt(to - 1) == ' ') {
        to--;
      }
      arguments.add(new Place(from, to));
      begin = end + 1;
    }

    /** The literal for the mode, if there is one. */
    Optional<Place> mode(String line) {
      int number = MODE_ARGUMENTS.get(function);
      if (RECURRENT.contains(function)
          && arguments.size() > HAS_BIASES
          && !arguments.get(HAS_BIASES).isLiteral(line)) {
        // Of packed sequences: the batch sizes come second.
        number++;
      }
      if (arguments.size() <= number || !arguments.get(number).isLiteral(line)) {
        return Optional.empty();
      }
      if (number == NORMALISATION_MODE) {
        String mean = arguments.get(RUNNING_MEAN).of(line);
        if (mean.equals("None") || mean.startsWith("annotate(Optional[Tensor], None")) {
          // Without running statistics there is but one mode.
          return Optional.empty();
        }
      }
      return Optional.of(arguments.get(number));
    }
  }
}
