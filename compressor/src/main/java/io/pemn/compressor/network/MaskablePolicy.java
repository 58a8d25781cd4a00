package io.pemn.compressor.network;

import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.packager.torchscript.ModuleTensor;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Decides which tensors of a module masks replace: every trained floating-point parameter of two or
 * more dimensions, unless it is small or says by its name or shape that it is a table of positions
 * or tokens. Patterns on the names have the last word.
 */
public final class MaskablePolicy {
  /** Below this many weights a mask saves less than half a kilobyte. */
  static final int LEAST_WEIGHTS = 128;

  private static final Pattern POSITIONS =
      Pattern.compile(
          "(^|.*[._])(pos|position|positions|positional)([._]?(emb|embed|embedding|embeddings"
              + "|encoding|bias|table))?[0-9]*([._](weight|table))?$");

  private final List<PathMatcher> include;
  private final List<PathMatcher> exclude;

  /**
   * A policy.
   *
   * @param include glob patterns of names to mask whatever their size; {@code *} stands for any
   *     characters
   * @param exclude glob patterns of names never to mask; stronger than include
   * @throws IllegalArgumentException in one sentence, if a pattern is malformed
   */
  public MaskablePolicy(List<String> include, List<String> exclude) {
    this.include = include.stream().map(MaskablePolicy::matcher).toList();
    this.exclude = exclude.stream().map(MaskablePolicy::matcher).toList();
  }

  /**
   * What becomes of a tensor.
   *
   * @param parameter its name, shape and role
   * @param reason why, in a few words
   */
  public record Decision(ParameterShape parameter, String reason) {}

  /** Decides for every tensor of a module, in its order. */
  public List<Decision> decide(List<ModuleTensor> tensors) {
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
    if (matches(include, tensor)) {
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

  private static boolean matches(List<PathMatcher> patterns, ModuleTensor tensor) {
    return patterns.stream()
        .anyMatch(
            pattern ->
                pattern.matches(Path.of(tensor.name()))
                    || tensor.aliases().stream().anyMatch(a -> pattern.matches(Path.of(a))));
  }

  private static PathMatcher matcher(String pattern) {
    try {
      return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          "The pattern \"" + pattern + "\" is malformed; use * for any characters.", e);
    }
  }
}
