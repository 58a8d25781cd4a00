package io.pemn.fuzz;

import io.pemn.format.proto.Archive;
import io.pemn.format.proto.Layer;
import io.pemn.format.proto.Metadata;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** Archives whose digests are right wherever the attack lies behind them. */
final class HostileArchives {
  private final List<HostileFile> files = new ArrayList<>();

  private HostileArchives() {}

  /** All of them. */
  static List<HostileFile> all() throws IOException {
    HostileArchives archives = new HostileArchives();
    new ArchiveFraming(archives).add();
    new ArchiveMetadata(archives).add();
    new ArchiveMasks(archives).add();
    new ArchiveFrames(archives).add();
    new ArchiveRemainders(archives).add();
    new ArchiveModules(archives).add();
    return archives.files;
  }

  /** Adds a file. */
  void add(String name, String attack, String refusal, byte[] bytes) {
    files.add(new HostileFile("archives/" + name + ".pemn", attack, refusal, bytes));
  }

  /** Adds a golden archive with other metadata. */
  void claim(
      String name, String attack, String refusal, String base, Consumer<Metadata.Builder> claim)
      throws IOException {
    add(name, attack, refusal, ForgedArchive.of(TestData.golden(base)).metadata(claim).toBytes());
  }

  /** Adds a golden archive with another first layer. */
  void layer(String name, String attack, String refusal, String base, Consumer<Layer.Builder> claim)
      throws IOException {
    claim(name, attack, refusal, base, m -> claim.accept(m.getLayersBuilder(0)));
  }

  /** A golden archive whose frames are replaced by their contents. */
  static Archive opened(String base) throws IOException {
    return Archive.parseFrom(ForgedArchive.opened(TestData.golden(base)));
  }

  /** Bytes of which some are replaced. */
  static byte[] splice(byte[] bytes, int at, int without, byte[] with) {
    return HandmadeFrame.join(
        Arrays.copyOf(bytes, at), with, Arrays.copyOfRange(bytes, at + without, bytes.length));
  }

  /** Equal bytes. */
  static byte[] filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }
}
