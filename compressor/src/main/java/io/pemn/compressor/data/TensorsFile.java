package io.pemn.compressor.data;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.pemn.format.Normalization;
import io.pemn.format.NumberType;
import io.pemn.format.network.InputTensor;
import io.pemn.packager.tensors.SafetensorsException;
import io.pemn.packager.tensors.SafetensorsFile;
import io.pemn.packager.tensors.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Samples of any kind in one safetensors file, whose tensors all have the sample as their first
 * dimension:
 *
 * <pre>
 * x, or x0 x1 ...             what the inputs of the network get: F32, F16, F64, I64, I32, U8, BOOL
 * y                           I64, I32 or U8 of shape (N) or (N, 1): the class of each sample;
 *                             F32 of any shape (N, ...): the target of each sample; may be absent
 * x_test, or x0_test ...      samples to test with, and their y_test; may be absent
 * </pre>
 *
 * <p>Without test tensors about one sample in five is held out for testing, chosen by a hash of its
 * index alone. There are as many classes as the metadata {@code classes} says, a number or a JSON
 * array of their names, or else one more than the greatest label.
 */
final class TensorsFile implements DataSource {
  private static final String TEST = "_test";
  private static final int MOST_CLASSES = 1 << 20;
  private static final int MOST_INPUTS = 64;

  /** Of no consequence: tensors are not normalized. */
  private static final Normalization NONE = Normalization.parse("0,1");

  @Override
  public String scheme() {
    return "tensors";
  }

  @Override
  public String syntax() {
    return "tensors:FILE.safetensors";
  }

  @Override
  public Dataset load(String location, Path home) throws DataException {
    Path path =
        Location.path(
            this,
            location,
            "file",
            "the tensors",
            "save x, and y if there are labels or targets, as safetensors");
    try {
      return new Reading(SafetensorsFile.read(path)).dataset();
    } catch (DataException e) {
      throw e;
    } catch (SafetensorsException e) {
      throw new DataException(e.getMessage(), e);
    } catch (IOException e) {
      throw new DataException(
          path
              + " cannot be read ("
              + e
              + "), but must be a readable safetensors file; check that its permissions allow"
              + " reading.",
          e);
    }
  }

  /** Labels or targets or neither, of as many samples as there are. */
  private record Answers(Optional<int[]> labels, Optional<InputTensor> target, ByteBuffer targets) {
    static final Answers NONE = new Answers(Optional.empty(), Optional.empty(), null);

    int greatestLabel() {
      return labels.map(all -> Arrays.stream(all).max().orElse(0)).orElse(-1);
    }
  }

  /** One file. */
  private record Reading(SafetensorsFile file) {
    Dataset dataset() throws IOException {
      List<String> inputs = inputNames();
      boolean labelled = file.contains("y");
      Set<String> expected = new LinkedHashSet<>(inputs);
      expected.add("y");
      boolean tested =
          file.contains("y" + TEST) || inputs.stream().anyMatch(name -> file.contains(name + TEST));
      List<String> testInputs = inputs.stream().map(name -> name + TEST).toList();
      expected.addAll(testInputs);
      expected.add("y" + TEST);
      for (String name : file.names()) {
        if (!expected.contains(name)) {
          throw wrong(
              "has the tensor '" + printable(name) + "'",
              "only " + String.join(", ", expected) + " can be here",
              "rename or remove it");
        }
      }
      if (tested) {
        for (String name : testInputs) {
          require(name);
        }
        if (labelled != file.contains("y" + TEST)) {
          throw wrong(
              "has " + (labelled ? "y but no y_test" : "y_test but no y"),
              "both parts need the same",
              "add the other or remove it");
        }
      }
      int samples = samples(inputs.get(0));
      List<InputTensor> kinds = new ArrayList<>();
      for (String name : inputs) {
        kinds.add(input(name, samples));
      }
      int testSamples = tested ? samples(testInputs.get(0)) : 0;
      for (int i = 0; tested && i < kinds.size(); i++) {
        InputTensor found = input(testInputs.get(i), testSamples);
        if (!found.equals(kinds.get(i))) {
          throw wrong(
              "has samples of " + found + " in " + testInputs.get(i),
              inputs.get(i) + " has samples of " + kinds.get(i),
              "give both the same shape and type");
        }
      }
      Answers train = labelled ? answers("y", samples) : Answers.NONE;
      Answers test = labelled && tested ? answers("y" + TEST, testSamples) : Answers.NONE;
      if (tested && !(train.target().equals(test.target()))
          || tested && train.labels().isPresent() != test.labels().isPresent()) {
        throw wrong(
            "has y of one kind and y_test of another",
            "both must be labels or targets of one shape",
            "save both alike");
      }
      List<String> names = List.of();
      int classes = 0;
      if (train.labels().isPresent()) {
        names = classNames();
        int greatest = Math.max(train.greatestLabel(), test.greatestLabel());
        classes = classes(names, greatest);
      }
      TensorSet all = set(inputs, kinds, samples, train, classes);
      if (tested) {
        return new Dataset(
            "tensors",
            all,
            set(testInputs, kinds, testSamples, test, classes),
            names,
            TensorsFile.NONE);
      }
      if (samples < 2) {
        throw wrong(
            "has 1 sample and no x_test",
            "one in five is held out for testing, which takes at least 2",
            "add samples or test tensors");
      }
      boolean[] heldOut = HeldOut.of(IntStream.range(0, samples).asLongStream().toArray());
      return new Dataset(
          "tensors",
          all.select(IntStream.range(0, samples).filter(i -> !heldOut[i]).toArray()),
          all.select(IntStream.range(0, samples).filter(i -> heldOut[i]).toArray()),
          names,
          TensorsFile.NONE);
    }

