package io.warmstart.remote;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;

/**
 * Keeps callers from waiting for a remote that does not answer. It opens after five failures in a
 * row, or as soon as a deadline has passed; then one attempt is let through after a second, and
 * after twice as long each time that fails, up to a minute, with jitter. What was under way when it
 * opened may fail as well: that was not let through, and says nothing new. Nothing is ever given up
 * for good. Safe for all threads.
 */
final class Breaker {
  private static final int MOST_FAILURES = 5;
  private static final long FIRST_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final LongSupplier nanoTime;
  private final LongUnaryOperator jitter;

  // Under the monitor.
  private int failures;
  private boolean open;
  private long pauseNanos = FIRST_NANOS;
  private long probeAtNanos;

  /** Whether one was let through while it is open, and nothing has failed since. */
  private boolean probing;

  Breaker() {
    this(System::nanoTime, most -> ThreadLocalRandom.current().nextLong(most / 2, most + 1));
  }

  /**
   * For tests.
   *
   * @param jitter makes a pause of the longest that it may be
   */
  Breaker(LongSupplier nanoTime, LongUnaryOperator jitter) {
    this.nanoTime = nanoTime;
    this.jitter = jitter;
  }

  /** Whether to try now. While it is open, one caller at a time is told so, when that is due. */
  synchronized boolean allows() {
    if (!open) {
      return true;
    }
    long now = nanoTime.getAsLong();
    if (now - probeAtNanos < 0) {
      return false;
    }
    // The next only if this one says nothing for so long.
    pause(now);
    probing = true;
    return true;
  }

  /** An attempt has succeeded. */
  synchronized void succeeded() {
    failures = 0;
    open = false;
    probing = false;
    pauseNanos = FIRST_NANOS;
  }

  /**
   * An attempt has failed.
   *
   * @param late whether a deadline has passed without an answer
   * @return whether it has opened by that
   */
  synchronized boolean failed(boolean late) {
    failures++;
    if (open) {
      // Which of those under way has failed is not known. Each that is let through counts once.
      if (probing) {
        probing = false;
        pauseNanos = Math.min(LONGEST_NANOS, 2 * pauseNanos);
        pause(nanoTime.getAsLong());
      }
      return false;
    }
    open = late || failures >= MOST_FAILURES;
    if (open) {
      pause(nanoTime.getAsLong());
    }
    return open;
  }

  private void pause(long now) {
    probeAtNanos = now + jitter.applyAsLong(pauseNanos);
  }

  synchronized boolean open() {
    return open;
  }
}
