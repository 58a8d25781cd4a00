package io.pemn.packager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.pemn.format.ArchiveSection;
import io.pemn.format.PemnFormatException;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;

/** What everything that refuses an archive must tell, to people and to programs. */
final class Telling {
  private static final ArchiveSection[] FIELDS = {
    ArchiveSection.METADATA,
    ArchiveSection.HEAD,
    ArchiveSection.MASKS,
    ArchiveSection.REMAINDER,
    ArchiveSection.PROTOTYPE_VALUES,
    ArchiveSection.MODULE,
    ArchiveSection.CODED_PROTOTYPE
  };

  private Telling() {}

  /**
   * The place is one of the file, and of its section; what was found and what was expected stand in
   * the sentence, and the sentence is one line.
   */
  static void assertTells(PemnFormatException e, byte[] file) {
    String message = e.getMessage();
    assertTrue(e.section() != null, message);
    assertTrue(e.offset().isPresent(), message);
    long at = e.offset().getAsLong();
    assertTrue(at <= file.length, at + " of " + file.length + ": " + message);
    int[] extent = extents(file).get(e.section());
    // Where another field stands than should, it stands where its own does not.
    if (extent != null && !e.found().startsWith("tag ")) {
      String place = " is not within " + extent[0] + " to " + extent[1] + ": ";
      assertTrue(at >= extent[0] && at <= extent[1], at + place + message);
    }
    assertFalse(e.found().isBlank(), message);
    assertFalse(e.expected().isBlank(), message);
    assertTrue(message.contains(e.found()), e.found() + " | " + message);
    assertTrue(message.contains(e.expected()), e.expected() + " | " + message);
    assertFalse(message.contains("{found}") || message.contains("{expected}"), message);
    assertEquals(1, message.lines().count(), message);
    assertTrue(message.endsWith("."), message);
    assertTrue(message.length() < 2_100, message);
  }

  /** From where to where the sections stand, as far as the file has any, with tag and length. */
  private static Map<ArchiveSection, int[]> extents(byte[] file) {
    Map<ArchiveSection, int[]> extents = new EnumMap<>(ArchiveSection.class);
    CodedInputStream in = CodedInputStream.newInstance(file);
    try {
      for (int from = 0, tag; (tag = in.readTag()) != 0; from = in.getTotalBytesRead()) {
        in.skipField(tag);
        int field = WireFormat.getTagFieldNumber(tag);
        if (field >= 3 && field - 3 < FIELDS.length && FIELDS[field - 3] != ArchiveSection.HEAD) {
          extents.putIfAbsent(FIELDS[field - 3], new int[] {from, in.getTotalBytesRead()});
        }
      }
    } catch (IOException e) {
      // What stands before is known.
    }
    return extents;
  }
}
