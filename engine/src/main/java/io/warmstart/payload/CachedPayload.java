package io.warmstart.payload;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * A payload in memory and the leases on it.
 *
 * <p>Leases are counted in a few cells that lie on different cache lines; a thread counts in the
 * cell of its number, so that two cores that read the same payload do not pass a line to and fro.
 * The memory is freed once it is retired and all cells are zero. Whoever takes a lease adds first
 * and looks at {@code retired} after; whoever retires sets it first and sums after: one of the two
 * sees the other, since both are sequentially consistent. A lease is given back in the cell that it
 * was taken in, so a sum of zero after retirement means that there is none and never will be.
 *
 * <p>Safe for all threads.
 */
public final class CachedPayload {
  private static final int CELLS = 4;
  private static final int LONGS_PER_LINE = 16;

  private final PayloadMemory memory;
  private final AtomicLongArray leases = new AtomicLongArray((CELLS + 1) * LONGS_PER_LINE);
  private final AtomicBoolean freed = new AtomicBoolean();
  private volatile boolean retired;
  private volatile boolean used = true;
  private volatile @Nullable Runnable whenRetired;

  // The cache's ring; guarded by its monitor, null outside it.
  @Nullable CachedPayload next;
  @Nullable CachedPayload previous;

  public CachedPayload(PayloadMemory memory) {
    this.memory = memory;
  }

  /** The memory; only for those who hold a lease. */
  public PayloadMemory memory() {
    return memory;
  }

  /**
   * Takes a lease.
   *
   * @return what to give it back with; -1 if the payload is on its way out
   */
  public int lease() {
    int cell = (((int) Thread.currentThread().getId() & (CELLS - 1)) + 1) * LONGS_PER_LINE;
    leases.getAndIncrement(cell);
    if (retired) {
      giveBack(cell);
      return -1;
    }
    if (!used) {
      used = true;
    }
    return cell;
  }

  /** Gives a lease back. */
  public void giveBack(int cell) {
    leases.getAndDecrement(cell);
    if (retired) {
      freeIfUnused();
    }
  }

  /** Lets nobody take a lease any more, and frees the memory after the last one. */
  public void retire() {
    retired = true;
    Runnable told = whenRetired;
    if (told != null) {
      told.run();
    }
    freeIfUnused();
  }

  /** Names who is to forget the payload when it is retired. */
  public void whenRetired(Runnable forget) {
    whenRetired = forget;
    if (retired) {
      forget.run();
    }
  }

  /** Whether it was used since the last time this was asked. */
  boolean usedSince() {
    boolean was = used;
    used = false;
    return was;
  }

  private void freeIfUnused() {
    long sum = 0;
    for (int cell = 1; cell <= CELLS; cell++) {
      sum += leases.get(cell * LONGS_PER_LINE);
    }
    if (sum == 0 && freed.compareAndSet(false, true)) {
      memory.release();
    }
  }
}
