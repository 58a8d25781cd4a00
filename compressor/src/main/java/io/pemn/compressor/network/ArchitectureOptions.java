package io.pemn.compressor.network;

import io.pemn.format.network.Activation;
import io.pemn.format.network.Architecture;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.MlpArchitecture;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Architectures as options by their names on the command line. */
public final class ArchitectureOptions {
  private final Map<String, String> options;

  private ArchitectureOptions(Map<String, String> options) {
    this.options = options;
  }

  /** The options of an architecture, in a fixed order: {@code arch} and those of its family. */
  public static Map<String, String> toMap(Architecture architecture) {
    Map<String, String> map = new LinkedHashMap<>();
    if (architecture instanceof ConvMixerArchitecture a) {
      map.put("arch", "convmixer");
      map.put("dim", Integer.toString(a.dim()));
      map.put("depth", Integer.toString(a.depth()));
      map.put("kernel", Integer.toString(a.kernel()));
      map.put("patch", Integer.toString(a.patch()));
      map.put("activation", a.activation().toString());
    } else if (architecture instanceof MlpArchitecture a) {
      map.put("arch", "mlp");
      map.put("hidden", a.hidden().stream().map(String::valueOf).collect(Collectors.joining(",")));
      map.put("activation", a.activation().toString());
    }
    return map;
  }

  /**
   * The architecture that options describe.
   *
   * @param options as {@link #toMap} gives them; others are passed over
   * @throws IllegalArgumentException in one sentence, if one is missing or out of range
   */
  public static Architecture of(Map<String, String> options) {
    return new ArchitectureOptions(options).architecture();
  }

  private Architecture architecture() {
    return switch (get("arch")) {
      case "convmixer" ->
          new ConvMixerArchitecture(
              number("dim"), number("depth"), number("kernel"), number("patch"), activation());
      case "mlp" ->
          new MlpArchitecture(
              Arrays.stream(get("hidden").split(",")).map(Integer::valueOf).toList(), activation());
      default -> throw unknown("architecture", get("arch"), List.of("convmixer", "mlp"));
    };
  }

  private Activation activation() {
    String name = get("activation");
    return Arrays.stream(Activation.values())
        .filter(activation -> activation.toString().equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                unknown(
                    "activation",
                    name,
                    Arrays.stream(Activation.values()).map(Activation::toString).toList()));
  }

  private int number(String name) {
    return Integer.parseInt(get(name));
  }

  private String get(String name) {
    String value = options.get(name);
    if (value == null) {
      throw new IllegalArgumentException("The option " + name + " is missing.");
    }
    return value;
  }

  private static IllegalArgumentException unknown(String what, String name, List<String> known) {
    return new IllegalArgumentException(
        "There is no " + what + " \"" + name + "\"; use one of " + String.join(", ", known) + ".");
  }
}
