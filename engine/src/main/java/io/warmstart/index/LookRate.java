package io.warmstart.index;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How often a process looks at directories for the changes of those who know no index. A look costs
 * as much as a hundred hits: with 10,000 keys in use every other lookup would come upon a key whose
 * turn it is again, and most of the time would go into looks.
 *
 * <p>So there are turns for as many keys within an interval as take a tenth of the time. A key
 * whose turn does not come has it a hundred intervals later, or a second, whichever is less.
 *
 * <p>Safe for all threads; two that come at once may both be given the last turn.
 */
final class LookRate {
  /** How many intervals more than one old a look may become. */
  private static final int MOST_INTERVALS_LATE = 100;

  private static final long MOST_NANOS_LATE = TimeUnit.SECONDS.toNanos(1);

  /** A look takes a tenth of it, being one at a directory and one at a manifest. */
  private static final long NANOS_PER_TURN = TimeUnit.MICROSECONDS.toNanos(40);

  private final AtomicInteger given = new AtomicInteger();
  private volatile long began;

  /**
   * Whether a look that is due is left for a later lookup.
   *
   * @param age of the last look
   * @param intervalNanos how old one may be while there are turns; 0: none is ever left
   */
  boolean leaves(long age, long intervalNanos, long nowNanos) {
    return age >= 0
        && age - intervalNanos < mostNanosLate(intervalNanos)
        && !takesTurn(intervalNanos, nowNanos);
  }

  private static long mostNanosLate(long intervalNanos) {
    return intervalNanos < MOST_NANOS_LATE / MOST_INTERVALS_LATE
        ? intervalNanos * MOST_INTERVALS_LATE
        : MOST_NANOS_LATE;
  }

  private boolean takesTurn(long intervalNanos, long nowNanos) {
    long since = nowNanos - began;
    if (since >= intervalNanos || since < 0) {
      began = nowNanos;
      given.set(1);
      return true;
    }
    // Read first: what is written by all threads in turn costs each of them a cache miss.
    return given.get() < intervalNanos / NANOS_PER_TURN
        && given.incrementAndGet() <= intervalNanos / NANOS_PER_TURN;
  }
}
