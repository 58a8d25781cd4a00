package io.pemn.packager.torchscript;

import io.pemn.format.NumberType;
import io.pemn.packager.remainder.BatchNorm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the batch normalisations of a module whose code says beyond doubt what they compute at
 * inference: with running statistics, with which epsilon, and that nothing else reads their
 * tensors. Whatever is written in another way than TorchScript's own is left out.
 */
final class BatchNormSearch {
  private static final String FUNCTIONAL = "__torch__.torch.nn.functional.batch_norm";
  private static final String FUNCTIONAL_CODE = "code/__torch__/torch/nn/functional.py";

  /** What the function above must do with its arguments. */
  private static final String FUNCTIONAL_CALL =
      "torch.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps,";

  private static final String COUNTER = "num_batches_tracked";
  private static final Pattern ACCESS =
      Pattern.compile("([\\w.)]+)\\.(weight|bias|running_mean|running_var|num_batches_tracked)\\b");
  private static final Pattern BY_TEXT = Pattern.compile("getattr\\([^\"]*\"([^\"]*)\"\\)");
  private static final Pattern FROM_ATTRIBUTE =
      Pattern.compile("\\s*\\w+ = (?:[\\w.]+\\.(\\w+)|getattr\\([\\w.]+, \"([^\"]*)\"\\))");
  private static final Pattern CALL =
      Pattern.compile("\\s*(?:\\w+ = |return )?([\\w.]+)\\((.*)\\)");
  private static final Pattern ASSIGNMENT = Pattern.compile("\\s*(\\w+) = (.*)");
  private static final Pattern OWN = Pattern.compile("self\\.(\\w+)");

  private final Map<String, String> code;
  private final Map<String, Optional<Norm>> norms = new HashMap<>();

  /** What a class computes, by the names of its attributes. */
  private record Norm(
      String weight,
      String bias,
      String mean,
      String variance,
      boolean usesCounter,
      double epsilon) {}

  private BatchNormSearch(Map<String, String> code) {
    this.code = code;
  }

  /**
   * Searches a module.
   *
   * @param code texts by their path in the module
   * @param objects the class of each object, by its path through the module
   * @param tensors of the module
   */
  static List<BatchNorm> in(
      Map<String, String> code, Map<String, String> objects, List<ModuleTensor> tensors) {
    BatchNormSearch search = new BatchNormSearch(code);
    Optional<Set<String>> shared = search.sharedAttributes();
    if (shared.isEmpty()) {
      return List.of();
    }
    Map<String, ModuleTensor> byName = new HashMap<>();
    tensors.forEach(tensor -> byName.put(tensor.name(), tensor));
    List<BatchNorm> found = new ArrayList<>();
    objects.forEach(
        (path, type) -> {
          if (!shared.get().contains(path.substring(path.lastIndexOf('.') + 1))) {
            search
                .norms
                .computeIfAbsent(type, search::classNorm)
                .flatMap(norm -> bound(norm, path.isEmpty() ? "" : path + ".", byName))
                .ifPresent(found::add);
          }
        });
    return List.copyOf(found);
  }

  private static Optional<BatchNorm> bound(
      Norm norm, String prefix, Map<String, ModuleTensor> tensors) {
    Set<List<Integer>> shapes = new HashSet<>();
    for (String name : List.of(norm.weight, norm.bias, norm.mean, norm.variance)) {
      ModuleTensor tensor = tensors.get(prefix + name);
      if (tensor == null
          || tensor.type() != NumberType.FLOAT32
          || !tensor.aliases().isEmpty()
          || tensor.shape().size() != 1) {
        return Optional.empty();
      }
      shapes.add(tensor.shape());
    }
    if (shapes.size() > 1) {
      return Optional.empty();
    }
    ModuleTensor counter = tensors.get(prefix + COUNTER);
    boolean free = counter != null && counter.aliases().isEmpty() && !norm.usesCounter;
    return Optional.of(
        new BatchNorm(
            prefix + norm.weight,
            prefix + norm.bias,
            prefix + norm.mean,
            prefix + norm.variance,
            free ? Optional.of(prefix + COUNTER) : Optional.empty(),
            norm.epsilon));
  }

