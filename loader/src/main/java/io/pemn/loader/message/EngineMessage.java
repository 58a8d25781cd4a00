package io.pemn.loader.message;

import java.util.Locale;
import java.util.Optional;

/** Finds the sentence that a user can act on in what the engine throws. */
public final class EngineMessage {
  private EngineMessage() {}

  /** One line, without the engine's stack trace and without a full stop. */
  public static String of(Throwable failure) {
    String message = Optional.ofNullable(failure.getMessage()).orElse(failure.toString());
    String[] lines = message.strip().split("\\R");
    // TorchScript puts the Python traceback first and the error last; C++ puts a trace behind it.
    String best = lines[0];
    for (String line : lines) {
      String trimmed = line.strip();
      if (trimmed.startsWith("Exception raised from") || trimmed.startsWith("frame #")) {
        break;
      }
      if (trimmed.toLowerCase(Locale.ROOT).matches("([\\w.]*error|[\\w.]*exception)\\b.*:.*")) {
        best = trimmed;
      }
    }
    return best.strip().replaceAll("\\.$", "");
  }
}
