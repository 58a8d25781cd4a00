package io.pemn.cli;

import io.pemn.compressor.network.ModuleSource;
import io.pemn.packager.torchscript.TracedMode;
import java.util.ArrayList;
import java.util.List;

/** What a user should know of train and eval modes that tracing has fixed. */
final class TracedModeText {
  private TracedModeText() {}

  /** One sentence a thing to know; none for a scripted module. */
  static List<String> of(ModuleSource module) {
    TracedMode mode = module.tracedMode();
    List<String> sentences = new ArrayList<>();
    if (mode.evalCalls() > 0) {
      sentences.add(
          module.path()
              + " was traced in eval mode, which fixed "
              + mode.evalCalls()
              + " calls of batch normalisation or dropout; "
              + (module.choice().keepTracedMode()
                  ? "they stay so during training, as asked."
                  : "they are switched to train mode for the training, and ship as they are."));
    }
    if (mode.trainCalls() > 0) {
      sentences.add(
          module.path()
              + " was traced in train mode: "
              + mode.trainCalls()
              + " calls of batch normalisation or dropout will use batch statistics or drop at"
              + " random wherever it runs; trace it again after model.eval() if that is not meant.");
    }
    if (mode.fixedCalls() > 0 && !module.choice().keepTracedMode()) {
      sentences.add(
          mode.fixedCalls()
              + " of these calls stand in code without a mode of its own and stay as they are.");
    }
    return sentences;
  }
}
