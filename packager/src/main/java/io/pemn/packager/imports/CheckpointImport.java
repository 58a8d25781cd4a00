package io.pemn.packager.imports;

import io.pemn.format.LayerMask;
import io.pemn.format.Normalization;
import io.pemn.format.Prototype;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.proto.Option;
import io.pemn.format.proto.Provenance;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.RemainderTensor;
import io.pemn.packager.FileDigest;
import io.pemn.packager.MaskedLayer;
import io.pemn.packager.MaskedNetwork;
import io.pemn.packager.PrototypeSource;
import io.pemn.packager.imports.StateMatch.Matched;
import io.pemn.packager.remainder.RemainderCoder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A trained network of another program, as an archive stores it: a state_dict of {@code torch.save}
 * or a safetensors file with the tensors of one of the built-in networks. Beside every fixed {@code
 * weight} stand the {@code scores} of its mask, as the paper's authors save them; or there are none
 * at all, and the weights themselves were trained.
 *
 * <p>The rebuilt weights are, number for number, the file's weights where the mask keeps them and 0
 * elsewhere.
 *
 * @param network all that goes into the archive
 * @param filling how the fixed weights were found to be filled
 * @param distinctValues different values in the prototype; 0 without masks
 * @param tied layers in which scores of one size are partly kept, so that the program that trained
 *     them may have kept others
 */
