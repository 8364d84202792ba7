package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.ObservedFileOps.FileOp;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.model.Durability;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A save of which one sync fails, once. */
class SyncFaultTest {
  private static final Fingerprint KEY = FaultScenario.KEY;
  private static final String ENTRY = FaultScenario.entry(KEY, "r");

  @TempDir Path root;
  private final FaultyFileOps ops = new FaultyFileOps();

  private static boolean isSync(FileOp op) {
    return op.kind() == Kind.SYNC || op.kind() == Kind.SYNC_DIRECTORY;
  }

  private WarmStartStore open() {
    return WarmStartStore.open(
        root, StoreOptions.defaults().withDurability(Durability.IN_FILES).withFileOps(ops));
  }

  private static void overwrite(WarmStartStore store, String version, int payloadBytes) {
    store.saveOverwrite(
        KEY, "r", Versions.payload(version, payloadBytes), EntryAttributes.checkpoint());
  }

  /** Below and above the size up to which both files are synced together. */
  @ParameterizedTest
  @ValueSource(ints = {1000, 1024 * 1024 + 1})
  void failedSyncOfAFileLeavesTheVersionBeforeAndTheNextSaveSucceeds(int payloadBytes)
      throws IOException {
    try (WarmStartStore store = open()) {
      overwrite(store, "old", payloadBytes);
      ops.onlyAt(op -> op.kind() == Kind.SYNC);
      for (int sync = 0; sync < 2; sync++) {
        ops.arm(Fault.EIO, false, sync, root);
        StoreException thrown =
            assertThrows(StoreException.class, () -> overwrite(store, "lost", payloadBytes));
        ops.disarm();

        assertNotNull(ops.failed());
        assertFalse(thrown instanceof DurabilityUnknownException, thrown::toString);
        assertEquals(Map.of(ENTRY, "old"), RootFiles.read(root).whole);
        assertEquals(List.of(), RootFiles.read(root).staged);
      }
      overwrite(store, "new", payloadBytes);
      assertEquals(Map.of(ENTRY, "new"), RootFiles.read(root).whole);
      assertEquals(List.of(), ops.violations());
      assertEquals(2, store.stats().count(StoreCounter.SYNC_FAILURES));
    }
  }

  @Test
  void everySyncOfASaveIsNeeded() throws IOException {
    try (WarmStartStore store = open()) {
      ops.onlyAt(SyncFaultTest::isSync);
      int failures = 0;
      for (int sync = 0; ; sync++) {
        // A key of its own for each, so that its directory's name must be made durable too.
        Fingerprint key = Payloads.key("sync " + sync);
        ops.arm(Fault.EIO, false, sync, root);
        try {
          store.save(key, Versions.payload("new", 1000), EntryAttributes.checkpoint());
        } catch (StoreException e) {
          failures++;
        }
        ops.disarm();
        if (ops.failed() == null) {
          break;
        }
      }
      // Payload, manifest, the key's directory, the root's.
      assertEquals(4, failures);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"EIO", "ENOSPC"})
  void failedSyncOfADirectoryLeavesTheEntryVisibleAndSaysSo(Fault fault) throws IOException {
    try (WarmStartStore store = open()) {
      ops.onlyAt(op -> op.kind() == Kind.SYNC_DIRECTORY);
      for (int sync = 0; sync < 2; sync++) {
        String version = "visible " + sync;
        ops.arm(fault, false, sync, root);
        StoreException thrown =
            assertThrows(StoreException.class, () -> overwrite(store, version, 1000));
        ops.disarm();

        assertInstanceOf(DurabilityUnknownException.class, thrown);
        assertEquals(Map.of(ENTRY, version), RootFiles.read(root).whole);
        try (Entry entry = store.lookup(KEY).orElseThrow()) {
          assertEquals(version, Versions.nameOf(entry));
        }
      }
      // Until the root has been synced for the key's directory, each save owes that.
      overwrite(store, "durable", 1000);
      ops.arm(Fault.EIO, false, 1, root);
      overwrite(store, "one sync of a directory is enough now", 1000);
      ops.disarm();
    }
  }

  /** Somebody may have made it and died, or not be done yet; a save in it is no worse for that. */
  @Test
  void openMakesTheNameOfARootDurableThatSomebodyElseMade() throws IOException {
    Path parent = root.toRealPath().getParent();
    ops.onlyAt(op -> op.kind() == Kind.SYNC_DIRECTORY && op.path().equals(parent));
    ops.arm(Fault.EIO, false, 0, root);

    assertThrows(StoreException.class, this::open);

    assertNotNull(ops.failed());
    ops.disarm();
    open().close();
  }

  @Test
  void parentThatMayNotBeOpenedKeepsNobodyFromARootThatIsThere() throws IOException {
    Path parent = root.toRealPath().getParent();
    ops.onlyAt(op -> op.kind() == Kind.OPEN_DIRECTORY && op.path().equals(parent));
    ops.arm(Fault.EACCES, false, 0, root);

    open().close();

    assertNotNull(ops.failed());
    ops.arm(Fault.EACCES, false, 0, root);
    Path made = root.resolve("made");
    ops.onlyAt(op -> op.kind() == Kind.OPEN_DIRECTORY);
    assertThrows(
        StoreException.class,
        () -> WarmStartStore.open(made, StoreOptions.defaults().withFileOps(ops)));
  }
}
