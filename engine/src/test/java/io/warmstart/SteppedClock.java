package io.warmstart;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.EpochNanoClock;

/** A clock that starts at the present, so that files' own times agree, and moves when told. */
public final class SteppedClock implements EpochNanoClock {
  private final AtomicLong unixNanos =
      new AtomicLong(TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()));

  @Override
  public long nanoTime() {
    return unixNanos.get();
  }

  /** Moves on, or back if negative. */
  public void advance(Duration by) {
    unixNanos.addAndGet(by.toNanos());
  }

  public void set(long toUnixNanos) {
    unixNanos.set(toUnixNanos);
  }
}
