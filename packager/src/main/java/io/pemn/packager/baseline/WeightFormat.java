package io.pemn.packager.baseline;

/**
 * How a {@link WeightFile} keeps the weights of convolutions and linear layers. All else that is a
 * float is float16, but float32 under {@link #FLOAT32}.
 */
public enum WeightFormat {
  /** IEEE 754 binary32. */
  FLOAT32("fp32"),
  /** IEEE 754 binary16, the nearest. */
  FLOAT16("fp16"),
  /** -127 to 127 times a float32 scale a tensor, which makes the greatest absolute weight 127. */
  INT8("int8"),
  /**
   * -7 to 7 times a float16 scale an output channel, two weights a byte. Of some scales, from the
   * one that makes the greatest absolute weight 7 down to half of it, each channel has that which
   * leaves the least squared error.
   */
  INT4("int4"),
  /**
   * Compressed sparse rows, a row an output channel: the weights that are not 0 as float16, their
   * column indices and the row pointers in the narrowest integers that hold them.
   */
  CSR("csr");

  private final String label;

  WeightFormat(String label) {
    this.label = label;
  }

  @Override
  public String toString() {
    return label;
  }
}
