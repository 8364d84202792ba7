package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A save looks at its pair once more when its names are durable, without the lock. A later save of
 * the same run may come between its looks at the two files, and must not be taken for a foreign
 * hand that has removed the pair: the save would be published again, over the later one.
 */
class OvertakenSaveTest {
  private static final EntryAttributes PLAIN = EntryAttributes.checkpoint();

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("overtaken");

  /** Does something between the looks at payload and manifest that follow a directory's sync. */
  private static final class BetweenTheLooks extends ObservedFileOps {
    private Runnable action = () -> {};
    private boolean armed;
    private boolean synced;

    BetweenTheLooks() {
      super(new NioFileOps());
    }

    synchronized void arm(Runnable what) {
      action = what;
      armed = true;
      synced = false;
    }

    /** Whether this is the moment; it comes once. */
    private synchronized boolean isDue(FileOp op) {
      if (!armed) {
        return false;
      }
      String name = op.path().getFileName().toString();
      synced |= op.kind() == Kind.SYNC_DIRECTORY && name.length() == 64;
      boolean due = synced && op.kind() == Kind.STAT && name.equals("r.json");
      armed = !due;
      return due;
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      if (isDue(op)) {
        action.run();
      }
      return whole.run();
    }
  }

  @Test
  void isNotPublishedAgainOverTheLaterOne() {
    BetweenTheLooks ops = new BetweenTheLooks();
    try (WarmStartStore store =
        WarmStartStore.open(
            root, StoreOptions.defaults().withDurability(Durability.IN_FILES).withFileOps(ops))) {
      store.saveOverwrite(key, "r", new byte[] {1}, PLAIN);
      ops.arm(() -> store.saveOverwrite(key, "r", new byte[] {3}, PLAIN));
      store.saveOverwrite(key, "r", new byte[] {2}, PLAIN);

      try (Entry entry = store.lookup(key).orElseThrow()) {
        assertArrayEquals(new byte[] {3}, Payloads.bytes(entry));
      }
      assertEquals(0, store.stats().count(StoreCounter.REPUBLISHED));
      assertEquals(3, store.stats().count(StoreCounter.OVERWRITES));
    }
  }
}
