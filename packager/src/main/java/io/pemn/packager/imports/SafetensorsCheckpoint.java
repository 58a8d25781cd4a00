package io.pemn.packager.imports;

import io.pemn.format.NumberType;
import io.pemn.packager.tensors.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A state_dict in a safetensors file, whose tensors stand in no order of the network's. */
final class SafetensorsCheckpoint implements StateDict {
  private final SafetensorsFile file;
  private final List<StateTensor> tensors;

  private SafetensorsCheckpoint(SafetensorsFile file, List<StateTensor> tensors) {
    this.file = file;
    this.tensors = List.copyOf(tensors);
  }

  /**
   * Opens a file.
   *
   * @throws io.pemn.packager.tensors.SafetensorsException if it is no sound safetensors file
   * @throws IOException if the disk fails
   */
  static SafetensorsCheckpoint open(Path path) throws IOException {
    SafetensorsFile file = SafetensorsFile.read(path);
    List<StateTensor> tensors = new ArrayList<>();
    for (String name : file.names()) {
      tensors.add(
          new StateTensor(
              name,
              file.type(name).numberType(),
              Arrays.stream(file.shape(name)).boxed().toList()));
    }
    return new SafetensorsCheckpoint(file, tensors);
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public boolean isOrdered() {
    return false;
  }

  @Override
  public List<StateTensor> tensors() {
    return tensors;
  }

  @Override
  public float[] floats(StateTensor tensor) throws IOException {
    return tensor.type() == NumberType.FLOAT32
        ? file.floats(tensor.name())
        : FloatNumbers.of(path(), tensor, file.tensor(tensor.name()));
  }

  /** Nothing is open. */
  @Override
  public void close() {}
}
