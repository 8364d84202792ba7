package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.index.IndexPatch;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that are no entry and none of ours lie in a key directory: a person's, a copy that was cut
 * off, what the original store is about to publish, a pair whose run id we do not take. Eviction
 * cannot free them. They counted all the same, and pushed out every entry there was, one save after
 * the other.
 */
class OtherFilesTest {
  private static final int LARGE = 50_000;

  @TempDir Path root;
  private final SteppedClock clock = new SteppedClock();
  private final StoreOptions options =
      StoreOptions.defaults()
          .withClock(clock)
          .withForeignCheckInterval(Duration.ZERO)
          .withSizeBudgetBytes(20_000);

  private void save(WarmStartStore store, String name) {
    clock.advance(Duration.ofSeconds(1));
    store.saveOverwrite(Payloads.key(name), "run", new byte[1000], EntryAttributes.checkpoint());
  }

  private void leave(String name) throws IOException {
    Files.write(KeyFiles.created(root, Payloads.key("key 0")).file(name), new byte[LARGE]);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "notes.txt",
        ".run.bin.AbCdEf",
        "run.bin.tmp.1.0",
        "-no run id.bin",
        "no manifest yet.bin",
        "copied.bin"
      })
  void whatIsNoEntryPushesNoEntryOut(String name) throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      leave(name);
      for (int i = 0; i < 4; i++) {
        save(store, "key " + i);
      }

      EvictionReport report = store.evictOverflow();

      assertEquals(4, store.inspect().entries());
      assertEquals(0, report.evicted());
      assertEquals(1, report.otherFiles());
      assertEquals(LARGE, report.otherBytes());
      assertEquals(1, store.inspect().otherFiles());
      assertEquals(LARGE, store.inspect().otherBytes());
      assertEquals(report.bytesAfter(), store.inspect().bytes());
      assertEquals(KeyFiles.bytesOf(root) - LARGE, report.bytesAfter());
      assertTrue(Files.exists(KeyFiles.of(root, Payloads.key("key 0")).file(name)));
    }
  }

  /** A sweep that passes unchanged keys over would tell of the files once and then no more. */
  @Test
  void eachExplicitSweepTellsOfThem() throws Exception {
    try (WarmStartStore store =
        WarmStartStore.open(root, options.withForeignCheckInterval(Duration.ofDays(1)))) {
      save(store, "key 0");
      leave("notes.txt");
      OldEnough.await(KeyFiles.of(root, Payloads.key("key 0")).directory());
      IndexPatch index = IndexPatch.of(root.resolve(".warmstart"));
      for (int sweep = 0; sweep < 3; sweep++) {
        index.scanIsDue();
        assertEquals(1, store.evictOverflow().otherFiles(), "sweep " + sweep);
      }
    }
  }

  /** The index, a verification and a sweep count alike, also where one is overwritten. */
  @Test
  void aPayloadThatWasNoEntrysIsNotTakenOffTheCountWhenItIsReplaced() throws Exception {
    StoreOptions wide = options.withSizeBudgetBytes(1 << 20);
    try (WarmStartStore store = WarmStartStore.open(root, wide)) {
      save(store, "key 1");
      store.evictOverflow();
      leave("run.bin");

      save(store, "key 0");

      long bytes = KeyFiles.bytesOf(root);
      Engine engine = EngineRegistry.acquire(store.root(), store.options().engineOptions());
      try {
        assertEquals(bytes, engine.ledger().totalBytes().orElseThrow());
      } finally {
        EngineRegistry.release(engine);
      }
      assertEquals(List.of(), store.verify().problems());
      assertEquals(bytes, store.evictOverflow().bytesBefore());
      assertEquals(bytes, store.inspect().bytes());
    }
  }
}
