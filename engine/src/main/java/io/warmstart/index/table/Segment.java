package io.warmstart.index.table;

import static io.warmstart.mapped.IndexLayout.EMPTY;
import static io.warmstart.mapped.IndexLayout.KEY_OFFSET;
import static io.warmstart.mapped.IndexLayout.STATE_OF_RECORD_OFFSET;
import static io.warmstart.mapped.IndexLayout.TAG_OFFSET;
import static io.warmstart.mapped.IndexLayout.USED;

import io.warmstart.model.Digest256;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import org.agrona.concurrent.AtomicBuffer;

/**
 * An open-addressed table of records of one length, in adjacent pages of one file of the index.
 *
 * <p>A search starts at a home and moves on by 1, 2, 3, ... places, modulo their number, which is a
 * power of two. It ends at an empty place, or after {@link #steps}: a record that has no place
 * within them makes the segment grow. Nothing that is read says where to look next, so no byte,
 * whatever it is, leads out of the segment or into a loop.
 *
 * <p>Immutable, but for the records.
 */
public final class Segment {
  /** No place. */
  public static final int NONE = -1;

  /** A segment that is three quarters full has no place for one record in a hundred. */
  private static final int LEAST_STEPS = 16;

  /**
   * With each doubling beyond so many places. The longest search grows with the logarithm of the
   * places, and only the records of one key come to so many.
   */
  private static final int PLACES_OF_LEAST_STEPS = 128;

  private static final int STEPS_PER_DOUBLING = 8;

  public final IndexFile file;
  public final AtomicBuffer buffer;
  private final long word;
  private final int sizeClass;
  private final int start;
  private final int capacity;
  private final int recordShift;

  /**
   * Describes a segment.
   *
   * @param word the reference to it, as a stripe's head holds it
   * @param start where its pages begin in the buffer
   */
  Segment(long word, int sizeClass, IndexFile file, int start, int capacity, int recordShift) {
    this.word = word;
    this.sizeClass = sizeClass;
    this.file = file;
    this.buffer = file.buffer;
    this.start = start;
    this.capacity = capacity;
    this.recordShift = recordShift;
  }

  long word() {
    return word;
  }

  /** Two to this power is the number of its pages. */
  int sizeClass() {
    return sizeClass;
  }

  /** How many records have a place. */
  public int capacity() {
    return capacity;
  }

  /** Where a place lies in the buffer; places are counted modulo the capacity. */
  private int offsetOf(int place) {
    return offsetOf(start, capacity, recordShift, place);
  }

  private static int offsetOf(int start, int capacity, int recordShift, int place) {
    return start + ((place & (capacity - 1)) << recordShift);
  }

  private static int steps(int capacity) {
    int doublings =
        Math.max(
            0,
            Integer.numberOfLeadingZeros(PLACES_OF_LEAST_STEPS)
                - Integer.numberOfLeadingZeros(capacity));
    return Math.min(capacity / 2, LEAST_STEPS + STEPS_PER_DOUBLING * doublings);
  }

  /** Where a record lies, or {@link #NONE}. */
  public int find(int home, Digest256 key, long tag, long tagMask) {
    return find(buffer, start, capacity, recordShift, home, key, tag, tagMask);
  }

  /** The same without an object for the segment: a lookup allocates nothing. */
  public static int find(
      AtomicBuffer buffer,
      int start,
      int capacity,
      int recordShift,
      int home,
      Digest256 key,
      long tag,
      long tagMask) {
    int place = home;
    for (int step = 1; step <= steps(capacity); step++) {
      int offset = offsetOf(start, capacity, recordShift, place);
      long state = buffer.getLongVolatile(offset + STATE_OF_RECORD_OFFSET);
      if (state == EMPTY) {
        return NONE;
      }
      if (state == USED && holds(buffer, offset, key, tag, tagMask)) {
        return offset;
      }
      place += step;
    }
    return NONE;
  }

  /**
   * Finds a place for a record.
   *
   * @param mayBeTaken whether a place may be taken although it is used
   * @return the first on the way from the home, or {@link #NONE}
   */
  public int vacant(int home, IntPredicate mayBeTaken) {
    int place = home;
    for (int step = 1; step <= steps(capacity); step++) {
      int offset = offsetOf(place);
      if (!isUsed(offset) || mayBeTaken.test(offset)) {
        return offset;
      }
      place += step;
    }
    return NONE;
  }

  /** Shows where each record lies, in no order. */
  public void forEachUsed(IntConsumer action) {
    for (int place = 0; place < capacity; place++) {
      if (isUsed(offsetOf(place))) {
        action.accept(offsetOf(place));
      }
    }
  }

  /**
   * Compares by arithmetic, not by branches: a load from a page that is gone leaves a register as
   * it was and a comparison the flags, which must not pass for equal.
   */
  private static boolean holds(
      AtomicBuffer buffer, int offset, Digest256 key, long tag, long tagMask) {
    long differs =
        (buffer.getLong(offset + KEY_OFFSET) ^ key.word(0))
            | (buffer.getLong(offset + KEY_OFFSET + 8) ^ key.word(1))
            | (buffer.getLong(offset + KEY_OFFSET + 16) ^ key.word(2))
            | (buffer.getLong(offset + KEY_OFFSET + 24) ^ key.word(3))
            | ((buffer.getLong(offset + TAG_OFFSET) ^ tag) & tagMask);
    return differs == 0;
  }

  /** Whether a record is one of a key. */
  boolean isOf(int offset, Digest256 key) {
    return holds(buffer, offset, key, 0, 0);
  }

  boolean isUsed(int offset) {
    return buffer.getLongVolatile(offset + STATE_OF_RECORD_OFFSET) == USED;
  }

  /** Publishes a record, or takes one out of every search. */
  public void setState(int offset, long state) {
    buffer.putLongVolatile(offset + STATE_OF_RECORD_OFFSET, state);
  }

  public Digest256 keyAt(int offset) {
    return Digest256.ofWords(
        buffer.getLong(offset + KEY_OFFSET),
        buffer.getLong(offset + KEY_OFFSET + 8),
        buffer.getLong(offset + KEY_OFFSET + 16),
        buffer.getLong(offset + KEY_OFFSET + 24));
  }

  public void putKey(int offset, Digest256 key) {
    for (int word = 0; word < 4; word++) {
      buffer.putLong(offset + KEY_OFFSET + 8 * word, key.word(word));
    }
  }

  /** Copies some of a record's words into a record of another segment. */
  public void copy(int offset, int length, Segment to, int toOffset) {
    for (int each = 0; each < length; each += 8) {
      to.buffer.putLong(toOffset + each, buffer.getLong(offset + each));
    }
  }
}
