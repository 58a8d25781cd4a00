package io.pemn.packager.pytorch;

import java.io.IOException;
import java.util.function.Function;

/**
 * What a file is expected to be, for messages.
 *
 * @param noun such as "a TorchScript file"
 * @param barePickle what it means that there is a pickle without a zip, such as "as torch.save
 *     wrote it before PyTorch 1.6"
 * @param advice what to do about a file that is something else, without a full stop
 * @param failures makes an exception of a sentence
 */
public record FileKind(
    String noun,
    String barePickle,
    String advice,
    Function<String, ? extends IOException> failures) {

  IOException failure(String message) {
    return failures.apply(message);
  }

  IOException failure(String message, Throwable cause) {
    IOException failure = failures.apply(message);
    if (cause != null) {
      failure.initCause(cause);
    }
    return failure;
  }
}
