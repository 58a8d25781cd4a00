package io.pemn.loader;

import java.io.IOException;

/**
 * Something that is decoded when it is first asked for, by one thread while others wait, and kept.
 * Where that fails, the next to ask tries again.
 */
final class Once<T> {
  private final Source<T> source;
  private volatile T value;

  Once(Source<T> source) {
    this.source = source;
  }

  /** Decodes. */
  interface Source<T> {
    /** The decoded value, never null. */
    T decode() throws IOException;
  }

  T get() throws IOException {
    T found = value;
    return found != null ? found : decoded();
  }

  private synchronized T decoded() throws IOException {
    if (value == null) {
      value = source.decode();
    }
    return value;
  }
}
