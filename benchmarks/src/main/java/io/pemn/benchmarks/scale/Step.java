package io.pemn.benchmarks.scale;

import java.util.Locale;

/** What is done with a network, each a command in a process of its own. */
enum Step {
  /** {@code pemn compress}: steps, evaluations, checkpoints and the archive. */
  COMPRESS,
  /** {@code pemn bench train}: dense and masked steps alone, interleaved. */
  BENCH_TRAIN,
  /** {@code pemn pack} of the run directory. */
  PACK,
  /** {@code pemn unpack} to one safetensors file. */
  UNPACK_SAFETENSORS,
  /** {@code pemn unpack} to a folder of {@code .npy} files. */
  UNPACK_NPY,
  /** {@code pemn unpack} of the same network as a TorchScript module to a TorchScript file. */
  UNPACK_TORCHSCRIPT,
  /** {@code pemn verify}: everything decoded, every weight rebuilt and compared. */
  VERIFY,
  /** {@code pemn inspect}. */
  INSPECT;

  /** As in the CSV. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
