package io.pemn.packager.torchscript;

import java.io.IOException;

/**
 * A file that is not a whole, well-formed TorchScript module, or one that uses what this library
 * does not read. The message is one sentence: the file, what was found, what was expected.
 */
public final class TorchScriptException extends IOException {
  private static final long serialVersionUID = 1L;

  TorchScriptException(String message) {
    super(message);
  }

  TorchScriptException(String message, Throwable cause) {
    super(message, cause);
  }
}
