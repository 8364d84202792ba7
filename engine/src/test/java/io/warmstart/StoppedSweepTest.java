package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A loop that saves into the journal, while another process evicts and does not come to an end. */
@Tag("slow")
@Timeout(120)
class StoppedSweepTest {
  private static final long BUDGET_BYTES = 64L << 20;
  private static final Fingerprint LOOP = Payloads.key("loop");

  /** Less than a save waits for a sweep, and far more than the loop takes. */
  private static final long PATIENCE_SECONDS = 25;

  @TempDir Path root;

  private static StoreOptions options(Durability durability) {
    return StoreOptions.defaults()
        .withSizeBudgetBytes(BUDGET_BYTES)
        .withPolicy(PolicyUse.CHANGE)
        .withDurability(durability);
  }

  private static void fill(WarmStartStore store, String name, int megabytes) {
    for (int each = 0; each < megabytes; each++) {
      store.save(Payloads.key(name + each), new byte[1 << 20], EntryAttributes.checkpoint());
    }
  }

  /** Saves more than there is room for, and stops as it removes the first file. */
  static final class Evicting {
    private Evicting() {}

    public static void main(String[] arguments) throws Exception {
      WatchedFileOps ops =
          new WatchedFileOps(
              new NioFileOps(),
              op -> {
                if (op.kind() == Kind.UNLINK && op.path().toString().endsWith(".json")) {
                  System.out.println("evicts now");
                  ForkedJvm.awaitParent();
                }
              });
      try (WarmStartStore store =
          WarmStartStore.open(
              Path.of(arguments[0]), options(Durability.IN_FILES).withFileOps(ops))) {
        fill(store, "large", 8);
        ForkedJvm.untilKilled();
      }
    }
  }

  private static void loop(WarmStartStore store) {
    for (int each = 0; each < 1000; each++) {
      store.saveOverwrite(LOOP, "state", new byte[16 << 10], EntryAttributes.checkpoint());
    }
  }

  /** What made room in the journal waited for that sweep, and soon all saves did. */
  @Test
  void theLoopGoesOn() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root, options(Durability.PROCESS_SAFE))) {
      fill(store, "small", 60);
      store.flush();
      try (ForkedJvm other = ForkedJvm.start(Evicting.class, root.toString())) {
        other.awaitLine("evicts");
        FutureTask<Void> saves =
            new FutureTask<>(
                () -> {
                  loop(store);
                  return null;
                });
        Thread saver = new Thread(saves);
        saver.start();
        saves.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      }
      // Killed in its sweep: what it has left is done now.
      store.flush();
      assertTrue(store.inspect().bytes() <= BUDGET_BYTES, store.inspect()::toString);
      try (Entry last = store.lookup(LOOP).orElseThrow()) {
        assertEquals(16 << 10, last.payloadLength());
      }
    }
  }
}
