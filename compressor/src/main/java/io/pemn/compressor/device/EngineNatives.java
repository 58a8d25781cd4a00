package io.pemn.compressor.device;

import java.nio.file.Path;

/**
 * The native libraries that the engine has loaded.
 *
 * @param cuda whether they are built for CUDA
 * @param folder where they lie
 * @param source where they come from
 * @param jar the file on the class path that they were unpacked from; empty of another source
 */
public record EngineNatives(boolean cuda, Path folder, Source source, String jar) {
  /** Where natives can come from. */
  public enum Source {
    /** A jar on the class path, unpacked into DJL's cache. */
    CLASS_PATH("the class path"),
    /** A folder that is named by {@code PYTORCH_LIBRARY_PATH}. */
    LIBRARY_PATH("PYTORCH_LIBRARY_PATH"),
    /** DJL's cache, into which DJL downloaded them. */
    DOWNLOADED("DJL's download");

    private final String text;

    Source(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** {@code cpu} or {@code cuda}. */
  public String flavour() {
    return cuda ? "cuda" : "cpu";
  }
}
