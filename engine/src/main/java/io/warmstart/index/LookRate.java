package io.warmstart.index;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How often the lookups of a process look for the changes of those who know no index, at keys that
 * were at rest. A look costs as much as a hundred hits: where 100,000 keys come into use at once,
 * most of the time would go into looks.
 *
 * <p>So there are turns for as many keys within an interval as take a tenth of the time. The others
 * are looked at in the background: see {@link Lookout}.
 *
 * <p>Safe for all threads; two that come at once may both be given the last turn.
 */
final class LookRate {
  /** A look takes a tenth of it, being one at a directory and one at a manifest. */
  private static final long NANOS_PER_TURN = TimeUnit.MICROSECONDS.toNanos(40);

  private final AtomicInteger given = new AtomicInteger();
  private volatile long began;

  /**
   * Whether it is the caller's turn to look.
   *
   * @param intervalNanos how old a look becomes
   */
  boolean takesTurn(long intervalNanos, long nowNanos) {
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
