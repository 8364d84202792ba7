package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LookRateTest {
  private static final long INTERVAL = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long NOW = TimeUnit.SECONDS.toNanos(1_700_000_000);
  private static final int TURNS = 250;

  private final LookRate rate = new LookRate();

  private long looks(int keys, long interval, long now) {
    return IntStream.range(0, keys).filter(key -> rate.takesTurn(interval, now)).count();
  }

  @Test
  void aFewKeysAreLookedAtWheneverTheyAreDue() {
    for (int interval = 0; interval < 20; interval++) {
      assertEquals(TURNS, looks(TURNS, INTERVAL, NOW + interval * INTERVAL));
    }
  }

  @Test
  void manyKeysTakeTurns() {
    assertEquals(TURNS, looks(10_000, INTERVAL, NOW));
    assertEquals(0, looks(10_000, INTERVAL, NOW + INTERVAL - 1));
    assertEquals(TURNS, looks(10_000, INTERVAL, NOW + INTERVAL));
  }

  @Test
  void whereAClockWasSetBackThePeriodBeginsAnew() {
    assertEquals(TURNS, looks(10_000, INTERVAL, NOW));
    assertEquals(TURNS, looks(10_000, INTERVAL, NOW - 1));
  }
}
