package io.warmstart.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.RunIds;
import io.warmstart.testing.Seeds;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Seeds.class)
class RunIdGeneratorTest {
  @Test
  void idIsTimeThenTheGeneratorsBits() {
    RunIdGenerator generator = new RunIdGenerator(() -> 0x18e9cad7298f7945L, 0xfedcL);
    assertEquals("r18e9cad7298f7945-000000000000fedc", generator.next());
  }

  @Test
  void idsAreValidAndStrictlyIncreaseWhateverTheClockDoes(Random random) {
    AtomicLong clock = new AtomicLong(1_795_188_951_948_840_001L);
    RunIdGenerator generator = new RunIdGenerator(clock::get);
    String last = "";
    for (int i = 0; i < 20_000; i++) {
      String id = generator.next();
      assertTrue(id.compareTo(last) > 0, () -> id + " after the one before");
      assertTrue(RunIds.isValid(id), id);
      last = id;
      clock.addAndGet(random.nextInt(2_000_001) - 1_000_000);
    }
  }

  @Test
  void clocksAtTheirEndsStillGiveIncreasingIds() {
    for (long now : new long[] {Long.MIN_VALUE, -1, 0, Long.MAX_VALUE}) {
      RunIdGenerator generator = new RunIdGenerator(() -> now);
      String first = generator.next();
      String second = generator.next();
      assertTrue(first.compareTo(second) < 0, first + " " + second);
      assertTrue(RunIds.isValid(first) && RunIds.isValid(second));
    }
  }

  @Test
  void generatorsAtTheSameNanosecondDiffer() {
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      assertTrue(ids.add(new RunIdGenerator(() -> 42).next()));
    }
  }

  @Test
  void laterIdsOfOtherGeneratorsSortLater() {
    assertTrue(
        new RunIdGenerator(() -> 1_000, -1L)
                .next()
                .compareTo(new RunIdGenerator(() -> 1_001, 0).next())
            < 0);
    assertNotEquals(new RunIdGenerator(() -> 5).next(), new RunIdGenerator(() -> 5).next());
  }

  @Test
  void threadsNeverGetTheSameIdAndEachSeesItsOwnIncrease() throws Exception {
    int threads = 8;
    int idsPerThread = 5_000;
    RunIdGenerator generator = new RunIdGenerator(() -> 7);
    CountDownLatch start = new CountDownLatch(1);
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<List<String>>> futures = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        futures.add(
            executor.submit(
                () -> {
                  start.await();
                  List<String> ids = new ArrayList<>();
                  for (int i = 0; i < idsPerThread; i++) {
                    ids.add(generator.next());
                  }
                  return ids;
                }));
      }
      start.countDown();
      Set<String> all = new HashSet<>();
      for (Future<List<String>> future : futures) {
        List<String> ids = future.get();
        assertEquals(ids.stream().sorted().toList(), ids);
        all.addAll(ids);
      }
      assertEquals(threads * idsPerThread, all.size());
    } finally {
      executor.shutdownNow();
    }
  }
}
