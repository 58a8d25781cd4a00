package io.pemn.benchmarks.kernels;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is measured, and what it is compared with. */
enum Kernel {
  ENCODE(Section.MASKS, "encode, {way}, density {density}, {bits}", "MaskCodecBenchmark.encode"),
  DECODE(Section.MASKS, "decode, {way}, density {density}, {bits}", "MaskCodecBenchmark.decode"),
  COPY_MASK(Section.MASKS, "", "MaskCodecBenchmark.copy"),

  REBUILD(
      Section.WEIGHTS,
      "rebuild, {masks} over {values}, threads: {threads}",
      "RebuildBenchmark.rebuild"),
  REBUILD_AND_CHECK(
      Section.WEIGHTS,
      "rebuild and check the digests, {masks} over {values}, threads: {threads}",
      "RebuildBenchmark.rebuildAndCheck"),
  DECODE_AND_REBUILD(
      Section.WEIGHTS,
      "decode ({encoding}) and rebuild, {masks} over {values}, threads: {threads}",
      "RebuildBenchmark.decodeAndRebuild"),
  WRITE_FLOATS(
      Section.WEIGHTS,
      "write floats that are in the cache, threads: {threads}",
      "RebuildFloorBenchmark.write"),
  COPY_FLOATS(Section.WEIGHTS, "", "RebuildFloorBenchmark.copy"),

  GENERATE(
      Section.PROTOTYPES,
      "generate {length} values, {distribution}",
      "PrototypeBenchmark.generate"),
  PERMUTE(Section.PROTOTYPES, "permute {length} places", "PrototypeBenchmark.permute"),
  FILL(Section.PROTOTYPES, "", "PrototypeBenchmark.fill"),

  SELECT(Section.THRESHOLDS, "select of {scores}, {mode}", "ThresholdBenchmark.select"),
  FOLLOW(
      Section.THRESHOLDS,
      "select of {scores} again after they moved a little, {mode}",
      "ThresholdBenchmark.follow"),
  TOP_K(Section.THRESHOLDS, "the engine's topK of {scores}, {mode}", "ThresholdBenchmark.topK"),
  SORT(Section.THRESHOLDS, "copy and sort {scores}, {mode}", "ThresholdBenchmark.sort"),
  COPY_SCORES(Section.THRESHOLDS, "", "ThresholdBenchmark.copyOnly"),

  OPEN(Section.OPENING, "open, {weights} weights", "OpenBenchmark.open"),
  READ_HEAD(Section.OPENING, "", "OpenBenchmark.readHead"),

  WRITE_TO_MEMORY(
      Section.WRITING, "{weights} weights to memory, {encoding}", "ArchiveWriteBenchmark.toMemory"),
  WRITE_TO_FILE(
      Section.WRITING, "{weights} weights to a file, {encoding}", "ArchiveWriteBenchmark.toFile"),
  COPY_ARCHIVE(Section.WRITING, "", "ArchiveWriteBenchmark.copyBytes"),
  WRITE_BYTES(Section.WRITING, "", "ArchiveWriteBenchmark.writeBytes");

  private static final String PACKAGE = "io.pemn.benchmarks.";
  private static final Pattern PLACE = Pattern.compile("\\{([a-z]+)}");
  private static final Pattern LARGE = Pattern.compile("\\d{4,}");

  private final Section section;
  private final String words;
  private final String benchmark;

  /**
   * A kernel.
   *
   * @param words what a row of it is called, with parameters in braces; empty if it is a floor and
   *     has no row of its own
   */
  Kernel(Section section, String words, String benchmark) {
    this.section = section;
    this.words = words;
    this.benchmark = PACKAGE + benchmark;
  }

  /**
   * The kernel that a benchmark measures.
   *
   * @throws IllegalArgumentException in one sentence, if no table has it
   */
  static Kernel of(String benchmark) {
    return Arrays.stream(values())
        .filter(kernel -> kernel.benchmark.equals(benchmark))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "The tables of kernels have none that "
                        + benchmark
                        + " measures; add it to Kernel."));
  }

  /** The table that it stands in. */
  Section section() {
    return section;
  }

  /** The full name of the method that measures it. */
  String benchmark() {
    return benchmark;
  }

  /** Whether it is nothing but a floor of others. */
  boolean isFloor() {
    return words.isEmpty();
  }

  /** What it is compared with. */
  Kernel floor() {
    return switch (section) {
      case MASKS -> COPY_MASK;
      case WEIGHTS -> COPY_FLOATS;
      case PROTOTYPES -> FILL;
      case THRESHOLDS -> COPY_SCORES;
      case OPENING -> READ_HEAD;
      case WRITING -> this == WRITE_TO_FILE || this == WRITE_BYTES ? WRITE_BYTES : COPY_ARCHIVE;
    };
  }

  /** The parameters in which a kernel and its floor must agree. */
  List<String> sizes() {
    return switch (section) {
      case MASKS -> List.of();
      case WEIGHTS -> List.of("layers", "threads");
      case PROTOTYPES -> List.of("length");
      case THRESHOLDS -> List.of("scores");
      case OPENING -> List.of("layers", "width");
      case WRITING -> List.of("layers", "encoding");
    };
  }

  /**
   * What a row is called.
   *
   * @param parameters of the benchmark, and {@code weights}
   */
  String inWords(Map<String, String> parameters) {
    return PLACE
        .matcher(words)
        .replaceAll(place -> Matcher.quoteReplacement(shown(parameters.get(place.group(1)))));
  }

  private static String shown(String value) {
    return LARGE.matcher(value).matches()
        ? String.format(Locale.ROOT, "%,d", Long.parseLong(value))
        : value.toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