  /**
   * The names of submodules whose tensors their parents read, or nothing if it cannot be seen which
   * these are.
   */
  private Optional<Set<String>> sharedAttributes() {
    Set<String> shared = new HashSet<>();
    for (String text : code.values()) {
      Matcher byText = BY_TEXT.matcher(text);
      while (byText.find()) {
        if (ACCESS.matcher("self." + byText.group(1)).matches()) {
          return Optional.empty();
        }
      }
      Set<String> owners = new HashSet<>();
      Matcher access = ACCESS.matcher(text);
      while (access.find()) {
        owners.add(access.group(1));
      }
      owners.remove("self");
      for (String owner : owners) {
        int dot = owner.lastIndexOf('.');
        if (owner.indexOf(')') >= 0) {
          return Optional.empty();
        } else if (dot >= 0) {
          shared.add(owner.substring(dot + 1));
        } else if (!addOrigins(owner, text, shared)) {
          return Optional.empty();
        }
      }
    }
    return Optional.of(shared);
  }

  /** Adds the attributes that a variable is taken from; false if it may be anything else. */
  private static boolean addOrigins(String variable, String text, Set<String> origins) {
    Pattern word = Pattern.compile("\\b" + variable + "\\b");
    boolean found = false;
    for (String line : (Iterable<String>) text.lines()::iterator) {
      if (!line.contains(variable)) {
        continue;
      }
      int equals = line.indexOf(" = ");
      String left = equals < 0 ? "" : line.substring(0, equals);
      boolean parameter =
          word.matcher(line).find() && Pattern.compile("\\b" + variable + ":").matcher(line).find();
      if (parameter || line.stripLeading().startsWith("for ") && word.matcher(line).find()) {
        return false;
      }
      if (word.matcher(left).find()) {
        Matcher origin = FROM_ATTRIBUTE.matcher(line);
        if (!origin.matches() || !left.strip().equals(variable)) {
          return false;
        }
        origins.add(origin.group(1) == null ? origin.group(2) : origin.group(1));
        found = true;
      }
    }
    return found;
  }

  private Optional<Norm> classNorm(String qualified) {
    int dot = qualified.lastIndexOf('.');
    String path =
        ModuleClass.FOLDER
            + qualified.substring(0, Math.max(0, dot)).replace('.', '/')
            + ModuleClass.EXTENSION;
    List<String> forward = new ArrayList<>();
    List<String> others = new ArrayList<>();
    boolean inClass = false;
    boolean inForward = false;
    for (String line : (Iterable<String>) code.getOrDefault(path, "").lines()::iterator) {
      if (!line.isEmpty() && !Character.isWhitespace(line.charAt(0))) {
        inClass = qualified.substring(dot + 1).equals(ModuleClass.begunBy(line));
      } else if (inClass) {
        if (line.startsWith("  def ")) {
          inForward = line.startsWith("  def forward(");
        }
        // What is indented less are declarations, and what is more the rest of a method's head.
        (inForward && line.matches(" {4}\\S.*| {6,}.*") ? forward : others).add(line);
      }
    }
    // The head may go on over lines that look like statements; it ends with a colon.
    while (!forward.isEmpty() && forward.get(0).matches("\\s*\\w+: .*")) {
      forward.remove(0);
    }
    List<String> executed = new ArrayList<>();
    Map<String, String> values = new HashMap<>();
    if (!run(forward, executed, values)) {
      return Optional.empty();
    }
    return norm(executed, values, String.join("\n", others));
  }

