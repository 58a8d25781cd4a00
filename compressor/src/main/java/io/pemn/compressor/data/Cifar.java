package io.pemn.compressor.data;

import io.pemn.compressor.data.CifarFormat.Images;
import io.pemn.format.Normalization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * CIFAR-10 and CIFAR-100 (Krizhevsky, 2009), 32x32 colour images, in the binary or the Python
 * version, unpacked or in the official archive. A folder that is given may hold the files, or the
 * official folder or archive of them; what is unpacked comes before archives, and the binary
 * version before the Python one.
 *
 * <p>Every file must have as many images as the official one. A part of the data set, with fewer
 * images in some files but none of the files missing, is read if {@code ?part} follows the
 * location.
 */
final class Cifar implements DataSource {
  private static final String HOME_PAGE = "https://www.cs.toronto.edu/~kriz/cifar.html";
  private static final int TEST_IMAGES = 10_000;

  private final int classes;
  private final int trainImages;
  private final Normalization normalization;
  private final List<Version> versions;

  /**
   * A form in which the data set is given out.
   *
   * @param title what its maker calls it
   * @param folder what its archive unpacks to
   * @param archive the name of its archive
   * @param archiveBytes the length of that
   * @param trainFiles in order
   */
  private record Version(
      String title,
      String folder,
      String archive,
      long archiveBytes,
      List<String> trainFiles,
      String testFile,
      String namesFile,
      CifarFormat format) {
    List<String> files() {
      return Stream.concat(trainFiles.stream(), Stream.of(testFile, namesFile)).toList();
    }

    boolean hasAny(Path place) {
      return files().stream().anyMatch(file -> Files.isRegularFile(place.resolve(file)));
    }

    boolean hasAll(Path place) {
      return files().stream().allMatch(file -> Files.isRegularFile(place.resolve(file)));
    }
  }

  /**
   * What was read of a version.
   *
   * @param images by the name of the file
   */
  private record Found(Version version, Map<String, Images> images, List<String> classNames) {
    static Found nothing(Version version) {
      return new Found(version, new HashMap<>(), new ArrayList<>());
    }

    Optional<String> missing() {
      return version.files().stream()
          .filter(
              file ->
                  file.equals(version.namesFile) ? classNames.isEmpty() : !images.containsKey(file))
          .findFirst();
    }
  }

  private Cifar(int classes, int trainImages, Normalization normalization, List<Version> versions) {
    this.classes = classes;
    this.trainImages = trainImages;
    this.normalization = normalization;
    this.versions = versions;
  }

  /** CIFAR-10: 50,000 images to train on and 10,000 to test with, in ten classes. */
  static Cifar cifar10() {
    List<String> batches = Stream.of(1, 2, 3, 4, 5).map(batch -> "data_batch_" + batch).toList();
    return new Cifar(
        10,
        10_000,
        Normalization.parse("0.4914,0.4822,0.4465/0.2470,0.2435,0.2616"),
        List.of(
            new Version(
                "binary version",
                "cifar-10-batches-bin",
                "cifar-10-binary.tar.gz",
                170_052_171,
                batches.stream().map(batch -> batch + ".bin").toList(),
                "test_batch.bin",
                "batches.meta.txt",
                new CifarBinary(1, 10)),
            new Version(
                "Python version",
                "cifar-10-batches-py",
                "cifar-10-python.tar.gz",
                170_498_071,
                batches,
                "test_batch",
                "batches.meta",
                new CifarPickle("labels", "label_names", 10))));
  }

  /** CIFAR-100: as many images in a hundred classes, the fine labels. */
  static Cifar cifar100() {
    return new Cifar(
        100,
        50_000,
        Normalization.parse("0.5071,0.4865,0.4409/0.2673,0.2564,0.2762"),
        List.of(
            new Version(
                "binary version",
                "cifar-100-binary",
                "cifar-100-binary.tar.gz",
                168_513_733,
                List.of("train.bin"),
                "test.bin",
                "fine_label_names.txt",
                new CifarBinary(2, 100)),
            new Version(
                "Python version",
                "cifar-100-python",
                "cifar-100-python.tar.gz",
                169_001_437,
                List.of("train"),
                "test",
                "meta",
                new CifarPickle("fine_labels", "fine_label_names", 100))));
  }

