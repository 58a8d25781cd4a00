package io.pemn.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Inputs that replace an entry of a zip by PyTorch: the first byte chooses file and entry, the
 * others are what stands in the entry.
 */
final class EntryInput {
  private record Place(ZippedEntries zip, String entry) {}

  private final List<Place> places = new ArrayList<>();
  private final FileInput file = new FileInput(".pt");

  /**
   * Reads the files.
   *
   * @param files of testdata/
   * @param suffixes of the entries that are replaced
   */
  EntryInput(List<String> files, List<String> suffixes) {
    for (String name : files) {
      ZippedEntries zip = ZippedEntries.of(name);
      for (String suffix : suffixes) {
        places.add(new Place(zip, zip.name(entry -> entry.endsWith(suffix))));
      }
    }
  }

  /** An input for every entry, with what it has. */
  List<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    for (int i = 0; i < places.size(); i++) {
      byte[] content = places.get(i).zip().entries().get(places.get(i).entry());
      byte[] seed = new byte[content.length + 1];
      seed[0] = (byte) i;
      System.arraycopy(content, 0, seed, 1, content.length);
      seeds.add(seed);
    }
    return seeds;
  }

  /** The file with the entry that an input has. */
  Path file(byte[] input) throws IOException {
    Place place = places.get(input.length == 0 ? 0 : (input[0] & 0xFF) % places.size());
    byte[] content = Arrays.copyOfRange(input, Math.min(1, input.length), input.length);
    return file.with(place.zip().with(place.entry(), content));
  }
}
