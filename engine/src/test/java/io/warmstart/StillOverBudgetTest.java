package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Retention;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A sweep that leaves a root over its budget, for what is left is pinned: it told the bytes, and
 * not why they stay.
 */
@Timeout(60)
class StillOverBudgetTest {
  private static final Fingerprint PINNED = Payloads.key("pinned");
  private static final Fingerprint WITH_A_PINNED_RUN = Payloads.key("with a pinned run");
  private static final Fingerprint FREE = Payloads.key("free");

  @TempDir Path root;
  private final StoreOptions options =
      StoreOptions.defaults().withForeignCheckInterval(Duration.ZERO);
  private final StoreOptions small =
      options.withSizeBudgetBytes(1_000).withPolicy(PolicyUse.THIS_STORE_ONLY);

  private void saveAll() {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      for (Fingerprint key : new Fingerprint[] {PINNED, WITH_A_PINNED_RUN, FREE}) {
        store.saveOverwrite(key, "r", new byte[5_000], EntryAttributes.checkpoint());
      }
      store.saveOverwrite(WITH_A_PINNED_RUN, "free", new byte[5_000], EntryAttributes.checkpoint());
      store.pin(PINNED);
      store.pin(WITH_A_PINNED_RUN, "r");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void tellsWhatIsPinned(boolean dryRun) {
    saveAll();
    try (WarmStartStore store = WarmStartStore.open(root, small)) {
      EvictionReport report = store.evictOverflow(dryRun);

      assertEquals(2, report.evicted());
      assertEquals(report.bytesAfter(), report.pinnedBytes());
      assertTrue(report.pinnedBytes() > 10_000, report::toString);
      assertEquals(report.bytesAfter() - 1_000, report.overBudgetBytes());
      assertEquals(0, report.unreadableBytes());
    }
  }

  @Test
  void whereItFitsNothingIsToBeTold() {
    saveAll();
    try (WarmStartStore store = WarmStartStore.open(root, small.withSizeBudgetBytes(12_000))) {
      for (boolean dryRun : new boolean[] {true, false}) {
        EvictionReport report = store.evictOverflow(dryRun);
        assertEquals(0, report.overBudgetBytes(), report::toString);
        assertEquals(0, report.pinnedBytes(), report::toString);
      }
    }
  }

  /** They go last, and so are no reason to be over it. */
  @Test
  void whatIsKeptAsBestAndLatestGoesToo() {
    saveAll();
    StoreOptions keeping = small.withRetention(Retention.KEEP_BEST_AND_LATEST);
    try (WarmStartStore store = WarmStartStore.open(root, keeping)) {
      store.unpin(PINNED);
      store.unpin(WITH_A_PINNED_RUN, "r");
      assertEquals(4, store.evictOverflow().evicted());
      assertEquals(0, store.evictOverflow().overBudgetBytes());
    }
  }
}
