package io.pemn.packager.torchscript;

import java.util.Map;

/**
 * How a module is to differ from the file that it comes from.
 *
 * @param unbake whether calls with a training mode written into them shall ask the module instead,
 *     as far as {@link TracedMode} can rewrite them
 * @param float32 whether the listed tensors of FLOAT16, BFLOAT16 and FLOAT64 shall become FLOAT32
 * @param replacements numbers of floating-point tensors, row-major, by name; others keep theirs;
 *     not copied
 */
public record TrainingVariant(boolean unbake, boolean float32, Map<String, float[]> replacements) {
  /** Copies the map. */
  public TrainingVariant {
    replacements = Map.copyOf(replacements);
  }

  void check(Map<String, ModuleTensor> tensors) {
    replacements.forEach(
        (name, values) -> {
          ModuleTensor tensor = tensors.get(name);
          if (tensor == null || !tensor.type().isFloat() || tensor.size() != values.length) {
            throw new IllegalArgumentException(
                values.length
                    + " values are to replace the tensor "
                    + name
                    + ", but "
                    + (tensor == null
                        ? "the module has none of that name"
                        : "it has " + tensor.size() + " of type " + tensor.type())
                    + ".");
          }
        });
  }
}
