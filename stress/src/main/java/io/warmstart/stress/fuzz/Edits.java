package io.warmstart.stress.fuzz;

import java.nio.ByteBuffer;

/**
 * Changes to the words of a mapped file, as an input says: steps of {@link #STEP_BYTES} bytes, of
 * which each is one change. Most fall on words that are not 0, since most of such a file is room.
 */
final class Edits {
  /** Bytes of one change: what, where, and with what. */
  static final int STEP_BYTES = 8;

  private static final int ANYWHERE = 0x80;
  private static final int MOST_COPIED = 64;

  private static final long[] ENDS = {
    0,
    1,
    -1,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Integer.MAX_VALUE,
    1L << 32,
    4096,
    64,
    63,
    -64,
    1L << 62
  };

  private final ByteBuffer image;
  private final int[] used;
  private final int usedCount;

  /**
   * Looks which words are in use.
   *
   * @param image the file, which the edits change, little-endian; its limit is the file's length
   */
  Edits(ByteBuffer image) {
    this.image = image;
    this.used = new int[image.limit() / Long.BYTES];
    int count = 0;
    for (int at = 0; at < used.length; at++) {
      if (image.getLong(at * Long.BYTES) != 0) {
        used[count++] = at * Long.BYTES;
      }
    }
    this.usedCount = count;
  }

  /** Makes the changes of a script; what is left of it at its end counts for nothing. */
  void apply(byte[] script) {
    ByteBuffer steps = ByteBuffer.wrap(script);
    while (steps.remaining() >= STEP_BYTES) {
      int what = steps.get() & 0xff;
      int place = ((steps.get() & 0xff) << 16) | (steps.getShort() & 0xffff);
      int value = steps.getInt();
      if (used.length > 0) {
        change(what & 7, word((what & ANYWHERE) != 0, place), value);
      }
    }
  }

  private int word(boolean anywhere, int place) {
    return anywhere || usedCount == 0 ? place % used.length * Long.BYTES : used[place % usedCount];
  }

  private void change(int what, int at, int value) {
    long before = image.getLong(at);
    switch (what) {
      case 0 -> image.putLong(at, before ^ (1L << value));
      case 1 -> image.putLong(at, value);
      case 2 -> image.putLong(at, ENDS[(value & Integer.MAX_VALUE) % ENDS.length]);
      case 3 -> image.putLong(at, 0);
      case 4 -> image.putLong(at, before + (value >> 24));
      case 5 -> image.putLong(at, value * 0x9e3779b97f4a7c15L);
      case 6 -> image.putLong(at, image.getLong(word(false, value & Integer.MAX_VALUE)));
      default -> copy(word(false, value & Integer.MAX_VALUE), at, value >>> 24);
    }
  }

  /** A record over another, or a part of one. */
  private void copy(int from, int to, int size) {
    int words = 1 + size % MOST_COPIED;
    int most = (image.limit() - Math.max(from, to)) / Long.BYTES;
    byte[] piece = new byte[Math.min(words, most) * Long.BYTES];
    image.get(from, piece);
    image.put(to, piece);
  }
}
