package io.warmstart.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Entry;
import io.warmstart.KeyFiles;
import io.warmstart.Payloads;
import io.warmstart.SteppedClock;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.format.Owner;
import io.warmstart.format.StagedName;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.PayloadTooLargeException;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.StoreCounter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
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
    return WarmStartStore.open(
        root, options.withSizeBudgetBytes(budget).withPolicy(PolicyUse.THIS_STORE_ONLY));
  }

  private static String save(WarmStartStore store, String name, int bytes) {
    return store.save(Payloads.key(name), new byte[bytes], EntryAttributes.checkpoint());
  }

  private long countedBytes(WarmStartStore store) throws IOException {
    Engine engine = EngineRegistry.acquire(store.root(), store.options().engineOptions());
    try {
      return engine.ledger().totalBytes().orElseThrow();
    } finally {
      EngineRegistry.release(engine);
    }
  }

  private void assertCountIsTrue(WarmStartStore store) throws IOException {
    assertEquals(KeyFiles.bytesOf(root), countedBytes(store));
    assertEquals(KeyFiles.bytesOf(root), store.inspect().bytes());
  }

  /** A save evicted itself: under a budget of 0 none was ever found. */
  @Test
  void withABudgetOfZeroEachSaveEvictsWhatWasThereBeforeIt() throws Exception {
    try (WarmStartStore store = open(0)) {
      for (int i = 0; i < 5; i++) {
        save(store, "key " + i, 1000);
        assertTrue(isHit(store, "key " + i));
        assertEquals(1, store.inspect().entries());
        assertCountIsTrue(store);
      }
      assertEquals(4, store.stats().count(StoreCounter.EVICTED));
      assertEquals(5, store.stats().count(StoreCounter.SAVES));

      assertEquals(1, store.evictOverflow().evicted());

      assertEquals(0, KeyFiles.bytesOf(root));
      assertCountIsTrue(store);
    }
  }

  private static boolean isHit(WarmStartStore store, String name) {
    Optional<Entry> found = store.lookup(Payloads.key(name));
    found.ifPresent(Entry::close);
    return found.isPresent();
  }

  /**
   * What was never looked up goes first. So a save whose siblings had all been looked up once was
   * the first that its own sweep took: of a hundred, ninety-four were gone on return.
   */
  @Test
  void aSaveIsThereOnReturnHoweverOftenTheOthersWereLookedUp() throws Exception {
    try (WarmStartStore store = open(4096)) {
      for (int i = 0; i < 50; i++) {
        clock.advance(Duration.ofSeconds(2));
        save(store, "key " + i, 256);
        assertTrue(isHit(store, "key " + i), "save " + i + " is gone on return");
        assertTrue(KeyFiles.bytesOf(root) <= 4096);
      }
      assertCountIsTrue(store);
    }
  }

  /**
   * An overwrite that grew passed the budget, and was itself the first to go: neither the version
   * before was left nor the new one.
   */
  @Test
  void anOverwriteThatGrowsPastTheBudgetStaysAndTheOthersGo() throws Exception {
    try (WarmStartStore store = open(10_000)) {
      String runId = save(store, "grows", 1000);
      for (String other : List.of("a", "b")) {
        save(store, other, 3000);
      }
      for (String each : List.of("grows", "a", "b")) {
        clock.advance(Duration.ofSeconds(2));
        assertTrue(isHit(store, each));
      }
      clock.advance(Duration.ofSeconds(2));
      store.saveOverwrite(
          Payloads.key("grows"), runId, new byte[9000], EntryAttributes.checkpoint());
      try (Entry entry = store.lookup(Payloads.key("grows")).orElseThrow()) {
        assertEquals(9000, entry.payloadLength());
      }
      assertEquals(1, store.inspect().entries());
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
    Engine engine = EngineRegistry.acquire(store.root(), store.options().engineOptions());
    try {
      Owner self = engine.siblings().controlFile().orElseThrow().owner();
      Owner before = new Owner(self.slot(), self.boot(), self.epoch() - 1);
      String name = new StagedName("r", StagedName.Role.PAYLOAD, before, 1).toText();
      Files.write(KeyFiles.of(root, Payloads.key("stays")).file(name), new byte[bytes]);
    } finally {
      EngineRegistry.release(engine);
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
  void storesThatNameABudgetForThemselvesKeepEachItsOwn() throws Exception {
    try (WarmStartStore wide = open(1 << 20);
        WarmStartStore narrow = open(10_000)) {
      save(wide, "a", 8000);
      clock.advance(Duration.ofSeconds(1));
      save(wide, "b", 8000);
      assertEquals(2, wide.inspect().entries());

      clock.advance(Duration.ofSeconds(1));
      save(narrow, "c", 5000);

      assertEquals(1, wide.inspect().entries());
      assertTrue(narrow.lookup(Payloads.key("c")).isPresent());
      assertTrue(KeyFiles.bytesOf(root) <= 10_000);
      save(wide, "d", 8000);
      assertEquals(2, wide.inspect().entries());
      assertEquals(1 << 20, wide.inspect().sizeBudgetBytes());
      assertEquals(10_000, narrow.inspect().sizeBudgetBytes());
    }
  }

  /** It evicted every other entry to make room, and then itself. */
  @Test
  void aPayloadLargerThanTheBudgetIsRefusedBeforeAnythingIsStagedOrEvicted() throws Exception {
    try (WarmStartStore store = open(10_000)) {
      String runId = save(store, "a", 3000);
      clock.advance(Duration.ofSeconds(1));
      save(store, "b", 3000);
      long before = KeyFiles.bytesOf(root);

      PayloadTooLargeException refused =
          assertThrows(PayloadTooLargeException.class, () -> save(store, "too large", 30_000));
      assertThrows(
          PayloadTooLargeException.class,
          () ->
              store.saveOverwrite(
                  Payloads.key("a"), runId, new byte[10_000], EntryAttributes.checkpoint()));

      for (String part :
          List.of("expected<=10000", "actual=30000+", Payloads.key("too large").toHex())) {
        assertTrue(refused.toString().contains(part), refused.toString());
      }
      assertFalse(Files.exists(KeyFiles.of(root, Payloads.key("too large")).directory()));
      assertEquals(before, KeyFiles.bytesOf(root));
      assertEquals(2, store.inspect().entries());
      assertEquals(0, store.stats().count(StoreCounter.EVICTED));
    }
  }

  /** What is let in stays: a hit makes the manifest longer, and must not push its own entry out. */
  @Test
  void theLargestPayloadThatIsTakenStillFitsAfterItWasLookedUp() throws Exception {
    try (WarmStartStore store = open(10_000)) {
      int largest = 10_000;
      while (!isTaken(store, largest)) {
        largest--;
      }
      assertTrue(isHit(store, "largest"));
      store.flush();
      assertEquals(0, store.evictOverflow().evicted());
      assertTrue(isHit(store, "largest"));
      assertTrue(largest > 9_000, "largest: " + largest);
    }
  }

  private static boolean isTaken(WarmStartStore store, int bytes) {
    try {
      save(store, "largest", bytes);
      return true;
    } catch (PayloadTooLargeException e) {
      return false;
    }
  }
}
