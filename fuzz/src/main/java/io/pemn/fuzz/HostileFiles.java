package io.pemn.fuzz;

import io.pemn.format.PemnFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Makes the files of testdata/hostile and the list of them; testdata/README.md says how. */
final class HostileFiles {
  /** The list, beside the folders. */
  static final String LIST = "README.md";

  private static final String INTRODUCTION =
      """
      # hostile

      Files that attack the readers, one attack each. `HostileFiles` makes them and this list; a test opens them
      all, within a small heap, and compares what comes of it with the last column. Digests, checksums and
      lengths are right wherever the attack lies behind them.

      `archives` are opened, decoded and verified; `safetensors` are read whole; `pickles` are read as a state_dict's
      are; `modules` are opened as `pemn compress` does and `checkpoints` as `pemn pack` does; `idx` and `cifar` are
      read as data sets are.

      | file | tries | is refused with |
      |---|---|---|
      """;

  private HostileFiles() {}

  /** Every file, in the order of the list. */
  static List<HostileFile> all() throws IOException {
    List<HostileFile> all = new ArrayList<>(HostileArchives.all());
    all.addAll(HostileTensors.all());
    all.addAll(HostilePickles.all());
    all.addAll(HostileZips.all());
    all.addAll(HostileImages.all());
    return all;
  }

  /**
   * The list's text, with the sections of the archives that their refusals name.
   *
   * @param folder where the files are
   */
  static String list(Path folder, List<HostileFile> files) {
    StringBuilder text = new StringBuilder(INTRODUCTION);
    for (HostileFile file : files) {
      text.append("| `" + file.path() + "` | " + file.attack() + " | " + file.refusal());
      Optional<IOException> refusal = StrangersFile.of(folder, file).refusal();
      if (refusal.isPresent() && refusal.get() instanceof PemnFormatException found) {
        String section = found.section().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        text.append(", " + section);
      }
      text.append(" |\n");
    }
    return text.toString();
  }

  /**
   * Writes the files and their list.
   *
   * @param arguments the folder; files of these names are replaced
   */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    List<HostileFile> all = all();
    for (HostileFile file : all) {
      Path path = folder.resolve(file.path());
      Files.createDirectories(path.getParent());
      Files.write(path, file.bytes());
    }
    Files.write(folder.resolve(LIST), list(folder, all).getBytes(StandardCharsets.UTF_8));
  }
}
