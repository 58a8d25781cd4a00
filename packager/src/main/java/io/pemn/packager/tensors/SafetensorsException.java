package io.pemn.packager.tensors;

import java.io.IOException;

/**
 * A file that is not a whole, well-formed safetensors file, lacks what is asked of it, or tensors
 * that cannot be put in one. The message is one sentence: the file, what was found, what was
 * expected.
 */
public final class SafetensorsException extends IOException {

  private static final long serialVersionUID = 1L;

  SafetensorsException(String message) {
    super(message);
  }

  SafetensorsException(String message, Throwable cause) {
    super(message, cause);
  }
}
