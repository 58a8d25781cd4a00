package io.pemn.compressor.data;

import io.pemn.packager.tensors.PrintableName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Tiny-ImageNet-200 (Stanford's course CS231n): 64x64 images of 200 kinds of things, 500 of each to
 * train on, in the folders of the official zip file:
 *
 * <pre>
 * wnids.txt                   the 200 classes, such as n02124075, one a line
 * words.txt                   what they are called: class, tab, words
 * train/CLASS/images/*.JPEG   500 images of each class
 * val/images/*.JPEG           10,000 images, the test set
 * val/val_annotations.txt     their classes: file, tab, class, tab, a box
 * </pre>
 *
 * <p>{@code test/} has no labels and is not read. Labels follow the order of the class's numbers,
 * as those of PyTorch's {@code ImageFolder} do, and not that of {@code wnids.txt}. A class is
 * called by the first of its words. Grey images get three equal channels. The normalization is
 * measured on the training images.
 *
 * <p>Every class must have all of its images, unless {@code ?part} follows the location.
 */
final class TinyImageNet implements DataSource {
  private static final String FOLDER = "tiny-imagenet-200";
  private static final String WHERE_TO_GET_IT =
      "get http://cs231n.stanford.edu/tiny-imagenet-200.zip, unpack it and give its folder";
  private static final int SIDE = 64;
  private static final int CHANNELS = 3;
  private static final int CLASSES = 200;
  private static final int TRAIN_IMAGES = 500;
  private static final int TEST_IMAGES = 10_000;
  private static final int LONGEST_TEXT = 1 << 24;
  private static final Pattern CLASS = Pattern.compile("n[0-9]{8}");
  private static final Pattern PLAIN_FILE = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]*");

  /** Files and their labels. */
  private record Part(List<Path> files, List<Integer> labels) {
    Part() {
      this(new ArrayList<>(), new ArrayList<>());
    }

    void add(Path file, int label) {
      files.add(file);
      labels.add(label);
    }

    ImageSet read(int classes) throws DataException {
      return new ImageSet(
          CHANNELS,
          SIDE,
          SIDE,
          classes,
          ColourPictures.read(files, SIDE),
          labels.stream().mapToInt(label -> label).toArray());
    }
  }

  @Override
  public String scheme() {
    return "tiny-imagenet";
  }

  @Override
  public String syntax() {
    return "tiny-imagenet:DIR[?part]";
  }

  @Override
  public Dataset load(String location, Path home) throws DataException {
    boolean partly = Location.isPart(location);
    Path named =
        Location.path(this, Location.withoutPart(location), "folder", "wnids.txt", WHERE_TO_GET_IT);
    if (!Files.isDirectory(named)) {
      throw new DataException(
          (Files.exists(named) ? named + " is no folder" : "There is no folder " + named)
              + ", but the files of Tiny-ImageNet were expected in it; "
              + WHERE_TO_GET_IT
              + ".");
    }
    Path below = named.resolve(FOLDER);
    Path folder =
        !Files.exists(named.resolve("wnids.txt")) && Files.isDirectory(below) ? below : named;
    Map<String, Integer> labelOf = classes(folder.resolve("wnids.txt"), partly);
    List<String> names = names(folder.resolve("words.txt"), labelOf);
    Part train = trainPart(folder.resolve("train"), labelOf, partly);
    Part test = testPart(folder.resolve("val"), labelOf, partly);
    ColourPictures.requireMemory(
        "Tiny-ImageNet",
        train.files().size() + test.files().size(),
        SIDE,
        Runtime.getRuntime().maxMemory());
    ImageSet trainSet = train.read(names.size());
    boolean whole =
        names.size() == CLASSES
            && train.files().size() == CLASSES * TRAIN_IMAGES
            && test.files().size() == TEST_IMAGES;
    return new Dataset(
        scheme() + (whole ? "" : " (part)"),
        trainSet,
        test.read(names.size()),
        names,
        MeasuredNormalization.of(trainSet.pixelArray(), CHANNELS, SIDE * SIDE));
  }

  /** The label of each class, in the order of the classes. */
  private static Map<String, Integer> classes(Path file, boolean partly) throws DataException {
    Map<String, Integer> labelOf = new TreeMap<>();
    for (String line : lines(file)) {
      if (!CLASS.matcher(line).matches() || labelOf.put(line, 0) != null) {
        throw new DataException(
            file
                + " has a line "
                + PrintableName.quoted(line)
                + " that is no class such as n02124075, or the same one again; "
                + WHERE_TO_GET_IT
                + ".");
      }
    }
    requireCount(file + " names", labelOf.size(), CLASSES, "classes", partly);
    int label = 0;
    for (Map.Entry<String, Integer> entry : labelOf.entrySet()) {
      entry.setValue(label++);
    }
    return labelOf;
  }

  private static List<String> names(Path file, Map<String, Integer> labelOf) throws DataException {
    Map<String, String> words = new HashMap<>();
    for (String line : lines(file)) {
      String[] fields = line.split("\t", 2);
      if (fields.length == 2 && labelOf.containsKey(fields[0])) {
        words.put(fields[0], fields[1].split(",", 2)[0].strip());
      }
    }
    List<String> names = new ArrayList<>();
    for (String wnid : labelOf.keySet()) {
      if (!words.containsKey(wnid)) {
        throw new DataException(
            file
                + " does not say what "
                + wnid
                + " is called, but must have a line of every class in wnids.txt; "
                + WHERE_TO_GET_IT
                + ".");
      }
      String name = words.get(wnid);
      names.add(Collections.frequency(words.values(), name) == 1 ? name : name + " " + wnid);
    }
    return names;
  }

  private static Part trainPart(Path folder, Map<String, Integer> labelOf, boolean partly)
      throws DataException {
    Part part = new Part();
    for (Map.Entry<String, Integer> entry : labelOf.entrySet()) {
      Path images = folder.resolve(entry.getKey()).resolve("images");
      List<Path> files = images(images);
      requireCount(images + " has", files.size(), TRAIN_IMAGES, "images", partly);
      files.forEach(file -> part.add(file, entry.getValue()));
    }
    return part;
  }

  /** The images of a folder in the order of their names; what is hidden does not count. */
  private static List<Path> images(Path folder) throws DataException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "[!.]*.{JPEG,jpeg}")) {
      entries.forEach(files::add);
    } catch (IOException | DirectoryIteratorException e) {
      throw missing(folder, "folder", e);
    }
    files.sort(Comparator.comparing(file -> file.getFileName().toString()));
    return files;
  }

  private static Part testPart(Path folder, Map<String, Integer> labelOf, boolean partly)
      throws DataException {
    Path annotations = folder.resolve("val_annotations.txt");
    Set<String> present = new HashSet<>();
    images(folder.resolve("images")).forEach(file -> present.add(file.getFileName().toString()));
    Part part = new Part();
    Set<String> seen = new HashSet<>();
    for (String line : lines(annotations)) {
      String[] fields = line.split("\t");
      if (fields.length < 2
          || !PLAIN_FILE.matcher(fields[0]).matches()
          || !labelOf.containsKey(fields[1])
          || !seen.add(fields[0])) {
        throw new DataException(
            annotations
                + " has in line "
                + (part.files().size() + 1)
                + " no file that is new, a tab, and a class of wnids.txt; "
                + WHERE_TO_GET_IT
                + ".");
      }
      Path file = folder.resolve("images").resolve(fields[0]);
      if (!present.contains(fields[0])) {
        throw new DataException(
            "There is no file "
                + file
                + ", but "
                + annotations
                + " names it; "
                + WHERE_TO_GET_IT
                + ".");
      }
      part.add(file, labelOf.get(fields[1]));
    }
    requireCount(annotations + " names", part.files().size(), TEST_IMAGES, "images", partly);
    return part;
  }

  /** The lines of a text file that are not empty. */
  private static List<String> lines(Path file) throws DataException {
    try {
      if (Files.isRegularFile(file) && Files.size(file) > LONGEST_TEXT) {
        throw new DataException(
            file
                + " has "
                + Files.size(file)
                + " bytes, but at most "
                + LONGEST_TEXT
                + " were expected; "
                + WHERE_TO_GET_IT
                + ".");
      }
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank())
          .toList();
    } catch (DataException e) {
      throw e;
    } catch (IOException e) {
      throw missing(file, "file", e);
    }
  }

  private static DataException missing(Path path, String kind, Exception e) {
    return new DataException(
        (Files.exists(path)
                ? path + " cannot be read (" + e + ")"
                : "There is no " + kind + " " + path)
            + ", but Tiny-ImageNet has one; "
            + WHERE_TO_GET_IT
            + ".",
        e);
  }

  private static void requireCount(
      String what, int found, int official, String kind, boolean partly) throws DataException {
    if (found == 0 || found > official || found < official && !partly) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s %,d %s, but the official data set has %,d; %s%s.",
              what,
              found,
              kind,
              official,
              WHERE_TO_GET_IT,
              found > official || found == 0
                  ? ""
                  : ", or give tiny-imagenet:DIR?part if a part of the data set is meant"));
    }
  }
}
