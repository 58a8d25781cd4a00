package io.pemn.cli;

import java.io.PrintWriter;

/** Says how to go on when the process is interrupted while this is armed. */
final class ResumeHint implements AutoCloseable {
  private final Thread hook;

  ResumeHint(PrintWriter err) {
    hook =
        new Thread(
            () -> {
              err.println();
              err.println(
                  "Interrupted; run the same command with --resume to go on after the last whole"
                      + " epoch.");
              err.flush();
            },
            "pemn-resume-hint");
  }

  /** From here on there is something to resume. */
  void arm() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is being interrupted, and the hook is saying so.
      return;
    }
  }
}
