package io.pemn.compressor.loading;

import java.util.Locale;

/** What a network can be shipped as. */
public enum ShippedFile {
  /** An archive of pemn's. */
  ARCHIVE("archive", ".pemn"),
  /** Full weights as safetensors, for an application that has the network in its code. */
  SAFETENSORS("safetensors", ".safetensors"),
  /** The same in a zstd frame. */
  SAFETENSORS_ZSTD("safetensors + zstd", ".safetensors.zst"),
  /** Full weights and code as a TorchScript file. */
  TORCHSCRIPT("TorchScript", ".pt"),
  /** The same in a zstd frame. */
  TORCHSCRIPT_ZSTD("TorchScript + zstd", ".pt.zst");

  private final String label;
  private final String suffix;

  ShippedFile(String label, String suffix) {
    this.label = label;
    this.suffix = suffix;
  }

  /** How its file's name ends. */
  String suffix() {
    return suffix;
  }

  /** Whether the file has the weights of a built-in network and none of its code. */
  boolean isOfBuiltIn() {
    return this == SAFETENSORS || this == SAFETENSORS_ZSTD;
  }

  /** Whether it is a zstd frame. */
  boolean isFrame() {
    return this == SAFETENSORS_ZSTD || this == TORCHSCRIPT_ZSTD;
  }

  /** The name in reports for programs, such as {@code safetensors_zstd}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The name in tables. */
  @Override
  public String toString() {
    return label;
  }
}
