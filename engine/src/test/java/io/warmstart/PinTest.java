package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.KeyContents;
import io.warmstart.model.PayloadTooLargeException;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is pinned stays, whatever the budget and the TTL ask for, and nothing is pinned by half. */
class PinTest {
  private static final int PAYLOAD_BYTES = 1000;
  private static final long BUDGET = 8000;

  @TempDir Path root;
  private final SteppedClock clock = new SteppedClock();
  private final Fingerprint key = Payloads.key("k");
  private final Fingerprint other = Payloads.key("other");

  private StoreOptions options() {
    return StoreOptions.defaults()
        .withDurability(Durability.IN_FILES)
        .withClock(clock)
        .withSizeBudgetBytes(BUDGET);
  }

  private void save(WarmStartStore store, Fingerprint under, String runId) {
    clock.advance(Duration.ofSeconds(10));
    store.saveOverwrite(
        under, runId, Versions.payload(runId, PAYLOAD_BYTES), EntryAttributes.checkpoint());
  }

  private void fill(WarmStartStore store) {
    for (int n = 0; n < 20; n++) {
      save(store, other, "run-" + n);
    }
  }

  private boolean isThere(Fingerprint under, String runId) {
    return Files.exists(KeyFiles.of(root, under).manifest(runId));
  }

  private static String name(Entry found) {
    try (found) {
      return Versions.nameOf(found);
    }
  }

  private Path pin(String name) {
    return root.resolve(".warmstart/pins").resolve(name);
  }

  private void pinByHand(Fingerprint under, String runId) throws IOException {
    Files.createDirectories(root.resolve(".warmstart/pins"));
    Files.createFile(pin(under.toHex() + "+" + runId + "+pin"));
  }

