package io.pemn.compressor.sweep;

import io.pemn.compressor.table.RowFile;
import io.pemn.compressor.training.RunDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The folder of a run of a sweep: its training while it lasts, then what it shipped, its metrics
 * and its row, so that nothing is trained twice.
 *
 * @param path the folder
 */
public record SweepFolder(Path path) {
  /** The training's checkpoints and metrics. */
  public RunDirectory training() {
    return new RunDirectory(path);
  }

  /** What the run is, for the process that measures it. */
  public Path taskFile() {
    return path.resolve("task.json");
  }

  /** What that process said on standard error. */
  public Path logFile() {
    return path.resolve("log.txt");
  }

  /** The archive of masks. */
  public Path archiveFile() {
    return path.resolve("model.pemn");
  }

  /** The weights of a dense network, which pruned ones begin with. */
  public Path denseFile() {
    return path.resolve("model.fp32.zst");
  }

  /** The weights of a pruned network. */
  public Path sparseFile() {
    return path.resolve("model.csr.zst");
  }

  private Path rowFile() {
    return path.resolve("row.csv");
  }

  /** Keeps the result. */
  void keep(SweepRow row) throws IOException {
    RowFile.write(rowFile(), SweepRow.FORMAT, List.of(row));
  }

  /** The result, if the run is over. */
  public Optional<SweepRow> row(SweepRun run) {
    try {
      return SweepRow.table(rowFile()).rows().stream().filter(row -> row.isOf(run)).findFirst();
    } catch (IOException e) {
      // Of another version of pemn, which may have measured something else.
      return Optional.empty();
    }
  }

  /** Forgets the checkpoints, which are most of the folder, once the result is safe. */
  public void tidy() throws IOException {
    training().clearCheckpoints();
  }
}
