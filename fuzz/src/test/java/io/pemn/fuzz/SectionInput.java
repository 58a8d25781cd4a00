package io.pemn.fuzz;

import com.google.protobuf.ByteString;
import io.pemn.format.proto.Archive;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * Inputs that replace the contents of one section: the first byte chooses a golden archive, the
 * others are what its section holds.
 */
final class SectionInput {
  private final List<Archive> archives = new ArrayList<>();
  private final Function<Archive, ByteString> get;
  private final BiConsumer<Archive.Builder, ByteString> set;

  /**
   * Opens the archives.
   *
   * @param names of golden archives
   * @param get takes the section
   * @param set replaces it
   */
  SectionInput(
      List<String> names,
      Function<Archive, ByteString> get,
      BiConsumer<Archive.Builder, ByteString> set) {
    this.get = get;
    this.set = set;
    try {
      for (String name : names) {
        archives.add(Archive.parseFrom(ForgedArchive.opened(TestData.golden(name))));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An input for each archive, with its own section. */
  List<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    for (int i = 0; i < archives.size(); i++) {
      byte[] choice = {(byte) i};
      seeds.add(ByteString.copyFrom(choice).concat(get.apply(archives.get(i))).toByteArray());
    }
    return seeds;
  }

  /** The archive with the section that an input has. */
  byte[] forged(byte[] input) {
    int choice = input.length == 0 ? 0 : (input[0] & 0xFF) % archives.size();
    Archive.Builder changed = archives.get(choice).toBuilder();
    set.accept(
        changed,
        ByteString.copyFrom(input, Math.min(1, input.length), Math.max(0, input.length - 1)));
    return ForgedArchive.sealed(changed.build()).toBytes();
  }
}
