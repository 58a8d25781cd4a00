package io.pemn.packager.imports;

import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.packager.tensors.PrintableName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which tensor of a state_dict is which parameter of a network. A state_dict with the network's own
 * names is matched by these. Any other is matched by order: its layers are those of the network,
 * one after the other, each with the same members ({@code weight}, {@code bias}, {@code
 * running_mean}, {@code running_var}) of the same shapes.
 *
 * @param tensors every parameter of the network, in its order
 * @param masked whether there are scores, for every weight that a mask can replace
 */
record StateMatch(List<Matched> tensors, boolean masked) {
  private static final String WRAPPED = "module.";
  private static final int DIFFERENCES_IN_MESSAGE = 3;

  /** Members of a layer in the order in which PyTorch has them. */
  private static final List<String> MEMBERS =
      List.of(
          StateTensor.WEIGHT,
          StateTensor.SCORES,
          StateTensor.BIAS,
          StateTensor.RUNNING_MEAN,
          StateTensor.RUNNING_VAR,
          StateTensor.COUNTER);

  private static final Pattern PART = Pattern.compile("[0-9]+|[^0-9]+");

  /**
   * A parameter and where its numbers are.
   *
   * @param parameter of the network
   * @param values its numbers
   * @param scores those of its mask, if it has one
   */
  record Matched(ParameterShape parameter, StateTensor values, Optional<StateTensor> scores) {}

  /**
   * Finds them.
   *
   * @throws ImportException if the state_dict is another network's
   */
  static StateMatch of(BuiltInDescription network, StateDict state) throws ImportException {
    return new Search(network, state).match();
  }

  /** One attempt. */
  private static final class Search {
    private final BuiltInDescription network;
    private final StateDict state;
    private final Map<String, StateTensor> values = new LinkedHashMap<>();
    private final Map<String, StateTensor> scores = new LinkedHashMap<>();

    /** By the names with which {@link #values} and {@link #scores} know them. */
    Search(BuiltInDescription network, StateDict state) throws ImportException {
      this.network = network;
      this.state = state;
      List<StateTensor> tensors = state.tensors();
      boolean wrapped =
          !tensors.isEmpty() && tensors.stream().allMatch(t -> t.name().startsWith(WRAPPED));
      for (StateTensor tensor : tensors) {
        String name = wrapped ? tensor.name().substring(WRAPPED.length()) : tensor.name();
        switch (StateTensor.member(name)) {
          case StateTensor.COUNTER -> {}
          case StateTensor.SCORES -> scores.put(StateTensor.layer(name), tensor);
          default -> values.put(name, tensor);
        }
      }
      checkScores();
    }

    /** Scores belong to the weight beside them. */
    private void checkScores() throws ImportException {
      for (Map.Entry<String, StateTensor> score : scores.entrySet()) {
        String layer = score.getKey();
        String name = layer.isEmpty() ? StateTensor.WEIGHT : layer + "." + StateTensor.WEIGHT;
        StateTensor weight = values.get(name);
        if (weight == null || !weight.shape().equals(score.getValue().shape())) {
          throw failure(
              "has the scores "
                  + score.getValue().text()
                  + (weight == null ? " without a weight" : " beside the weight " + weight.text())
                  + ", expected scores of the weight's own shape beside it; it is damaged, or from"
                  + " another program");
        }
      }
    }

    StateMatch match() throws ImportException {
      Map<String, ParameterShape> parameters = new LinkedHashMap<>();
      network.parameters().forEach(parameter -> parameters.put(parameter.name(), parameter));
      long known = parameters.keySet().stream().filter(values::containsKey).count();
      List<String> names;
      if (2 * known > parameters.size()) {
        checkNames(parameters);
        names = List.copyOf(parameters.keySet());
      } else {
        names = inOrder();
      }
      List<Matched> matched = new ArrayList<>();
      int i = 0;
      for (ParameterShape parameter : parameters.values()) {
        String name = names.get(i++);
        matched.add(
            new Matched(
                parameter,
                values.get(name),
                parameter.role() == Role.WEIGHT
                    ? Optional.ofNullable(scores.get(StateTensor.layer(name)))
                    : Optional.empty()));
      }
      checkMasks(matched);
      return new StateMatch(matched, !scores.isEmpty());
    }

    private void checkNames(Map<String, ParameterShape> parameters) throws ImportException {
      // What only one side has says more about the network than shapes, and comes first.
      List<String> differences = new ArrayList<>();
      List<String> shapes = new ArrayList<>();
      for (ParameterShape parameter : parameters.values()) {
        StateTensor tensor = values.get(parameter.name());
        if (tensor == null) {
          differences.add("it lacks " + text(parameter));
        } else if (!tensor.hasShape(parameter.shape())) {
          shapes.add("it has " + tensor.text() + " for " + text(parameter));
        }
      }
      for (Map.Entry<String, StateTensor> tensor : values.entrySet()) {
        if (!parameters.containsKey(tensor.getKey())) {
          differences.add("it has " + tensor.getValue().text() + ", which the network lacks");
        }
      }
      differences.addAll(shapes);
      if (!differences.isEmpty()) {
        throw anotherNetwork(differences, List.copyOf(values.keySet()));
      }
    }

