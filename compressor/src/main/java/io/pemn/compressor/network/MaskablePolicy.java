package io.pemn.compressor.network;

import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.packager.torchscript.ModuleTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Decides which tensors of a module masks replace: every trained floating-point parameter of two or
 * more dimensions, unless it is small or says by its name or shape that it is a table of positions.
 * Patterns on the names have the last word.
 */
public final class MaskablePolicy {
  /** Below this many weights a mask saves less than half a kilobyte. */
  static final int LEAST_WEIGHTS = 128;

  private static final Pattern POSITIONS =
      Pattern.compile(
          "(^|.*[._])(pos|position|positions|positional)([._]?(emb|embed|embedding|embeddings"
              + "|encoding|bias|table))?[0-9]*([._](weight|table))?$");

  private final List<String> include;
  private final List<String> exclude;

  /**
   * A policy.
   *
   * @param include patterns of names to mask whatever their size; {@code *} stands for any
   *     characters, {@code ?} for one
   * @param exclude patterns of names never to mask; stronger than include
   */
  public MaskablePolicy(List<String> include, List<String> exclude) {
    this.include = List.copyOf(include);
    this.exclude = List.copyOf(exclude);
  }

  /**
   * What becomes of a tensor.
   *
   * @param parameter its name, shape and role
   * @param reason why, in a few words
   */
  public record Decision(ParameterShape parameter, String reason) {}

  /**
   * Decides for every tensor of a module, in its order.
   *
   * @throws IllegalArgumentException in one sentence, if a pattern is the name of none of them
   */
  public List<Decision> decide(List<ModuleTensor> tensors) {
    Stream.concat(include.stream(), exclude.stream())
        .filter(pattern -> tensors.stream().noneMatch(tensor -> matches(pattern, tensor)))
        .findFirst()
        .ifPresent(
            pattern -> {
              throw new IllegalArgumentException(
                  "No parameter of the module has a name like \""
                      + pattern
                      + "\"; pemn compress MODEL --dry-run lists their names.");
            });
    List<Decision> decisions = new ArrayList<>();
    for (ModuleTensor tensor : tensors) {
      decisions.add(decide(tensor));
    }
    return List.copyOf(decisions);
  }

  private Decision decide(ModuleTensor tensor) {
    long size = tensor.shape().stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    long wide = tensor.shape().stream().filter(dimension -> dimension > 1).count();
    if (tensor.kind() != ModuleTensor.Kind.PARAMETER) {
      return as(tensor, Role.STATISTIC, "buffer");
    }
    if (!tensor.type().isFloat()) {
      return as(tensor, Role.STATISTIC, "no floating-point numbers");
    }
    if (!tensor.requiresGradient()) {
      return as(tensor, Role.STATISTIC, "frozen in the module");
    }
    if (matches(exclude, tensor)) {
      return as(tensor, Role.LEARNED, "excluded by pattern");
    }
    if (size == 0) {
      return as(tensor, Role.STATISTIC, "empty");
    }
    if (matches(include, tensor) && !tensor.shape().isEmpty()) {
      return as(tensor, Role.WEIGHT, "included by pattern");
    }
    if (wide < 2) {
      return as(tensor, Role.LEARNED, "one dimension");
    }
    boolean table = tensor.shape().size() == 3 && tensor.shape().get(0) == 1;
    if (table || POSITIONS.matcher(tensor.name()).matches()) {
      return as(tensor, Role.LEARNED, "position embedding");
    }
    if (size < LEAST_WEIGHTS) {
      return as(tensor, Role.LEARNED, "small");
    }
    return as(tensor, Role.WEIGHT, "weight");
  }

  private static Decision as(ModuleTensor tensor, Role role, String reason) {
    return new Decision(new ParameterShape(tensor.name(), tensor.shape(), role), reason);
  }

  private static boolean matches(List<String> patterns, ModuleTensor tensor) {
    return patterns.stream().anyMatch(pattern -> matches(pattern, tensor));
  }

  private static boolean matches(String pattern, ModuleTensor tensor) {
    Pattern names =
        Pattern.compile(
            Arrays.stream(pattern.split("(?<=[*?])|(?=[*?])"))
                .map(part -> part.equals("*") ? ".*" : part.equals("?") ? "." : Pattern.quote(part))
                .collect(Collectors.joining()),
            Pattern.DOTALL);
    return names.matcher(tensor.name()).matches()
        || tensor.aliases().stream().anyMatch(alias -> names.matcher(alias).matches());
  }
}
