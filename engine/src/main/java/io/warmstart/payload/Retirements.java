package io.warmstart.payload;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * How often a payload was retired or voided whose cell this is, and whether one of a cell was used
 * of late. A few thousand cells for all payloads, so that they stay in the processor's first cache:
 * who remembers where a payload lies, and does not want to read the object that says whether it is
 * retired, compares its cell with what that held when it was not.
 *
 * <p>Payloads that share a cell cost each other no more than a look at the object.
 *
 * <p>Safe for all threads.
 */
public final class Retirements {
  private static final int CELLS = 1 << 12;
  private static final int USED = 1;
  private static final int STEP = 2;

  private final AtomicIntegerArray cells = new AtomicIntegerArray(CELLS);

  Retirements() {}

  private static int cell(int place) {
    return place & (CELLS - 1);
  }

  /** How often; another number whenever one more is. */
  public int count(int place) {
    return cells.get(cell(place)) & -STEP;
  }

  /**
   * The same, and marks the cell as used.
   *
   * <p>A mark that is there already is not set again: nothing is written that others read.
   */
  public int countOfUsed(int place) {
    int word = cells.get(cell(place));
    if ((word & USED) == 0) {
      cells.compareAndSet(cell(place), word, word | USED);
    }
    return word & -STEP;
  }

  /** What was remembered of a payload of the cell does not count any more: the object tells. */
  public void add(int place) {
    cells.addAndGet(cell(place), STEP);
  }

  /** Whether one was used since this was last asked of the cell. */
  boolean usedSince(int place) {
    int word = cells.get(cell(place));
    return (word & USED) != 0 && cells.compareAndSet(cell(place), word, word & -STEP);
  }
}
