package io.pemn.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** A RoaringBitmap made by hand in its portable format, without runs. */
final class HandmadeBitmap {
  private static final int COOKIE = 12346;

  private HandmadeBitmap() {}

  /**
   * A container of an array.
   *
   * @param key the upper 16 bits of its members
   * @param stated how many members it says it has
   * @param members the lower 16 bits of those that it has
   */
  record Container(int key, int stated, int... members) {
    static Container of(int key, int... members) {
      return new Container(key, members.length, members);
    }
  }

  /** The containers, and a header that says how many there are. */
  static byte[] of(int stated, Container... containers) {
    int length = 8 + 8 * containers.length;
    for (Container container : containers) {
      length += 2 * container.members().length;
    }
    ByteBuffer out = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(COOKIE).putInt(stated);
    for (Container container : containers) {
      out.putShort((short) container.key()).putShort((short) (container.stated() - 1));
    }
    int offset = 8 + 8 * containers.length;
    for (Container container : containers) {
      out.putInt(offset);
      offset += 2 * container.members().length;
    }
    for (Container container : List.of(containers)) {
      for (int member : container.members()) {
        out.putShort((short) member);
      }
    }
    return out.array();
  }
}
