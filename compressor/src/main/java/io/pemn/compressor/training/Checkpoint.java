package io.pemn.compressor.training;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonDeserializer;
import com.google.gson.JsonSerializer;
import com.google.gson.reflect.TypeToken;
import io.pemn.compressor.masking.ResumableAdamW.Moments;
import io.pemn.format.Mask;
import io.pemn.format.network.ParameterShape;
import io.pemn.packager.AtomicFile;
import io.pemn.packager.tensors.SafetensorsFile;
import io.pemn.packager.tensors.SafetensorsWriter;
import io.pemn.packager.tensors.TensorEntry;
import io.pemn.packager.tensors.TensorType;
import java.io.IOException;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A training after some epoch: enough to go on with the same result, or to pack an archive. It is
 * one safetensors file, so that it is never half there and other tools can look into it.
 *
 * @param run what is trained
 * @param history the epochs so far, at least one
 * @param steps steps so far
 * @param masks the masked layers' masks, as they were evaluated
 * @param scores the masked layers' scores
 * @param parameters values of every other parameter
 * @param moments AdamW's moments of every parameter that has a gradient
 */
public record Checkpoint(
    RunDescription run,
    List<EpochMetrics> history,
    long steps,
    Map<String, Mask> masks,
    Map<String, float[]> scores,
    Map<String, float[]> parameters,
    Map<String, Moments> moments) {
  private static final Type OPTIONAL_EVALUATION =
      new TypeToken<Optional<Evaluation>>() {}.getType();
  private static final Gson GSON =
      new GsonBuilder()
          .registerTypeAdapter(
              OPTIONAL_EVALUATION,
              (JsonSerializer<Optional<Evaluation>>)
                  (test, type, context) -> context.serialize(test.orElse(null), Evaluation.class))
          .registerTypeAdapter(
              OPTIONAL_EVALUATION,
              (JsonDeserializer<Optional<Evaluation>>)
                  (json, type, context) ->
                      Optional.ofNullable(context.deserialize(json, Evaluation.class)))
          .serializeNulls()
          .create();
  private static final String MASK = "mask:";
  private static final String SCORES = "scores:";
  private static final String PARAMETER = "parameter:";
  private static final String MEAN = "adam_mean:";
  private static final String VARIANCE = "adam_variance:";

  /** Epochs trained so far. */
  public int epochs() {
    return history.get(history.size() - 1).epoch();
  }

  /** Saves in one step: afterwards the file holds this checkpoint, or what it held before. */
  public void save(Path file) throws IOException {
    List<TensorEntry> tensors = new ArrayList<>();
    for (ParameterShape parameter : run.network().parameters()) {
      String name = parameter.name();
      long[] shape = parameter.shape().stream().mapToLong(Integer::longValue).toArray();
      if (masks.containsKey(name)) {
        tensors.add(TensorEntry.floats(SCORES + name, shape, scores.get(name)));
      } else {
        tensors.add(TensorEntry.floats(PARAMETER + name, shape, parameters.get(name)));
      }
      if (moments.containsKey(name)) {
        tensors.add(TensorEntry.floats(MEAN + name, shape, moments.get(name).mean()));
        tensors.add(TensorEntry.floats(VARIANCE + name, shape, moments.get(name).variance()));
      }
    }
    for (ParameterShape parameter : run.network().parameters()) {
      Mask mask = masks.get(parameter.name());
      if (mask != null) {
        long[] shape = parameter.shape().stream().mapToLong(Integer::longValue).toArray();
        tensors.add(
            TensorEntry.bytes(MASK + parameter.name(), TensorType.BOOL, shape, mask.toBytes()));
      }
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("pemn_checkpoint", "1");
    metadata.put("run", GSON.toJson(run));
    metadata.put("history", GSON.toJson(history));
    metadata.put("steps", Long.toString(steps));
    AtomicFile.write(file, out -> SafetensorsWriter.write(out, metadata, tensors));
  }

  /**
   * Reads a checkpoint.
   *
   * @throws IOException in one sentence, if it cannot be read or is no checkpoint
   */
  public static Checkpoint load(Path file) throws IOException {
    SafetensorsFile tensors = SafetensorsFile.read(file);
    Map<String, String> metadata = tensors.metadata();
    if (!"1".equals(metadata.get("pemn_checkpoint"))) {
      throw new IOException(
          file
              + " is a safetensors file, but no checkpoint of this version of pemn;"
              + " give a run directory that pemn compress wrote.");
    }
    try {
      RunDescription run =
          required(GSON.fromJson(metadata.get("run"), RunDescription.class)).complete();
      List<EpochMetrics> history =
          required(GSON.fromJson(metadata.get("history"), new TypeToken<List<EpochMetrics>>() {}));
      long steps = Long.parseLong(required(metadata.get("steps")));
      checkHistory(history, steps, run.trainingOptions().epochs());
      Map<String, Mask> masks = new LinkedHashMap<>();
      Map<String, float[]> scores = new LinkedHashMap<>();
      Map<String, float[]> parameters = new LinkedHashMap<>();
      Map<String, Moments> moments = new LinkedHashMap<>();
      boolean masked = run.trainingOptions().masked();
      for (ParameterShape parameter : run.network().parameters()) {
        String name = parameter.name();
        if (masked && parameter.role() == ParameterShape.Role.WEIGHT) {
          Mask mask = Mask.ofBytes(tensors.bytes(MASK + name));
          if (mask.size() != parameter.size()) {
            throw new IllegalArgumentException(name + " has " + mask.size() + " positions");
          }
          masks.put(name, mask);
          scores.put(name, sized(parameter, tensors.floats(SCORES + name)));
        } else {
          parameters.put(name, sized(parameter, tensors.floats(PARAMETER + name)));
        }
        if (tensors.contains(MEAN + name)) {
          moments.put(
              name,
              new Moments(
                  sized(parameter, tensors.floats(MEAN + name)),
                  sized(parameter, tensors.floats(VARIANCE + name))));
        }
      }
      return new Checkpoint(run, List.copyOf(history), steps, masks, scores, parameters, moments);
    } catch (RuntimeException e) {
      // Whatever is wrong with the text: Gson wraps what a record's constructor throws.
      throw new IOException(
          "The checkpoint "
              + file
              + " does not describe its training as pemn does; begin the run anew.",
          e);
    }
  }

  private static void checkHistory(List<EpochMetrics> history, long steps, int epochs) {
    boolean sound = !history.isEmpty() && history.size() <= epochs;
    for (int i = 0; sound && i < history.size(); i++) {
      sound = history.get(i).epoch() == i + 1 && history.get(i).test() != null;
    }
    if (!sound
        || history.get(history.size() - 1).steps() != steps
        || steps < 1
        || steps > Integer.MAX_VALUE
        || history.size() == epochs && history.get(epochs - 1).test().isEmpty()) {
      throw new IllegalArgumentException("The history contradicts itself.");
    }
  }

  private static <T> T required(T value) {
    if (value == null) {
      throw new IllegalArgumentException("A part of the description is missing.");
    }
    return value;
  }

  private static float[] sized(ParameterShape parameter, float[] values) {
    if (values.length != parameter.size()) {
      throw new IllegalArgumentException(parameter.name() + " has " + values.length + " values");
    }
    return values;
  }
}
