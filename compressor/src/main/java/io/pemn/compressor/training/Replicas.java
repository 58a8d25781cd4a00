package io.pemn.compressor.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import io.pemn.compressor.network.Replica;
import io.pemn.compressor.network.TargetNetwork;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A network and its copies on further devices, which learn from a part of every batch each, as with
 * PyTorch's DataParallel: gradients are summed on the first device, which alone has scores and
 * optimizer and selects the masks, and whose weights the others then get. So no two devices can
 * choose different masks. DJL's own parameter server would step an optimizer on every device
 * instead, one parameter at a time.
 *
 * <p>Batch normalisation normalises each part by itself, and the running statistics are those of
 * the first device's parts.
 */
final class Replicas implements AutoCloseable {
  /** Batch normalisation has nothing to average over a single sample. */
  static final int LEAST_SAMPLES = 2;

  private static final NDIndex ALL = new NDIndex("...");

  private final TargetNetwork first;
  private final List<Replica> others = new ArrayList<>();

  /**
   * Copies a network; its parameters' present values are not in the copies before {@link
   * #broadcast}.
   *
   * @param first the network; not closed with its copies
   * @param devices where the copies shall be
   * @throws IOException in one sentence, if one cannot be made
   */
  Replicas(TargetNetwork first, List<Device> devices) throws IOException {
    this.first = first;
    try {
      for (Device device : devices) {
        others.add(first.replica(device));
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * What one of the networks learns from a batch.
   *
   * @param network the network
   * @param batch its part of the batch, on its device
   * @param taught what the teacher says of it, if it is asked, on its device
   * @param scratch owns all that is computed with it, on its device
   */
  record Share(Replica network, BatchArrays batch, Optional<NDArray> taught, NDManager scratch) {}

  /**
   * Divides a batch among the networks, as evenly as can be. Where there are too few samples for
   * all of them, the last ones get none.
   *
   * @param scratch owns what is made on the way
   */
  List<Share> share(BatchArrays batch, Optional<NDArray> taught, NDManager scratch) {
    int size = batch.size();
    int parts = Math.max(1, Math.min(1 + others.size(), size / LEAST_SAMPLES));
    if (parts == 1) {
      return List.of(new Share(first, batch, taught, scratch));
    }
    List<Share> shares = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < parts; i++) {
      int to = from + size / parts + (i < size % parts ? 1 : 0);
      Replica network = i == 0 ? first : others.get(i - 1);
      NDManager own = scratch.newSubManager(network.manager().getDevice());
      int begin = from;
      shares.add(
          new Share(
              network,
              batch.part(from, to, own),
              taught.map(array -> BatchArrays.part(array, begin, to, own)),
              own));
      from = to;
    }
    return shares;
  }

  /**
   * The gradient of a parameter, summed over all networks and all that shares its numbers, on the
   * first device; null if no forward used any of them. It is the caller's to close.
   */
  PtNDArray gradient(String name) {
    PtNDArray sum = JniUtils.getGradient((PtNDArray) first.array(name));
    for (NDArray array : sharers(name)) {
      PtNDArray gradient = JniUtils.getGradient((PtNDArray) array);
      if (gradient == null) {
        continue;
      }
      PtNDArray here = gradient.toDevice(first.manager().getDevice(), false);
      if (here != gradient) {
        gradient.close();
      }
      if (sum == null) {
        sum = here;
      } else {
        sum.addi(here);
        here.close();
      }
    }
    return sum;
  }

  /** Forgets the gradients that {@link #gradient} added to those of the first network's own. */
  void zeroGradients(String name) {
    sharers(name).forEach(array -> JniUtils.zeroGrad((PtNDArray) array));
  }

  /** All arrays of a parameter but the first network's own. */
  private List<NDArray> sharers(String name) {
    if (others.isEmpty()) {
      return first.twins(name);
    }
    List<NDArray> sharers = new ArrayList<>(first.twins(name));
    for (Replica other : others) {
      sharers.add(other.array(name));
      sharers.addAll(other.twins(name));
    }
    return sharers;
  }

  /** Gives the copies the first network's present values of all parameters that are trained. */
  void broadcast() {
    for (Replica other : others) {
      try (NDManager scratch = other.manager().newSubManager()) {
        for (String name : first.trained()) {
          NDArray values = first.array(name);
          NDArray there = values.toDevice(scratch.getDevice(), false);
          if (there != values) {
            there.attach(scratch);
          }
          other.array(name).set(ALL, there);
        }
      }
    }
  }

  /** The present values of a parameter in the first network and its copies. */
  List<float[]> values(String name) {
    List<float[]> values = new ArrayList<>();
    values.add(first.array(name).toFloatArray());
    others.forEach(other -> values.add(other.array(name).toFloatArray()));
    return values;
  }

  /** Frees the copies. */
  @Override
  public void close() {
    others.forEach(Replica::close);
  }
}
