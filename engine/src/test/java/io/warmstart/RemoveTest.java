package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.model.Durability;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.ReadOnlyStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entries that are removed, or looked up, by their run ids. */
class RemoveTest {
  @TempDir Path root;
  private final Fingerprint key = Payloads.key("k");
  private final FaultyFileOps ops = new FaultyFileOps();

  private WarmStartStore open() {
    return WarmStartStore.open(root, StoreOptions.defaults().withFileOps(ops));
  }

  private void save(WarmStartStore store, String runId, double objective) {
    store.saveOverwrite(
        key,
        runId,
        Versions.payload(runId, 1000),
        EntryAttributes.checkpoint().withObjective(objective));
  }

  private static String nameOf(Optional<Entry> found) {
    if (found.isEmpty()) {
      return "";
    }
    try (Entry entry = found.get()) {
      assertEquals(Versions.nameOf(entry), entry.runId());
      return entry.runId();
    }
  }

  private Path file(String name) {
    return root.resolve(key.toHex()).resolve(name);
  }

  @Test
  void aRunIsFoundHoweverItRanks() {
    try (WarmStartStore store = open()) {
      save(store, "good", 1);
      save(store, "bad", 7);

      assertEquals("bad", nameOf(store.lookup(key, "bad")));
      assertEquals("good", nameOf(store.lookup(key, "good")));
      assertEquals("", nameOf(store.lookup(key, "none")));
      assertEquals("", nameOf(store.lookup(Payloads.key("other"), "good")));
      assertEquals("good", nameOf(store.lookup(key)));
      assertThrows(IllegalArgumentException.class, () -> store.lookup(key, "no/id"));
    }
  }

  @Test
  void aRunIsFoundInTheJournal() {
    StoreOptions options = StoreOptions.defaults().withDurability(Durability.PROCESS_SAFE);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      save(store, "good", 1);
      Journalled.until(store, () -> save(store, "bad", 7));

      assertEquals("bad", nameOf(store.lookup(key, "bad")));
      assertEquals("bad", nameOf(store.lookup(key, "bad")));
      assertEquals("good", nameOf(store.lookup(key)));
    }
  }

  @Test
  void whatIsRemovedIsGoneAndTheOthersStay() throws Exception {
    try (WarmStartStore store = open();
        WarmStartStore readOnly =
            WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true))) {
      save(store, "good", 1);
      save(store, "bad", 7);
      assertEquals("good", nameOf(store.lookup(key)));

      assertTrue(store.remove(key, "good"));

      assertEquals("bad", nameOf(store.lookup(key)));
      assertEquals("bad", nameOf(readOnly.lookup(key)));
      assertEquals("", nameOf(store.lookup(key, "good")));
      assertFalse(Files.exists(file("good.json")));
      assertFalse(Files.exists(file("good.bin")));
      assertFalse(store.remove(key, "good"));
      assertEquals(1, store.inspect().entries());
      assertTrue(store.verify().clean(), () -> store.verify().problems().toString());
    }
  }

  @Test
  void aKeyIsRemovedWithAllThatItHas() {
    try (WarmStartStore store = open()) {
      save(store, "a", 1);
      save(store, "b", 7);
      Journalled.until(store, () -> save(store, "c", 3));

      assertEquals(3, store.remove(key));

      assertFalse(Files.exists(root.resolve(key.toHex())));
      assertEquals("", nameOf(store.lookup(key)));
      assertEquals(0, store.remove(key));
      save(store, "a", 2);
      assertEquals("a", nameOf(store.lookup(key)));
    }
  }

  /** A record that had no pair yet, or a mark of it that is lost, would make a pair once more. */
  @Test
  void whatWasInTheJournalDoesNotComeBack() {
    StoreOptions options = StoreOptions.defaults().withDurability(Durability.PROCESS_SAFE);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      Journalled.until(store, () -> save(store, "r", 1));

      assertTrue(store.remove(key, "r"));

      assertEquals("", nameOf(store.lookup(key, Ranking.LATEST)));
      store.flush();
      assertEquals("", nameOf(store.lookup(key, Ranking.LATEST)));
    }
    try (WarmStartStore again = open()) {
      again.flush();
      assertEquals("", nameOf(again.lookup(key)));
    }
  }

  /** After a power cut the marks are what was synced of them. */
  @Test
  void thatItLiesInPairsIsDurableBeforeItIsRemoved() {
    try (WarmStartStore store = open()) {
      Journalled.until(store, () -> save(store, "r", 1));
      store.flush();
      ops.onlyAt(op -> op.kind() == Kind.SYNC && op.path().toString().contains("segment-"));
      ops.arm(Fault.EIO, true, 0, root);

      assertThrows(io.warmstart.model.StoreException.class, () -> store.remove(key, "r"));

      ops.disarm();
      assertEquals("r", nameOf(store.lookup(key)));
      assertTrue(store.remove(key, "r"));
    }
  }

  /**
   * Segments are emptied first in, first out: one that cannot become a pair holds up the others.
   */
  @Test
  void aRunThatCannotBecomeAPairIsInNoOthersWay() {
    StoreOptions options = StoreOptions.defaults().withDurability(Durability.PROCESS_SAFE);
    try (WarmStartStore store = WarmStartStore.open(root, options.withFileOps(ops))) {
      save(store, "stuck", 1);
      save(store, "other", 2);
      Journalled.until(store, () -> save(store, "stuck", 3));
      ops.onlyAt(op -> op.kind() == Kind.CREATE && op.path().toString().contains("stuck~"));
      ops.arm(Fault.ENOSPC, true, 0, root);
      Journalled.until(store, () -> save(store, "other", 4));

      assertTrue(store.remove(key, "other"));

      ops.disarm();
      assertEquals("stuck", nameOf(store.lookup(key)));
      assertEquals("", nameOf(store.lookup(key, "other")));
      assertTrue(store.remove(key, "stuck"));
    }
  }

  @Test
  void whatAPowerCutMayBringBackIsSaid() {
    StoreOptions inFiles = StoreOptions.defaults().withDurability(Durability.IN_FILES);
    try (WarmStartStore store = WarmStartStore.open(root, inFiles.withFileOps(ops))) {
      save(store, "a", 1);
      save(store, "b", 1);
      ops.onlyAt(op -> op.kind() == Kind.SYNC_DIRECTORY);
      ops.arm(Fault.EIO, true, 0, root);

      assertThrows(DurabilityUnknownException.class, () -> store.remove(key, "a"));

      ops.disarm();
      assertEquals("b", nameOf(store.lookup(key, Ranking.LATEST)));
    }
  }

  @Test
  void whatCannotBeReadIsRemovedToo() throws IOException {
    try (WarmStartStore store = open()) {
      save(store, "r", 1);
      store.flush();
      Files.writeString(file("r.json"), "{");

      assertTrue(store.remove(key, "r"));

      assertFalse(Files.exists(file("r.bin")));
      assertEquals(0, store.inspect().entries());
    }
  }

  @Test
  void aStoreForLookupsRemovesNothing() {
    open().close();
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true))) {
      assertThrows(ReadOnlyStoreException.class, () -> store.remove(key));
    }
  }
}
