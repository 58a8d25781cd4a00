package io.pemn.loader.djl;

import ai.djl.util.Utils;
import io.pemn.format.ArchiveSection;
import io.pemn.format.Finding;
import io.pemn.format.PemnFormatException;
import io.pemn.loader.LoadPolicy;
import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The options of a model's loading, as DJL's Criteria give them.
 *
 * <p>DJL adds what a file in the model's folder says, which comes from wherever the folder does.
 * Such a file may ask for less than the program allows, but not for more.
 *
 * @param values by their names; empty if there are none
 */
record LoadOptions(Map<String, ?> values) {
  /** With {@code true}, TorchScript modules are run. */
  private static final String ALLOW_TORCH_SCRIPT = "allowTorchScript";

  /** Names the public keys of which one must have signed the archive: PEM files. */
  private static final String SIGNED_BY = "signedBy";

  private static final List<String> NAMES = List.of(SIGNED_BY, ALLOW_TORCH_SCRIPT);

  /** How options begin that sound as if they said what is trusted. */
  private static final List<String> BEGINNINGS = List.of("sign", "allow", "trust");

  /** Options with such a beginning that DJL's engines for TensorFlow and Python have. */
  private static final Set<String> OF_OTHER_ENGINES =
      Set.of("SignatureDefKey", "trust_remote_code");

  /** Where DJL looks for options in a model's folder, and how it marks them. */
  private static final String FOLDER_SETTINGS = "serving.properties";

  private static final String MARK = "option.";

  /**
   * The options of one loading.
   *
   * @param values as DJL gives them, or null
   */
  static LoadOptions of(Map<String, ?> values) {
    return new LoadOptions(values == null ? Map.of() : values);
  }

  /**
   * What an archive may ask for and bring.
   *
   * @param arguments what DJL knows of the model besides, where these options mean nothing
   * @throws IllegalArgumentException in one sentence, if somebody has asked for something that
   *     would be overlooked
   * @throws IOException if a key cannot be read
   */
  LoadPolicy policy(Set<String> arguments) throws IOException {
    for (String argument : arguments) {
      meant(argument)
          .ifPresent(
              name -> {
                throw new IllegalArgumentException(
                    argument
                        + " is given as an argument, but "
                        + name
                        + " is an option; give it with optOption.");
              });
    }
    values.keySet().forEach(LoadOptions::checkSpelling);
    LoadPolicy policy =
        values.containsKey(SIGNED_BY) ? LoadPolicy.signedBy(keys()) : LoadPolicy.standard();
    return allowsTorchScript() ? policy.andTorchScript() : policy;
  }

  /** Refuses an option that nobody would look at, but whose giver relies on it. */
  private static void checkSpelling(String option) {
    if (NAMES.contains(option) || OF_OTHER_ENGINES.contains(option)) {
      return;
    }
    Optional<String> meant = meant(option);
    if (meant.isPresent()) {
      throw new IllegalArgumentException(
          "There is no option "
              + option
              + ", and it would be overlooked; write "
              + meant.get()
              + ".");
    }
    if (BEGINNINGS.stream().anyMatch(letters(option)::startsWith)) {
      throw new IllegalArgumentException(
          "There is no option "
              + option
              + ", and it would be overlooked; what is trusted is said with "
              + String.join(" and ", NAMES)
              + ".");
    }
  }

  /** The option that a name means, in whatever spelling. */
  private static Optional<String> meant(String name) {
    return NAMES.stream().filter(known -> letters(known).equals(letters(name))).findFirst();
  }

  private static String letters(String name) {
    return name.replaceAll("[-_. ]", "").toLowerCase(Locale.ROOT);
  }

  private boolean allowsTorchScript() {
    Object allowed = values.get(ALLOW_TORCH_SCRIPT);
    return allowed != null && Boolean.parseBoolean(allowed.toString());
  }

  private Path[] keys() {
    Object keys = values.get(SIGNED_BY);
    if (keys == null || keys.toString().isBlank()) {
      throw new IllegalArgumentException(
          "The option "
              + SIGNED_BY
              + " names no key; give the files of the public keys that are trusted, or leave it"
              + " out.");
    }
    return Pattern.compile(Pattern.quote(File.pathSeparator))
        .splitAsStream(keys.toString())
        .map(Path::of)
        .toArray(Path[]::new);
  }

  /**
   * Where the archive is, if it is none of DJL's places.
   *
   * @param modelPath where DJL believes that it is; anybody else's word does not count
   */
  Optional<String> location(Path modelPath) {
    return values.get(PemnRepository.LOCATION) instanceof String location
            && modelPath.equals(PemnRepository.folder(location))
        ? Optional.of(location)
        : Optional.empty();
  }

  /**
   * Checks that what these options allow is not the word of the model's own folder.
   *
   * @param modelPath a file or folder that exists
   * @throws PemnFormatException.NotTrusted in one sentence, if it may be
   * @throws IOException if the folder's settings cannot be read
   */
  void checkOrigin(Path modelPath) throws IOException {
    Path absolute = modelPath.toAbsolutePath();
    Path settings =
        Utils.getNestedModelDir(Files.isRegularFile(absolute) ? absolute.getParent() : absolute)
            .resolve(FOLDER_SETTINGS);
    if (!allowsTorchScript() || !Files.isRegularFile(settings)) {
      return;
    }
    Properties found = new Properties();
    try (Reader reader = Files.newBufferedReader(settings)) {
      found.load(reader);
    }
    if (found.containsKey(MARK + ALLOW_TORCH_SCRIPT)) {
      throw new PemnFormatException.NotTrusted(
          Finding.of(ArchiveSection.FILE, MARK + ALLOW_TORCH_SCRIPT, "no such line"),
          settings
              + " has {found}, but {expected} is expected beside an archive, for only the program"
              + " that loads it can allow its code; take the line out, and give the option in DJL's"
              + " Criteria.");
    }
  }
}