  @Override
  public String scheme() {
    return "cifar" + classes;
  }

  @Override
  public String syntax() {
    return scheme() + ":DIR[?part]";
  }

  private String official() {
    return "CIFAR-" + classes;
  }

  @Override
  public Dataset load(String location, Path home) throws DataException {
    boolean part = Location.isPart(location);
    Path named =
        Location.path(
            this,
            Location.withoutPart(location),
            "folder",
            "the unpacked files or the archive",
            whereToGetIt());
    if (Files.isDirectory(named)) {
      return fromFolder(named, part);
    } else if (Files.isRegularFile(named)) {
      return fromArchive(named, part);
    }
    throw new DataException(
        "There is no folder "
            + named
            + ", but the files or the archive of "
            + official()
            + " were expected in it; "
            + whereToGetIt()
            + ".");
  }

  private String whereToGetIt() {
    return "get "
        + versions.get(1).archive
        + " or "
        + versions.get(0).archive
        + " from "
        + HOME_PAGE
        + " and give its folder, unpacked or not";
  }

  private Dataset fromFolder(Path named, boolean part) throws DataException {
    Version version = null;
    Path folder = null;
    for (Version candidate : versions) {
      for (Path place : List.of(named, named.resolve(candidate.folder))) {
        if (candidate.hasAll(place) && (version == null || !version.hasAll(folder))
            || candidate.hasAny(place) && version == null) {
          version = candidate;
          folder = place;
        }
      }
    }
    if (version == null || !version.hasAll(folder)) {
      for (Version candidate : versions) {
        Path archive = named.resolve(candidate.archive);
        if (Files.isRegularFile(archive)) {
          return fromArchive(archive, part);
        }
      }
    }
    if (version == null) {
      throw new DataException(
          named
              + " has no file "
              + versions.get(0).trainFiles.get(0)
              + ", "
              + versions.get(1).trainFiles.get(0)
              + ", "
              + versions.get(0).archive
              + " or "
              + versions.get(1).archive
              + ", but one of them was expected of "
              + official()
              + "; "
              + whereToGetIt()
              + ".");
    }
    Found found = Found.nothing(version);
    for (String file : version.files()) {
      Path path = folder.resolve(file);
      if (!Files.isRegularFile(path)) {
        throw missing("There is no file " + path, version);
      }
      add(found, file, path.toString(), bytes(path, longest(version, file)), part);
    }
    return dataset(found);
  }

  private DataException missing(String what, Version version) {
    return new DataException(
        what
            + ", but the "
            + version.title
            + " of "
            + official()
            + " has one; get "
            + version.archive
            + " from "
            + HOME_PAGE
            + " and give its folder, unpacked or not.");
  }

  private Dataset fromArchive(Path archive, boolean part) throws DataException {
    Map<String, Version> versionOf = new HashMap<>();
    List<Found> all = versions.stream().map(Found::nothing).toList();
    versions.forEach(v -> v.files().forEach(file -> versionOf.put(file, v)));
    String sizes =
        "; the official archives "
            + versions.get(0).archive
            + " and "
            + versions.get(1).archive
            + String.format(
                Locale.ROOT,
                " have %,d and %,d bytes",
                versions.get(0).archiveBytes,
                versions.get(1).archiveBytes)
            + ", download it again from "
            + HOME_PAGE;
    TarArchive.read(
        archive,
        file -> versionOf.containsKey(file) ? longest(versionOf.get(file), file) : -1,
        (file, content) ->
            add(
                all.get(versions.indexOf(versionOf.get(file))),
                file,
                archive + ": " + file,
                content,
                part),
        sizes);
    for (Found found : all) {
      if (found.missing().isEmpty()) {
        return dataset(found);
      }
    }
    for (Found found : all) {
      if (!found.images.isEmpty()) {
        throw missing(archive + " has no file " + found.missing().get(), found.version);
      }
    }
    throw new DataException(
        archive
            + " has neither "
            + versions.get(0).trainFiles.get(0)
            + " nor "
            + versions.get(1).trainFiles.get(0)
            + ", but is given as the archive of "
            + official()
            + "; "
            + whereToGetIt()
            + ".");
  }