    private List<String> inputNames() throws DataException {
      if (file.contains("x")) {
        return List.of("x");
      }
      List<String> names = new ArrayList<>();
      while (names.size() < MOST_INPUTS && file.contains("x" + names.size())) {
        names.add("x" + names.size());
      }
      if (names.isEmpty()) {
        throw wrong(
            "has "
                + file.names().stream()
                    .limit(8)
                    .map(name -> "'" + printable(name) + "'")
                    .collect(Collectors.joining(", ", "the tensors ", ""))
                + (file.names().size() > 8 ? ", ..." : ""),
            "needs x, or x0, x1, ... for several inputs",
            "name the tensors so");
      }
      return names;
    }

    private void require(String name) throws DataException {
      if (!file.contains(name)) {
        throw wrong(
            "has some test tensors but no " + name,
            "the test samples need every input",
            "add it or remove the others");
      }
    }

    /** The first dimension of a tensor. */
    private int samples(String name) throws IOException {
      long[] shape = file.shape(name);
      if (shape.length == 0 || shape[0] < 1 || shape[0] > Integer.MAX_VALUE) {
        throw wrong(
            "has " + name + " of shape " + Arrays.toString(shape),
            "its first dimension must count 1 to " + Integer.MAX_VALUE + " samples",
            "save one tensor with all samples");
      }
      return (int) shape[0];
    }

    private InputTensor tensor(String name, int samples, NumberType type) throws IOException {
      if (samples(name) != samples) {
        throw wrong(
            "has " + samples(name) + " samples in " + name,
            "another tensor beside it has " + samples,
            "give every tensor the same first dimension");
      }
      long[] shape = file.shape(name);
      List<Integer> dimensions = new ArrayList<>();
      for (int i = 1; i < shape.length; i++) {
        // A dimension that is no int is refused below as 0 is.
        dimensions.add(shape[i] > Integer.MAX_VALUE ? 0 : (int) shape[i]);
      }
      try {
        return new InputTensor(dimensions, type);
      } catch (IllegalArgumentException e) {
        throw new DataException(
            file.path()
                + ": "
                + name
                + " has the shape "
                + Arrays.toString(shape)
                + ", but a sample must have 1 to 2147483647 numbers in at most "
                + InputTensor.MAX_DIMENSIONS
                + " dimensions; reshape it.",
            e);
      }
    }

    private InputTensor input(String name, int samples) throws IOException {
      TensorType type = file.type(name);
      NumberType number =
          switch (type) {
            case F32 -> NumberType.FLOAT32;
            case F16 -> NumberType.FLOAT16;
            case F64 -> NumberType.FLOAT64;
            case I64 -> NumberType.INT64;
            case I32 -> NumberType.INT32;
            case U8 -> NumberType.UINT8;
            case BOOL -> NumberType.BOOL;
            default ->
                throw wrong(
                    "has " + name + " of type " + type,
                    "inputs must be F32, F16, F64, I64, I32, U8 or BOOL",
                    "convert it to F32");
          };
      return tensor(name, samples, number);
    }

    private TensorSet set(
        List<String> names, List<InputTensor> inputs, int samples, Answers answers, int classes)
        throws IOException {
      List<ByteBuffer> values = new ArrayList<>();
      for (int i = 0; i < names.size(); i++) {
        ByteBuffer bytes = file.tensor(names.get(i));
        check(names.get(i), inputs.get(i), bytes, samples);
        values.add(bytes);
      }
      if (answers.labels().isPresent()) {
        return TensorSet.labelled(inputs, values, classes, answers.labels().get());
      }
      return answers.target().isPresent()
          ? TensorSet.withTargets(inputs, values, answers.target().get(), answers.targets())
          : TensorSet.unlabelled(inputs, values);
    }

