package io.pemn.benchmarks.kernels;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pemn.compressor.loading.Spread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What JMH measured of one kernel with one choice of parameters.
 *
 * @param kernel which
 * @param parameters of the benchmark
 * @param weights a second
 * @param bytes a second
 * @param calls a second
 */
record Measured(
    Kernel kernel, Map<String, String> parameters, Spread weights, Spread bytes, Spread calls) {
  private static final String UNIT = "ops/s";

  /** Reads JMH's results. */
  static List<Measured> parse(String json) {
    List<Measured> all = new ArrayList<>();
    for (JsonElement element : JsonParser.parseString(json).getAsJsonArray()) {
      JsonObject result = element.getAsJsonObject();
      Map<String, String> parameters = new LinkedHashMap<>();
      if (result.has("params")) {
        result
            .getAsJsonObject("params")
            .entrySet()
            .forEach(entry -> parameters.put(entry.getKey(), entry.getValue().getAsString()));
      }
      JsonObject metrics = result.getAsJsonObject("secondaryMetrics");
      all.add(
          new Measured(
              Kernel.of(result.get("benchmark").getAsString()),
              parameters,
              rate(metrics, "weights"),
              rate(metrics, "bytes"),
              rate(metrics, "calls")));
    }
    return all;
  }

  private static Spread rate(JsonObject metrics, String name) {
    JsonObject metric = metrics.getAsJsonObject(name);
    if (!metric.get("scoreUnit").getAsString().equals(UNIT)) {
      throw new IllegalArgumentException(
          "The unit of "
              + name
              + " is "
              + metric.get("scoreUnit").getAsString()
              + ", but the tables need "
              + UNIT
              + "; measure with KernelRun.");
    }
    List<Double> values = new ArrayList<>();
    for (JsonElement fork : metric.getAsJsonArray("rawData")) {
      JsonArray iterations = fork.getAsJsonArray();
      iterations.forEach(value -> values.add(value.getAsDouble()));
    }
    return Spread.of(values);
  }

  /** Whether this is the floor of another measurement. */
  boolean isFloorOf(Measured other) {
    return kernel == other.kernel.floor()
        && kernel.sizes().stream()
            .allMatch(name -> parameters.get(name).equals(other.parameters.get(name)));
  }

  /** What its row is called. */
  String inWords() {
    Map<String, String> shown = new LinkedHashMap<>(parameters);
    shown.put("weights", Long.toString(Math.round(weights.median() / calls.median())));
    return kernel.inWords(shown);
  }
}
