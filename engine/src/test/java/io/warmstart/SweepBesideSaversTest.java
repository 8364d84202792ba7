package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.InMemory;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.process.StripeLocks;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A sweep went on for as long as others saved as fast as it removed, 11 s of a round of 12, and
 * everybody else who wanted to sweep waited for it.
 */
class SweepBesideSaversTest {
  private static final int ENTRIES = 3;
  private static final int MOST_SAVED_MEANWHILE = 40;

  @TempDir(factory = InMemory.class)
  Path root;

  private final ExecutorService saver = Executors.newSingleThreadExecutor();
  private int savedMeanwhile;

  /** Keys of different stripes: the sweep has the stripe of one while another is saved. */
  private static final List<Fingerprint> KEYS =
      IntStream.range(0, ENTRIES + MOST_SAVED_MEANWHILE)
          .mapToObj(i -> firstOfStripe(ENTRIES + i))
          .toList();

  private static Fingerprint firstOfStripe(int stripe) {
    return IntStream.iterate(0, i -> i + 1)
        .mapToObj(i -> Payloads.key("key " + i))
        .filter(key -> StripeLocks.stripeOf(key.digest()) == stripe)
        .findFirst()
        .orElseThrow();
  }

  private static void save(WarmStartStore store, int number) {
    store.save(KEYS.get(number), new byte[500], EntryAttributes.checkpoint());
  }

  @Test
  void sweepTakesNoMoreThanTheRootWasOverHoweverMuchIsSavedMeanwhile() {
    @Nullable WarmStartStore[] saving = new WarmStartStore[1];
    Thread sweeping = Thread.currentThread();
    ObservedFileOps ops =
        new WatchedFileOps(
            op -> {
              WarmStartStore store = saving[0];
              if (store != null
                  && Thread.currentThread() == sweeping
                  && op.kind() == Kind.UNLINK
                  && op.path().toString().endsWith(".json")
                  && savedMeanwhile < MOST_SAVED_MEANWHILE) {
                int number = ENTRIES + savedMeanwhile++;
                CompletableFuture.runAsync(() -> save(store, number), saver).join();
              }
            });
    StoreOptions plain =
        StoreOptions.defaults().withDurability(Durability.IN_FILES).withFileOps(ops);
    StoreOptions nothing = plain.withSizeBudgetBytes(0).withPolicy(PolicyUse.THIS_STORE_ONLY);
    try (WarmStartStore store = WarmStartStore.open(root, plain);
        WarmStartStore sweeper = WarmStartStore.open(root, nothing)) {
      for (int i = 0; i < ENTRIES; i++) {
        save(store, i);
      }

      saving[0] = store;
      EvictionReport report = sweeper.evictOverflow();
      saving[0] = null;

      assertEquals(ENTRIES, report.evicted());
      assertEquals(ENTRIES, savedMeanwhile);
      assertTrue(report.bytesAfter() > 0, report::toString);

      EvictionReport next = sweeper.evictOverflow();
      assertEquals(ENTRIES, next.evicted());
      assertEquals(0, next.bytesAfter());
    } finally {
      saver.shutdownNow();
    }
  }
}
