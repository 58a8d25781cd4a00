package io.pemn.cli;

import ai.djl.Device;
import io.pemn.compressor.device.DeviceChoice;
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
          "auto, cpu, gpu or gpu:N; for compress also gpu:0,1 and so on, which divides every batch"
              + " among these; auto takes a GPU where the engine sees one (default:"
              + " ${DEFAULT-VALUE}).")
  private String device;

  /** What is asked for. */
  String asked() {
    return device;
  }

  /** The one device of a command that cannot use several. */
  Device choose(PrintWriter err) throws IOException {
    DeviceChoice choice = chooseAll(err);
    if (choice.count() > 1) {
      throw new IllegalArgumentException(
          "This command runs on one device, but --device "
              + device
              + " names "
              + choice.count()
              + "; name one of them.");
    }
    return choice.device();
  }

  /** The devices of a command that can divide its work. */
  DeviceChoice chooseAll(PrintWriter err) throws IOException {
    DeviceChoice choice = DeviceChoice.of(device);
    choice.note().ifPresent(err::println);
    return choice;
  }
}
