package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.InMemory;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreStats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process has announced that died between its two renames. */
@Tag("slow")
class BrokenIntentTest {
  @TempDir(factory = InMemory.class)
  Path work;

  /** The first repair was tried, failed, and the announcement was overwritten by the next key. */
  @Test
  void aRepairThatFailsIsMadeUpForByTheNextHolderOfTheStripe() throws Exception {
    Path root = Files.createDirectory(work.resolve("root")).toRealPath();
    Fingerprint key = Payloads.key("r");
    WatchedFileOps ops = new WatchedFileOps();
    try (WarmStartStore store =
        WarmStartStore.open(
            root, StoreOptions.defaults().withDurability(Durability.IN_FILES).withFileOps(ops))) {
      FaultScenario.save(store, key, "r", "old", 1);
      try (ForkedJvm child =
          ForkedJvm.start(SavingProcess.class, "stop-at", root.toString(), "r", "1")) {
        child.awaitLine("stopped");
        child.kill();
      }
      String entry = FaultScenario.entry(key, "r");
      ops.watch(
          op -> {
            if (op.kind() == Kind.LIST && op.path().equals(root.resolve(key.toHex()))) {
              throw new IOException("input/output error");
            }
          });
      FaultScenario.save(store, key, "sibling", "first", 9);
      ops.rest();
      assertTrue(RootFiles.read(root).broken.containsKey(entry), "not repaired yet");

      FaultScenario.save(store, key, "sibling", "second", 9);

      RootFiles files = RootFiles.read(root);
      assertEquals("new", files.whole.get(entry), files::toString);
      StoreStats stats = store.stats();
      assertEquals(1, stats.count(StoreCounter.LOCK_BREAKS));
      assertEquals(1, stats.count(StoreCounter.ROLLED_FORWARD));
    }
  }
}
