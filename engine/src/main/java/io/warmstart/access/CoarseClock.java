package io.warmstart.access;

import io.warmstart.io.BackgroundThread;
import io.warmstart.io.EngineLog;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The system's clock to the millisecond, for readers that cannot spare the 25 ns of asking it: a
 * third of a hot lookup. A daemon thread reads it while somebody asks, and sleeps otherwise; where
 * no thread can be started, every reader asks the system.
 *
 * <p>What it tells may be old by a tick, and by as long as the thread waits for a processor.
 * Lookups go by it when they decide whether to look for a foreign change, and how old an entry's
 * last use is; nothing that is written down goes by it alone.
 *
 * <p>Safe for all threads.
 */
public final class CoarseClock {
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int MOST_IDLE_TICKS = 50;

  private final BackgroundThread thread =
      new BackgroundThread(
          "warmstart-clock",
          this::run,
          e -> EngineLog.warning("an error in the thread of the clock, which goes on", e));

  /** Unix nanoseconds; 0 while nobody ticks. */
  private volatile long now;

  /** Whether anybody has asked since the last tick. */
  private volatile boolean asked;

  public CoarseClock() {}

  /** Unix nanoseconds. Makes no system call while it ticks. */
  public long unixNanos() {
    long ticked = now;
    if (ticked == 0) {
      return wake();
    }
    if (!asked) {
      asked = true;
    }
    return ticked;
  }

  /** Whether its thread reads the clock now. */
  boolean ticks() {
    return now != 0;
  }

  Thread.State state() {
    return thread.state();
  }

  private long wake() {
    asked = true;
    if (thread.ensureRunning()) {
      thread.wake();
    }
    return systemNanos();
  }

  private static long systemNanos() {
    return TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
  }

  /** Until nobody asks, and then until somebody does. */
  private void run() {
    try {
      for (int idle = 0; idle < MOST_IDLE_TICKS; idle++) {
        if (asked) {
          asked = false;
          idle = 0;
        }
        now = systemNanos();
        BackgroundThread.pause(TICK_NANOS);
      }
    } finally {
      // Also after an error: a clock that stands still would pass for one that ticks.
      now = 0;
    }
    while (!asked) {
      LockSupport.park(this);
      Thread.interrupted();
    }
  }
}