    /** Names of {@link #values} in the order of the network's parameters. */
    private List<String> inOrder() throws ImportException {
      List<String> asFound = grouped(List.copyOf(values.keySet()));
      List<String> byName = asFound.stream().sorted(NATURAL).toList();
      List<String> likelier = state.isOrdered() ? asFound : byName;
      List<String> other = state.isOrdered() ? byName : asFound;
      List<String> differences = differences(likelier);
      if (differences.isEmpty()) {
        return likelier;
      }
      if (differences(other).isEmpty()) {
        return other;
      }
      throw anotherNetwork(differences, likelier);
    }

    private List<String> differences(List<String> names) {
      List<ParameterShape> parameters = network.parameters();
      List<String> differences = new ArrayList<>();
      for (int i = 0; i < Math.max(names.size(), parameters.size()); i++) {
        if (i >= names.size()) {
          differences.add("it lacks " + text(parameters.get(i)));
        } else if (i >= parameters.size()) {
          differences.add(
              "it has " + values.get(names.get(i)).text() + ", which the network lacks");
        } else if (!isLike(names.get(i), parameters.get(i))) {
          differences.add(
              "it has " + values.get(names.get(i)).text() + " for " + text(parameters.get(i)));
        }
      }
      return differences;
    }

    private boolean isLike(String name, ParameterShape parameter) {
      return StateTensor.member(name).equals(StateTensor.member(parameter.name()))
          && values.get(name).hasShape(parameter.shape());
    }

    private ImportException anotherNetwork(List<String> differences, List<String> names) {
      int shown = Math.min(DIFFERENCES_IN_MESSAGE, differences.size());
      int more = differences.size() - shown;
      return failure(
          "is no checkpoint of the network that the options describe: it has "
              + values.size()
              + " tensors beside scores and counters where that has "
              + network.parameters().size()
              + ", and "
              + differences.size()
              + (differences.size() == 1 ? " differs: " : " differ: ")
              + String.join("; ", differences.subList(0, shown))
              + (more > 0 ? "; and " + more + " more" : "")
              + "; "
              + LikelyNetwork.of(names.stream().map(values::get).toList(), network)
                  .map(options -> "its shapes are those of " + options)
                  .orElse("give the options with which it was trained"));
    }

    private void checkMasks(List<Matched> matched) throws ImportException {
      Set<StateTensor> unused = new LinkedHashSet<>(scores.values());
      List<Matched> weights =
          matched.stream().filter(m -> m.parameter().role() == Role.WEIGHT).toList();
      List<Matched> without = weights.stream().filter(m -> m.scores().isEmpty()).toList();
      weights.forEach(m -> m.scores().ifPresent(unused::remove));
      if (!unused.isEmpty()) {
        throw failure(
            "has the scores "
                + unused.iterator().next().text()
                + ", which belong to nothing that a mask can replace; it is from another program");
      }
      if (!scores.isEmpty() && !without.isEmpty()) {
        throw failure(
            "has scores for "
                + (weights.size() - without.size())
                + " weights, but none for "
                + without.stream()
                    .limit(DIFFERENCES_IN_MESSAGE)
                    .map(m -> PrintableName.quoted(m.values().name()))
                    .collect(Collectors.joining(", "))
                + (without.size() > DIFFERENCES_IN_MESSAGE
                    ? " and " + (without.size() - DIFFERENCES_IN_MESSAGE) + " more"
                    : "")
                + ", expected scores for all of them or none; save it again");
      }
    }

    private ImportException failure(String clause) {
      return new ImportException(state.path() + " " + clause + ".");
    }

    private static String text(ParameterShape parameter) {
      return StateTensor.text(parameter.name(), parameter.shape());
    }
  }

  /** The members of a layer side by side, layers in the order of their first members. */
  private static List<String> grouped(List<String> names) {
    Map<String, List<String>> layers = new LinkedHashMap<>();
    for (String name : names) {
      layers.computeIfAbsent(StateTensor.layer(name), layer -> new ArrayList<>()).add(name);
    }
    List<String> grouped = new ArrayList<>();
    for (List<String> layer : layers.values()) {
      layer.sort(Comparator.comparingInt(StateMatch::rank));
      grouped.addAll(layer);
    }
    return grouped;
  }

  private static int rank(String name) {
    int rank = MEMBERS.indexOf(StateTensor.member(name));
    return rank < 0 ? MEMBERS.size() : rank;
  }

  /** Layers by their names, shorter numbers in these before longer ones: 2.x before 10.x. */
  private static final Comparator<String> NATURAL =
      Comparator.<String, String>comparing(StateTensor::layer, StateMatch::compareNaturally)
          .thenComparingInt(StateMatch::rank);

  private static int compareNaturally(String first, String second) {
    List<String> a = parts(first);
    List<String> b = parts(second);
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      boolean numbers = isNumber(a.get(i)) && isNumber(b.get(i));
      int order = numbers ? Integer.compare(a.get(i).length(), b.get(i).length()) : 0;
      order = order == 0 ? a.get(i).compareTo(b.get(i)) : order;
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(a.size(), b.size());
  }

  private static List<String> parts(String name) {
    Matcher matcher = PART.matcher(name);
    return matcher.results().map(MatchResult::group).toList();
  }

  private static boolean isNumber(String part) {
    return part.charAt(0) >= '0' && part.charAt(0) <= '9';
  }
}
