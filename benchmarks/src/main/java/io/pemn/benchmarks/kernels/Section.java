package io.pemn.benchmarks.kernels;

/** A table of kernels that have a floor of one kind. */
enum Section {
  /** Masks to bytes and back. */
  MASKS(
      "Coding masks",
      "Masks of a million weights on one thread; bytes are those of the mask in memory, a bit a"
          + " weight. The floor copies them."),
  /** Masks to weights. */
  WEIGHTS(
      "Rebuilding weights",
      "Bytes are those of the float32 weights, which go to native memory. The floor copies as many"
          + " floats there from the heap, on as many threads."),
  /** Seeds to values. */
  PROTOTYPES(
      "Generating prototypes",
      "Bytes are those of the values, float32, or of the places, 32-bit integers. The floor fills a"
          + " new array of as many."),
  /** Scores to thresholds. */
  THRESHOLDS(
      "Selecting thresholds",
      "The score above which half of the weights lie, among normal scores in the engine's memory;"
          + " bytes are those of the scores. Selecting again and topK use all cores, the others one."
          + " The floor copies the scores to an array."),
  /** Opening archives. */
  OPENING(
      "Opening archives",
      "A perceptron of four hidden layers, its file in the page cache. Opening reads the head alone,"
          + " whose bytes are counted; what counts is that the time does not grow with the weights."
          + " The floor opens the file and reads as many bytes."),
  /** Writing archives. */
  WRITING(
      "Writing archives",
      "Random {0, 1} masks at density 0.5, which no code makes smaller than a bit a weight: coded,"
          + " digested and read back with every check. Bytes are the archive's. The floors copy as"
          + " many in memory, and write as many to a file that reaches the disk.");

  private final String title;
  private final String explanation;

  Section(String title, String explanation) {
    this.title = title;
    this.explanation = explanation;
  }

  /** The heading. */
  String title() {
    return title;
  }

  /** What stands above the table. */
  String explanation() {
    return explanation;
  }
}
