package io.warmstart.access;

import io.warmstart.io.RacyWindow;
import io.warmstart.runtime.BackgroundThread;
import io.warmstart.runtime.EngineLog;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The system's clock to the millisecond, for readers that cannot spare the 25 ns of asking it: a
 * third of a hot lookup. A daemon thread reads it while somebody asks, and sleeps otherwise; where
 * no thread can be started, and while the clock is stopped, every reader asks the system.
 *
 * <p>What it tells may be old by a tick, and by as long as the thread waits for a processor.
 * Lookups go by it when they decide whether to look for a foreign change, and how old an entry's
 * last use is; nothing that is written down goes by it alone.
 *
 * <p>Safe for all threads.
 */
public final class CoarseClock {
  private static final String THREAD = "warmstart-clock";
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int MOST_IDLE_TICKS = 50;

  /** Null while it is stopped. */
  private volatile @Nullable BackgroundThread thread;

  /** Unix nanoseconds; 0 while nobody ticks. */
  private volatile long now;

  /** Whether anybody has asked since the last tick. */
  private volatile boolean asked;

  /** Makes one that is stopped. */
  public CoarseClock() {}

  /** From here on a question may start the thread. */
  public synchronized void start() {
    if (thread == null) {
      thread = new BackgroundThread(THREAD, this::run, CoarseClock::tell);
    }
  }

  /**
   * Ends the thread, and returns then. Later questions do not start it again: it would keep the
   * class loader of an application that is gone.
   */
  public synchronized void stop() {
    BackgroundThread running = thread;
    if (running != null) {
      running.close();
      thread = null;
    }
  }

  private static void tell(Throwable error) {
    EngineLog.warning("an error in the thread of the clock, which goes on", error);
  }

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
    BackgroundThread running = thread;
    return running == null ? Thread.State.NEW : running.state();
  }

  private long wake() {
    BackgroundThread running = thread;
    asked = true;
    if (running != null && running.ensureRunning()) {
      running.wake();
    }
    return RacyWindow.systemNanos();
  }

  /** Until nobody asks, and then until somebody does. */
  private void run() {
    BackgroundThread running = thread;
    try {
      for (int idle = 0; idle < MOST_IDLE_TICKS && !isClosed(running); idle++) {
        if (asked) {
          asked = false;
          idle = 0;
        }
        now = RacyWindow.systemNanos();
        BackgroundThread.pause(TICK_NANOS);
      }
    } finally {
      // Also after an error: a clock that stands still would pass for one that ticks.
      now = 0;
    }
    while (!asked && !isClosed(running)) {
      LockSupport.park(this);
      Thread.interrupted();
    }
  }

  private static boolean isClosed(@Nullable BackgroundThread running) {
    return running == null || running.closed();
  }
}
