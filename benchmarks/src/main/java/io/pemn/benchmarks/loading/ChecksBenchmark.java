package io.pemn.benchmarks.loading;

import io.pemn.compressor.loading.RandomNetwork;
import io.pemn.compressor.masking.FillingStrategy;
import io.pemn.compressor.masking.MaskType;
import io.pemn.compressor.training.Recipe;
import io.pemn.format.Distribution;
import io.pemn.format.NumberType;
import io.pemn.format.network.BuiltInDescription;
import io.pemn.format.network.InputTensor;
import io.pemn.format.network.ParameterShape;
import io.pemn.format.network.TorchScriptDescription;
import io.pemn.format.storage.FloatCoding;
import io.pemn.loader.Layer;
import io.pemn.loader.PemnArchive;
import io.pemn.loader.WeightRebuilder;
import io.pemn.loader.torchscript.TorchScriptModule;
import io.pemn.loader.torchscript.TorchScriptModule.Entry;
import io.pemn.loader.torchscript.TorchScriptModule.FileEntry;
import io.pemn.loader.torchscript.TorchScriptModule.Span;
import io.pemn.loader.torchscript.TorchScriptModule.StorageEntry;
import io.pemn.packager.ArchiveWriter;
import io.pemn.packager.MaskCodecChoice;
import io.pemn.packager.MaskedNetwork;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the checks of a reader cost: the same archive, in the page cache, read by {@link
 * PemnArchive} and by {@link UncheckedArchive}, on one thread. The scores are microseconds; on a
 * busy machine {@code -prof io.pemn.benchmarks.loading.ProcessorTime} has the better ones.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseSerialGC")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ChecksBenchmark {
  private static final int CODE_BYTES = 30_000;

  /** The network: 0.4, 5.7 and 26 million parameters. */
  @Param({"convmixer-6-256", "vit-tiny", "vit-25m"})
  public String network;

  /** Whether it is built in, or stands in a TorchScript module's storages. */
  @Param({"BUILT_IN", "TORCHSCRIPT"})
  public Kind kind;

  /** What the masks lie over. */
  @Param public Values values;

  private Path folder;
  private Path file;
  private byte[] bytes;
  private List<float[]> targets;

  /** How a network is archived. */
  public enum Kind {
    /** By its architecture and sizes. */
    BUILT_IN,
    /** By the entries of a TorchScript file. */
    TORCHSCRIPT
  }

  /** Where the values come from. */
  public enum Values {
    /** The usual options: every weight has a value of its own, which is generated. */
    USUAL(new FillingStrategy.OwnWeights(), Distribution.SIGNED_CONSTANT),
    /** The paper's short vector, which weights are rebuilt from the fastest. */
    PAPER(new FillingStrategy.RandomVector(Recipe.PAPER.ratio(), false), Distribution.NORMAL);

    private final FillingStrategy strategy;
    private final Distribution distribution;

    Values(FillingStrategy strategy, Distribution distribution) {
      this.strategy = strategy;
      this.distribution = distribution;
    }
  }

  /** Writes the archive, and compares what the two readers make of it. */
  @Setup
  public void prepare() throws IOException {
    folder = Files.createTempDirectory("pemn-");
    file = folder.resolve("model.pemn");
    BuiltInDescription description = LoadedNetwork.of(network).builtIn().orElseThrow();
    MaskedNetwork masked =
        RandomNetwork.builtIn(
            description,
            new RandomNetwork.Masking(
                MaskType.BINARY, 0.5, values.strategy, values.distribution, FloatCoding.FP32));
    bytes =
        ArchiveWriter.toBytes(
            kind == Kind.BUILT_IN ? masked : module(masked, description), MaskCodecChoice.ROARING);
    Files.write(file, bytes);
    PemnArchive archive = PemnArchive.open(file);
    targets = new ArrayList<>();
    archive.layers().forEach(layer -> targets.add(new float[layer.size()]));
    List<float[]> expected = new ArrayList<>();
    for (Layer layer : archive.layers()) {
      expected.add(archive.rebuild(layer));
    }
    UncheckedArchive.open(file).rebuildInto(targets);
    for (int i = 0; i < targets.size(); i++) {
      if (!Arrays.equals(expected.get(i), targets.get(i))) {
        throw new IllegalStateException("The readers differ in layer " + i + ".");
      }
    }
  }

  /** The same parameters, each in a storage of a module of its own, beside some code. */
  private static MaskedNetwork module(MaskedNetwork masked, BuiltInDescription description) {
    List<Entry> entries = new ArrayList<>();
    entries.add(new FileEntry("data.pkl", new byte[CODE_BYTES]));
    entries.add(new FileEntry("code/__torch__/network.py", new byte[CODE_BYTES]));
    for (ParameterShape parameter : description.parameters()) {
      entries.add(
          new StorageEntry(
              "data/" + entries.size(),
              NumberType.FLOAT32,
              parameter.size(),
              List.of(new Span(parameter.name(), 0, List.of()))));
    }
    InputTensor input =
        new InputTensor(
            List.of(
                description.input().channels(),
                description.input().height(),
                description.input().width()),
            NumberType.FLOAT32);
    return new MaskedNetwork(
        new TorchScriptDescription(
            List.of(input), Optional.of(description.input()), description.classes()),
        masked.normalization(),
        masked.classLabels(),
        masked.prototype(),
        masked.layers(),
        masked.remainder(),
        Optional.of(new TorchScriptModule(entries)),
        masked.provenance());
  }

  /** Deletes it. */
  @TearDown
  public void close() throws IOException {
    Files.delete(file);
    Files.delete(folder);
  }

  /** From the path to all that the head says. */
  @Benchmark
  public Object openChecked() throws IOException {
    return PemnArchive.open(file);
  }

  /** The same, believing it. */
  @Benchmark
  public Object openUnchecked() throws IOException {
    return UncheckedArchive.open(file);
  }

  /** From the path to the weights of all layers, with every check of what is read. */
  @Benchmark
  public Object rebuildChecked() throws IOException {
    return rebuild(WeightRebuilder.of(PemnArchive.open(file)));
  }

  /** The same, and what was rebuilt compared with the layers' digests. */
  @Benchmark
  public Object rebuildCheckedWithLayerDigests() throws IOException {
    return rebuild(WeightRebuilder.of(PemnArchive.open(file)).checkingDigests());
  }

  /** From the path to the weights of all layers, believing everything. */
  @Benchmark
  public Object rebuildUnchecked() throws IOException {
    UncheckedArchive.open(file).rebuildInto(targets);
    return targets;
  }

  /** SHA-256 of as many bytes as the file has: the greatest share of the checks. */
  @Benchmark
  public Object digestOfTheFile() throws NoSuchAlgorithmException {
    return MessageDigest.getInstance("SHA-256").digest(bytes);
  }

  private Object rebuild(WeightRebuilder rebuilder) throws IOException {
    Iterator<float[]> next = targets.iterator();
    rebuilder.threads(1).rebuildInto(layer -> FloatBuffer.wrap(next.next()));
    return targets;
  }
}
