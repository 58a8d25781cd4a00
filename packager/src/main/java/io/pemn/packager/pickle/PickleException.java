package io.pemn.packager.pickle;

import java.io.IOException;

/**
 * A pickle that is damaged, or that asks for more than its reader allows. The message is one
 * sentence: the file, what was found and where, what was expected.
 */
public final class PickleException extends IOException {
  private static final long serialVersionUID = 1L;

  PickleException(String message) {
    super(message);
  }
}
