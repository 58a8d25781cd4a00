package io.pemn.loader;

import io.pemn.format.storage.LayerDigest;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Rebuilds the weights of all layers of an archive, several stretches at a time, straight into
 * their places: beside them only some 16 KiB a thread and the masks are in memory. Immutable and
 * safe for concurrent use.
 *
 * <pre>{@code
 * Map<String, float[]> weights = WeightRebuilder.of(archive).threads(4).rebuild();
 * }</pre>
 *
 * @since 0.1
 */
public final class WeightRebuilder {
  /** Enough work for a thread to be worth the handing out; a multiple of 64. */
  private static final int STRETCH = 1 << 16;

  private final PemnArchive archive;
  private final Predicate<Layer> wanted;
  private final int threads;
  private final boolean checks;
  private final Progress progress;

  private WeightRebuilder(
      PemnArchive archive,
      Predicate<Layer> wanted,
      int threads,
      boolean checks,
      Progress progress) {
    this.archive = archive;
    this.wanted = wanted;
    this.threads = threads;
    this.checks = checks;
    this.progress = progress;
  }

  /**
   * Is told how far the rebuilding is.
   *
   * @since 0.1
   */
  @FunctionalInterface
  public interface Progress {
    /**
     * Some more weights stand in their places. Called by whichever thread rebuilt them, one call at
     * a time, with ever greater numbers; the last one is {@code all}.
     *
     * @param weights how many weights are rebuilt
     * @param all how many there will be
     */
    void rebuilt(long weights, long all);
  }

  /**
   * Rebuilds with as many threads as the virtual machine has processors, checks no digests of
   * layers, and reports nothing.
   *
   * @param archive what is rebuilt
   * @return a rebuilder
   */
  public static WeightRebuilder of(PemnArchive archive) {
    return new WeightRebuilder(
        archive,
        layer -> true,
        Runtime.getRuntime().availableProcessors(),
        false,
        (weights, all) -> {});
  }

  /**
   * The same with another number of threads.
   *
   * @param threads how many, the calling one included
   * @return a rebuilder
   * @throws IllegalArgumentException if it is less than 1
   */
  public WeightRebuilder threads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException(
          "Weights cannot be rebuilt by " + threads + " threads; take 1 or more.");
    }
    return new WeightRebuilder(archive, wanted, threads, checks, progress);
  }

  /**
   * The same, but the weights of every layer are compared with its digest. What is read from the
   * file is checked in any case; this finds faults of memory, too, and takes about as long again.
   *
   * @return a rebuilder
   */
  public WeightRebuilder checkingDigests() {
    return new WeightRebuilder(archive, wanted, threads, true, progress);
  }

  /**
   * The same for some of the layers; a second call leaves those of both.
   *
   * @param wanted whether a layer is rebuilt
   * @return a rebuilder
   */
  public WeightRebuilder only(Predicate<Layer> wanted) {
    return new WeightRebuilder(archive, this.wanted.and(wanted), threads, checks, progress);
  }

  /**
   * The same, with reports of its progress.
   *
   * @param progress is told of it
   * @return a rebuilder
   */
  public WeightRebuilder reportingTo(Progress progress) {
    return new WeightRebuilder(archive, wanted, threads, checks, progress);
  }

  /**
   * Rebuilds on the heap.
   *
   * @return the weights, row-major, by the layers' names, in the network's order
   * @throws io.pemn.format.PemnFormatException if the archive is damaged
   * @throws IOException if the archive's file cannot be read any more
   */
  public Map<String, float[]> rebuild() throws IOException {
    List<Layer> layers = layers();
    Map<String, float[]> weights = new LinkedHashMap<>();
    layers.forEach(layer -> weights.put(layer.name(), new float[layer.size()]));
    rebuild(layers, layer -> FloatBuffer.wrap(weights.get(layer.name())));
    return weights;
  }

  /**
   * Rebuilds into buffers, on the heap or direct, each from its position on; the positions stay as
   * they are.
   *
   * @param targets called once for each layer, in the network's order, by the calling thread; gives
   *     a buffer of at least {@link Layer#size()} floats of its own
   * @throws IllegalArgumentException if a buffer is too small or read-only
   * @throws io.pemn.format.PemnFormatException if the archive is damaged
   * @throws IOException if the archive's file cannot be read any more
   */
  public void rebuildInto(Function<Layer, FloatBuffer> targets) throws IOException {
    rebuild(layers(), targets);
  }

  private void rebuild(List<Layer> layers, Function<Layer, FloatBuffer> targets)
      throws IOException {
    List<Stretch> stretches = new ArrayList<>();
    for (Layer layer : layers) {
      Target target = new Target(layer, room(layer, targets.apply(layer)));
      for (int from = 0; from < layer.size(); from += STRETCH) {
        stretches.add(new Stretch(target, from, Math.min(STRETCH, layer.size() - from)));
      }
    }
    Tally tally = new Tally(layers.stream().mapToLong(Layer::size).sum());
    SharedWork.run(threads, stretches.size(), i -> rebuild(stretches.get(i), tally));
  }

  private List<Layer> layers() {
    return archive.layers().stream().filter(wanted).toList();
  }

  private void rebuild(Stretch stretch, Tally tally) throws IOException {
    Target target = stretch.target;
    archive.rebuild(target.layer, stretch.from, target.weights.slice(stretch.from, stretch.count));
    boolean complete = target.missing.addAndGet(-stretch.count) == 0;
    if (complete && checks) {
      archive.verify(target.layer, new LayerDigest().add(target.weights).finish());
    }
    tally.add(stretch.count);
  }

  private static FloatBuffer room(Layer layer, FloatBuffer buffer) {
    if (buffer.remaining() < layer.size() || buffer.isReadOnly()) {
      throw new IllegalArgumentException(
          layer.name()
              + " has "
              + layer.size()
              + " weights, but its buffer "
              + (buffer.isReadOnly() ? "is read-only" : "has room for " + buffer.remaining())
              + "; give one that they fit in.");
    }
    return buffer.slice(buffer.position(), layer.size());
  }

  private record Stretch(Target target, int from, int count) {}

  /** Where a layer goes, and how much of it is not there yet. */
  private static final class Target {
    private final Layer layer;
    private final FloatBuffer weights;
    private final AtomicInteger missing;

    Target(Layer layer, FloatBuffer weights) {
      this.layer = layer;
      this.weights = weights;
      this.missing = new AtomicInteger(layer.size());
    }
  }

  /** Adds up and reports, one thread at a time. */
  private final class Tally {
    private final long all;
    private long rebuilt;

    Tally(long all) {
      this.all = all;
    }

    synchronized void add(int weights) {
      rebuilt += weights;
      progress.rebuilt(rebuilt, all);
    }
  }
}