  /**
   * Collects what is executed at inference, and what simple variables hold.
   *
   * @return false if that cannot be said
   */
  private static boolean run(
      List<String> lines, List<String> executed, Map<String, String> values) {
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      String statement = line.strip();
      if (statement.startsWith("if ") && statement.endsWith(":")) {
        int otherwise = endOfBlock(lines, i);
        boolean hasElse =
            otherwise < lines.size()
                && lines.get(otherwise).strip().equals("else:")
                && indent(lines.get(otherwise)) == indent(line);
        int end = hasElse ? endOfBlock(lines, otherwise) : otherwise;
        String condition = resolve(statement.substring(3, statement.length() - 1), values);
        boolean sound =
            switch (condition) {
              case "True" -> run(lines.subList(i + 1, otherwise), executed, values);
              case "False" -> !hasElse || run(lines.subList(otherwise + 1, end), executed, values);
              default -> false;
            };
        if (!sound) {
          return false;
        }
        i = end - 1;
      } else if (statement.matches("(for|while|else|elif|with|def|class)\\b.*")) {
        return false;
      } else {
        executed.add(statement);
        Matcher assignment = ASSIGNMENT.matcher(statement);
        if (assignment.matches()
            && values.put(assignment.group(1), resolve(assignment.group(2), values)) != null) {
          return false;
        }
      }
    }
    return true;
  }

  private static int endOfBlock(List<String> lines, int head) {
    int end = head + 1;
    while (end < lines.size() && indent(lines.get(end)) > indent(lines.get(head))) {
      end++;
    }
    return end;
  }

  private static int indent(String line) {
    return line.length() - line.stripLeading().length();
  }

  private static String resolve(String expression, Map<String, String> values) {
    String value = values.getOrDefault(expression, expression);
    return value.equals("self.training") ? "False" : value;
  }

  private Optional<Norm> norm(List<String> executed, Map<String, String> values, String others) {
    List<String> arguments = null;
    boolean ofFunction = false;
    for (String statement : executed) {
      Matcher call = CALL.matcher(statement);
      String function = call.matches() ? resolve(call.group(1), values) : "";
      if (function.equals("torch.batch_norm") || function.equals(FUNCTIONAL)) {
        if (arguments != null) {
          return Optional.empty();
        }
        ofFunction = function.equals(FUNCTIONAL);
        arguments = arguments(call.group(2));
      } else if (statement.contains("batch_norm") && !values.containsValue(FUNCTIONAL)) {
        return Optional.empty();
      }
    }
    if (arguments == null
        || arguments.size() < 8
        || ofFunction && !code.getOrDefault(FUNCTIONAL_CODE, "").contains(FUNCTIONAL_CALL)) {
      return Optional.empty();
    }
    // torch.batch_norm has scales and shifts before the statistics.
    int first = ofFunction ? 3 : 1;
    int statistics = ofFunction ? 1 : 3;
    List<String> tensors = new ArrayList<>();
    for (int at : new int[] {first, first + 1, statistics, statistics + 1}) {
      Matcher own = OWN.matcher(resolve(arguments.get(at), values));
      if (!own.matches() || !isReadOnce(own.group(1), arguments.get(at), executed, others)) {
        return Optional.empty();
      }
      tensors.add(own.group(1));
    }
    if (!resolve(arguments.get(5), values).equals("False") || new HashSet<>(tensors).size() < 4) {
      return Optional.empty();
    }
    double epsilon;
    try {
      epsilon = Double.parseDouble(arguments.get(7));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
    boolean usesCounter =
        executed.stream().anyMatch(statement -> statement.contains(COUNTER))
            || others.contains("self." + COUNTER);
    return epsilon >= 0 && Double.isFinite(epsilon)
        ? Optional.of(
            new Norm(
                tensors.get(0),
                tensors.get(1),
                tensors.get(2),
                tensors.get(3),
                usesCounter,
                epsilon))
        : Optional.empty();
  }

  /** Whether nothing but the call reads an attribute and the variable that holds it. */
  private static boolean isReadOnce(
      String attribute, String argument, List<String> executed, String others) {
    String read = "self." + attribute;
    String all = String.join("\n", executed);
    boolean direct = argument.equals(read);
    return count(read, others) == 0
        && count(read, all) == 1
        && (direct || count(argument, all.replace(read, "")) == 2);
  }

  private static int count(String word, String text) {
    Matcher matcher = Pattern.compile("(?<![\\w.])" + Pattern.quote(word) + "\\b").matcher(text);
    int count = 0;
    while (matcher.find()) {
      count++;
    }
    return count;
  }

  /** The arguments of a call, if none of them has brackets or texts of its own; else none. */
  private static List<String> arguments(String list) {
    if (list.matches(".*[\\[({\"'].*")) {
      return List.of();
    }
    List<String> arguments = new ArrayList<>();
    for (String argument : list.split(",")) {
      if (!argument.isBlank()) {
        arguments.add(argument.strip());
      }
    }
    return arguments;
  }
}
