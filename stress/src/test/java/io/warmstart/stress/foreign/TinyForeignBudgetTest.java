package io.warmstart.stress.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.EntryAttributes;
import io.warmstart.Fingerprint;
import io.warmstart.Fingerprinter;
import io.warmstart.WarmStartStore;
import java.nio.file.Path;
import java.util.Objects;
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
class TinyForeignBudgetTest {
  private static final int SAVES = 20;

  @TempDir Path root;

  private static long counter(WarmStartStore store, String name) {
    return Objects.requireNonNull(store.stats().counters().get(name));
  }

  @Test
  void savesBesideAnOriginalThatEvictsAllReturn() throws Exception {
    Fingerprint key = new Fingerprinter().absorbString("test", "evicted").finish();
    AtomicLong evicted = new AtomicLong();
    AtomicBoolean stopped = new AtomicBoolean();
    ForeignStore foreign =
        new ForeignStore(root, 0, (manifest, reason) -> evicted.incrementAndGet());
    Thread sweeping =
        new Thread(
            () -> {
              while (!stopped.get()) {
                foreign.sweep();
                // Shorter than a save, longer than from making a directory to staging in it.
                // Without a pause nothing would ever be in place.
                LockSupport.parkNanos(200_000);
              }
            },
            "foreign-sweeps");
    sweeping.start();
    try (WarmStartStore store = WarmStartStore.open(root)) {
      for (int i = 0; i < SAVES || counter(store, "removed_by_others") == 0; i++) {
        store.saveOverwrite(key, "run", new byte[1000], EntryAttributes.checkpoint());
        store.save(key, new byte[1000], EntryAttributes.checkpoint());
      }

      assertEquals(0, counter(store, "save_failures"));
      assertTrue(evicted.get() > 0);
    } finally {
      stopped.set(true);
      sweeping.join();
    }
  }
}
