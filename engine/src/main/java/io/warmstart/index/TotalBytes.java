package io.warmstart.index;

import static io.warmstart.index.CoordinationLayout.CORRECTIONS_OFFSET;
import static io.warmstart.index.CoordinationLayout.DELTA_OFFSET;
import static io.warmstart.index.CoordinationLayout.DOUBTS_OFFSET;
import static io.warmstart.index.CoordinationLayout.PROCESS_ROWS;
import static io.warmstart.index.CoordinationLayout.PROCESS_ROW_LENGTH;
import static io.warmstart.index.CoordinationLayout.ROWS_USED_OFFSET;
import static io.warmstart.index.CoordinationLayout.SETTLED_OFFSET;
import static io.warmstart.index.CoordinationLayout.rowOffset;

import java.util.OptionalLong;
import java.util.function.IntSupplier;

/**
 * The bytes of a root, kept by every save and removal so that the budget needs no walk.
 *
 * <p>Each process adds to a delta in its own row, which it alone writes; the total is their sum. A
 * process that takes over a row goes on from the delta that it finds. A walk that has counted the
 * files adds what was missing to its own delta.
 *
 * <p>In the same way each process counts its doubts: that a process died while it was changing
 * files, that somebody may have written a row which was not his. The total is known while the last
 * walk has settled as many doubts as there are, so a doubt that comes up during a walk outlives it.
 *
 * <p>Safe for all threads of the process.
 */
public final class TotalBytes {
  private final MappedWords words;
  private final IntSupplier row;
  private final Object ownRow;

  /**
   * Stands over the file's words.
   *
   * @param row this process's row, negative while it has none
   * @param ownRow the monitor under which this process writes its row, through whichever mapping
   */
  TotalBytes(MappedWords words, IntSupplier row, Object ownRow) {
    this.words = words;
    this.row = row;
    this.ownRow = ownRow;
  }

  /** Makes sure that sums reach up to a row. The writer holds the attach byte, or owns the row. */
  void use(int claimedRow) {
    if (rowsUsed() <= claimedRow) {
      words.put(ROWS_USED_OFFSET, claimedRow + 1);
    }
  }

  /** The root's bytes as far as known: empty until a walk has counted, and after a doubt. */
  public OptionalLong known() {
    long settled = words.get(SETTLED_OFFSET, 0);
    long sum = sum();
    return settled == doubts() + 1 && sum >= 0 && !words.lost()
        ? OptionalLong.of(sum)
        : OptionalLong.empty();
  }

  /** Adds what a publish or a removal has changed. */
  public void add(long bytes) {
    if (bytes != 0) {
      addToOwnRow(DELTA_OFFSET, bytes);
    }
  }

  /** Whoever needs the total counts first. */
  public void doubt() {
    addToOwnRow(DOUBTS_OFFSET, 1);
  }

  /** To be called before a walk that will count every file. */
  public Walk beginWalk() {
    // The doubts first: one that comes up from here on is not settled by this walk.
    long doubts = doubts();
    return new Walk(doubts, words.get(CORRECTIONS_OFFSET, 0), sum());
  }

  /** What was known of the total before a walk. */
  public final class Walk {
    private final long doubts;
    private final long corrections;
    private final long before;

    private Walk(long doubts, long corrections, long before) {
      this.doubts = doubts;
      this.corrections = corrections;
      this.before = before;
    }

    /**
     * Corrects the total. What was added meanwhile is kept on top, though the walk may have seen
     * some of it: a total that is too high costs one more sweep, one too low would let the budget
     * be passed.
     *
     * @param counted the bytes of all files that were there, also of those that the walk removed
     *     and has told to {@link TotalBytes#add}
     */
    public void correct(long counted) {
      if (words.get(CORRECTIONS_OFFSET, 0) != corrections) {
        // A sweep that gave up waiting for this one has corrected the same error meanwhile.
        return;
      }
      words.put(CORRECTIONS_OFFSET, corrections + 1);
      add(counted - before);
      words.put(SETTLED_OFFSET, doubts + 1);
    }
  }

  private long sum() {
    return words.sum(rowOffset(0) + DELTA_OFFSET, PROCESS_ROW_LENGTH, rowsUsed(), 0);
  }

  private long doubts() {
    return words.sum(rowOffset(0) + DOUBTS_OFFSET, PROCESS_ROW_LENGTH, rowsUsed(), 0);
  }

  private int rowsUsed() {
    long used = words.get(ROWS_USED_OFFSET, 0);
    return used < 0 || used > PROCESS_ROWS ? PROCESS_ROWS : (int) used;
  }

  private void addToOwnRow(int field, long amount) {
    synchronized (ownRow) {
      int own = row.getAsInt();
      if (own >= 0) {
        int offset = rowOffset(own) + field;
        words.put(offset, words.get(offset, 0) + amount);
      }
    }
  }
}
