package io.pemn.loader;

/**
 * What a reader is willing to hold in memory for one archive, and to work through, whatever the
 * archive says. What exceeds a limit is refused, with a {@link
 * io.pemn.format.PemnFormatException.LimitExceeded}, before anything is allocated for it.
 *
 * <p>Beside the bytes of the file, opening takes up to 1 KiB for each layer, and 64 bytes and its
 * text for each class label. Decoding takes up to a byte for each masked weight, five times the
 * prototype, and twice the remainder and the module; rebuilding takes 4 bytes a weight. The
 * storages of a TorchScript module may together take 8 bytes a weight and twice those of the
 * remainder.
 *
 * <pre>{@code
 * Limits small = Limits.DEFAULT.withWeights(10_000_000).withFileBytes(16 << 20);
 * }</pre>
 *
 * @param fileBytes greatest size of the file
 * @param metadataBytes greatest size of the metadata, up to 2^31 - 9
 * @param nesting how deep messages may stand in messages, those that are skipped included; the
 *     format needs 3
 * @param classLabels greatest number of class labels
 * @param inputNumbers greatest number of numbers of one sample that the network takes
 * @param weights greatest number of masked weights, all layers together
 * @param layers greatest number of masked layers, and of remainder tensors
 * @param prototypeBytes greatest size of a prototype that must be in memory as a whole, because its
 *     values are coded or its positions shuffled: 4 bytes a value and 4 a shuffled position
 * @param remainderBytes greatest decompressed size of the remainder, and greatest size of its
 *     numbers, those of constant tensors written out and coded ones as float32
 * @param moduleBytes greatest decompressed size of a TorchScript module without its numbers
 * @param moduleEntries greatest number of entries, and of tensors, of a TorchScript module; the
 *     format has 100,000 of each at most
 * @since 0.1
 */
