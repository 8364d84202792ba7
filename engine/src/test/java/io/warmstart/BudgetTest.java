package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.Owner;
import io.warmstart.format.StagedName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** After every save the root is within the budget, and the total that says so is the true one. */
class BudgetTest {
  @TempDir Path root;
  private final SteppedClock clock = new SteppedClock();
  private final StoreOptions options =
      StoreOptions.defaults()
          .withClock(clock)
          .withTtl(Duration.ofHours(1))
          .withForeignCheckInterval(Duration.ZERO);

  private WarmStartStore open(long budget) {
    return WarmStartStore.open(root, options.withSizeBudgetBytes(budget));
  }

  private static String save(WarmStartStore store, String name, int bytes) {
    return store.save(Payloads.key(name), new byte[bytes], EntryAttributes.checkpoint());
  }

  private long countedBytes(WarmStartStore store) throws IOException {
    Engine engine = Engines.acquire(store.root(), store.options());
    try {
      return engine.records().totalBytes().orElseThrow();
    } finally {
      Engines.release(engine);
    }
  }

  private void assertCountIsTrue(WarmStartStore store) throws IOException {
    assertEquals(KeyFiles.bytesOf(root), countedBytes(store));
    assertEquals(KeyFiles.bytesOf(root), store.stats().bytes());
  }

  @Test
  void withABudgetOfZeroSavesSucceedAndAreEvicted() throws Exception {
    try (WarmStartStore store = open(0)) {
      for (int i = 0; i < 5; i++) {
        save(store, "key " + i, 1000);
        assertEquals(0, KeyFiles.bytesOf(root));
        assertTrue(store.lookup(Payloads.key("key " + i)).isEmpty());
      }
      assertEquals(5, store.stats().counters().get("evicted"));
      assertEquals(5, store.stats().counters().get("saves"));
      assertCountIsTrue(store);
    }
  }

  @Test
  void theCountFollowsSavesOverwritesTouchesEvictionsAndQuarantine() throws Exception {
    try (WarmStartStore store = open(20_000)) {
      String runId = save(store, "a", 5000);
      assertCountIsTrue(store);
      store.saveOverwrite(
          Payloads.key("a"), runId, new byte[100], EntryAttributes.checkpoint().withIteration(9));
      assertCountIsTrue(store);
      clock.advance(Duration.ofSeconds(5));
      store.lookup(Payloads.key("a")).orElseThrow().close();
      store.flush();
      assertCountIsTrue(store);
      save(store, "b", 9000);
      save(store, "c", 9000);
      save(store, "d", 9000);
      assertTrue(countedBytes(store) <= 20_000);
      assertCountIsTrue(store);
    }
  }

  /**
   * A sweep that removed an expired entry, or a dead leftover, took its bytes off the total twice.
   * The budget could then be passed by as much, until the next sweep.
   */
  @Test
  void whatASweepRemovesIsTakenOffTheCountOnce() throws Exception {
    try (WarmStartStore store = open(100_000)) {
      save(store, "expires", 60_000);
      clock.advance(Duration.ofHours(2));
      assertEquals(1, store.evictOverflow().expired());
      assertCountIsTrue(store);

      save(store, "stays", 10_000);
      leaveBehind(store, 50_000);
      assertEquals(1, store.evictOverflow().leftoversRemoved());
      assertCountIsTrue(store);

      for (int i = 0; i < 4; i++) {
        save(store, "more " + i, 40_000);
        assertTrue(KeyFiles.bytesOf(root) <= 100_000);
      }
    }
  }

  private void leaveBehind(WarmStartStore store, int bytes) throws IOException {
    Engine engine = Engines.acquire(store.root(), store.options());
    try {
      Owner self = engine.coordination().orElseThrow().owner();
      Owner before = new Owner(self.slot(), self.boot(), self.epoch() - 1);
      String name = new StagedName("r", StagedName.Role.PAYLOAD, before, 1).toText();
      Files.write(KeyFiles.of(root, Payloads.key("stays")).file(name), new byte[bytes]);
    } finally {
      Engines.release(engine);
    }
  }

  /** The report named what was left as what was there before. */
  @Test
  void aReportTellsTheEntriesThatTheSweepFound() {
    try (WarmStartStore store = open(1 << 20)) {
      save(store, "expires", 10);
      clock.advance(Duration.ofHours(2));
      save(store, "evicted", 20_000);
      clock.advance(Duration.ofSeconds(1));
      save(store, "stays", 10);
      try (WarmStartStore narrow = open(10_000)) {
        EvictionReport report = narrow.evictOverflow();
        assertEquals(3, report.entriesBefore());
        assertEquals(1, report.expired());
        assertEquals(1, report.evicted());
        assertTrue(report.bytesBefore() > 20_000);
        assertTrue(report.bytesAfter() < 10_000);
        assertEquals(0, report.failures());
      }
    }
  }

  @Test
  void storesOfOneRootKeepEachItsOwnBudget() throws Exception {
    try (WarmStartStore wide = open(1 << 20);
        WarmStartStore narrow = open(10_000)) {
      save(wide, "a", 8000);
      clock.advance(Duration.ofSeconds(1));
      save(wide, "b", 8000);
      assertEquals(2, wide.stats().entries());

      clock.advance(Duration.ofSeconds(1));
      save(narrow, "c", 5000);

      assertEquals(1, wide.stats().entries());
      assertTrue(narrow.lookup(Payloads.key("c")).isPresent());
      assertTrue(KeyFiles.bytesOf(root) <= 10_000);
      save(wide, "d", 8000);
      assertEquals(2, wide.stats().entries());
      assertEquals(1 << 20, wide.stats().sizeBudgetBytes());
      assertEquals(10_000, narrow.stats().sizeBudgetBytes());
    }
  }

  @Test
  void anEntryLargerThanTheBudgetIsSavedAndGoesAndTakesTheOldestWithIt() throws Exception {
    try (WarmStartStore store = open(10_000)) {
      save(store, "a", 3000);
      clock.advance(Duration.ofSeconds(1));
      save(store, "too large", 30_000);
      assertTrue(store.lookup(Payloads.key("too large")).isEmpty());
      assertTrue(KeyFiles.bytesOf(root) <= 10_000);
      assertFalse(Files.exists(KeyFiles.of(root, Payloads.key("too large")).directory()));
    }
  }
}
