package io.pemn.loader.djl;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.ImageShape;
import io.pemn.format.network.NetworkDescription;
import java.util.stream.Collectors;

/** A predictor that says in a sentence what is wrong with an input; the engine needs a page. */
final class ArchivePredictor<I, O> extends Predictor<I, O> {
  private final NetworkDescription network;

  ArchivePredictor(ArchiveModel model, Translator<I, O> translator, Device device) {
    super(model, translator, device, false);
    this.network = model.archive().network();
  }

  @Override
  protected NDList predictInternal(TranslatorContext context, NDList input)
      throws TranslateException {
    if (network instanceof BuiltInDescription builtIn && !fits(builtIn.input(), input)) {
      throw refusal(input, "", null);
    }
    try {
      return super.predictInternal(context, input);
    } catch (EngineException | IllegalArgumentException e) {
      // Modules may take other shapes than that of the example which the archive describes.
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw refusal(input, " and fails (" + reason + ")", e);
    }
  }

  private static boolean fits(ImageShape images, NDList input) {
    if (input.isEmpty()) {
      return true; // Which predicts nothing.
    }
    Shape shape = input.get(0).getShape();
    return input.size() == 1
        && input.get(0).getDataType() == DataType.FLOAT32
        && shape.dimension() == 4
        && shape.slice(1).equals(new Shape(images.channels(), images.height(), images.width()));
  }

  private TranslateException refusal(NDList input, String failure, Exception cause) {
    return new TranslateException(
        "The input is "
            + input.stream().map(ArchivePredictor::text).collect(Collectors.joining(" and "))
            + ", but the network takes "
            + network.inputs().stream().map(Object::toString).collect(Collectors.joining(" and "))
            + " after a first dimension for the batch"
            + failure
            + "; give it arrays of that type and shape.",
        cause);
  }

  private static String text(NDArray array) {
    return array.getDataType().name() + " " + array.getShape();
  }
}
