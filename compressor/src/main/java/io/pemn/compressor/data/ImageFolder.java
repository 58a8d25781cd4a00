package io.pemn.compressor.data;

import io.pemn.compressor.data.PictureFile.Picture;
import io.pemn.format.Normalization;
import io.pemn.loader.image.Resampling;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Images in folders, PNG, JPEG, GIF or BMP:
 *
 * <pre>
 * DIR/train/CLASS/*  DIR/test/CLASS/*     classes, with images to test with; "val" stands for "test"
 * DIR/CLASS/*                             classes; about one image in five of each is held out
 * DIR/train/*  DIR/test/*                 images without labels
 * DIR/*                                   images without labels; about one in five is held out
 * </pre>
 *
 * <p>Which images are held out for testing is decided by a hash of the file's name alone, so that
 * files added later move none of those before (but of two or more, at least one is held out and at
 * least one is not). Classes and files are taken in the order of their names; hidden files and
 * folders are ignored.
 *
 * <p>All images are brought to the size that {@code ?size=HxW} gives, or to that of the first
 * training image, by {@link Resampling}. They have one channel if every pixel of every image is
 * grey, and three otherwise. The normalization is measured on the training images, to four digits.
 */
final class ImageFolder implements DataSource {
  private static final String OPTION = "?size=";
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,5})x([0-9]{1,5})");
  private static final int LONGEST_SIDE = 1 << 16;
  private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 8;

  @Override
  public String scheme() {
    return "image-folder";
  }

  @Override
  public String syntax() {
    return "image-folder:DIR[?size=HxW]";
  }

  @Override
  public Dataset load(String location, Path home) throws DataException {
    int option = location.lastIndexOf(OPTION);
    String named = option < 0 ? location : location.substring(0, option);
    Size size = option < 0 ? null : size(location.substring(option + OPTION.length()));
    Path folder =
        Location.path(
            this,
            named,
            "folder",
            "the images",
            "put the images of each class into a folder of its name, and give the folder above");
    if (!Files.isDirectory(folder)) {
      throw new DataException(
          "There is no folder "
              + folder
              + ", but images or folders of images were expected in it"
              + (folder.toString().contains("?") ? "; the only option is ?size=HxW" : "")
              + "; check the path.");
    }
    Split split = split(folder);
    if (size == null) {
      Picture first = PictureFile.read(split.train().files().get(0));
      size = new Size(first.height(), first.width());
    }
    Pixels train = Pixels.read(split.train().files(), size);
    Pixels test = Pixels.read(split.test().files(), size);
    if (train.channels != test.channels) {
      train.colour();
      test.colour();
    }
    return new Dataset(
        "image-folder",
        train.set(split.train(), split.classes().size()),
        test.set(split.test(), split.classes().size()),
        split.classes(),
        train.normalization());
  }

  private static Size size(String text) throws DataException {
    Matcher matcher = SIZE.matcher(text);
    if (matcher.matches()) {
      int height = Integer.parseInt(matcher.group(1));
      int width = Integer.parseInt(matcher.group(2));
      if (height >= 1 && width >= 1 && height <= LONGEST_SIDE && width <= LONGEST_SIDE) {
        return new Size(height, width);
      }
    }
    throw new DataException(
        "The size of the images is given as '"
            + text
            + "', but must be height and width, each 1 to "
            + LONGEST_SIDE
            + ", such as ?size=32x32; correct it.");
  }

  private record Size(int height, int width) {
    @Override
    public String toString() {
      return height + "x" + width;
    }
  }

  /** Files and their classes; no labels if there are no classes. */
  private record Part(List<Path> files, List<Integer> labels) {
    Part() {
      this(new ArrayList<>(), new ArrayList<>());
    }

    void add(Path file, int label) {
      files.add(file);
      labels.add(label);
    }
  }

  /** What there is to train on and to test with; no classes if the images have no labels. */
  private record Split(List<String> classes, Part train, Part test) {}

  /** The folders and files of a folder that are not hidden, in the order of their names. */
  private record Listing(Path path, List<Path> folders, List<Path> files) {
    static Listing of(Path folder) throws DataException {
      List<Path> all = new ArrayList<>();
      try (Stream<Path> entries = Files.list(folder)) {
        for (Path entry : (Iterable<Path>) entries::iterator) {
          if (!Files.isHidden(entry)) {
            all.add(entry);
          }
        }
      } catch (IOException | UncheckedIOException e) {
        throw new DataException(
            folder
                + " cannot be listed ("
                + e
                + "), but must be a readable folder; check that its permissions allow reading.",
            e);
      }
      all.sort(Comparator.comparing(ImageFolder::name));
      return new Listing(
          folder,
          all.stream().filter(Files::isDirectory).toList(),
          all.stream().filter(entry -> !Files.isDirectory(entry)).toList());
    }

    boolean has(String folder) {
      return folders.stream().anyMatch(path -> name(path).equals(folder));
    }

    List<String> classes() {
      return folders.stream().map(ImageFolder::name).toList();
    }

    /** Checks that there are images or folders of images, but not both. */
    void requireOneKind() throws DataException {
      if (folders.isEmpty() && files.isEmpty()) {
        throw new DataException(
            path
                + " is empty, but images or a folder of images for each class were expected; check"
                + " the path.");
      }
      if (!folders.isEmpty() && !files.isEmpty()) {
        throw new DataException(
            path
                + " holds the folder "
                + name(folders.get(0))
                + " and the file "
                + name(files.get(0))
                + ", but must hold either a folder for each class or images without labels; move"
                + " one kind away.");
      }
    }
  }

  private static String name(Path path) {
    return path.getFileName().toString();
  }

  private static Split split(Path folder) throws DataException {
    Listing top = Listing.of(folder);
    if (!top.has("train")) {
      for (String testFolder : List.of("test", "val")) {
        if (top.has(testFolder)) {
          throw new DataException(
              folder
                  + " has a folder "
                  + testFolder
                  + " but no folder train, but must have both or a folder for each class; add the"
                  + " training images.");
        }
      }
      top.requireOneKind();
      return heldOut(top);
    }
    if (!top.has("test") && !top.has("val")) {
      throw new DataException(
          folder
              + " has a folder train but neither test nor val, but must have two parts or a folder"
              + " for each class; add one, or give "
              + folder.resolve("train")
              + " to have images held out of it.");
    }
    Listing train = Listing.of(folder.resolve("train"));
    Listing test = Listing.of(folder.resolve(top.has("test") ? "test" : "val"));
    train.requireOneKind();
    test.requireOneKind();
    if (!train.classes().equals(test.classes())) {
      throw new DataException(
          test.path()
              + " has the class folders "
              + brief(test.classes())
              + ", but "
              + train.path()
              + " has "
              + brief(train.classes())
              + "; give both the same classes.");
    }
    return new Split(train.classes(), part(train), part(test));
  }

  private static String brief(List<String> names) {
    return names.isEmpty()
        ? "(none)"
        : String.join(", ", names.subList(0, Math.min(10, names.size())))
            + (names.size() > 10 ? ", ... (" + names.size() + ")" : "");
  }

  private static Part part(Listing listing) throws DataException {
    Part part = new Part();
    listing.files().forEach(file -> part.add(file, 0));
    for (int label = 0; label < listing.folders().size(); label++) {
      for (Path file : images(listing.folders().get(label))) {
        part.add(file, label);
      }
    }
    return part;
  }

  private static Split heldOut(Listing top) throws DataException {
    Part train = new Part();
    Part test = new Part();
    if (top.folders().isEmpty()) {
      distribute(top.files(), 0, train, test);
    }
    for (int label = 0; label < top.folders().size(); label++) {
      distribute(images(top.folders().get(label)), label, train, test);
    }
    if (test.files().isEmpty()) {
      throw new DataException(
          top.path()
              + " has one image"
              + (top.folders().isEmpty() ? "" : " a class")
              + ", but one in five is held out for testing, which takes at least 2; add images, or"
              + " give folders train and test.");
    }
    return new Split(top.classes(), train, test);
  }

  private static void distribute(List<Path> files, int label, Part train, Part test) {
    boolean[] heldOut =
        HeldOut.of(files.stream().mapToLong(file -> name(file).hashCode()).toArray());
    for (int i = 0; i < heldOut.length; i++) {
      (heldOut[i] ? test : train).add(files.get(i), label);
    }
  }

  /** The images of one class. */
  private static List<Path> images(Path folder) throws DataException {
    Listing listing = Listing.of(folder);
    if (!listing.folders().isEmpty()) {
      throw new DataException(
          folder
              + " is taken for the folder of a class, but holds the folder "
              + name(listing.folders().get(0))
              + " where only images can be; move its images up or give another folder.");
    }
    if (listing.files().isEmpty()) {
      throw new DataException(
          folder
              + " is taken for the folder of a class, but has no images; add some or remove the"
              + " folder.");
    }
    return listing.files();
  }

  /** The pixels of some images, NCHW; grey until the first image with colour. */
  private static final class Pixels {
    private final int count;
    private final Size size;
    private final Path first;
    private int channels = 1;
    private byte[] pixels;

    private Pixels(List<Path> files, Size size) throws DataException {
      this.count = files.size();
      this.size = size;
      this.first = files.get(0);
      this.pixels = allocate(1);
    }

    static Pixels read(List<Path> files, Size size) throws DataException {
      Pixels pixels = new Pixels(files, size);
      for (int image = 0; image < pixels.count; image++) {
        Picture picture = PictureFile.read(files.get(image));
        if (!picture.grey()) {
          pixels.colour();
        }
        Resampling resampling =
            new Resampling(picture.height(), picture.width(), size.height(), size.width());
        for (int channel = 0; channel < pixels.channels; channel++) {
          resampling.apply(
              picture.planes()[picture.grey() ? 0 : channel],
              pixels.pixels,
              (image * pixels.channels + channel) * pixels.plane());
        }
      }
      return pixels;
    }

    private int plane() {
      return size.height() * size.width();
    }

    private byte[] allocate(int channels) throws DataException {
      long bytes = (long) count * channels * size.height() * size.width();
      if (bytes > LONGEST_ARRAY) {
        throw new DataException(
            "The "
                + count
                + " images beginning with "
                + first
                + " take "
                + bytes
                + " bytes at "
                + size
                + " pixels in "
                + channels
                + " channels, but must take at most "
                + LONGEST_ARRAY
                + "; give a smaller size with ?size=HxW or fewer images.");
      }
      return new byte[(int) bytes];
    }

    /** Makes three channels of one. */
    void colour() throws DataException {
      if (channels == 3) {
        return;
      }
      byte[] coloured = allocate(3);
      for (int plane = 0; plane < 3 * count; plane++) {
        System.arraycopy(pixels, plane / 3 * plane(), coloured, plane * plane(), plane());
      }
      pixels = coloured;
      channels = 3;
    }

    ImageSet set(Part part, int classes) {
      return classes == 0
          ? ImageSet.unlabelled(count, channels, size.height(), size.width(), pixels)
          : new ImageSet(
              channels,
              size.height(),
              size.width(),
              classes,
              pixels,
              part.labels().stream().mapToInt(label -> label).toArray());
    }

    Normalization normalization() {
      return MeasuredNormalization.of(pixels, channels, plane());
    }
  }
}
