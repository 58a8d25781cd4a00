package io.pemn.cli;

import io.pemn.compressor.device.DeviceChoice;
import io.pemn.compressor.training.Determinism;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Whether a training can be repeated to the bit. */
final class DeterministicMixin {
  @Option(
      names = "--deterministic",
      description =
          "Train so that the same command gives the same bytes on the same kind of processor: on the"
              + " CPU; with one thread, or, of pemn's own networks, as many as PEMN_THREADS says.")
  private boolean wanted;

  /**
   * The devices of a training.
   *
   * @param module whether it is one of a TorchScript file
   */
  DeviceChoice choose(DeviceMixin device, boolean module, PrintWriter err) throws IOException {
    return wanted
        ? Determinism.of(device.asked(), Optional.ofNullable(System.getenv("PEMN_THREADS")), module)
            .begin()
        : device.chooseAll(err);
  }
}
