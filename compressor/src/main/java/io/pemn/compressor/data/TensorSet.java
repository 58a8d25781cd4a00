package io.pemn.compressor.data;

import io.pemn.format.NumberType;
import io.pemn.format.network.InputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/**
 * Samples that are tensors held in memory, each in its own number type, little-endian, the samples
 * of one tensor one after the other. Nothing is normalized or augmented.
 */
public final class TensorSet implements SampleSet {
  private final List<InputTensor> inputs;
  private final List<ByteBuffer> values;
  private final int classes;
  private final int[] labels;
  private final Optional<InputTensor> target;
  private final ByteBuffer targets;

  /** The sample of each position: where it stands in {@link #values}. */
  private final int[] rows;

  private TensorSet(
      List<InputTensor> inputs,
      List<ByteBuffer> values,
      int classes,
      int[] labels,
      Optional<InputTensor> target,
      ByteBuffer targets,
      int[] rows) {
    this.inputs = inputs;
    this.values = values;
    this.classes = classes;
    this.labels = labels;
    this.target = target;
    this.targets = targets;
    this.rows = rows;
  }

  /**
   * Returns samples without labels or targets.
   *
   * @param inputs the tensors of one sample, at least one
   * @param values the bytes of all samples of each tensor, from the buffer's position to its limit,
   *     in memory or direct; not copied, and nobody may write to them afterwards
   * @throws IllegalArgumentException if the lengths do not fit together or there is no sample
   */
  public static TensorSet unlabelled(List<InputTensor> inputs, List<ByteBuffer> values) {
    return of(inputs, values, 0, new int[0], Optional.empty(), ByteBuffer.allocate(0));
  }

  /**
   * Returns samples with a label each.
   *
   * @param inputs as for {@link #unlabelled}
   * @param values as for {@link #unlabelled}
   * @param classes how many classes there are, at least 1
   * @param labels the class of each sample, 0..classes-1
   * @throws IllegalArgumentException if the lengths do not fit together, there is no sample, or a
   *     label is out of range
   */
  public static TensorSet labelled(
      List<InputTensor> inputs, List<ByteBuffer> values, int classes, int[] labels) {
    TensorSet set =
        of(inputs, values, classes, labels.clone(), Optional.empty(), ByteBuffer.allocate(0));
    if (labels.length != set.size()) {
      throw new IllegalArgumentException(
          "A set of "
              + set.size()
              + " samples was given "
              + labels.length
              + " labels, but every sample needs one; give as many labels as samples.");
    }
    if (classes < 1) {
      throw new IllegalArgumentException(
          "A set of labelled samples was given "
              + classes
              + " classes, but must have at least 1; give the number of classes.");
    }
    for (int sample = 0; sample < labels.length; sample++) {
      if (labels[sample] < 0 || labels[sample] >= classes) {
        throw new IllegalArgumentException(
            "Sample "
                + sample
                + " has the label "
                + labels[sample]
                + ", but labels must be 0.."
                + (classes - 1)
                + "; correct the label or the number of classes.");
      }
    }
    return set;
  }

  /**
   * Returns samples with a float target each.
   *
   * @param inputs as for {@link #unlabelled}
   * @param values as for {@link #unlabelled}
   * @param target the target of one sample, float32
   * @param targets the bytes of all targets, held as {@code values} are
   * @throws IllegalArgumentException if the lengths do not fit together, there is no sample, or the
   *     target is not float32
   */
  public static TensorSet withTargets(
      List<InputTensor> inputs, List<ByteBuffer> values, InputTensor target, ByteBuffer targets) {
    if (target.type() != NumberType.FLOAT32) {
      throw new IllegalArgumentException(
          "The target of a sample is " + target + ", but must be FLOAT32; convert the targets.");
    }
    TensorSet set = of(inputs, values, 0, new int[0], Optional.of(target), view(targets));
    requireSamples("the target", target, targets.remaining(), set.size());
    return set;
  }

