package io.pemn.loader.djl;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import io.pemn.loader.PemnArchive;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * The model that a service predicts with: any number of threads use it at once, and another archive
 * takes its place without a prediction being lost. Predictions that have begun end on the model on
 * which they began, which is closed after the last of them.
 *
 * <pre>{@code
 * try (LiveModel<byte[], Classifications> live =
 *     LiveModel.of(PemnArchive.open(path), Device.cpu(), PixelTranslator::new)) {
 *   live.predict(pixels);               // on any thread
 *   live.swap(PemnArchive.open(path));  // on another one, while they predict
 * }
 * }</pre>
 *
 * @param <I> what is given to a prediction
 * @param <O> what it returns
 * @since 0.1
 */
public final class LiveModel<I, O> implements AutoCloseable {
  private final Device device;
  private final Function<PemnArchive, Translator<I, O>> translators;
  private final AtomicReference<Loaded<I, O>> current;

  private LiveModel(
      Device device, Function<PemnArchive, Translator<I, O>> translators, Loaded<I, O> first) {
    this.device = device;
    this.translators = translators;
    this.current = new AtomicReference<>(first);
  }

  /**
   * Loads the first model.
   *
   * @param <I> what is given to a prediction
   * @param <O> what it returns
   * @param archive what to predict with
   * @param device where this model and its successors run
   * @param translators makes the translator for an archive, such as {@code PixelTranslator::new};
   *     called once for each model
   * @return a model that the caller closes
   * @throws io.pemn.format.PemnFormatException if the archive turns out to be damaged, or its
   *     policy does not allow its module
   * @throws IOException if it cannot be read or loaded
   */
  public static <I, O> LiveModel<I, O> of(
      PemnArchive archive, Device device, Function<PemnArchive, Translator<I, O>> translators)
      throws IOException {
    return new LiveModel<>(device, translators, Loaded.of(archive, device, translators));
  }

  /** {@return the archive that predictions use from now on, unless it is swapped} */
  public PemnArchive archive() {
    return loaded().archive;
  }

  /**
   * Predicts; may be called by any number of threads at once.
   *
   * @param input as the translator takes it
   * @return as the translator makes it
   * @throws TranslateException as {@link Predictor#predict} does
   * @throws IllegalStateException if this is closed
   */
  public O predict(I input) throws TranslateException {
    return answer(input).output();
  }

  /**
   * Predicts, and says with which archive.
   *
   * @param input what to predict for
   * @return the output and the archive
   * @throws TranslateException as {@link Predictor#predict} does
   * @throws IllegalStateException if this is closed
   */
  public Answer<O> answer(I input) throws TranslateException {
    Loaded<I, O> loaded = enter();
    try {
      return new Answer<>(loaded.predict(input), loaded.archive);
    } finally {
      loaded.leave();
    }
  }

  /**
   * A prediction.
   *
   * @param output what was predicted
   * @param archive what the model that predicted it was loaded from
   * @param <O> what a prediction returns
   * @since 0.1
   */
  public record Answer<O>(O output, PemnArchive archive) {}

  /**
   * Loads another archive, and predicts with it from then on. Where that fails, all stays as it
   * was. While both are in use, both are in memory. Of several calls at once, one waits for the
   * other.
   *
   * @param archive what to predict with
   * @throws io.pemn.format.PemnFormatException if the archive turns out to be damaged, or its
   *     policy does not allow its module
   * @throws IOException if it cannot be read or loaded
   * @throws IllegalStateException if this is closed
   */
  public synchronized void swap(PemnArchive archive) throws IOException {
    loaded();
    Loaded<I, O> next = Loaded.of(archive, device, translators);
    Loaded<I, O> before = current.get();
    // Swaps wait for each other, so that only closing can have come in between.
    if (before == null || !current.compareAndSet(before, next)) {
      next.leave();
      throw closed();
    }
    before.leave();
  }

  /** Closes the model after the last prediction that has begun; none can begin any more. */
  @Override
  public void close() {
    Loaded<I, O> last = current.getAndSet(null);
    if (last != null) {
      last.leave();
    }
  }

  private Loaded<I, O> enter() {
    while (true) {
      Loaded<I, O> loaded = loaded();
      if (loaded.enter()) {
        return loaded;
      }
      // It was swapped and closed in between.
    }
  }

  private Loaded<I, O> loaded() {
    Loaded<I, O> loaded = current.get();
    if (loaded == null) {
      throw closed();
    }
    return loaded;
  }

  private static IllegalStateException closed() {
    return new IllegalStateException("This model is closed; load it again to predict.");
  }

  /** One archive's model, closed when the last that uses it leaves. */
  private static final class Loaded<I, O> {
    private final PemnArchive archive;
    private final Model model;
    private final Translator<I, O> translator;
    private final Queue<Predictor<I, O>> idle = new ConcurrentLinkedQueue<>();

    /** Predictions under way, and one more while it may be used for new ones. */
    private final AtomicInteger users = new AtomicInteger(1);

    private Loaded(PemnArchive archive, Model model, Translator<I, O> translator) {
      this.archive = archive;
      this.model = model;
      this.translator = translator;
    }

    static <I, O> Loaded<I, O> of(
        PemnArchive archive, Device device, Function<PemnArchive, Translator<I, O>> translators)
        throws IOException {
      Translator<I, O> translator = translators.apply(archive);
      return new Loaded<>(archive, PemnModel.load(archive, "live", device), translator);
    }

    boolean enter() {
      return users.getAndUpdate(n -> n == 0 ? 0 : n + 1) > 0;
    }

    void leave() {
      if (users.decrementAndGet() == 0) {
        try (model) {
          idle.forEach(Predictor::close);
        }
      }
    }

    O predict(I input) throws TranslateException {
      // A predictor serves one thread at a time.
      Predictor<I, O> predictor = idle.poll();
      if (predictor == null) {
        predictor = model.newPredictor(translator);
      }
      try {
        return predictor.predict(input);
      } finally {
        idle.add(predictor);
      }
    }
  }
}
