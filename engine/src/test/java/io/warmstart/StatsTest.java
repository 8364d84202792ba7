package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RootInspection;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreStats;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatsTest {
  @TempDir Path root;

  /** What this thread does to files, but for looks at the root itself. */
  private final List<String> operations = new CopyOnWriteArrayList<>();

  private StoreOptions observed() {
    Thread asking = Thread.currentThread();
    ObservedFileOps ops =
        new WatchedFileOps(
            op -> {
              if (Thread.currentThread() == asking && !op.path().equals(root)) {
                operations.add(op.toString());
              }
            });
    return StoreOptions.defaults().withDurability(Durability.IN_FILES).withFileOps(ops);
  }

  @Test
  void statsLookAtNoFile() throws IOException {
    Fingerprint key = Payloads.key("k");
    try (WarmStartStore store = WarmStartStore.open(root, observed())) {
      store.saveOverwrite(key, "run", new byte[1000], EntryAttributes.checkpoint());
      store.evictOverflow();
      operations.clear();

      StoreStats stats = store.stats();

      assertEquals(List.of(), operations);
      assertEquals(1, stats.count(StoreCounter.OVERWRITES));
      assertEquals(1, stats.liveProcesses());
      assertEquals(OptionalLong.of(RootFiles.read(root).bytes), stats.bytes());
      assertEquals(stats.bytes().getAsLong(), store.inspect().bytes());
      assertEquals(StoreOptions.DEFAULT_SIZE_BUDGET_BYTES, stats.sizeBudgetBytes());
    }
  }

  @Test
  void whatIsRecordedIsWhatIsFoundWithoutALookAtAFile() {
    try (WarmStartStore store = WarmStartStore.open(root, observed())) {
      store.evictOverflow();
      assertEquals(Optional.of(store.inspect()), store.recorded());
      for (int n = 0; n < 100; n++) {
        Fingerprint key = Payloads.key("k" + n % 30);
        store.saveOverwrite(key, "run" + n % 7, new byte[n], EntryAttributes.checkpoint());
      }
      store.remove(Payloads.key("k3"));
      store.remove(Payloads.key("k4"), "run4");
      operations.clear();

      RootInspection recorded = store.recorded().orElseThrow();

      assertEquals(List.of(), operations);
      assertEquals(store.inspect(), recorded);
      assertEquals(29, recorded.keys());
    }
  }

  @Test
  void aStoreThatIsReadOnlyKnowsNoBytes() {
    WarmStartStore.open(root).close();
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true))) {
      assertTrue(store.stats().bytes().isEmpty());
      assertTrue(store.recorded().isEmpty());
    }
  }

  /** It has no locks to count by, and said 0 beside the writer of its own process. */
  @Test
  void aStoreThatIsReadOnlyCountsWhoWritesInItsOwnProcess() {
    StoreOptions readOnly = StoreOptions.defaults().withReadOnly(true);
    WarmStartStore.open(root).close();
    try (WarmStartStore store = WarmStartStore.open(root, readOnly)) {
      try (WarmStartStore writer = WarmStartStore.open(root)) {
        assertEquals(1, writer.stats().liveProcesses());
        assertEquals(1, store.stats().liveProcesses());
        assertEquals(1, store.inspect().liveProcesses());
      }
      assertEquals(0, store.stats().liveProcesses());
    }
  }
}