    private Answers answers(String name, int samples) throws IOException {
      TensorType type = file.type(name);
      if (type == TensorType.F32) {
        InputTensor target = tensor(name, samples, NumberType.FLOAT32);
        ByteBuffer bytes = file.tensor(name);
        check(name, target, bytes, samples);
        return new Answers(Optional.empty(), Optional.of(target), bytes);
      }
      long[] shape = file.shape(name);
      if (type != TensorType.I64 && type != TensorType.I32 && type != TensorType.U8) {
        throw wrong(
            "has " + name + " of type " + type,
            "labels must be I64, I32 or U8 and targets F32",
            "convert it");
      }
      if (samples(name) != samples || shape.length > 2 || shape.length == 2 && shape[1] != 1) {
        throw wrong(
            "has " + name + " of type " + type + " and shape " + Arrays.toString(shape),
            "labels must have the shape [" + samples + "], and targets the type F32",
            "reshape the labels or convert the targets");
      }
      return new Answers(
          Optional.of(labels(name, type, file.tensor(name), samples)), Optional.empty(), null);
    }

    private int[] labels(String name, TensorType type, ByteBuffer bytes, int samples)
        throws DataException {
      int[] labels = new int[samples];
      for (int i = 0; i < samples; i++) {
        long label =
            switch (type) {
              case I64 -> bytes.getLong(i * Long.BYTES);
              case I32 -> bytes.getInt(i * Integer.BYTES);
              default -> bytes.get(i) & 0xff;
            };
        if (label < 0 || label >= MOST_CLASSES) {
          throw wrong(
              "has the label " + label + " for sample " + i + " of " + name,
              "labels must be 0 to " + (MOST_CLASSES - 1),
              "number the classes from 0, or save targets as F32");
        }
        labels[i] = (int) label;
      }
      return labels;
    }

    /** What the metadata names; one empty list for a number or nothing. */
    private List<String> classNames() throws DataException {
      String text = file.metadata().get("classes");
      if (text == null || isNumber(text)) {
        return List.of();
      }
      try {
        JsonArray array = JsonParser.parseString(text).getAsJsonArray();
        List<String> names = new ArrayList<>();
        for (JsonElement name : array) {
          if (!name.isJsonPrimitive() || !name.getAsJsonPrimitive().isString()) {
            throw new IllegalStateException("no text: " + name);
          }
          names.add(name.getAsString());
        }
        return List.copyOf(names);
      } catch (JsonParseException | IllegalStateException e) {
        throw new DataException(
            file.path()
                + ": the metadata 'classes' is '"
                + printable(text)
                + "', but must be a number or a JSON array of names, such as [\"cat\", \"dog\"];"
                + " correct or remove it.",
            e);
      }
    }

    private int classes(List<String> names, int greatest) throws DataException {
      String text = file.metadata().get("classes");
      if (text == null) {
        return greatest + 1;
      }
      int classes = names.isEmpty() && isNumber(text) ? Integer.parseInt(text) : names.size();
      if (classes <= greatest || classes > MOST_CLASSES) {
        throw wrong(
            "has the label " + greatest + " and the metadata 'classes' gives " + classes,
            "there must be more classes than the greatest label and at most " + MOST_CLASSES,
            "correct the labels or the metadata");
      }
      return classes;
    }

    private static boolean isNumber(String text) {
      return text.matches("[0-9]{1,9}");
    }

    /** Refuses NaN, and truth values that are neither 0 nor 1. */
    private void check(String name, InputTensor tensor, ByteBuffer bytes, int samples)
        throws DataException {
      ByteBuffer little = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
      int count = little.remaining() / tensor.type().bytes();
      for (int i = 0; i < count; i++) {
        boolean bad =
            switch (tensor.type()) {
              case FLOAT32 -> Float.isNaN(little.getFloat(i * Float.BYTES));
              case FLOAT64 -> Double.isNaN(little.getDouble(i * Double.BYTES));
              case FLOAT16 -> (little.getShort(i * Short.BYTES) & 0x7fff) > 0x7c00;
              case BOOL -> (little.get(i) & 0xff) > 1;
              default -> false;
            };
        if (bad) {
          throw wrong(
              "has "
                  + (tensor.type() == NumberType.BOOL ? "a byte beyond 0 and 1" : "NaN")
                  + " in sample "
                  + i / (count / samples)
                  + " of "
                  + name,
              "it must hold "
                  + (tensor.type() == NumberType.BOOL ? "truth values" : "numbers")
                  + " only",
              "clean the data before saving it");
        }
      }
    }

    private DataException wrong(String found, String expected, String whatToDo) {
      return new DataException(
          file.path() + " " + found + ", but " + expected + "; " + whatToDo + ".");
    }

    private static String printable(String text) {
      String line = text.replaceAll("[\\p{Cntrl}\\u2028\\u2029]", "?");
      return line.length() > 80 ? line.substring(0, 80) + "..." : line;
    }
  }
}
