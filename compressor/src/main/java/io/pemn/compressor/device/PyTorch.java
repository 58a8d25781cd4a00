package io.pemn.compressor.device;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import ai.djl.util.cuda.CudaUtils;
import io.pemn.compressor.device.EngineNatives.Source;
import io.pemn.loader.message.EngineMessage;
import java.lang.management.MemoryUsage;
import java.net.URL;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The PyTorch engine of this process. */
final class PyTorch implements InstalledEngine {
  private static final int SIDE = 64;
  private static final Pattern JAR = Pattern.compile(".*/([^/!]+\\.jar)!.*");

  private final Engine engine;
  private final Surroundings machine;

  /**
   * Starts the engine, unless it runs.
   *
   * @throws EngineException if it does not start
   */
  PyTorch(Surroundings machine) {
    this.engine = Engine.getEngine("PyTorch");
    this.machine = machine;
  }

  @Override
  public String version() {
    return engine.getVersion();
  }

  @Override
  public String djlVersion() {
    return Engine.getDjlVersion();
  }

  @Override
  public SortedSet<String> features() {
    return new TreeSet<>(JniUtils.getFeatures());
  }

  @Override
  public EngineNatives natives() {
    Path folder = Path.of(LibUtils.getLibtorchPath());
    String jar = jar();
    Source source =
        machine.environment("PYTORCH_LIBRARY_PATH").isPresent()
            ? Source.LIBRARY_PATH
            : jar.isEmpty() ? Source.DOWNLOADED : Source.CLASS_PATH;
    return new EngineNatives(hasCuda(), folder, source, source == Source.CLASS_PATH ? jar : "");
  }

  /** The jar of natives on the class path; without one, nothing. */
  private static String jar() {
    URL note =
        Thread.currentThread().getContextClassLoader().getResource("native/lib/pytorch.properties");
    Matcher found = JAR.matcher(String.valueOf(note));
    return found.matches() ? found.group(1) : "";
  }

  @Override
  public int threads() {
    return JniUtils.getNumThreads();
  }

  @Override
  public int interopThreads() {
    return JniUtils.getNumInteropThreads();
  }

  @Override
  public int countedGpus() {
    return engine.getGpuCount();
  }

  @Override
  public Gpu gpu(int number) {
    Optional<String> capability = Optional.empty();
    Optional<MemoryUsage> memory = Optional.empty();
    try {
      String digits = CudaUtils.getComputeCapability(number);
      capability =
          Optional.of(new StringBuilder(digits).insert(digits.length() - 1, '.').toString());
      memory = Optional.of(CudaUtils.getGpuMemory(Device.gpu(number)));
    } catch (IllegalStateException | IllegalArgumentException | EngineException e) {
      // CUDA's runtime library cannot be asked; the GPU works without that.
    }
    return new Gpu(
        number,
        capability,
        memory.map(MemoryUsage::getMax),
        memory.map(m -> m.getMax() - m.getUsed()));
  }

  @Override
  public Optional<String> trouble(Device device) {
    try (NDManager manager = NDManager.newBaseManager(device, "PyTorch")) {
      NDArray ones = manager.ones(new Shape(SIDE, SIDE));
      // Every number of the product is the side.
      float sum = ones.matMul(ones).sum().getFloat();
      float expected = (float) SIDE * SIDE * SIDE;
      return sum == expected
          ? Optional.empty()
          : Optional.of("a sum is " + sum + ", but should be " + expected);
    } catch (EngineException e) {
      return Optional.of(EngineMessage.of(e));
    }
  }
}
