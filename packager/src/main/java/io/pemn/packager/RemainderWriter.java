package io.pemn.packager;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.proto.Remainder;
import io.pemn.format.storage.BytePlanes;
import io.pemn.format.storage.CodedFloats;
import io.pemn.format.storage.ZstdFrame;
import io.pemn.loader.RemainderTensor;
import io.pemn.loader.torchscript.TorchScriptModule;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Writes the remainder section of an archive. */
final class RemainderWriter {
  private RemainderWriter() {}

  /**
   * The section of a network that has a remainder.
   *
   * @throws IllegalArgumentException in one sentence, if it lacks a tensor of its network, has one
   *     twice, has another shape for one, or has one that the network lacks
   */
  static byte[] toBytes(MaskedNetwork network) {
    Remainder.Builder message = Remainder.newBuilder();
    List<BytePlanes.Numbers> numbers = new ArrayList<>();
    for (RemainderTensor tensor : inOrder(network)) {
      boolean constant = CodedFloats.isConstant(tensor.type(), tensor.data());
      io.pemn.format.proto.RemainderTensor.Builder header =
          io.pemn.format.proto.RemainderTensor.newBuilder()
              .setType(tensor.type().toProto())
              .setConstant(constant)
              .setScale(tensor.scale());
      if (network.module().isPresent()) {
        header.addAllShape(tensor.shape().stream().map(Integer::longValue).toList());
      }
      message.addTensors(header);
      ByteBuffer data = tensor.data();
      if (constant) {
        data.limit(tensor.type().bytes());
      }
      numbers.add(new BytePlanes.Numbers(tensor.type().bytes(), data));
    }
    ByteString planes = UnsafeByteOperations.unsafeWrap(BytePlanes.split(numbers));
    byte[] content = message.setNumbers(planes).build().toByteArray();
    List<Integer> cuts = new ArrayList<>();
    int end = content.length - planes.size();
    for (int plane = 0; plane < BytePlanes.MOST && end < content.length; plane++) {
      cuts.add(end);
      end += BytePlanes.size(numbers, plane);
    }
    return ZstdFrame.compress(content, cuts);
  }

  /** As the network has its tensors, which names them. */
  private static List<RemainderTensor> inOrder(MaskedNetwork network) {
    Map<String, RemainderTensor> tensors = new HashMap<>();
    for (RemainderTensor tensor : network.remainder()) {
      if (tensors.put(tensor.name(), tensor) != null) {
        throw new IllegalArgumentException(
            "The remainder has two tensors " + tensor.name() + ", but can have one of a name.");
      }
    }
    network.layers().forEach(layer -> refuse(tensors.get(layer.name()), "is masked"));
    List<RemainderTensor> ordered = new ArrayList<>();
    if (network.network() instanceof BuiltInDescription builtIn) {
      Set<String> masked =
          network.layers().stream().map(MaskedLayer::name).collect(Collectors.toSet());
      for (ParameterShape parameter : builtIn.parameters()) {
        if (!masked.contains(parameter.name())) {
          RemainderTensor tensor = tensors.remove(parameter.name());
          if (tensor == null || !tensor.shape().equals(parameter.shape())) {
            throw new IllegalArgumentException(
                "The remainder has "
                    + (tensor == null ? "no tensor " : "shape " + tensor.shape() + " for ")
                    + parameter.name()
                    + ", but its network has it with shape "
                    + parameter.shape()
                    + ".");
          }
          ordered.add(tensor);
        }
      }
    } else {
      List<String> names =
          network.module().map(TorchScriptModule::tensors).orElse(List.of()).stream()
              .filter(tensors::containsKey)
              .toList();
      names.forEach(name -> ordered.add(tensors.remove(name)));
    }
    tensors.values().forEach(tensor -> refuse(tensor, "is none of its network"));
    return ordered;
  }

  private static void refuse(RemainderTensor tensor, String why) {
    if (tensor != null) {
      throw new IllegalArgumentException(
          "The remainder has the tensor " + tensor.name() + ", which " + why + ".");
    }
  }
}
