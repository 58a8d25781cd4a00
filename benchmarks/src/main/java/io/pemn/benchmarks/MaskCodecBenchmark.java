package io.pemn.benchmarks;

import io.pemn.format.Mask;
import io.pemn.format.mask.EncodedMask;
import io.pemn.format.mask.MaskCodec;
import io.pemn.format.mask.MaskCodecs;
import io.pemn.format.mask.MaskLayout;
import io.pemn.format.proto.MaskEncoding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.roaringbitmap.BitSetUtil;
import org.roaringbitmap.RoaringBitmap;

/** Encoding and decoding of the mask of a million weights. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class MaskCodecBenchmark {
  private static final int WEIGHTS = 1_000_000;
  private static final int ROW = 1_000;

  /** What to measure. */
  public enum Way {
    /** {@code ROARING_ZSTD}. */
    ROARING_ZSTD,
    /** {@code BITMAP_ZSTD}. */
    BITMAP_ZSTD,
    /** {@code ENTROPY}. */
    ENTROPY,
    /** A Roaring bitmap in its portable format without zstd. */
    ROARING_ALONE
  }

  /** How ones are spread. */
  public enum Bits {
    /** Independent of each other. */
    RANDOM,
    /** Rows and columns of different density, as trained masks have them. */
    STRUCTURED
  }

  /** Fraction of ones. */
  @Param({"0.01", "0.05", "0.1", "0.3", "0.5"})
  public double density;

  /** How they are spread. */
  @Param({"RANDOM", "STRUCTURED"})
  public Bits bits;

  /** What to measure. */
  @Param({"ROARING_ZSTD", "BITMAP_ZSTD", "ENTROPY", "ROARING_ALONE"})
  public Way way;

  private Mask mask;
  private MaskLayout layout;
  private MaskCodec codec;
  private EncodedMask encoded;
  private byte[] stored;
  private long[] words;

  /** Makes a mask and its code. */
  @Setup
  public void prepare() throws IOException {
    Random random = new Random(1);
    byte[] kept = new byte[WEIGHTS];
    double row = 1;
    for (int i = 0; i < WEIGHTS; i++) {
      if (i % ROW == 0 && bits == Bits.STRUCTURED) {
        row = Math.exp(random.nextGaussian() - 0.5);
      }
      double column = bits == Bits.RANDOM ? 1 : i % 2 == 0 ? 1.3 : 0.7;
      kept[i] = (byte) (random.nextDouble() < density * row * column ? 1 : 0);
    }
    mask = Mask.ofBytes(kept);
    layout = new MaskLayout(List.of(new MaskLayout.Segment(WEIGHTS, ROW, mask.kept())));
    words = mask.toWords();
    if (way == Way.ROARING_ALONE) {
      stored = serialise(mask);
    } else {
      codec = MaskCodecs.of(MaskEncoding.valueOf(way.name()));
      encoded = codec.encode(mask, layout);
    }
  }

  /** Encodes the mask. */
  @Benchmark
  public Object encode(Volume volume) {
    volume.add(WEIGHTS, WEIGHTS / Byte.SIZE);
    return way == Way.ROARING_ALONE ? serialise(mask) : codec.encode(mask, layout);
  }

  /** Decodes the mask. */
  @Benchmark
  public Object decode(Volume volume) throws IOException {
    volume.add(WEIGHTS, WEIGHTS / Byte.SIZE);
    if (way == Way.ROARING_ALONE) {
      RoaringBitmap bitmap = new RoaringBitmap();
      bitmap.deserialize(ByteBuffer.wrap(stored));
      return Mask.of(BitSetUtil.toLongArray(bitmap), WEIGHTS);
    }
    return codec.decode(ByteBuffer.wrap(encoded.stored()), encoded.decodedBytes(), layout);
  }

  /** The floor: the mask copied as it is in memory, a bit a weight. */
  @Benchmark
  public Object copy(Volume volume) {
    volume.add(WEIGHTS, WEIGHTS / Byte.SIZE);
    return words.clone();
  }

  private static byte[] serialise(Mask mask) {
    RoaringBitmap bitmap = BitSetUtil.bitmapOf(mask.toWords());
    bitmap.runOptimize();
    ByteBuffer portable = ByteBuffer.allocate(bitmap.serializedSizeInBytes());
    bitmap.serialize(portable);
    return portable.array();
  }
}
