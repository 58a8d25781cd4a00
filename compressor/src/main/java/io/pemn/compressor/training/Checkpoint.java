package io.pemn.compressor.training;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonDeserializer;
import com.google.gson.JsonSerializer;
import com.google.gson.reflect.TypeToken;
import io.pemn.compressor.masking.MaskRule;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.masking.ResumableAdamW.Moments;
import io.pemn.compressor.masking.StreamedValues;
import io.pemn.format.LayerMask;
import io.pemn.format.Mask;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.ParameterShape.Role;
import io.pemn.loader.RemainderTensor;
import io.pemn.packager.AtomicFile;
import io.pemn.packager.tensors.SafetensorsFile;
import io.pemn.packager.tensors.SafetensorsWriter;
import io.pemn.packager.tensors.TensorEntry;
import io.pemn.packager.tensors.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A training after some epoch: enough to go on with the same result, or to pack an archive. It is
 * one safetensors file, so that it is never half there and other tools can look into it, with a
 * digest of itself, so that a damaged one is found out.
 *
 * @param run what is trained
 * @param history the epochs so far, at least one
 * @param steps steps so far
 * @param masks the masked layers' masks, as they were evaluated
 * @param scores the masked layers' scores, where they are kept: read when it is saved or gone on
 *     from
 * @param scales what the masked layers' prototype values are multiplied with
 * @param bounds the strengths from which on weights are kept, of layers where they stay the same
 * @param parameters values of every other parameter that an optimizer steps
 * @param statistics all other tensors of the network
 * @param moments AdamW's moments of every parameter that has a gradient, likewise
 */
