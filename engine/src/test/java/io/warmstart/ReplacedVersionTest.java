package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.ObservedFileOps.FileOp;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.UnsyncedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the file system may free what an overwrite replaces. */
class ReplacedVersionTest {
  private static final Fingerprint KEY = Payloads.key("replaced");
  private static final String LATE_CLOSE = "warmstart-late-close";

  @TempDir Path root;
  private final Watch ops = new Watch();

  /** Keeps the order of operations; the late closes wait until they are let go. */
  private static final class Watch extends ObservedFileOps {
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private CountDownLatch mayClose = new CountDownLatch(1);
    private @Nullable String failingCreation;
    private boolean renamesFail;
    private Runnable atDirectorySync = () -> {};

    Watch() {
      super(new UnsyncedFileOps());
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      String thread = Thread.currentThread().getName();
      if (thread.equals("warmstart-agent") || thread.equals("warmstart-locks")) {
        // They look at the root at moments of their own.
        return whole.run();
      }
      if (thread.equals(LATE_CLOSE)) {
        try {
          mayClose.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      if (op.kind() == Kind.SYNC_DIRECTORY) {
        atDirectorySync.run();
      }
      synchronized (this) {
        seen.add(op.kind() + " " + op.path().getFileName());
        if (renamesFail && op.kind() == Kind.RENAME) {
          throw new FileSystemException(op.path().toString(), null, "Input/output error");
        }
        if (failingCreation != null && op.kind() == Kind.CREATE) {
          String reason = failingCreation;
          failingCreation = null;
          mayClose.countDown();
          throw new FileSystemException(op.path().toString(), null, reason);
        }
      }
      return whole.run();
    }

    synchronized int lastOf(String op) {
      int index = seen.lastIndexOf(op);
      assertTrue(index >= 0, () -> op + " is not in " + seen);
      return index;
    }

    synchronized int countOf(Kind kind) {
      return (int) seen.stream().filter(op -> op.startsWith(kind + " ")).count();
    }
  }

  private WarmStartStore open(StoreOptions options) {
    return WarmStartStore.open(root, options.withFileOps(ops));
  }

  private static void overwrite(WarmStartStore store, String version) {
    store.saveOverwrite(KEY, "r", Versions.payload(version, 1000), EntryAttributes.checkpoint());
  }

  /** Files of a root that this process has open though they have no name any more. */
  private static long openWithoutName(Path root) throws IOException {
    long count = 0;
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        try {
          String target = Files.readSymbolicLink(descriptor).toString();
          if (target.startsWith(root.toRealPath().toString()) && target.endsWith(" (deleted)")) {
            count++;
          }
        } catch (IOException e) {
          // Closed since.
        }
      }
    }
    return count;
  }

  @Test
  void isOpenedBeforeTheRenamesAndStaysOpenWhenTheSaveHasReturned() {
    try (WarmStartStore store = open(StoreOptions.defaults().withDurability(Durability.IN_FILES))) {
      overwrite(store, "old");
      ops.seen.clear();
      overwrite(store, "new");
      assertFalse(ops.seen.contains("CLOSE r.bin"), () -> "freed by the save: " + ops.seen);
      ops.mayClose.countDown();
      store.flush();

      int renamed = (int) ops.seen.stream().takeWhile(op -> !op.startsWith("RENAME ")).count();
      for (String file : List.of("r.bin", "r.json")) {
        assertTrue(ops.lastOf("OPEN_FOR_READING " + file) < renamed, () -> "" + ops.seen);
        assertTrue(ops.lastOf("CLOSE " + file) > renamed, () -> "" + ops.seen);
      }
    }
  }

  @Test
  void isNotFreedBeforeTheDirectoryIsSyncedEvenByAFlush() {
    ops.mayClose.countDown();
    try (WarmStartStore store = open(StoreOptions.defaults().withDurability(Durability.IN_FILES))) {
      overwrite(store, "old");
      ops.seen.clear();
      ops.atDirectorySync = store::flush;
      overwrite(store, "new");
      ops.atDirectorySync = () -> {};
      store.flush();
      int synced = ops.lastOf("SYNC_DIRECTORY " + KEY.toHex());
      for (String file : List.of("r.bin", "r.json")) {
        assertTrue(ops.lastOf("CLOSE " + file) > synced, () -> "" + ops.seen);
      }
    }
  }

  @Test
  void aSaveOfAFreshRunLooksForNoneAndOpensNothing() {
    ops.mayClose.countDown();
    try (WarmStartStore store = open(StoreOptions.defaults().withDurability(Durability.IN_FILES))) {
      overwrite(store, "first");
      ops.seen.clear();
      store.save(KEY, Versions.payload("fresh", 1000), EntryAttributes.checkpoint());
      assertEquals(0, ops.countOf(Kind.OPEN_FOR_READING), () -> "" + ops.seen);
      for (String op : ops.seen.stream().takeWhile(op -> !op.startsWith("RENAME ")).toList()) {
        assertFalse(op.startsWith("STAT ") && op.contains("."), () -> "" + ops.seen);
      }
    }
  }

  @Test
  void flushAndCloseFreeIt() throws IOException {
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withDurability(Durability.IN_FILES))) {
      for (int save = 0; save < 5; save++) {
        overwrite(store, "flushed " + save);
      }
      store.flush();
      assertEquals(0, openWithoutName(root));
      for (int save = 0; save < 5; save++) {
        overwrite(store, "closed " + save);
      }
    }
    assertEquals(0, openWithoutName(root));
  }

  @Test
  void aFailedSaveLeavesNothingOpen() throws IOException {
    ops.mayClose.countDown();
    try (WarmStartStore store = open(StoreOptions.defaults().withDurability(Durability.IN_FILES))) {
      overwrite(store, "old");
      ops.renamesFail = true;

      assertThrows(StoreException.class, () -> overwrite(store, "lost"));

      ops.renamesFail = false;
      store.flush();
      assertEquals(1, countOf("OPEN_FOR_READING r.bin"), () -> "" + ops.seen);
      assertEquals(1, countOf("CLOSE r.bin"), () -> "" + ops.seen);
      assertEquals(0, openWithoutName(root));
    }
  }

  private int countOf(String op) {
    return (int) ops.seen.stream().filter(op::equals).count();
  }

  /** Space and descriptors that only wait to be given back are no reason to fail a save. */
  @Test
  void aSaveThatWantsForSpaceOrDescriptorsFreesItFirst() {
    for (String reason : List.of("No space left on device", "Too many open files")) {
      ops.mayClose = new CountDownLatch(1);
      try (WarmStartStore store =
          open(StoreOptions.defaults().withDurability(Durability.IN_FILES))) {
        overwrite(store, "old");
        overwrite(store, "replaces it");
        ops.failingCreation = reason;
        overwrite(store, "new");
        try (Entry entry = store.lookup(KEY).orElseThrow()) {
          assertEquals("new", Versions.nameOf(entry));
        }
      }
    }
  }

  /** There the client gives an open file that is replaced another name, in the key's directory. */
  @Test
  void besideOtherMachinesNothingIsHeld(@TempDir Path local) {
    ops.mayClose.countDown();
    try (WarmStartStore store =
        open(
            StoreOptions.defaults()
                .withDurability(Durability.IN_FILES)
                .withLocalDirectory(local))) {
      overwrite(store, "old");
      ops.seen.clear();
      overwrite(store, "new");
      assertEquals(0, ops.countOf(Kind.OPEN_FOR_READING), () -> "" + ops.seen);
    }
  }
}
