package io.pemn.compressor.search;

import io.pemn.compressor.training.RunDirectory;
import io.pemn.packager.AtomicFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where the runs of a search lie: each in a folder of its own below the run directory, which itself
 * gets the result.
 *
 * @param result the run directory
 */
public record SearchDirectory(RunDirectory result) {
  private static final String SEARCH = "search";

  private Path folder() {
    return result.path().resolve(SEARCH);
  }

  /**
   * Checks that a search can begin or go on here.
   *
   * @param resume whether it shall go on if there is one
   * @throws IOException in one sentence, if it cannot
   */
  public void check(boolean resume) throws IOException {
    boolean search = Files.exists(folder());
    if (search && !resume) {
      throw new FileAlreadyExistsException(
          result.path()
              + " already holds a search; add --resume to go on with it, --overwrite to begin anew,"
              + " or name another with --run-dir.");
    }
    if (!search && resume && result.holdsRun()) {
      throw new FileAlreadyExistsException(
          result.path()
              + " holds a run that is no search; resume it without a target, or name another"
              + " --run-dir.");
    }
    if (!resume && result.holdsRun()) {
      result.create(); // Says what is wrong.
    }
  }

  /**
   * Forgets the search and its result.
   *
   * @param model the TorchScript file of the search to come, which stays
   */
  public void clear(Optional<Path> model) throws IOException {
    result.clear(model);
    if (!Files.isDirectory(folder())) {
      return;
    }
    List<Path> runs;
    try (Stream<Path> entries = Files.list(folder())) {
      runs = entries.filter(Files::isDirectory).toList();
    }
    for (Path run : runs) {
      new RunDirectory(run).clear(model);
      deleteIfEmpty(run);
    }
    deleteIfEmpty(folder());
  }

  private static void deleteIfEmpty(Path folder) throws IOException {
    boolean empty;
    try (Stream<Path> entries = Files.list(folder)) {
      empty = entries.findAny().isEmpty();
    }
    if (empty) {
      Files.delete(folder);
    }
  }

  /** The run of a name, with the folders above it made. */
  RunDirectory run(String name) throws IOException {
    if (!Files.isDirectory(folder())) {
      if (!Files.isDirectory(result.path())) {
        result.create();
      }
      AtomicFile.createFolder(folder());
    }
    return known(name);
  }

  /** The run of a name that is there. */
  RunDirectory known(String name) {
    return new RunDirectory(folder().resolve(name));
  }
}