  private int images(Version version, String file) {
    return file.equals(version.testFile) ? TEST_IMAGES : trainImages;
  }

  private long longest(Version version, String file) {
    return file.equals(version.namesFile)
        ? CifarFormat.LONGEST_NAMES
        : version.format.longest(images(version, file));
  }

  private byte[] bytes(Path file, long longest) throws DataException {
    try {
      long found = Files.size(file);
      if (found > longest) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s has %,d bytes, but that file of %s has at most %,d%s.",
                file,
                found,
                official(),
                longest,
                CifarFormat.AGAIN));
      }
      return Files.readAllBytes(file);
    } catch (DataException e) {
      throw e;
    } catch (IOException e) {
      throw new DataException(
          file
              + " cannot be read ("
              + e.getMessage()
              + "), but must be a readable file; check that its permissions allow reading.",
          e);
    }
  }

  /** Adds what a file holds; its name in messages is {@code shown}. */
  private void add(Found found, String file, String shown, byte[] content, boolean part)
      throws DataException {
    Version version = found.version;
    if (file.equals(version.namesFile)) {
      List<String> names = version.format.classNames(shown, content);
      if (names.size() != classes) {
        throw new DataException(
            shown
                + " names "
                + names.size()
                + " classes, but "
                + official()
                + " has "
                + classes
                + CifarFormat.AGAIN
                + ".");
      }
      found.classNames.clear();
      found.classNames.addAll(names);
      return;
    }
    int official = images(version, file);
    Images images = version.format.images(shown, content, official);
    int count = images.labels().length;
    if (count > official || count < official && !part) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s has %,d bytes with %,d images, but the official file has %,d images%s%s.",
              shown,
              content.length,
              count,
              official,
              version.format instanceof CifarBinary
                  ? String.format(Locale.ROOT, " in %,d bytes", version.format.longest(official))
                  : "",
              count > official
                  ? CifarFormat.AGAIN
                  : CifarFormat.AGAIN
                      + ", or give "
                      + scheme()
                      + ":DIR?part if a part of the data set is meant"));
    }
    found.images.put(file, images);
  }

  private Dataset dataset(Found found) {
    Version version = found.version;
    List<Images> train = version.trainFiles.stream().map(found.images::get).toList();
    boolean whole =
        found.images.entrySet().stream()
            .allMatch(file -> file.getValue().labels().length == images(version, file.getKey()));
    return new Dataset(
        scheme() + (whole ? "" : " (part)"),
        set(train),
        set(List.of(found.images.get(version.testFile))),
        found.classNames,
        normalization);
  }

  private ImageSet set(List<Images> parts) {
    Images all = parts.get(0);
    if (parts.size() > 1) {
      int count = parts.stream().mapToInt(part -> part.labels().length).sum();
      all = new Images(new byte[count * CifarFormat.PIXELS], new int[count]);
      int done = 0;
      for (Images part : parts) {
        int images = part.labels().length;
        System.arraycopy(part.labels(), 0, all.labels(), done, images);
        System.arraycopy(
            part.pixels(), 0, all.pixels(), done * CifarFormat.PIXELS, images * CifarFormat.PIXELS);
        done += images;
      }
    }
    return new ImageSet(
        CifarFormat.CHANNELS,
        CifarFormat.SIDE,
        CifarFormat.SIDE,
        classes,
        all.pixels(),
        all.labels());
  }
}
