package io.pemn.compressor.training;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import io.pemn.compressor.device.DeviceChoice;
import java.io.IOException;
import java.util.Optional;

/**
 * How a training has to run so that it can be repeated to the bit on the same kind of processor.
 *
 * <p>PyTorch rounds sums in another order with another number of threads, and some operations (such
 * as the gradient of {@code table[indices]}) add up in whatever order their threads come. Its
 * switch against that, {@code torch.use_deterministic_algorithms}, is not among the functions that
 * DJL 0.35.1 has for Java. The operations of pemn's own networks do without it on the CPU with any
 * fixed number of threads; of a TorchScript module nobody knows the operations, so that it gets one
 * thread; and a GPU is out of the question.
 */
public final class Determinism {
  private final int threads;

  private Determinism(int threads) {
    this.threads = threads;
  }

  /**
   * For a training.
   *
   * @param device as {@link DeviceChoice#of} takes it
   * @param asked how many threads the user wants, if he says so; otherwise one
   * @param module whether a TorchScript module is trained, or one of pemn's own networks
   * @throws IllegalArgumentException in one sentence, if that cannot be repeated to the bit
   */
  public static Determinism of(String device, Optional<String> asked, boolean module) {
    if (!device.equals("auto") && !device.equals("cpu")) {
      throw new IllegalArgumentException(
          "--deterministic trains on the CPU, since PyTorch has no way through DJL to choose"
              + " deterministic algorithms on a GPU, but --device is "
              + device
              + "; leave one of them out.");
    }
    String threads = asked.orElse("1");
    if (!threads.matches("[1-9]\\d{0,3}")) {
      throw new IllegalArgumentException(
          "PEMN_THREADS is \""
              + threads
              + "\", which is no number of threads; set it to 1 or more.");
    }
    if (module && !threads.equals("1")) {
      throw new IllegalArgumentException(
          "--deterministic trains a TorchScript file with one thread, since some operations of"
              + " PyTorch add up in whatever order their threads come, but PEMN_THREADS is "
              + threads
              + "; set it to 1, or leave one of them out.");
    }
    return new Determinism(Integer.parseInt(threads));
  }

  /** How many threads the engine gets. */
  public int threads() {
    return threads;
  }

  /** Has the engine use so many threads from now on, and returns the device. */
  public DeviceChoice begin() throws IOException {
    Engine.getEngine("PyTorch"); // Sets its own number when it starts.
    JniUtils.setNumThreads(threads);
    return DeviceChoice.of(Device.cpu().getDeviceType());
  }
}
