package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.IndexPatch;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.PolicyUse;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The index is attached, and there is no room in it for what is saved: its total is unknown. */
class FullIndexTest {
  private static final int PAYLOAD_BYTES = 4000;

  @TempDir Path root;
  private final SteppedClock clock = new SteppedClock();

  /** A disk that has room for files, and never enough for one of the index. */
  private static final class NoRoomForIndex extends ObservedFileOps {
    private final AtomicInteger manifestsRead = new AtomicInteger();

    /** Whose reads are counted: the background counts the root as well. */
    private volatile @Nullable Thread saver;

    private volatile boolean full;

    NoRoomForIndex() {
      super(new NioFileOps());
    }

    @Override
    public long usableBytes(Path directory) {
      return full ? 0 : super.usableBytes(directory);
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      if (Thread.currentThread() == saver
          && op.kind() == Kind.OPEN_FOR_READING
          && op.path().toString().endsWith(".json")) {
        manifestsRead.incrementAndGet();
      }
      return whole.run();
    }
  }

  private void save(WarmStartStore store, String name) {
    clock.advance(Duration.ofSeconds(10));
    store.saveOverwrite(
        Payloads.key(name), "run", new byte[PAYLOAD_BYTES], EntryAttributes.checkpoint());
  }

  /** Keys that had not changed were passed over: the one just saved had to go, and went. */
  @Test
  void theLongestUnusedGoesAndNotTheOneJustSaved() throws IOException {
    NoRoomForIndex ops = new NoRoomForIndex();
    List<String> old = List.of("first", "second", "third");
    StoreOptions options = StoreOptions.defaults().withClock(clock).withFileOps(ops);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      old.forEach(name -> save(store, name));
      IndexPatch index = IndexPatch.of(root.resolve(".warmstart"));
      for (String name : old) {
        // So that the next scan can tell that nothing has changed since.
        OldEnough.await(root.resolve(Payloads.key(name).toHex()));
      }
      index.scanIsDue();
      store.evictOverflow();
      ops.full = true;
      index.useAllPagesBut(0);

      ops.saver = Thread.currentThread();
      save(store, "new");
      ops.saver = null;

      // Within the budget: those of the other keys are of no interest.
      assertTrue(ops.manifestsRead.get() < old.size(), ops.manifestsRead + " manifests read");
      assertEquals(-1, index.total(), "there was room");
      long bytes = RootFiles.read(root).bytes;
      try (WarmStartStore sweeper =
          WarmStartStore.open(
              root, options.withSizeBudgetBytes(bytes - 1).withPolicy(PolicyUse.THIS_STORE_ONLY))) {
        EvictionReport report = sweeper.evictOverflow();
        assertEquals(1, report.evicted());
        assertEquals(4, report.entriesBefore());
      }
      assertTrue(store.lookup(Payloads.key("first")).isEmpty());
      for (String kept : List.of("second", "third", "new")) {
        store.lookup(Payloads.key(kept)).orElseThrow().close();
      }
    }
  }

  /**
   * Where the index has no room, the entries that may go are those that a scan has found. The one
   * being saved was among them, and as nobody had looked it up yet it was the first.
   */
  @Test
  void theOneJustSavedStaysThoughAllOthersHaveBeenLookedUp() throws IOException {
    NoRoomForIndex ops = new NoRoomForIndex();
    StoreOptions options =
        StoreOptions.defaults()
            .withClock(clock)
            .withFileOps(ops)
            .withForeignCheckInterval(Duration.ZERO)
            .withSizeBudgetBytes(3L * PAYLOAD_BYTES + PAYLOAD_BYTES / 2);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      for (String name : List.of("first", "second", "third")) {
        save(store, name);
        clock.advance(Duration.ofSeconds(10));
        store.lookup(Payloads.key(name)).orElseThrow().close();
      }
      ops.full = true;
      IndexPatch index = IndexPatch.of(root.resolve(".warmstart"));
      index.useAllPagesBut(0);

      save(store, "new");

      assertEquals(-1, index.total(), "there was room");
      store.lookup(Payloads.key("new")).orElseThrow().close();
      // Where the save found the root still being counted after a second, the background sweeps.
      Await.until("the first is evicted", () -> store.lookup(Payloads.key("first")).isEmpty());
      store.lookup(Payloads.key("new")).orElseThrow().close();
    }
  }
}
