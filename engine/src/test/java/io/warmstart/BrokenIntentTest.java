package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.InMemory;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreStats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
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
    UnlistableFileOps ops = new UnlistableFileOps(root.resolve(key.toHex()));
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
      ops.armed = true;
      FaultScenario.save(store, key, "sibling", "first", 9);
      ops.armed = false;
      assertTrue(RootFiles.read(root).broken.containsKey(entry), "not repaired yet");

      FaultScenario.save(store, key, "sibling", "second", 9);

      RootFiles files = RootFiles.read(root);
      assertEquals("new", files.whole.get(entry), files::toString);
      StoreStats stats = store.stats();
      assertEquals(1, stats.count(StoreCounter.LOCK_BREAKS));
      assertEquals(1, stats.count(StoreCounter.ROLLED_FORWARD));
    }
  }

  /** A directory that cannot be listed for a while: no descriptors, a disk that stumbles. */
  private static final class UnlistableFileOps extends ObservedFileOps {
    private final Path directory;
    private volatile boolean armed;

    UnlistableFileOps(Path directory) {
      super(new NioFileOps());
      this.directory = directory;
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      if (armed && op.kind() == Kind.LIST && op.path().equals(directory)) {
        throw new IOException("input/output error");
      }
      return whole.run();
    }
  }
}
