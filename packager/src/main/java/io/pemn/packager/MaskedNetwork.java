package io.pemn.packager;

import io.pemn.format.Normalization;
import io.pemn.format.network.NetworkDescription;
import io.pemn.format.proto.Provenance;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.torchscript.TorchScriptModule;
import java.util.List;
import java.util.Optional;

/**
 * All that goes into an archive.
 *
 * @param network what the parameters belong to
 * @param normalization how pixels become the network's input, if it takes images
 * @param classLabels one name an output, or none
 * @param prototype what the masked layers are filled from; of no use if there are none
 * @param layers the masked layers, in the network's order; there may be none
 * @param remainder every other parameter, in the network's order
 * @param module the TorchScript module without its numbers, if the network is one
 * @param provenance where it all comes from
 */
public record MaskedNetwork(
    NetworkDescription network,
    Optional<Normalization> normalization,
    List<String> classLabels,
    PrototypeSource prototype,
    List<MaskedLayer> layers,
    List<RemainderTensor> remainder,
    Optional<TorchScriptModule> module,
    Provenance provenance) {
  /**
   * Copies the lists.
   *
   * @throws IllegalArgumentException in one sentence, if there is a normalisation without images or
   *     the other way round
   */
  public MaskedNetwork {
    if (network.image().isPresent() != normalization.isPresent()) {
      throw new IllegalArgumentException(
          normalization.isPresent()
              ? "The network takes no images, so it can have no normalisation of their pixels."
              : "The network takes images, so it needs a normalisation of their pixels.");
    }
    classLabels = List.copyOf(classLabels);
    layers = List.copyOf(layers);
    remainder = List.copyOf(remainder);
  }
}
