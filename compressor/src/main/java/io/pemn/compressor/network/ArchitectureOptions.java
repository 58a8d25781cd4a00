package io.pemn.compressor.network;

import io.pemn.format.network.Activation;
import io.pemn.format.network.Architecture;
import io.pemn.format.network.ConvMixerArchitecture;
import io.pemn.format.network.MlpArchitecture;
import io.pemn.format.network.Norm;
import io.pemn.format.network.ResNetArchitecture;
import io.pemn.format.network.VisionTransformerArchitecture;
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
    } else if (architecture instanceof ResNetArchitecture a) {
      map.put("arch", "resnet");
      map.put("depth", Integer.toString(a.depth()));
      map.put("dim", Integer.toString(a.width()));
      map.put("activation", a.activation().toString());
    } else if (architecture instanceof VisionTransformerArchitecture a) {
      map.put("arch", "vit");
      map.put("dim", Integer.toString(a.dim()));
      map.put("depth", Integer.toString(a.depth()));
      map.put("patch", Integer.toString(a.patch()));
      map.put("heads", Integer.toString(a.heads()));
      map.put("mlp-ratio", Integer.toString(a.mlpRatio()));
      map.put("class-token", a.classToken() ? "yes" : "no");
      map.put("positions", a.positions() ? "yes" : "no");
      map.put("activation", a.activation().toString());
    }
    if (!norm(architecture).isLearned()) {
      map.put("norm", norm(architecture).toString());
    }
    return map;
  }

  private static Norm norm(Architecture architecture) {
    if (architecture instanceof ConvMixerArchitecture a) {
      return a.norm();
    } else if (architecture instanceof ResNetArchitecture a) {
      return a.norm();
    } else if (architecture instanceof VisionTransformerArchitecture a) {
      return a.norm();
    }
    return ((MlpArchitecture) architecture).norm();
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
              number("dim"),
              number("depth"),
              number("kernel"),
              number("patch"),
              activation(),
              norm());
      case "mlp" ->
          new MlpArchitecture(
              Arrays.stream(get("hidden").split(",")).map(Integer::valueOf).toList(),
              activation(),
              norm());
      case "resnet" -> new ResNetArchitecture(number("depth"), number("dim"), activation(), norm());
      case "vit" ->
          new VisionTransformerArchitecture(
              number("patch"),
              number("dim"),
              number("depth"),
              number("heads"),
              number("mlp-ratio"),
              yes("class-token"),
              yes("positions"),
              activation(),
              norm());
      default ->
          throw unknown("architecture", get("arch"), List.of("convmixer", "mlp", "resnet", "vit"));
    };
  }

  private Activation activation() {
    return constant(Activation.class, "activation", get("activation"));
  }

  /** Learned where nothing is said, as before it could be otherwise. */
  private Norm norm() {
    return constant(Norm.class, "norm", options.getOrDefault("norm", Norm.LEARN.toString()));
  }

  private boolean yes(String option) {
    String value = get(option);
    if (!value.equals("yes") && !value.equals("no")) {
      throw unknown(option, value, List.of("yes", "no"));
    }
    return value.equals("yes");
  }

  private static <E extends Enum<E>> E constant(Class<E> type, String what, String name) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> constant.toString().equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                unknown(
                    what,
                    name,
                    Arrays.stream(type.getEnumConstants()).map(Enum::toString).toList()));
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
