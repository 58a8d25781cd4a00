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
    int calls = mode.evalCalls() + mode.trainCalls();
    int switched = module.choice().keepTracedMode() ? 0 : calls - mode.fixedCalls();
    if (calls > 0) {
      sentences.add(
          module.path()
              + " was traced, which fixed "
              + mode.evalCalls()
              + " calls of batch normalisation or dropout in eval mode and "
              + mode.trainCalls()
              + " in train mode; "
              + (switched == 0 ? "they" : switched + " of them")
              + (switched == 0
                  ? " stay so during the training."
                  : " follow the mode of the training; what ships keeps its own code."));
    }
    if (mode.trainCalls() > 0) {
      sentences.add(
          "Calls that are fixed in train mode use batch statistics or drop at random wherever the"
              + " module runs; trace it again after model.eval() if that is not meant.");
    }
    return sentences;
  }
}