  private static TensorSet of(
      List<InputTensor> inputs,
      List<ByteBuffer> values,
      int classes,
      int[] labels,
      Optional<InputTensor> target,
      ByteBuffer targets) {
    if (inputs.isEmpty() || inputs.size() != values.size()) {
      throw new IllegalArgumentException(
          "A set of samples was given "
              + inputs.size()
              + " inputs and the bytes of "
              + values.size()
              + ", but needs at least one input and the bytes of each; give one buffer an input.");
    }
    long size = values.get(0).remaining() / inputs.get(0).bytes();
    if (size < 1) {
      throw new IllegalArgumentException(
          "A set of samples was given "
              + values.get(0).remaining()
              + " bytes for input 0, but one sample of "
              + inputs.get(0)
              + " takes "
              + inputs.get(0).bytes()
              + "; give at least one sample.");
    }
    List<ByteBuffer> views = new ArrayList<>();
    for (int input = 0; input < inputs.size(); input++) {
      requireSamples("input " + input, inputs.get(input), values.get(input).remaining(), size);
      views.add(view(values.get(input)));
    }
    return new TensorSet(
        List.copyOf(inputs),
        List.copyOf(views),
        classes,
        labels,
        target,
        targets,
        IntStream.range(0, (int) size).toArray());
  }

  private static void requireSamples(String what, InputTensor tensor, int bytes, long size) {
    if (bytes % tensor.bytes() != 0 || bytes / tensor.bytes() != size) {
      throw new IllegalArgumentException(
          "A set of "
              + size
              + " samples was given "
              + bytes
              + " bytes for "
              + what
              + ", but each sample of "
              + tensor
              + " takes "
              + tensor.bytes()
              + "; give every sample every tensor.");
    }
  }

  private static ByteBuffer view(ByteBuffer bytes) {
    return bytes.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Returns some of these samples, which share their memory with this set.
   *
   * @param samples which, at least one, in the order of the new set
   */
  TensorSet select(int[] samples) {
    if (samples.length < 1) {
      throw new IllegalArgumentException("A set must have at least one sample; select some.");
    }
    int[] selected = new int[samples.length];
    for (int i = 0; i < samples.length; i++) {
      selected[i] = rows[samples[i]];
    }
    return new TensorSet(inputs, values, classes, labels, target, targets, selected);
  }

  @Override
  public int size() {
    return rows.length;
  }

  @Override
  public List<InputTensor> inputs() {
    return inputs;
  }

  @Override
  public int classes() {
    return classes;
  }

  @Override
  public boolean labelled() {
    return classes > 0;
  }

  @Override
  public int label(int sample) {
    if (!labelled()) {
      throw new IllegalStateException("These samples have no labels; ask labelled() first.");
    }
    return labels[rows[Objects.checkIndex(sample, rows.length)]];
  }

  @Override
  public Optional<InputTensor> target() {
    return target;
  }

  /**
   * Returns what a sample gives to an input: a read-only, little-endian view of its bytes.
   *
   * @throws IndexOutOfBoundsException if there is no such input or sample
   */
  public ByteBuffer input(int input, int sample) {
    return row(values.get(input), inputs.get(input), sample);
  }

  /**
   * Returns the target of a sample: a read-only, little-endian view of its bytes.
   *
   * @throws IndexOutOfBoundsException if there is no such sample
   * @throws IllegalStateException if the samples have no targets
   */
  public ByteBuffer target(int sample) {
    return row(
        targets,
        target.orElseThrow(
            () -> new IllegalStateException("These samples have no targets; ask target() first.")),
        sample);
  }

  private ByteBuffer row(ByteBuffer all, InputTensor tensor, int sample) {
    int bytes = (int) tensor.bytes();
    return all.slice(rows[Objects.checkIndex(sample, rows.length)] * bytes, bytes)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public long checksum() {
    CRC32C crc = new CRC32C();
    crc.update(toString().getBytes(StandardCharsets.UTF_8));
    for (int sample = 0; sample < rows.length; sample++) {
      for (int input = 0; input < values.size(); input++) {
        crc.update(input(input, sample));
      }
      if (target.isPresent()) {
        crc.update(target(sample));
      }
      if (labelled()) {
        crc.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, label(sample)));
      }
    }
    return crc.getValue();
  }

  @Override
  public TensorSet subset(int count, long seed) {
    return select(
        labelled()
            ? Choice.balanced(
                IntStream.range(0, size()).map(this::label).toArray(),
                classes,
                count,
                seed,
                "samples")
            : Choice.random(size(), count, seed, "samples"));
  }

  /** Such as {@code 100 samples of FLOAT32 (4) in 3 classes}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder().append(size()).append(" samples of ");
    for (int input = 0; input < inputs.size(); input++) {
      text.append(input == 0 ? "" : " and ").append(inputs.get(input));
    }
    if (labelled()) {
      text.append(" in ").append(classes).append(" classes");
    }
    target.ifPresent(tensor -> text.append(" with targets of ").append(tensor));
    return text.toString();
  }
}
