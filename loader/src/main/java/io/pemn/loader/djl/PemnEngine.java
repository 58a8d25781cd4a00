package io.pemn.loader.djl;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.SymbolBlock;
import ai.djl.training.GradientCollector;

/**
 * PyTorch's engine, whose models are loaded from archives. It starts PyTorch's when it is first
 * needed, so that archives can be decoded meanwhile.
 */
final class PemnEngine extends Engine {
  static final String NAME = "Pemn";

  /** PyTorch's is 2 and the lowest is the default, also among engines that may come. */
  static final int RANK = 100;

  private static final String PYTORCH = "PyTorch";

  /**
   * PyTorch's engine, started.
   *
   * @throws EngineException in one sentence, if it or its native libraries are not there
   */
  static Engine pytorch() {
    if (!Engine.hasEngine(PYTORCH)) {
      throw new EngineException(
          "DJL's PyTorch engine, which runs the networks of archives, is not on the class path; add"
              + " ai.djl.pytorch:pytorch-engine:"
              + Engine.getDjlVersion()
              + " and the native libraries ai.djl.pytorch:pytorch-jni and"
              + " ai.djl.pytorch:pytorch-native-cpu.");
    }
    try {
      return Engine.getEngine(PYTORCH);
    } catch (EngineException | LinkageError | AssertionError e) {
      throw new EngineException(
          "DJL's PyTorch engine, which runs the networks of archives, does not start: "
              + reason(e)
              + "; add its native libraries ai.djl.pytorch:pytorch-jni, in the version that belongs"
              + " to DJL "
              + Engine.getDjlVersion()
              + ", and ai.djl.pytorch:pytorch-native-cpu, with the classifier of this platform.",
          e);
    }
  }

  private static String reason(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String text = e == root ? e.getMessage() : e.getMessage() + " (" + root.getMessage() + ")";
    return text.replaceAll("\\s+", " ").replaceAll("\\.(?=\\)?$)", "");
  }

  /**
   * Checks that this machine has a device.
   *
   * @throws IllegalArgumentException in one sentence, if it has not
   */
  void require(Device device) {
    String type = device.getDeviceType();
    boolean there =
        switch (type) {
          case Device.Type.CPU -> true;
          case Device.Type.GPU -> device.getDeviceId() < getGpuCount();
          case "mps" -> System.getProperty("os.name").startsWith("Mac");
          default -> false;
        };
    if (!there) {
      int gpus = getGpuCount();
      throw new IllegalArgumentException(
          "The network was to run on "
              + device
              + ", but the PyTorch engine finds "
              + (gpus == 0 ? "no GPU" : gpus == 1 ? "one GPU, gpu(0)," : gpus + " GPUs")
              + " on this machine; leave the device out, or give it PyTorch's native libraries for"
              + " that device.");
    }
  }

  @Override
  public Engine getAlternativeEngine() {
    return pytorch().getAlternativeEngine();
  }

  @Override
  public String getEngineName() {
    return NAME;
  }

  @Override
  public int getRank() {
    return RANK;
  }

  /** That of PyTorch, which does the computing. */
  @Override
  public String getVersion() {
    return pytorch().getVersion();
  }

  @Override
  public boolean hasCapability(String capability) {
    return pytorch().hasCapability(capability);
  }

  @Override
  public SymbolBlock newSymbolBlock(NDManager manager) {
    return pytorch().newSymbolBlock(manager);
  }

  @Override
  public ArchiveModel newModel(String name, Device device) {
    if (device != null) {
      require(device);
    }
    return new ArchiveModel(name, device, this);
  }

  @Override
  public NDManager newBaseManager() {
    return pytorch().newBaseManager();
  }

  /**
   * Makes a manager of PyTorch's.
   *
   * @param device where its arrays are; null for the default
   */
  @Override
  public NDManager newBaseManager(Device device) {
    if (device != null) {
      require(device);
    }
    return pytorch().newBaseManager(device);
  }

  @Override
  public GradientCollector newGradientCollector() {
    return pytorch().newGradientCollector();
  }

  @Override
  public void setRandomSeed(int seed) {
    super.setRandomSeed(seed);
    pytorch().setRandomSeed(seed);
  }

  @Override
  public String toString() {
    return NAME + " on " + PYTORCH;
  }
}
