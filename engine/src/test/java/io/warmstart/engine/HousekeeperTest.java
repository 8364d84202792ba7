package io.warmstart.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HousekeeperTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final int DRAWS = 10_000;

  @Test
  void besideFewSegmentsItLooksEachSecond() {
    for (int segments = 0; segments < 16; segments++) {
      assertEquals(SECOND, Housekeeper.pauseBeside(segments));
    }
  }

  /** 256 idle processes asked for 256 segments a second each. */
  @ParameterizedTest
  @ValueSource(ints = {16, 40, 256, 1000})
  void besideManyItAsksForNoMoreThanSixteenASecond(int segments) {
    long[] pauses =
        LongStream.generate(() -> Housekeeper.pauseBeside(segments)).limit(DRAWS).toArray();
    double meanSeconds = LongStream.of(pauses).average().orElseThrow() / SECOND;

    assertTrue(segments / meanSeconds < 16.5, () -> "a second: " + segments / meanSeconds);
    // Not all at once, and not never.
    assertTrue(LongStream.of(pauses).min().orElseThrow() < meanSeconds * SECOND / 2 + SECOND);
    assertTrue(LongStream.of(pauses).max().orElseThrow() <= (segments / 8 + 1) * SECOND);
  }
}
