package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LookRateTest {
  private static final long INTERVAL = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long NOW = TimeUnit.SECONDS.toNanos(1_700_000_000);
  private static final int TURNS = 250;

  private final LookRate rate = new LookRate();

  private long looks(int keys, long age, long interval, long now) {
    return IntStream.range(0, keys).filter(key -> !rate.leaves(age, interval, now)).count();
  }

  @Test
  void aFewKeysAreLookedAtWheneverTheyAreDue() {
    for (int interval = 0; interval < 20; interval++) {
      assertEquals(TURNS, looks(TURNS, INTERVAL, INTERVAL, NOW + interval * INTERVAL));
    }
  }

  @Test
  void manyKeysTakeTurns() {
    assertEquals(TURNS, looks(10_000, INTERVAL, INTERVAL, NOW));
    assertEquals(0, looks(10_000, INTERVAL, INTERVAL, NOW + INTERVAL - 1));
    assertEquals(TURNS, looks(10_000, INTERVAL, INTERVAL, NOW + INTERVAL));
  }

  @Test
  void aHundredIntervalsOrASecondLaterEachIsLookedAt() {
    assertLatest(INTERVAL / 10, 101 * INTERVAL / 10);
    assertLatest(INTERVAL, INTERVAL + SECOND);
    assertLatest(60 * SECOND, 61 * SECOND);
  }

  private void assertLatest(long interval, long age) {
    rate.leaves(interval, interval, NOW);
    looks((int) (interval / TimeUnit.MICROSECONDS.toNanos(40)), interval, interval, NOW);

    assertTrue(rate.leaves(age - 1, interval, NOW));
    assertEquals(10_000, looks(10_000, age, interval, NOW));
  }

  @Test
  void withoutAnIntervalNoneIsLeft() {
    assertEquals(10_000, looks(10_000, 0, 0, NOW));
    assertEquals(10_000, looks(10_000, 5, 0, NOW));
  }

  @Test
  void whereAClockWasSetBackThereIsALook() {
    assertEquals(TURNS, looks(10_000, INTERVAL, INTERVAL, NOW));

    assertFalse(rate.leaves(-INTERVAL, INTERVAL, NOW));
    assertFalse(rate.leaves(INTERVAL, INTERVAL, NOW - 1), "the period begins anew");
  }
}
