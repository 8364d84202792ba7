package io.warmstart.jmh.workload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KeyOrderTest {
  private static final int DRAWN = 16_384;

  @Test
  void zipfAsksForTheFirstKeyMoreOftenThanForAllOfTheSecondHalf() {
    Key[] keys = Key.first(1000);
    Map<Key, Integer> counts = count(keys, Skew.ZIPF);

    int secondHalf = 0;
    for (int i = 500; i < 1000; i++) {
      secondHalf += counts.getOrDefault(keys[i], 0);
    }
    assertTrue(counts.getOrDefault(keys[0], 0) > secondHalf);
  }

  @Test
  void uniformAsksForEveryKey() {
    assertEquals(1000, count(Key.first(1000), Skew.UNIFORM).size());
  }

  /** An order of 16,384 left out six of seven keys of 100,000. */
  @Test
  void manyKeysAreAskedForToo() {
    int[] order = KeyOrder.draw(100_000, Skew.UNIFORM, 1);

    assertTrue(Arrays.stream(order).distinct().count() > 99_000);
    assertEquals(1, Integer.bitCount(order.length));
  }

  private static Map<Key, Integer> count(Key[] keys, Skew skew) {
    KeyOrder order = new KeyOrder(keys, skew, 1);
    Map<Key, Integer> counts = new HashMap<>();
    for (int i = 0; i < DRAWN; i++) {
      counts.merge(order.next(), 1, Integer::sum);
    }
    return counts;
  }
}
