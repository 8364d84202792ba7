package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A loop goes on while the clock is set back, on a key that has many other runs. */
@Timeout(60)
class ClockSetBackTest {
  private static final Fingerprint KEY = Payloads.key("k");
  private static final int SAVES = 100;

  @TempDir Path root;
  private final AtomicLong backNanos = new AtomicLong();
  private final Thread saver = Thread.currentThread();
  private final AtomicInteger listings = new AtomicInteger();
  private final AtomicInteger renames = new AtomicInteger();
  private int iteration;

  private void save(WarmStartStore store) {
    iteration++;
    store.saveOverwrite(
        KEY, "loop", new byte[10], EntryAttributes.checkpoint().withIteration(iteration));
  }

  private WatchedFileOps counting() {
    return new WatchedFileOps(
        op -> {
          if (op.kind() == Kind.LIST && Thread.currentThread() == saver) {
            listings.incrementAndGet();
          } else if (op.kind() == Kind.RENAME) {
            renames.incrementAndGet();
          }
        });
  }

  /** Each save read all manifests of the key until the clock had caught up. */
  @Test
  void noSaveReadsWhatTheJournalSays() {
    StoreOptions options =
        StoreOptions.defaults()
            .withDurability(Durability.PROCESS_SAFE)
            .withClock(() -> SystemEpochNanoClock.INSTANCE.nanoTime() - backNanos.get())
            .withFileOps(counting());
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      for (int run = 0; run < 10; run++) {
        store.save(KEY, new byte[10], EntryAttributes.checkpoint());
      }
      Journalled.until(store, () -> save(store));
      backNanos.set(Duration.ofMinutes(10).toNanos());
      listings.set(0);
      renames.set(0);
      for (int each = 0; each < SAVES; each++) {
        save(store);
      }
      // But for what was saved into files, or after the pair of the one before was made.
      assertTrue(
          listings.get() <= SAVES / 4 + 2 * renames.get(),
          () -> "listings=" + listings + " renames=" + renames);
      try (Entry latest = store.lookupLatest(KEY).orElseThrow()) {
        assertEquals(iteration, latest.iteration().orElseThrow());
      }
    }
  }
}
