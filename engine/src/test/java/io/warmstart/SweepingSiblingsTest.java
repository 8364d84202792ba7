package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.InMemory;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreStats;
import io.warmstart.testing.Rounds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Savers beside a sweep that has no pause and leaves nothing. */
@Tag("slow")
class SweepingSiblingsTest {
  private static final int SAVERS = 4;
  private static final int SAVES = Rounds.times(80);

  @TempDir(factory = InMemory.class)
  Path root;

  @Test
  void fourThreadsSaveBesideASweepWithoutPauseAndNothingFails() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(SAVERS + 1);
    AtomicBoolean done = new AtomicBoolean();
    CountDownLatch sweeping = new CountDownLatch(1);
    StoreOptions nothing =
        StoreOptions.defaults().withSizeBudgetBytes(0).withPolicy(PolicyUse.THIS_STORE_ONLY);
    try (WarmStartStore store = WarmStartStore.open(root);
        WarmStartStore sweeper = WarmStartStore.open(root, nothing)) {
      Future<Long> evicted =
          threads.submit(
              () -> {
                long sum = 0;
                while (!done.get()) {
                  EvictionReport report = sweeper.evictOverflow();
                  assertEquals(0, report.failures());
                  sum += report.evicted();
                  sweeping.countDown();
                }
                return sum;
              });
      sweeping.await();
      List<Future<?>> savers = new ArrayList<>();
      for (int saver = 0; saver < SAVERS; saver++) {
        String name = "saver " + saver;
        savers.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < SAVES; i++) {
                    // Two keys for all, so that directories come and go under the savers.
                    store.save(
                        Payloads.key("shared " + i % 2),
                        Versions.payload(name + " " + i, 500),
                        EntryAttributes.checkpoint());
                  }
                }));
      }
      for (Future<?> saver : savers) {
        saver.get(60, TimeUnit.SECONDS);
      }
      done.set(true);
      long sum = evicted.get(60, TimeUnit.SECONDS) + sweeper.evictOverflow().evicted();
      checkNothingIsLeft(store, sum);
    } finally {
      done.set(true);
      threads.shutdownNow();
    }
  }

  @Test
  void fourProcessesSaveBesideASweepWithoutPauseAndNothingFails() throws Exception {
    List<ForkedJvm> savers = new ArrayList<>();
    try (ForkedJvm sweeper =
        ForkedJvm.start(SavingProcess.class, "sweep", root.toString(), "sweeper")) {
      for (int i = 0; i < SAVERS; i++) {
        savers.add(
            ForkedJvm.start(
                SavingProcess.class, "save", root.toString(), "saver " + i, SAVES + ""));
      }
      sweeper.awaitLine("ready");
      for (ForkedJvm saver : savers) {
        saver.awaitLine("ready");
      }
      for (ForkedJvm saver : savers) {
        saver.tell();
      }
      for (ForkedJvm saver : savers) {
        assertEquals("" + SAVES, saver.awaitLine("saved"));
      }
      sweeper.tell();
      assertEquals("0", sweeper.awaitLine("failures"));
      long evicted = Long.parseLong(sweeper.awaitLine("evicted"));
      StoreOptions nothing =
          StoreOptions.defaults().withSizeBudgetBytes(0).withPolicy(PolicyUse.THIS_STORE_ONLY);
      try (WarmStartStore store = WarmStartStore.open(root, nothing)) {
        checkNothingIsLeft(store, evicted + store.evictOverflow().evicted());
      }
    } finally {
      savers.forEach(ForkedJvm::close);
    }
  }

  private void checkNothingIsLeft(WarmStartStore store, long evicted) throws IOException {
    // Each save was there to be evicted, once: a save that had come back would make it more.
    assertEquals((long) SAVERS * SAVES, evicted);
    StoreStats stats = store.stats();
    assertEquals((long) SAVERS * SAVES, stats.count(StoreCounter.SAVES));
    assertEquals(0, stats.count(StoreCounter.SAVE_FAILURES));
    assertEquals(0, stats.count(StoreCounter.SWEEP_FAILURES));
    assertEquals(0, stats.count(StoreCounter.QUARANTINED));
    assertEquals(0, stats.count(StoreCounter.LOCK_TIMEOUTS));
    RootFiles left = RootFiles.read(root);
    assertEquals(0, left.bytes, left::toString);
    assertTrue(store.verify().clean());
  }
}
