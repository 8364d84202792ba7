package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.FileOps;
import io.warmstart.io.ObservedFileOps.FileOp;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
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

  private static boolean ofKey(FileOp op) {
    return op.path().toString().contains(KEY.toHex())
        && (op.kind() == Kind.RENAME || op.kind() == Kind.SYNC_DIRECTORY);
  }

  private static StoreOptions options(FileOps names) {
    return StoreOptions.defaults().withDurability(Durability.POWER_SAFE).withFileOps(names);
  }

  private static void save(WarmStartStore store, String payload) {
    store.saveOverwrite(
        KEY, "r", payload.getBytes(StandardCharsets.UTF_8), EntryAttributes.checkpoint());
  }

  /** Dies when the pair is in place and its directory could not be synced. */
  static final class Owner {
    public static void main(String[] arguments) throws IOException {
      List<Kind> seen = new CopyOnWriteArrayList<>();
      WatchedFileOps names = new WatchedFileOps();
      WarmStartStore store = WarmStartStore.open(Path.of(arguments[0]), options(names));
      Journalled.until(store, () -> save(store, "before"));
      store.flush();
      names.watch(
          op -> {
            if (ofKey(op)) {
              seen.add(op.kind());
              if (op.kind() == Kind.SYNC_DIRECTORY) {
                throw new IOException("Input/output error");
              }
            }
          });
      save(store, "acknowledged");
      try {
        store.flush();
        System.out.println("flush has returned");
      } catch (StoreException e) {
        System.out.println("dies " + seen);
      }
      ForkedJvm.untilKilled();
    }
  }

  @Test
  void namesThatADeadProcessCouldNotSyncAreMadeAgain() throws Exception {
    try (ForkedJvm owner = ForkedJvm.start(Owner.class, root.toString())) {
      // Its own thread may have tried before the flush did.
      String tried = owner.awaitLine("dies");
      assertTrue(tried.startsWith("[RENAME, RENAME, SYNC_DIRECTORY"), tried);
      owner.kill();
    }
    List<Kind> seen = new CopyOnWriteArrayList<>();
    FileOps names =
        new WatchedFileOps(
            op -> {
              if (ofKey(op)) {
                seen.add(op.kind());
              }
            });
    try (WarmStartStore store = WarmStartStore.open(root, options(names))) {
      store.contents(KEY);
      assertEquals(List.of(Kind.RENAME, Kind.RENAME, Kind.SYNC_DIRECTORY), seen);
      try (Entry entry = store.lookupLatest(KEY).orElseThrow()) {
        assertEquals("acknowledged", new String(Payloads.bytes(entry), StandardCharsets.UTF_8));
      }
    }
  }
}
