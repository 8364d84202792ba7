package io.warmstart.stress.original;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import io.warmstart.model.StoreCounter;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The original with a budget of 0 evicts all that it finds. Each save of ours beside it was
 * published 32 times, found gone each time, and failed.
 */
@Timeout(120)
class TinyOriginalBudgetTest {
  private static final int SAVES = 6;

  @TempDir Path root;

  private static long counter(WarmStartStore store, StoreCounter name) {
    return store.stats().count(name);
  }

  @Test
  void savesBesideAnOriginalThatEvictsAllReturn() throws Exception {
    Fingerprint key = new Fingerprinter().absorbString("test", "evicted").finish();
    AtomicLong evicted = new AtomicLong();
    AtomicBoolean stopped = new AtomicBoolean();
    FutureTask<Void> sweeps =
        new FutureTask<>(
            () -> {
              while (!stopped.get()) {
                // As by a new process each time: one that has seen an empty root does not sweep
                // again before the root's modification time has moved.
                OriginalStore.open(
                        OriginalStore.Version.NEWER,
                        root,
                        0,
                        StoreOptions.DEFAULT_TTL,
                        (manifest, reason) -> evicted.incrementAndGet())
                    .evictOverflow();
                // Shorter than a save, longer than from making a directory to staging in it.
                // Without a pause nothing would ever be in place.
                LockSupport.parkNanos(200_000);
              }
              return null;
            });
    new Thread(sweeps, "original-sweeps").start();
    // A save into the journal has nothing in place that could be evicted yet.
    StoreOptions intoFiles = StoreOptions.defaults().withDurability(Durability.IN_FILES);
    try (WarmStartStore store = WarmStartStore.open(root, intoFiles)) {
      for (int i = 0; i < SAVES || counter(store, StoreCounter.REMOVED_BY_OTHERS) == 0; i++) {
        store.saveOverwrite(key, "run", new byte[1000], EntryAttributes.checkpoint());
        store.save(key, new byte[1000], EntryAttributes.checkpoint());
      }

      assertEquals(0, counter(store, StoreCounter.SAVE_FAILURES));
      assertTrue(evicted.get() > 0);
    } finally {
      stopped.set(true);
      sweeps.get();
    }
  }
}
