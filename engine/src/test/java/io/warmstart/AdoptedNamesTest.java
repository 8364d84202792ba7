package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The names of a pair could not be synced, and the process that knows it is dead. Who adopts its
 * segment synced them once more, which succeeds, and gave up the record.
 */
@Tag("slow")
@Tag("once")
@Timeout(120)
class AdoptedNamesTest {
  private static final Fingerprint KEY = Payloads.key("k");

  @TempDir Path root;

  /** What happens to the names of the key, once somebody looks. */
  private static final class Names extends ObservedFileOps {
    private final List<Kind> seen = new CopyOnWriteArrayList<>();
    private volatile boolean looking;
    private final boolean failing;

    private Names(boolean failing) {
      super(new NioFileOps());
      this.failing = failing;
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      if (looking && op.path().toString().contains(KEY.toHex())) {
        if (op.kind() == Kind.RENAME || op.kind() == Kind.SYNC_DIRECTORY) {
          seen.add(op.kind());
        }
        if (failing && op.kind() == Kind.SYNC_DIRECTORY) {
          throw new IOException("Input/output error");
        }
      }
      return whole.run();
    }
  }

  private static StoreOptions options(Names names) {
    return StoreOptions.defaults().withDurability(Durability.POWER_SAFE).withFileOps(names);
  }

  private static void save(WarmStartStore store, String payload) {
    store.saveOverwrite(
        KEY, "r", payload.getBytes(StandardCharsets.UTF_8), EntryAttributes.checkpoint());
  }

  /** Dies when the pair is in place and its directory could not be synced. */
  static final class Owner {
    public static void main(String[] arguments) throws IOException {
      Names names = new Names(true);
      WarmStartStore store = WarmStartStore.open(Path.of(arguments[0]), options(names));
      Journalled.until(store, () -> save(store, "before"));
      store.flush();
      names.looking = true;
      save(store, "acknowledged");
      try {
        store.flush();
        System.out.println("flush has returned");
      } catch (StoreException e) {
        System.out.println("dies " + names.seen);
      }
      ForkedJvm.untilKilled();
    }
  }

  @Test
  void namesThatADeadProcessCouldNotSyncAreMadeAgain() throws Exception {
    try (ForkedJvm owner = ForkedJvm.start(Owner.class, root.toString())) {
      assertEquals("[RENAME, RENAME, SYNC_DIRECTORY]", owner.awaitLine("dies"));
      owner.kill();
    }
    Names names = new Names(false);
    names.looking = true;
    try (WarmStartStore store = WarmStartStore.open(root, options(names))) {
      store.contents(KEY);
      assertEquals(
          List.of(
              ObservedFileOps.Kind.RENAME,
              ObservedFileOps.Kind.RENAME,
              ObservedFileOps.Kind.SYNC_DIRECTORY),
          names.seen);
      try (Entry entry = store.lookupLatest(KEY).orElseThrow()) {
        assertEquals("acknowledged", new String(Payloads.bytes(entry), StandardCharsets.UTF_8));
      }
    }
  }
}