public record Checkpoint(
    RunDescription run,
    List<EpochMetrics> history,
    long steps,
    Map<String, LayerMask> masks,
    Map<String, StreamedValues> scores,
    Map<String, Float> scales,
    Map<String, Float> bounds,
    Map<String, float[]> parameters,
    Map<String, RemainderTensor> statistics,
    Map<String, Moments> moments) {
  private static final String VERSION = "3";
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
  private static final String KEPT = "kept:";
  private static final String NEGATED = "negated:";
  private static final String SCALE = "scale:";
  private static final String BOUND = "bound:";
  private static final String SCORES = "scores:";
  private static final String PARAMETER = "parameter:";
  private static final String MEAN = "adam_mean:";
  private static final String VARIANCE = "adam_variance:";

  /** The same, with another description of its run. */
  public Checkpoint withRun(RunDescription description) {
    return new Checkpoint(
        description,
        history,
        steps,
        masks,
        scores,
        scales,
        bounds,
        parameters,
        statistics,
        moments);
  }

  /**
   * The same once it is saved, with its scores and moments in the file, so that it outlives the
   * training that they are from.
   *
   * @param file where it was saved, which is read again only if the training is gone on with
   */
  Checkpoint in(Path file) throws IOException {
    SafetensorsFile tensors = SafetensorsFile.read(file);
    Map<String, StreamedValues> scoresThere = new LinkedHashMap<>();
    scores.forEach(
        (name, values) ->
            scoresThere.put(name, new StoredValues(tensors, SCORES + name, values.size())));
    Map<String, Moments> momentsThere = new LinkedHashMap<>();
    moments.forEach(
        (name, values) ->
            momentsThere.put(name, storedMoments(tensors, name, values.mean().size())));
    return new Checkpoint(
        run,
        history,
        steps,
        masks,
        scoresThere,
        scales,
        bounds,
        parameters,
        statistics,
        momentsThere);
  }

  private static Moments storedMoments(SafetensorsFile tensors, String name, int size) {
    return new Moments(
        new StoredValues(tensors, MEAN + name, size),
        new StoredValues(tensors, VARIANCE + name, size));
  }

  /** Epochs trained so far. */
  public int epochs() {
    return history.get(history.size() - 1).epoch();
  }

  /** Saves in one step: afterwards the file holds this checkpoint, or what it held before. */
  public void save(Path file) throws IOException {
    save(file, Optional.empty());
  }

  /**
   * Saves in one step, and keeps what the file held before.
   *
   * @param previous the other file, which holds a whole checkpoint whenever the first does not
   * @throws IOException in one sentence, if it cannot be written
   */
  void save(Path file, Optional<Path> previous) throws IOException {
    List<TensorEntry> tensors = new ArrayList<>();
    List<ParameterShape> all = run.networkParameters();
    for (ParameterShape parameter : all) {
      String name = parameter.name();
      long[] shape = shape(parameter);
      if (masks.containsKey(name)) {
        tensors.add(floats(SCORES + name, shape, scores.get(name)));
        tensors.add(TensorEntry.floats(SCALE + name, new long[0], new float[] {scales.get(name)}));
        if (bounds.containsKey(name)) {
          tensors.add(
              TensorEntry.floats(BOUND + name, new long[0], new float[] {bounds.get(name)}));
        }
      } else if (parameters.containsKey(name)) {
        tensors.add(TensorEntry.floats(PARAMETER + name, shape, parameters.get(name)));
      } else {
        RemainderTensor statistic = statistics.get(name);
        byte[] data = new byte[statistic.data().remaining()];
        statistic.data().get(data);
        tensors.add(
            TensorEntry.bytes(PARAMETER + name, TensorType.of(statistic.type()), shape, data));
      }
      if (moments.containsKey(name)) {
        tensors.add(floats(MEAN + name, shape, moments.get(name).mean()));
        tensors.add(floats(VARIANCE + name, shape, moments.get(name).variance()));
      }
    }
    for (ParameterShape parameter : all) {
      LayerMask mask = masks.get(parameter.name());
      if (mask != null) {
        if (!(mask instanceof LayerMask.Sign)) {
          addMask(KEPT + parameter.name(), parameter, mask.kept(), tensors);
        }
        if (!(mask instanceof LayerMask.Keep)) {
          addMask(NEGATED + parameter.name(), parameter, mask.negated(), tensors);
        }
      }
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("pemn_checkpoint", VERSION);
    metadata.put("run", GSON.toJson(run));
    metadata.put("history", GSON.toJson(history));
    metadata.put("steps", Long.toString(steps));
    try {
      Map<String, String> withDigest = SelfDigest.added(metadata, tensors);
      AtomicFile.writeOfRun(
          file, previous, out -> SafetensorsWriter.write(out, withDigest, tensors));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** A tensor that is written chunk by chunk. */
  private static TensorEntry floats(String name, long[] shape, StreamedValues values) {
    return TensorEntry.of(
        name,
        TensorType.F32,
        shape,
        out -> {
          ByteBuffer bytes =
              ByteBuffer.allocate(Float.BYTES * Math.min(StreamedValues.CHUNK, values.size()))
                  .order(ByteOrder.LITTLE_ENDIAN);
          values.forEachChunk(
              (chunk, count) -> {
                bytes.asFloatBuffer().put(chunk, 0, count);
                out.write(bytes.array(), 0, Float.BYTES * count);
              });
        });
  }

  private static void addMask(
      String name, ParameterShape layer, Mask mask, List<TensorEntry> tensors) {
    tensors.add(
        TensorEntry.of(name, TensorType.BOOL, shape(layer), out -> out.write(mask.toBytes())));
  }

  private static long[] shape(ParameterShape parameter) {
    return parameter.shape().stream().mapToLong(Integer::longValue).toArray();
  }

  /**
   * Reads a checkpoint.
   *
   * @throws IOException in one sentence, if it cannot be read or is no checkpoint
   */
  public static Checkpoint load(Path file) throws IOException {
    return load(file, true);
  }

  /**
   * Reads a checkpoint without its scores and moments, which are most of it and are only needed to
   * go on.
   *
   * @throws IOException in one sentence, if it cannot be read or is no checkpoint
   */
  public static Checkpoint loadResult(Path file) throws IOException {
    return load(file, false);
  }

  private static Checkpoint load(Path file, boolean toGoOn) throws IOException {
    SafetensorsFile tensors = SafetensorsFile.read(file);
    Map<String, String> metadata = tensors.metadata();
    if (!VERSION.equals(metadata.get("pemn_checkpoint"))) {
      throw new IOException(
          file
              + " is a safetensors file, but no checkpoint of this version of pemn;"
              + " give a run directory that pemn compress wrote.");
    }
    SelfDigest.check(file, metadata);
    try {
      RunDescription run =
          required(GSON.fromJson(metadata.get("run"), RunDescription.class)).complete();
      List<EpochMetrics> history =
          required(GSON.fromJson(metadata.get("history"), new TypeToken<List<EpochMetrics>>() {}));
      long steps = Long.parseLong(required(metadata.get("steps")));
      checkHistory(history, steps, run.trainingOptions().epochs());
      Map<String, LayerMask> masks = new LinkedHashMap<>();
      Map<String, StreamedValues> scores = new LinkedHashMap<>();
      Map<String, Float> scales = new LinkedHashMap<>();
      Map<String, Float> bounds = new LinkedHashMap<>();
      Map<String, float[]> parameters = new LinkedHashMap<>();
      Map<String, RemainderTensor> statistics = new LinkedHashMap<>();
      Map<String, Moments> moments = new LinkedHashMap<>();
      Optional<MaskRule> rule = run.trainingOptions().mask();
      for (ParameterShape parameter : run.networkParameters()) {
        String name = parameter.name();
        if (parameter.role() == Role.STATISTIC) {
          statistics.put(
              name,
              new RemainderTensor(
                  name,
                  parameter.shape(),
                  tensors.type(PARAMETER + name).numberType(),
                  tensors.tensor(PARAMETER + name)));
        } else if (rule.isPresent() && parameter.role() == Role.WEIGHT) {
          masks.put(name, mask(rule.get().type(), parameter, tensors));
          if (toGoOn) {
            requireSize(parameter, SCORES, tensors);
            scores.put(name, new StoredValues(tensors, SCORES + name, parameter.size()));
          }
          scales.put(name, tensors.floats(SCALE + name)[0]);
          if (rule.get().keepsBounds()) {
            bounds.put(name, tensors.floats(BOUND + name)[0]);
          }
        } else {
          parameters.put(name, sized(parameter, tensors.floats(PARAMETER + name)));
        }
        if (toGoOn && tensors.contains(MEAN + name)) {
          requireSize(parameter, MEAN, tensors);
          requireSize(parameter, VARIANCE, tensors);
          moments.put(name, storedMoments(tensors, name, parameter.size()));
        }
      }
      return new Checkpoint(
          run,
          List.copyOf(history),
          steps,
          masks,
          scores,
          scales,
          bounds,
          parameters,
          statistics,
          moments);
    } catch (RuntimeException e) {
      // Whatever is wrong with the text: Gson wraps what a record's constructor throws.
      throw new IOException(
          "The checkpoint "
              + file
              + " does not describe its training as pemn does; begin the run anew.",
          e);
    }
  }

  private static LayerMask mask(MaskType type, ParameterShape layer, SafetensorsFile tensors)
      throws IOException {
    return switch (type) {
      case BINARY -> new LayerMask.Keep(mask(KEPT, layer, tensors));
      case SIGN -> new LayerMask.Sign(mask(NEGATED, layer, tensors));
      case TERNARY ->
          new LayerMask.Ternary(mask(KEPT, layer, tensors), mask(NEGATED, layer, tensors));
    };
  }

  private static Mask mask(String prefix, ParameterShape layer, SafetensorsFile tensors)
      throws IOException {
    Mask mask = Mask.ofBytes(tensors.bytes(prefix + layer.name()));
    if (mask.size() != layer.size()) {
      throw new IllegalArgumentException(layer.name() + " has " + mask.size() + " positions");
    }
    return mask;
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

  private static void requireSize(ParameterShape parameter, String prefix, SafetensorsFile tensors)
      throws IOException {
    String name = prefix + parameter.name();
    if (tensors.type(name) != TensorType.F32
        || Arrays.stream(tensors.shape(name)).reduce(1, (a, b) -> a * b) != parameter.size()) {
      throw new IllegalArgumentException(name + " is not " + parameter.size() + " floats");
    }
  }

  private static float[] sized(ParameterShape parameter, float[] values) {
    if (values.length != parameter.size()) {
      throw new IllegalArgumentException(parameter.name() + " has " + values.length + " values");
    }
    return values;
  }
}
