package io.warmstart.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.model.StoreCounter;
import org.junit.jupiter.api.Test;

/** Nothing that was counted is lost, wherever it was counted. */
class CountersTest {
  private final Counters counters = new Counters();

  @Test
  void hitsOfEveryTallyAreInTheSumBeforeAndAfterItIsFolded() {
    HitTally one = counters.openTally();
    HitTally two = counters.openTally();
    counters.count(StoreCounter.HITS, 5);
    for (int each = 0; each < 3; each++) {
      one.increment();
    }
    two.increment();
    assertEquals(9, counters.own(StoreCounter.HITS));
    counters.fold(one);
    assertEquals(9, counters.own(StoreCounter.HITS));
    counters.fold(one);
    assertEquals(9, counters.own(StoreCounter.HITS), "once");
    two.increment();
    assertEquals(10, counters.own(StoreCounter.HITS));
    assertEquals(0, counters.own(StoreCounter.MISSES));
  }
}
