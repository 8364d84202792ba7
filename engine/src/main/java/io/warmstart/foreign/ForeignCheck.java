package io.warmstart.foreign;

import java.util.concurrent.TimeUnit;

/**
 * How old a store lets its knowledge of files become that programs may change which know no index.
 *
 * @param nanos the interval between two looks
 * @param adapts whether that is for while such a program is near, and looks may be further apart
 *     otherwise; an interval that somebody has named is kept
 * @param besideOtherMachines whether what others do shows in nothing but the files: then no look is
 *     ever left for later
 */
public record ForeignCheck(long nanos, boolean adapts, boolean besideOtherMachines) {
  /** Between two looks as long as no such program is near. */
  private static final long RELAXED_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** How many intervals more than one old a look may become where there is no time for all. */
  private static final int MOST_INTERVALS_LATE = 100;

  /** Beyond it nothing comes late that matters. */
  private static final long LONGEST_NANOS = TimeUnit.DAYS.toNanos(1);

  private static final long MOST_NANOS_LATE = TimeUnit.SECONDS.toNanos(1);
  private static final long MOST_RELAXED_NANOS_LATE = TimeUnit.SECONDS.toNanos(10);

  /**
   * Whether looks are made in the background for what is in use, and a lookup may go by what its
   * process has found a moment ago.
   */
  public boolean watches() {
    return !besideOtherMachines && nanos > 0;
  }

  /**
   * How old a look may be.
   *
   * @param near whether there are signs of a program that knows no index
   */
  public long lookNanos(boolean near) {
    return adapts && !near ? Math.max(nanos, RELAXED_NANOS) : nanos;
  }

  /** How old one may be that is made in the background: with very many keys those come late. */
  public long watchedNanos(boolean near) {
    if (!watches() || nanos > LONGEST_NANOS) {
      return lookNanos(near);
    }
    return adapts && !near
        ? lookNanos(false) + MOST_RELAXED_NANOS_LATE
        : nanos
            + (nanos < MOST_NANOS_LATE / MOST_INTERVALS_LATE
                ? MOST_INTERVALS_LATE * nanos
                : MOST_NANOS_LATE);
  }
}
