package io.pemn.cli;

import ai.djl.Device;
import io.pemn.compressor.training.DeviceChoice;
import java.io.IOException;
import java.io.PrintWriter;
import picocli.CommandLine.Option;

/** The device of a command. */
final class DeviceMixin {
  @Option(
      names = "--device",
      paramLabel = "D",
      defaultValue = "auto",
      description =
          "auto, cpu, gpu or gpu:N; auto takes a GPU where the engine sees one"
              + " (default: ${DEFAULT-VALUE}).")
  private String device;

  Device choose(PrintWriter err) throws IOException {
    DeviceChoice choice = DeviceChoice.of(device);
    choice.note().ifPresent(err::println);
    return choice.device();
  }
}
