package io.pemn.compressor.training;

import io.pemn.packager.AtomicFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The files that get a run's metrics while it goes on: each row is appended as soon as it is known,
 * so that they can be watched. They begin with what earlier sessions of the run saw, as its
 * checkpoint remembers it, so that an interruption neither doubles rows nor loses any.
 */
public final class MetricsLog implements AutoCloseable {
  private final List<String> layers;
  private final Map<Path, OutputStream> files = new LinkedHashMap<>();

  /**
   * Begins, or goes on.
   *
   * @param paths where the metrics go
   * @param layers the masked layers
   * @param history the epochs so far
   * @throws IOException in one sentence, if a file cannot be written
   */
  MetricsLog(List<Path> paths, Collection<String> layers, List<EpochMetrics> history)
      throws IOException {
    this.layers = List.copyOf(layers);
    try {
      for (Path path : paths) {
        write(path, this.layers, history);
        files.put(path, Files.newOutputStream(path, StandardOpenOption.APPEND));
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Writes a whole file, in one step. */
  static void write(Path path, Collection<String> layers, List<EpochMetrics> history)
      throws IOException {
    StringBuilder text = new StringBuilder(MetricsCsv.header(layers));
    history.forEach(epoch -> text.append(MetricsCsv.rows(epoch, layers)));
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    AtomicFile.writeOfRun(path, Optional.empty(), out -> out.write(bytes));
  }

  /** Appends a row within an epoch. */
  void add(int epoch, StepMetrics within) throws IOException {
    append(MetricsCsv.row(epoch, within, layers));
  }

  /** Appends the row of an epoch whose other rows are there already. */
  void add(EpochMetrics epoch) throws IOException {
    append(MetricsCsv.row(epoch, layers));
  }

  private void append(String row) throws IOException {
    byte[] bytes = row.getBytes(StandardCharsets.UTF_8);
    for (Map.Entry<Path, OutputStream> file : files.entrySet()) {
      try {
        file.getValue().write(bytes);
      } catch (IOException e) {
        throw new IOException(
            "A row of metrics could not be appended to "
                + file.getKey()
                + " ("
                + e.getMessage()
                + "); make room for it, then go on with --resume.",
            e);
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (OutputStream file : files.values()) {
      file.close();
    }
  }
}
