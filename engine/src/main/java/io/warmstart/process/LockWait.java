package io.warmstart.process;

import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The wait of one thread for a stripe, in this JVM and then among processes: until when, and
 * whether it still has to. No interrupt ends it; the status is set again afterwards.
 */
final class LockWait {
  private static final int SPINS = 20;

  private static final long FIRST_PARK_NANOS = TimeUnit.MICROSECONDS.toNanos(20);
  private static final long LONGEST_PARK_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

  private final long patienceNanos;
  private final LongSupplier monotonicNanos;
  private final long deadline;
  private final @Nullable BooleanSupplier mayStop;
  private boolean needless;

  /**
   * Begins to wait.
   *
   * @param mayStop asked again and again whether the wait is needless; null if it never is
   */
  LockWait(long patienceNanos, LongSupplier monotonicNanos, @Nullable BooleanSupplier mayStop) {
    this.patienceNanos = patienceNanos;
    this.monotonicNanos = monotonicNanos;
    this.deadline = monotonicNanos.getAsLong() + patienceNanos;
    this.mayStop = mayStop;
  }

  long patienceNanos() {
    return patienceNanos;
  }

  /** Whether it has ended because it was needless. */
  boolean needless() {
    return needless;
  }

  private boolean isOver() {
    needless = mayStop != null && mayStop.getAsBoolean();
    return needless || monotonicNanos.getAsLong() - deadline >= 0;
  }

  /** Takes the lock of this JVM; returns whether it was got in time. */
  boolean lockLocally(ReentrantLock lock) {
    if (lock.tryLock()) {
      return true;
    }
    long localDeadline = System.nanoTime() + patienceNanos;
    return Uninterrupted.await(
        () -> {
          while (true) {
            long remaining = localDeadline - System.nanoTime();
            long slice = mayStop != null ? Math.min(remaining, LONGEST_PARK_NANOS) : remaining;
            if (lock.tryLock(slice, TimeUnit.NANOSECONDS)) {
              return true;
            }
            if (slice == remaining || isOver()) {
              return false;
            }
          }
        });
  }

  /** Takes a stripe among processes; returns whether it was got in time. */
  boolean take(Stripe stripe) throws IOException {
    for (int spin = 0; spin < SPINS; spin++) {
      if (stripe.tryTake()) {
        return true;
      }
      Thread.onSpinWait();
    }
    boolean interrupted = false;
    try {
      long parkNanos = FIRST_PARK_NANOS;
      while (true) {
        if (stripe.tryTake()) {
          return true;
        }
        if (isOver()) {
          return false;
        }
        LockSupport.parkNanos(parkNanos);
        // Parking returns at once while the status is set.
        interrupted |= Thread.interrupted();
        parkNanos = Math.min(2 * parkNanos, LONGEST_PARK_NANOS);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
