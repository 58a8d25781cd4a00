package io.pemn.loader.djl;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.InputTensor;
import io.pemn.format.network.NetworkDescription;
import io.pemn.loader.message.EngineMessage;
import io.pemn.loader.network.BuiltInNetwork;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A predictor that says in a sentence what is wrong with an input; the engine needs a page. Where
 * the engine fails with an input of the right type and shape, the exception's cause is an {@link
 * EngineException}; only then.
 */
final class ArchivePredictor<I, O> extends Predictor<I, O> {
  private final NetworkDescription network;

  ArchivePredictor(ArchiveModel model, Translator<I, O> translator, Device device) {
    super(model, translator, device, false);
    this.network = model.archive().network();
  }

  @Override
  protected NDList predictInternal(TranslatorContext context, NDList input)
      throws TranslateException {
    boolean fits = fits(input);
    if (!fits && network instanceof BuiltInDescription) {
      throw new TranslateException(misfit(input, ""));
    }
    try {
      return super.predictInternal(context, input);
    } catch (EngineException | IllegalArgumentException e) {
      String reason = EngineMessage.of(e);
      if (fits) {
        throw failure(input, reason, e);
      }
      // Modules may take other shapes than that of the example which the archive describes. What
      // the engine said is no failure of its own here, so it is not the cause.
      throw new TranslateException(misfit(input, " and fails (" + reason + ")"));
    }
  }

  private boolean fits(NDList input) {
    if (input.isEmpty()) {
      return true; // Which predicts nothing.
    }
    List<InputTensor> inputs = network.inputs();
    return input.size() == inputs.size()
        && IntStream.range(0, inputs.size()).allMatch(i -> fits(inputs.get(i), input.get(i)));
  }

  private static boolean fits(InputTensor expected, NDArray array) {
    Shape sample = BuiltInNetwork.shape(expected.shape());
    return array.getDataType().name().equals(expected.type().name())
        && array.getShape().dimension() == sample.dimension() + 1
        && array.getShape().slice(1).equals(sample);
  }

  private String misfit(NDList input, String failure) {
    return "The input is "
        + text(input)
        + ", but the network takes "
        + network.inputs().stream().map(Object::toString).collect(Collectors.joining(" and "))
        + " after a first dimension for the batch"
        + failure
        + "; give it arrays of that type and shape.";
  }

  /** Of the engine, which DJL's users tell from that of an input by its cause. */
  private static TranslateException failure(NDList input, String reason, RuntimeException cause) {
    return new TranslateException(
        "The PyTorch engine fails with the input "
            + text(input)
            + ", though the network takes such: "
            + reason
            + ".",
        cause instanceof EngineException ? cause : new EngineException(reason, cause));
  }

  private static String text(NDList input) {
    return input.stream().map(ArchivePredictor::text).collect(Collectors.joining(" and "));
  }

  private static String text(NDArray array) {
    return array.getDataType().name() + " " + array.getShape();
  }
}
