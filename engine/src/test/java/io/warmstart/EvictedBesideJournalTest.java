package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Evictions of runs of which the journal still holds a version. */
class EvictedBesideJournalTest {
  private static final Fingerprint KEY = Payloads.key("evicted");
  private static final Fingerprint OTHER = Payloads.key("other");
  private static final String RUN = "r";
  private static final int PAYLOAD_BYTES = 1000;

  @TempDir Path root;

  private static void save(WarmStartStore store, Fingerprint key, String version) {
    byte[] payload = Versions.payload(version, PAYLOAD_BYTES);
    store.saveOverwrite(key, RUN, payload, EntryAttributes.checkpoint());
  }

  private WarmStartStore openJournalled() {
    WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withDurability(Durability.PROCESS_SAFE));
    Journalled.until(store, () -> save(store, KEY, "warm"));
    store.flush();
    return store;
  }

  private static String found(WarmStartStore store) {
    return Versions.found(store.lookupLatest(KEY), "none");
  }

  /**
   * A version lay in a process's journal when somebody else overwrote it by a pair of files, which
   * a sweep then removed. Lookups found the version in the journal again, older than what had been
   * found before, and a second later it was a pair again.
   */
  @Test
  void anEvictionBringsNoOlderVersionBack() {
    StoreOptions small =
        StoreOptions.defaults()
            .withSizeBudgetBytes(PAYLOAD_BYTES + PAYLOAD_BYTES / 2)
            .withPolicy(PolicyUse.THIS_STORE_ONLY);
    try (WarmStartStore journalled = openJournalled();
        WarmStartStore sweeping = WarmStartStore.open(root, small)) {
      save(journalled, KEY, "old");
      save(sweeping, KEY, "new");

      save(sweeping, OTHER, "other");

      assertNotEquals("old", found(journalled));
      journalled.flush();
      assertNotEquals("old", found(journalled));

      // Once the journal is rid of it, it goes.
      try (WarmStartStore keepingNothing =
          WarmStartStore.open(root, small.withSizeBudgetBytes(0))) {
        keepingNothing.evictOverflow();
      }
      assertEquals("none", found(journalled));
    }
  }
}
