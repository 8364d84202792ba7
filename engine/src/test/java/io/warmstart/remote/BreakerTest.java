package io.warmstart.remote;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Peers gave a remote up for the rest of a build after one error, and others waited each time. */
class BreakerTest {
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
  private final Breaker breaker = new Breaker(now::get, most -> most);

  private void passSeconds(long seconds) {
    now.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
  }

  private void failed(int times) {
    for (int i = 0; i < times; i++) {
      breaker.failed(false);
    }
  }

  @Test
  void fewFailuresAreNothing() {
    failed(4);
    assertTrue(breaker.allows());
    breaker.succeeded();
    failed(4);
    assertTrue(breaker.allows());
    assertFalse(breaker.open());
  }

  @Test
  void theFifthInARowOpensItAndIsTold() {
    failed(4);
    assertTrue(breaker.failed(false));
    assertFalse(breaker.failed(false));
    assertTrue(breaker.open());
    assertFalse(breaker.allows());
  }

  @Test
  void oneDeadlineOpensIt() {
    assertTrue(breaker.failed(true));
    assertFalse(breaker.allows());
  }

  @Test
  void oneAttemptIsLetThroughAfterASecondAndNoOther() {
    breaker.failed(true);
    passSeconds(1);
    assertTrue(breaker.allows());
    assertFalse(breaker.allows());
  }

  @Test
  void pausesDoubleUpToAMinuteAndItIsNeverGivenUp() {
    breaker.failed(true);
    for (long pause : new long[] {1, 2, 4, 8, 16, 32, 60, 60, 60}) {
      passSeconds(pause - 1);
      assertFalse(breaker.allows(), "before " + pause);
      passSeconds(1);
      assertTrue(breaker.allows(), "after " + pause);
      breaker.failed(false);
    }
  }

  /** Four at once: each of the others that failed with the fifth doubled the pause. */
  @Test
  void whatWasUnderWayWhenItOpenedMakesNoPauseLonger() {
    failed(8);
    passSeconds(1);
    assertTrue(breaker.allows());
    breaker.failed(true);
    passSeconds(1);
    breaker.failed(true);
    breaker.failed(false);
    assertFalse(breaker.allows());
    passSeconds(1);
    assertTrue(breaker.allows(), "one that was let through has failed");
    breaker.succeeded();
    breaker.failed(true);
    breaker.failed(true);
    passSeconds(1);
    assertTrue(breaker.allows(), "none that was let through has failed since it was closed");
  }

  @Test
  void oneSuccessClosesIt() {
    breaker.failed(true);
    passSeconds(1);
    assertTrue(breaker.allows());
    breaker.succeeded();
    assertTrue(breaker.allows());
    assertFalse(breaker.open());
    breaker.failed(true);
    passSeconds(1);
    assertTrue(breaker.allows(), "the first pause is a second again");
  }

  @Test
  void anAttemptThatNeverEndsDoesNotKeepOthersOutForEver() {
    breaker.failed(true);
    passSeconds(1);
    assertTrue(breaker.allows());
    passSeconds(1);
    assertTrue(breaker.allows());
  }
}