public record Limits(
    long fileBytes,
    long metadataBytes,
    int nesting,
    int classLabels,
    long inputNumbers,
    long weights,
    int layers,
    long prototypeBytes,
    long remainderBytes,
    long moduleBytes,
    int moduleEntries) {
  private static final int METADATA_BYTES = 1 << 25;
  private static final int NESTING = 16;
  private static final int CLASS_LABELS = 1 << 20;
  private static final long INPUT_NUMBERS = 1 << 27;
  private static final long PROTOTYPE_BYTES = 1L << 30;
  private static final int MODULE_ENTRIES = 100_000;

  /**
   * 1 GiB of file, 32 MiB of metadata, 16 messages within each other, 1,048,576 class labels, 2^27
   * numbers of a sample, 1,000 million weights, 100,000 layers, 1 GiB of prototype, 1 GiB of
   * remainder, 256 MiB of module in 100,000 entries.
   */
  public static final Limits DEFAULT =
      new Limits(1L << 30, 1_000_000_000L, 100_000, 1L << 30, 1L << 28);

  /**
   * Checks the numbers.
   *
   * @param fileBytes greatest size of the file
   * @param metadataBytes greatest size of the metadata
   * @param nesting how deep messages may stand in messages
   * @param classLabels greatest number of class labels
   * @param inputNumbers greatest number of numbers of one sample that the network takes
   * @param weights greatest number of masked weights
   * @param layers greatest number of masked layers, and of remainder tensors
   * @param prototypeBytes greatest size of a prototype that must be in memory as a whole
   * @param remainderBytes greatest size of the remainder
   * @param moduleBytes greatest size of a TorchScript module
   * @param moduleEntries greatest number of its entries, and of its tensors
   * @throws IllegalArgumentException in one sentence, if one is negative, or the nesting 0
   */
  public Limits {
    check("fileBytes", fileBytes, 0);
    check("metadataBytes", metadataBytes, 0);
    check("nesting", nesting, 1);
    check("classLabels", classLabels, 0);
    check("inputNumbers", inputNumbers, 0);
    check("weights", weights, 0);
    check("layers", layers, 0);
    check("prototypeBytes", prototypeBytes, 0);
    check("remainderBytes", remainderBytes, 0);
    check("moduleBytes", moduleBytes, 0);
    check("moduleEntries", moduleEntries, 0);
  }

  /**
   * Limits of the large parts; the others are those of {@link #DEFAULT}.
   *
   * @param fileBytes greatest size of the file
   * @param weights greatest number of masked weights
   * @param layers greatest number of masked layers, and of remainder tensors
   * @param remainderBytes greatest size of the remainder
   * @param moduleBytes greatest size of a TorchScript module
   * @throws IllegalArgumentException in one sentence, if one is negative
   */
  public Limits(long fileBytes, long weights, int layers, long remainderBytes, long moduleBytes) {
    this(
        fileBytes,
        METADATA_BYTES,
        NESTING,
        CLASS_LABELS,
        INPUT_NUMBERS,
        weights,
        layers,
        PROTOTYPE_BYTES,
        remainderBytes,
        moduleBytes,
        MODULE_ENTRIES);
  }

  /**
   * The same with another limit.
   *
   * @param fileBytes greatest size of the file
   * @return the limits
   * @throws IllegalArgumentException if it is negative
   */
  public Limits withFileBytes(long fileBytes) {
    return with(0, fileBytes);
  }

  /**
   * The same with another limit.
   *
   * @param metadataBytes greatest size of the metadata
   * @return the limits
   * @throws IllegalArgumentException if it is negative
   */
  public Limits withMetadataBytes(long metadataBytes) {
    return with(1, metadataBytes);
  }

  /**
   * The same with another limit.
   *
   * @param nesting how deep messages may stand in messages
   * @return the limits
   * @throws IllegalArgumentException if it is less than 1
   */
  public Limits withNesting(int nesting) {
    return with(2, nesting);
  }

  /**
   * The same with another limit.
   *
   * @param classLabels greatest number of class labels
   * @return the limits
   * @throws IllegalArgumentException if it is negative
   */
  public Limits withClassLabels(int classLabels) {
    return with(3, classLabels);
  }

  /**
   * The same with another limit.
   *
   * @param inputNumbers greatest number of numbers of one sample that the network takes
   * @return the limits
   * @throws IllegalArgumentException if it is negative
   */
  public Limits withInputNumbers(long inputNumbers) {
    return with(4, inputNumbers);
  }

  /**
   * The same with another limit.
   *
   * @param weights greatest number of masked weights
   * @return the limits
   * @throws IllegalArgumentException if it is negative
   */
  public Limits withWeights(long weights) {
    return with(5, weights);
  }

  /**
   * The same with another limit.
   *
   * @param layers greatest number of masked layers, and of remainder tensors
   * @return the limits
   * @throws IllegalArgumentException if it is negative
   */
  public Limits withLayers(int layers) {
    return with(6, layers);
  }

  /**
   * The same with another limit.
   *
   * @param prototypeBytes greatest size of a prototype that must be in memory as a whole
   * @return the limits
   * @throws IllegalArgumentException if it is negative
   */
  public Limits withPrototypeBytes(long prototypeBytes) {
    return with(7, prototypeBytes);
  }

  /**
   * The same with another limit.
   *
   * @param remainderBytes greatest size of the remainder
   * @return the limits
   * @throws IllegalArgumentException if it is negative
   */
  public Limits withRemainderBytes(long remainderBytes) {
    return with(8, remainderBytes);
  }

  /**
   * The same with another limit.
   *
   * @param moduleBytes greatest size of a TorchScript module
   * @return the limits
   * @throws IllegalArgumentException if it is negative
   */
  public Limits withModuleBytes(long moduleBytes) {
    return with(9, moduleBytes);
  }

  /**
   * The same with another limit.
   *
   * @param moduleEntries greatest number of its entries, and of its tensors
   * @return the limits
   * @throws IllegalArgumentException if it is negative
   */
  public Limits withModuleEntries(int moduleEntries) {
    return with(10, moduleEntries);
  }

  /**
   * A copy with another limit.
   *
   * @param component which of the record's, from 0
   */
  private Limits with(int component, long limit) {
    long[] all = {
      fileBytes,
      metadataBytes,
      nesting,
      classLabels,
      inputNumbers,
      weights,
      layers,
      prototypeBytes,
      remainderBytes,
      moduleBytes,
      moduleEntries
    };
    all[component] = limit;
    return new Limits(
        all[0],
        all[1],
        (int) all[2],
        (int) all[3],
        all[4],
        all[5],
        (int) all[6],
        all[7],
        all[8],
        all[9],
        (int) all[10]);
  }

  private static void check(String name, long limit, long least) {
    if (limit < least) {
      throw new IllegalArgumentException(
          "The limit " + name + " is " + limit + "; give " + least + " or more.");
    }
  }
}
