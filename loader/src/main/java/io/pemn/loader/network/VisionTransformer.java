package io.pemn.loader.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.pemn.format.network.VisionTransformerArchitecture;
import io.pemn.loader.network.BuiltInNetwork.NamedParameters;

/** Builds what {@link VisionTransformerArchitecture} describes. */
final class VisionTransformer {
  private static final int TOKENS = 1;
  private static final int NUMBERS = 2;

  private VisionTransformer() {}

  static Block build(
      VisionTransformerArchitecture architecture, int classes, NamedParameters named) {
    int dim = architecture.dim();
    Shape patch = new Shape(architecture.patch(), architecture.patch());
    SequentialBlock network =
        new Sequence()
            .add(
                named.name(
                    "stem.conv",
                    Conv2d.builder()
                        .setFilters(dim)
                        .setKernelShape(patch)
                        .optStride(patch)
                        .optBias(true)
                        .build()))
            .add(
                new FunctionBlock(
                    "tokens",
                    VisionTransformer::tokens,
                    x -> new Shape(x.get(0), x.get(2) * x.get(3), x.get(1))));
    if (architecture.classToken()) {
      network.add(named.name(new ClassToken()));
    }
    if (architecture.positions()) {
      network.add(named.name(new Positions()));
    }
    for (int i = 0; i < architecture.depth(); i++) {
      String attention = "blocks." + i + ".attention";
      String mlp = "blocks." + i + ".mlp";
      network
          .add(
              Residual.around(
                  new Sequence()
                      .add(named.layerNorm(attention + ".norm", NUMBERS, architecture.norm()))
                      .add(linear(attention + ".qkv", 3 * dim, named))
                      .add(
                          new FunctionBlock(
                              "attention",
                              qkv -> attention(qkv, architecture.heads()),
                              x -> new Shape(x.get(0), x.get(TOKENS), x.get(NUMBERS) / 3)))
                      .add(linear(attention + ".projection", dim, named))))
          .add(
              Residual.around(
                  new Sequence()
                      .add(named.layerNorm(mlp + ".norm", NUMBERS, architecture.norm()))
                      .add(linear(mlp + ".expand", architecture.mlpRatio() * dim, named))
                      .add(ActivationBlocks.of(architecture.activation()))
                      .add(linear(mlp + ".contract", dim, named))));
    }
    return network
        .add(named.layerNorm("norm", NUMBERS, architecture.norm()))
        .add(
            new FunctionBlock(
                "pooling",
                architecture.classToken() ? x -> x.get(":, 0") : x -> x.mean(new int[] {TOKENS}),
                x -> new Shape(x.get(0), x.get(NUMBERS))))
        .add(linear("head", classes, named));
  }

  private static Block linear(String name, int units, NamedParameters named) {
    return named.name(name, Linear.builder().setUnits(units).build());
  }

  /** Shape (batch, dim, rows, columns) to (batch, tokens, dim). */
  private static NDArray tokens(NDArray patches) {
    Shape shape = patches.getShape();
    return patches.reshape(shape.get(0), shape.get(1), -1).transpose(0, 2, 1);
  }

  /**
   * Softmax(q k^T / sqrt(n)) v in every head of n numbers; shape (batch, tokens, 3 dim), queries
   * first, then keys, then values, head by head, to (batch, tokens, dim).
   */
  private static NDArray attention(NDArray qkv, int heads) {
    long batch = qkv.getShape().get(0);
    long tokens = qkv.getShape().get(TOKENS);
    long dim = qkv.getShape().get(NUMBERS) / 3;
    NDList parts = qkv.reshape(batch, tokens, 3, heads, dim / heads).split(3, 2);
    NDArray queries = headsFirst(parts.get(0));
    NDArray keys = headsFirst(parts.get(1));
    NDArray values = headsFirst(parts.get(2));
    // A product with a Java number would free what the gradient needs, and copy the number to the
    // device, which a GPU is waited for; this one it fills in.
    NDArray scale =
        qkv.getManager().full(new Shape(), (float) (1 / Math.sqrt((double) dim / heads)));
    NDArray weights = queries.mul(scale).matMul(keys.transpose(0, 1, 3, 2)).softmax(-1);
    return weights.matMul(values).transpose(0, 2, 1, 3).reshape(batch, tokens, dim);
  }

  private static NDArray headsFirst(NDArray part) {
    return part.squeeze(2).transpose(0, 2, 1, 3);
  }

  /** Puts a learned token before the others. */
  private static final class ClassToken extends AbstractBlock {
    private final Parameter token;

    @SuppressWarnings("this-escape")
    ClassToken() {
      token =
          addParameter(
              Parameter.builder().setName("class_token").setType(Parameter.Type.OTHER).build());
    }

    @Override
    public void prepare(Shape[] inputs) {
      token.setShape(new Shape(inputs[0].get(NUMBERS)));
    }

    @Override
    protected NDList forwardInternal(
        ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
      NDArray tokens = inputs.singletonOrThrow();
      Shape shape = tokens.getShape();
      NDArray own = store.getValue(token, tokens.getDevice(), training);
      NDArray row = own.reshape(1, 1, shape.get(NUMBERS));
      // Otherwise it would live as long as the parameter.
      row.attach(tokens.getManager());
      NDArray first = row.broadcast(shape.get(0), 1, shape.get(NUMBERS));
      return new NDList(first.concat(tokens, TOKENS));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputs) {
      Shape shape = inputs[0];
      return new Shape[] {new Shape(shape.get(0), shape.get(TOKENS) + 1, shape.get(NUMBERS))};
    }
  }

  /** Adds learned numbers to every token, others at every place. */
  private static final class Positions extends AbstractBlock {
    private final Parameter positions;

    @SuppressWarnings("this-escape")
    Positions() {
      positions =
          addParameter(
              Parameter.builder().setName("positions").setType(Parameter.Type.OTHER).build());
    }

    @Override
    public void prepare(Shape[] inputs) {
      positions.setShape(inputs[0].slice(1));
    }

    @Override
    protected NDList forwardInternal(
        ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
      NDArray tokens = inputs.singletonOrThrow();
      return new NDList(tokens.add(store.getValue(positions, tokens.getDevice(), training)));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputs) {
      return inputs;
    }
  }
}