  @Test
  void savesEvictAllOthersInsteadUntilItIsUnpinned() {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      save(store, key, "kept");
      save(store, key, "old");
      assertTrue(store.pin(key, "kept"));

      fill(store);

      assertTrue(isThere(key, "kept"));
      assertFalse(isThere(key, "old"));
      assertTrue(store.unpin(key, "kept"));
      assertFalse(store.unpin(key, "kept"));
      save(store, other, "one-more");
      assertFalse(isThere(key, "kept"));
    }
  }

  @Test
  void aPinnedKeyKeepsWhatIsSavedLaterToo() {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      store.pin(key);
      save(store, key, "first");
      save(store, key, "second");

      fill(store);

      assertTrue(isThere(key, "first"));
      assertTrue(isThere(key, "second"));
      assertFalse(store.unpin(key, "first"), "it had no pin of its own");
      assertTrue(store.unpin(key));
      fill(store);
      assertFalse(isThere(key, "first"));
    }
  }

  @Test
  void aPinOutlivesTheStoreAndIsSeenByStoresThatWereOpenBefore() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      save(store, key, "kept");
      store.pin(key, "kept");
    }
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      fill(store);
      assertTrue(isThere(key, "kept"));
      // As another machine does.
      save(store, key, "later");
      pinByHand(key, "later");
      fill(store);
      assertTrue(isThere(key, "later"));
    }
  }

  @Test
  void itDoesNotExpire() {
    StoreOptions mortal = options().withTtl(Duration.ofMinutes(1));
    try (WarmStartStore store = WarmStartStore.open(root, mortal)) {
      save(store, key, "kept");
      save(store, key, "mortal");
      store.pin(key, "kept");
      clock.advance(Duration.ofMinutes(5));

      assertEquals(1, store.evictOverflow(true).expired());
      assertEquals("kept", store.lookup(key).map(PinTest::name).orElse(""));
      clock.advance(Duration.ofMinutes(5));
      assertEquals(1, store.evictOverflow().expired());
      assertTrue(isThere(key, "kept"));
      assertFalse(isThere(key, "mortal"));
      assertEquals("kept", store.lookup(key, Ranking.LATEST).map(PinTest::name).orElse(""));

      store.unpin(key, "kept");
      clock.advance(Duration.ofMinutes(5));
      assertTrue(store.lookup(key).isEmpty());
      assertEquals(1, store.evictOverflow().expired());
    }
  }

  @Test
  void whatDoesNotFitBesideIsRefusedBeforeAnythingGoes() {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      save(store, key, "kept");
      save(store, other, "mortal");
      store.pin(key, "kept");

      byte[] large = new byte[(int) BUDGET - PAYLOAD_BYTES];
      String refused =
          assertThrows(
                  PayloadTooLargeException.class,
                  () -> store.save(other, large, EntryAttributes.checkpoint()))
              .toString();

      assertTrue(refused.contains("beside what is pinned: expected<=8000-"), refused);
      assertTrue(isThere(key, "kept"));
      assertTrue(isThere(other, "mortal"));
      // In its own place it does fit.
      store.saveOverwrite(key, "kept", large, EntryAttributes.checkpoint());
      assertEquals(0, store.stats().count(StoreCounter.SAVE_FAILURES));
    }
  }

  @Test
  void aPinOfAnotherProcessCountsBeforeASaveIsRefusedAndWithinSecondsBeforeItIsTaken()
      throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      save(store, key, "kept");
      pinByHand(key, "kept");
      byte[] large = new byte[(int) BUDGET - PAYLOAD_BYTES];

      Await.until(
          "the pin counts",
          () -> {
            try {
              store.saveOverwrite(other, "large", large, EntryAttributes.checkpoint());
              return false;
            } catch (PayloadTooLargeException e) {
              return true;
            }
          });

      Files.delete(pin(key.toHex() + "+kept+pin"));
      store.saveOverwrite(other, "large", large, EntryAttributes.checkpoint());
    }
  }

  /** Each was refused no sooner than the background had counted again: 45 were taken. */
  @Test
  void whatIsSavedUnderAPinnedKeyCountsAtOnce() throws Exception {
    for (Durability durability : new Durability[] {Durability.IN_FILES, Durability.PROCESS_SAFE}) {
      StoreOptions options = options().withDurability(durability);
      try (WarmStartStore store = WarmStartStore.open(root, options)) {
        store.pin(key);
        for (int n = 0; n < 30; n++) {
          try {
            store.save(key, new byte[PAYLOAD_BYTES], EntryAttributes.checkpoint());
          } catch (PayloadTooLargeException e) {
            // From here on there is no room beside what is pinned.
            break;
          }
        }
        store.flush();
        long bytes = KeyFiles.bytesOf(root);
        assertTrue(bytes <= BUDGET, durability + ": " + bytes);
        assertTrue(bytes > BUDGET - 2 * PAYLOAD_BYTES, durability + ": " + bytes);
        store.unpin(key);
        store.remove(key);
      }
    }
  }

  @Test
  void aRunThatIsNotThereIsNotRemovedFromAPinnedKey() {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      store.pin(key);
      assertFalse(store.remove(key, "none"));
      assertEquals(0, store.remove(key));
      save(store, key, "one");
      assertThrows(StoreException.class, () -> store.remove(key));
    }
  }

  @Test
  void removeRefusesItAndTakesNoneOfItsKey() {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      save(store, key, "a");
      save(store, key, "kept");
      store.pin(key, "kept");

      assertThrows(StoreException.class, () -> store.remove(key, "kept"));
      String refused = assertThrows(StoreException.class, () -> store.remove(key)).toString();

      assertTrue(refused.contains("unpin it first: run=kept"), refused);
      assertTrue(isThere(key, "a"));
      assertTrue(isThere(key, "kept"));
      assertTrue(store.remove(key, "a"));
      store.unpin(key, "kept");
      assertEquals(1, store.remove(key));
    }
  }

  @Test
  void aRunWithoutAnEntryIsNotPinned() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      assertFalse(store.pin(key, "none"));
      assertThrows(IllegalArgumentException.class, () -> store.pin(key, "../none"));
      assertFalse(Files.exists(root.resolve(".warmstart/pins")));
    }
  }

  @Test
  void aRunThatLiesInTheJournalIsPinned() {
    StoreOptions journalled = options().withDurability(Durability.PROCESS_SAFE);
    try (WarmStartStore store =
        WarmStartStore.open(root, journalled.withSizeBudgetBytes(1 << 30))) {
      Journalled.until(store, () -> store.save(key, new byte[100], EntryAttributes.checkpoint()));
      String saved = store.save(key, new byte[100], EntryAttributes.checkpoint());

      assertTrue(store.pin(key, saved));
      assertTrue(store.lookup(key, saved).map(PinTest::closedPinned).orElse(false));
    }
  }

  private static boolean closedPinned(Entry found) {
    try (found) {
      return found.pinned();
    }
  }

  @Test
  void entriesAndListingsTell() {
    try (WarmStartStore store = WarmStartStore.open(root, options());
        WarmStartStore readOnly =
            WarmStartStore.open(
                root, StoreOptions.defaults().withClock(clock).withReadOnly(true))) {
      save(store, key, "kept");
      save(store, key, "mortal");
      store.pin(key, "kept");

      for (WarmStartStore each : List.of(store, readOnly)) {
        assertTrue(each.lookup(key, "kept").map(PinTest::closedPinned).orElseThrow());
        assertFalse(each.lookup(key, "mortal").map(PinTest::closedPinned).orElseThrow());
        KeyContents contents = each.contents(key);
        assertFalse(contents.pinned());
        assertEquals(
            List.of("kept"),
            contents.entries().stream()
                .filter(KeyContents.Listed::pinned)
                .map(KeyContents.Listed::runId)
                .toList());
      }
      Entry reused = new Entry();
      assertThrows(IllegalStateException.class, reused::pinned);
      assertTrue(store.lookup(key, Ranking.LATEST, reused));
      assertFalse(reused.pinned());
      store.pin(key);
      assertTrue(reused.pinned());
      reused.close();
      assertTrue(store.contents(key).pinned());
      assertThrows(ReadOnlyStoreException.class, () -> readOnly.pin(key));
      assertThrows(ReadOnlyStoreException.class, () -> readOnly.unpin(key));
    }
  }

  /** A sweep that has listed the pins, and chosen, before one was set. */
  @Test
  void aPinThatComesAfterTheSweepHasLookedCounts() throws Exception {
    ObservedFileOps ops =
        new WatchedFileOps(
            op -> {
              boolean reads =
                  op.kind() == Kind.OPEN_FOR_READING && op.path().toString().endsWith("kept.json");
              if (reads && Thread.currentThread().getName().equals("sweep")) {
                // Under the key's lock already: as another machine does, which holds it not.
                if (!Files.exists(pin(key.toHex() + "+kept+pin"))) {
                  pinByHand(key, "kept");
                }
              }
            });
    try (WarmStartStore store =
        WarmStartStore.open(root, options().withFileOps(ops).withSizeBudgetBytes(1 << 20))) {
      save(store, key, "kept");
      save(store, other, "mortal");
      try (WarmStartStore sweeper =
          WarmStartStore.open(
              root,
              options()
                  .withFileOps(ops)
                  .withSizeBudgetBytes(0)
                  .withPolicy(PolicyUse.THIS_STORE_ONLY))) {
        Thread.currentThread().setName("sweep");
        EvictionReport report = sweeper.evictOverflow();

        assertEquals(1, report.evicted());
        assertTrue(isThere(key, "kept"));
        assertFalse(isThere(other, "mortal"));
      }
    }
  }

  @Test
  void whereThePinsCannotBeReadNothingGoes() {
    FaultyFileOps ops = new FaultyFileOps();
    StoreOptions faulty = options().withFileOps(ops).withSizeBudgetBytes(1 << 20);
    try (WarmStartStore store = WarmStartStore.open(root, faulty)) {
      save(store, key, "kept");
      save(store, other, "mortal");
      store.pin(key, "kept");
      ops.onlyAt(op -> op.path().toString().contains("/pins"));
      ops.arm(Fault.EIO, true, 0, root);
      try (WarmStartStore sweeper =
          WarmStartStore.open(
              root, faulty.withSizeBudgetBytes(0).withPolicy(PolicyUse.THIS_STORE_ONLY))) {
        assertThrows(StoreException.class, sweeper::evictOverflow);
      } finally {
        ops.disarm();
      }
      assertTrue(isThere(key, "kept"));
      assertTrue(isThere(other, "mortal"));
    }
  }

  @Test
  void aPinThatCouldNotBeSyncedIsAnError() {
    FaultyFileOps ops = new FaultyFileOps();
    try (WarmStartStore store = WarmStartStore.open(root, options().withFileOps(ops))) {
      save(store, key, "kept");
      ops.onlyAt(op -> op.kind() == Kind.SYNC_DIRECTORY && op.path().toString().endsWith("/pins"));
      ops.arm(Fault.EIO, false, 0, root);
      assertThrows(StoreException.class, () -> store.pin(key, "kept"));
      ops.disarm();
      assertTrue(store.pin(key, "kept"));
    }
  }
}
