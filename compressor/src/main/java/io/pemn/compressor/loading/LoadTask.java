package io.pemn.compressor.loading;

import ai.djl.Device;
import ai.djl.Model;
import io.pemn.compressor.network.ArchitectureOptions;
import io.pemn.compressor.network.TrustedKeys;
import io.pemn.format.NumberType;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.InputTensor;
import io.pemn.loader.djl.PemnModel;
import io.pemn.packager.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a process is to load. It travels as a file of properties, which costs a process that loads
 * full weights nothing of what an archive's own description would cost it.
 *
 * @param shipped what the file is
 * @param file to load
 * @param trust whose archives are taken
 * @param inputs what the network takes
 * @param network what it is, if it is built in and no TorchScript module
 */
record LoadTask(
    ShippedFile shipped,
    Path file,
    TrustedKeys trust,
    List<InputTensor> inputs,
    Optional<BuiltInDescription> network) {
  private static final String NETWORK = "network.";
  private static final String KEY = "key.";

  /**
   * Loads the model.
   *
   * @param scratch a file that is not there, for what has to be decompressed
   * @throws IOException in one sentence, if the file is damaged
   */
  Model load(Path scratch) throws IOException {
    if (shipped == ShippedFile.ARCHIVE) {
      return PemnModel.load(file, trust.policy(), Device.cpu());
    }
    Path weights = file;
    if (shipped.isFrame()) {
      weights = scratch;
      try (InputStream frame = Files.newInputStream(file)) {
        FullWeights.decompress(frame, weights);
      }
    }
    return shipped.isOfBuiltIn()
        ? FullWeights.safetensors(weights, network.orElseThrow())
        : FullWeights.torchScript(weights);
  }

  /** Writes it. */
  void save(Path properties) throws IOException {
    Properties task = new Properties();
    task.setProperty("shipped", shipped.name());
    task.setProperty("file", file.toString());
    for (int i = 0; i < trust.keys().size(); i++) {
      task.setProperty(KEY + i, trust.keys().get(i).toString());
    }
    trust.signature().ifPresent(signature -> task.setProperty("signature", signature.toString()));
    task.setProperty(
        "inputs", inputs.stream().map(LoadTask::toText).collect(Collectors.joining(";")));
    network.ifPresent(
        built -> {
          ArchitectureOptions.toMap(built.architecture())
              .forEach((option, value) -> task.setProperty(NETWORK + option, value));
          ImageShape image = built.input();
          task.setProperty("image", image.channels() + "," + image.height() + "," + image.width());
          task.setProperty("classes", Integer.toString(built.classes()));
        });
    AtomicFile.write(properties, out -> task.store(out, null));
  }

  private static String toText(InputTensor input) {
    return Stream.concat(
            Stream.of(input.type().name()), input.shape().stream().map(String::valueOf))
        .collect(Collectors.joining(","));
  }

  /** Reads what {@link #save} wrote. */
  static LoadTask read(Path properties) throws IOException {
    Properties task = new Properties();
    try (InputStream in = Files.newInputStream(properties)) {
      task.load(in);
    }
    List<Path> keys =
        Stream.iterate(0, i -> i + 1)
            .map(i -> task.getProperty(KEY + i))
            .takeWhile(key -> key != null)
            .map(Path::of)
            .toList();
    Map<String, String> options =
        task.stringPropertyNames().stream()
            .filter(name -> name.startsWith(NETWORK))
            .collect(Collectors.toMap(name -> name.substring(NETWORK.length()), task::getProperty));
    return new LoadTask(
        ShippedFile.valueOf(task.getProperty("shipped")),
        Path.of(task.getProperty("file")),
        new TrustedKeys(keys, Optional.ofNullable(task.getProperty("signature")).map(Path::of)),
        Arrays.stream(task.getProperty("inputs").split(";")).map(LoadTask::input).toList(),
        options.isEmpty() ? Optional.empty() : Optional.of(network(options, task)));
  }

  private static InputTensor input(String text) {
    String[] parts = text.split(",");
    return new InputTensor(
        Arrays.stream(parts).skip(1).map(Integer::valueOf).toList(), NumberType.valueOf(parts[0]));
  }

  private static BuiltInDescription network(Map<String, String> options, Properties task) {
    int[] image =
        Arrays.stream(task.getProperty("image").split(",")).mapToInt(Integer::parseInt).toArray();
    return new BuiltInDescription(
        ArchitectureOptions.of(options),
        new ImageShape(image[0], image[1], image[2]),
        Integer.parseInt(task.getProperty("classes")));
  }
}