public record CheckpointImport(
    MaskedNetwork network, Filling filling, int distinctValues, List<String> tied) {
  /** The fraction of weights that the paper keeps. */
  public static final double USUAL_DENSITY = 0.5;

  private static final String SAFETENSORS = ".safetensors";
  private static final int SAFETENSORS_BRACE = 8;

  /** Copies the list. */
  public CheckpointImport {
    tied = List.copyOf(tied);
  }

  /**
   * What a state_dict does not say.
   *
   * @param network what its tensors are the parameters of
   * @param normalization how pixels became the network's input
   * @param classLabels one name an output, or none
   * @param density the fraction of weights that masks keep, greater than 0 and at most 1; none
   *     stands for {@value #USUAL_DENSITY}, or for no masks
   * @param remainder how what is not masked is stored
   * @param tool name and version of the program that packs
   */
  public record Settings(
      BuiltInDescription network,
      Normalization normalization,
      List<String> classLabels,
      OptionalDouble density,
      FloatCoding remainder,
      String tool) {
    /**
     * Copies the list and checks that the parts fit together.
     *
     * @throws IllegalArgumentException in one sentence, if they do not
     */
    public Settings {
      classLabels = List.copyOf(classLabels);
      normalization.requireChannels(network.input().channels());
      double kept = density.orElse(USUAL_DENSITY);
      if (!(kept > 0 && kept <= 1)) {
        throw new IllegalArgumentException(
            "The density must be greater than 0 and at most 1, not " + kept + ".");
      }
      if (!classLabels.isEmpty() && classLabels.size() != network.classes()) {
        throw new IllegalArgumentException(
            "There are "
                + classLabels.size()
                + " labels, but the network has "
                + network.classes()
                + " classes; give one label a class.");
      }
    }
  }

  /**
   * Imports a file.
   *
   * @param file a zip of {@code torch.save} or a safetensors file
   * @param settings what it does not say
   * @throws ImportException if it is neither, or belongs to another network
   * @throws IOException in one sentence, if it is damaged, or its pickle names what no state_dict
   *     needs
   */
  public static CheckpointImport read(Path file, Settings settings) throws IOException {
    try (StateDict state = open(file)) {
      StateMatch match = StateMatch.of(settings.network(), state);
      if (!match.masked() && settings.density().isPresent()) {
        throw new ImportException(
            file
                + " has no scores, so there are no masks with a density of "
                + settings.density().getAsDouble()
                + "; leave the density out to pack its weights as they are.");
      }
      Provenance.Builder provenance =
          Provenance.newBuilder()
              .setTool(settings.tool())
              .addOptions(option("checkpoint", FileDigest.sha256(file)));
      return match.masked()
          ? masked(state, match, settings, provenance)
          : dense(state, match, settings, provenance);
    }
  }

  private static StateDict open(Path file) throws IOException {
    if (file.toString().endsWith(SAFETENSORS)) {
      return SafetensorsCheckpoint.open(file);
    }
    byte[] beginning = new byte[0];
    if (Files.isRegularFile(file)) {
      try (InputStream in = Files.newInputStream(file)) {
        beginning = in.readNBytes(SAFETENSORS_BRACE + 1);
      }
    }
    // Its header is JSON behind a length of eight bytes.
    return beginning.length > SAFETENSORS_BRACE && beginning[SAFETENSORS_BRACE] == '{'
        ? SafetensorsCheckpoint.open(file)
        : PyTorchCheckpoint.open(file);
  }

  private static CheckpointImport dense(
      StateDict state, StateMatch match, Settings settings, Provenance.Builder provenance)
      throws IOException {
    List<RemainderTensor> remainder = new ArrayList<>();
    for (Matched tensor : match.tensors()) {
      remainder.add(remainder(state, tensor));
    }
    PrototypeSource none =
        new PrototypeSource.Generated(
            new Prototype(0, io.pemn.format.Distribution.NORMAL, 1), 0, false);
    return new CheckpointImport(
        network(settings, none, List.of(), remainder, provenance.build()),
        Filling.DENSE,
        0,
        List.of());
  }

  private static CheckpointImport masked(
      StateDict state, StateMatch match, Settings settings, Provenance.Builder provenance)
      throws IOException {
    double density = settings.density().orElse(USUAL_DENSITY);
    List<RemainderTensor> remainder = new ArrayList<>();
    List<Matched> layers = new ArrayList<>();
    List<float[]> weights = new ArrayList<>();
    List<TopScores> masks = new ArrayList<>();
    List<String> tied = new ArrayList<>();
    for (Matched tensor : match.tensors()) {
      Optional<StateTensor> scores = tensor.scores();
      if (scores.isEmpty()) {
        remainder.add(remainder(state, tensor));
        continue;
      }
      TopScores mask = TopScores.of(finite(state, scores.get(), tensor.parameter()), density);
      if (mask.isTied()) {
        tied.add(tensor.parameter().name());
      }
      layers.add(tensor);
      masks.add(mask);
      weights.add(finite(state, tensor.values(), tensor.parameter()));
    }
    FoundPrototype prototype =
        FoundPrototype.of(weights, layers.stream().map(l -> l.parameter().shape()).toList());
    List<MaskedLayer> maskedLayers = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      ParameterShape parameter = layers.get(i).parameter();
      maskedLayers.add(
          new MaskedLayer(
              parameter.name(),
              parameter.shape(),
              prototype.offsets().get(i),
              1,
              new LayerMask.Keep(masks.get(i).mask())));
    }
    provenance
        .addOptions(option("density", Double.toString(density)))
        .addOptions(option("filling", prototype.filling().toString()));
    return new CheckpointImport(
        network(settings, prototype.values(), maskedLayers, remainder, provenance.build()),
        prototype.filling(),
        prototype.distinctValues(),
        tied);
  }

  private static MaskedNetwork network(
      Settings settings,
      PrototypeSource prototype,
      List<MaskedLayer> layers,
      List<RemainderTensor> remainder,
      Provenance provenance) {
    return new MaskedNetwork(
        settings.network(),
        Optional.of(settings.normalization()),
        settings.classLabels(),
        prototype,
        layers,
        RemainderCoder.of(settings.network()).code(remainder, settings.remainder()),
        Optional.empty(),
        provenance);
  }

  private static RemainderTensor remainder(StateDict state, Matched tensor) throws IOException {
    ParameterShape parameter = tensor.parameter();
    float[] values = finite(state, tensor.values(), parameter);
    if (StateTensor.member(parameter.name()).equals(StateTensor.RUNNING_VAR)) {
      requireVariances(state, tensor.values(), values);
    }
    return new RemainderTensor(parameter.name(), parameter.shape(), values);
  }

  /** Of a negative one there is no square root: the network would compute nothing but NaN. */
  private static void requireVariances(StateDict state, StateTensor tensor, float[] values)
      throws ImportException {
    for (int i = 0; i < values.length; i++) {
      if (values[i] < 0) {
        throw new ImportException(
            state.path()
                + ": "
                + tensor.text()
                + " has the variance "
                + values[i]
                + " at position "
                + i
                + ", expected none below 0; the file is damaged or from another program, save it"
                + " again.");
      }
    }
  }

  /** As many floats as the parameter has, since their shapes are equal. */
  private static float[] finite(StateDict state, StateTensor tensor, ParameterShape parameter)
      throws IOException {
    if (parameter.size() > Integer.MAX_VALUE / Double.BYTES) {
      throw new ImportException(
          state.path()
              + ": "
              + tensor.text()
              + " has more than "
              + Integer.MAX_VALUE / Double.BYTES
              + " numbers, which is too many to import.");
    }
    float[] values = state.floats(tensor);
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new ImportException(
            state.path()
                + ": "
                + tensor.text()
                + " has the number "
                + values[i]
                + " at position "
                + i
                + ", expected finite ones; its training has failed, take an earlier checkpoint.");
      }
    }
    return values;
  }

  private static Option option(String name, String value) {
    return Option.newBuilder().setName(name).setValue(value).build();
  }
}
