package io.warmstart.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** It follows the system's clock while somebody asks, and costs nothing while nobody does. */
@Timeout(60)
class CoarseClockTest {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private final CoarseClock clock = new CoarseClock();

  @BeforeEach
  void start() {
    clock.start();
  }

  @AfterEach
  void stop() {
    clock.stop();
  }

  @Test
  void itNeverRunsAheadAndFollows() {
    long first = clock.unixNanos();
    for (int ask = 0; ask < 200; ask++) {
      long told = clock.unixNanos();
      assertTrue(told <= TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()));
      LockSupport.parkNanos(PAUSE_NANOS / 10);
    }
    while (clock.unixNanos() - first < TimeUnit.MILLISECONDS.toNanos(30)) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  @Test
  void itSleepsWhileNobodyAsksAndTellsTheRightTimeThen() {
    for (int round = 0; round < 3; round++) {
      clock.unixNanos();
      while (clock.ticks()) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      while (clock.state() != Thread.State.WAITING) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      long before = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
      assertTrue(clock.unixNanos() >= before, "not the tick at which it fell asleep");
      askUntilItTicks();
    }
  }

  /** Again and again: on a busy machine it may be asleep once more before anybody looks. */
  private void askUntilItTicks() {
    while (!clock.ticks()) {
      clock.unixNanos();
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** It parked for good, and kept the class loader of an application that was gone. */
  @Test
  void whoAsksOneThatIsStoppedStartsNoThread() {
    askUntilItTicks();

    clock.stop();

    assertFalse(clock.ticks());
    assertTrue(
        clock.unixNanos() <= TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()),
        "the system's clock");
    assertEquals(Thread.State.NEW, clock.state(), "no thread");
    clock.start();
    askUntilItTicks();
  }
}
