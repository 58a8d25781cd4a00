package io.pemn.compressor.data;

/** Reads one file of CIFAR-10, which otherwise needs the six others beside it. */
public final class CifarBytes {
  private CifarBytes() {}

  /** Reads a batch of the Python version. */
  public static void readPickle(String name, byte[] content) throws DataException {
    new CifarPickle("labels", "label_names", 10).images(name, content, 10_000);
  }

  /** Reads a batch of the binary version. */
  public static void readBinary(String name, byte[] content) throws DataException {
    new CifarBinary(1, 10).images(name, content, 10_000);
  }
}
