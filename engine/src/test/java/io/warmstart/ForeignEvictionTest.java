package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Saves beside an original store whose budget is 0, and whose every save evicts all that it finds:
 * ours was published, durable, found gone, and published again, 32 times; then it failed, and said
 * that nothing was changed. It had been saved, and evicted like any other.
 */
@Tag("once")
class ForeignEvictionTest {
  private static final EntryAttributes PLAIN = EntryAttributes.checkpoint();

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("evicted");
  private final Evictor evictor = new Evictor();

  /** Removes all entries of the key, as a foreign eviction does, after each operation of a kind. */
  private final class Evictor extends ObservedFileOps {
    private Predicate<FileOp> after = op -> false;
    private Predicate<FileOp> full = op -> false;
    private int evictions;
    private int most = Integer.MAX_VALUE;

    Evictor() {
      super(new NioFileOps());
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      if (full.test(op)) {
        throw new FileSystemException(op.path().toString(), null, "No space left on device");
      }
      T result = whole.run();
      if (evictions < most && after.test(op)) {
        evictions++;
        KeyFiles files = KeyFiles.of(root, key);
        for (String name : files.names()) {
          if (name.endsWith(".json") || name.endsWith(".bin")) {
            Files.delete(files.file(name));
          }
        }
      }
      return result;
    }
  }

  /** A foreign sweep between making the key's directory and staging in it. */
  private static final class EmptyRemover extends ObservedFileOps {
    private final int most;
    private int removals;

    EmptyRemover(int most) {
      super(new NioFileOps());
      this.most = most;
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      T result = whole.run();
      if (op.kind() == Kind.MAKE_DIRECTORY
          && op.path().getFileName().toString().length() == 64
          && removals < most) {
        removals++;
        Files.delete(op.path());
      }
      return result;
    }
  }

  /** On a busy machine 32 attempts in a row met one, and the save failed. */
  @Test
  void aDirectoryThatIsRemovedBeforeItsFirstFileFortyTimesFailsNoSave() {
    EmptyRemover remover = new EmptyRemover(40);
    Fingerprint fresh = Payloads.key("fresh");
    try (WarmStartStore store =
        WarmStartStore.open(
            root,
            StoreOptions.defaults().withDurability(Durability.IN_FILES).withFileOps(remover))) {
      String runId = store.save(fresh, new byte[] {3}, PLAIN);

      assertEquals(40, remover.removals);
      try (Entry entry = store.lookup(fresh).orElseThrow()) {
        assertEquals(runId, entry.runId());
      }
    }
  }

  private static boolean syncsTheKey(ObservedFileOps.FileOp op) {
    return op.kind() == ObservedFileOps.Kind.SYNC_DIRECTORY
        && op.path().getFileName().toString().length() == 64;
  }

  private static boolean renamesTheManifest(ObservedFileOps.FileOp op) {
    Path target = op.target();
    return op.kind() == ObservedFileOps.Kind.RENAME
        && target != null
        && target.toString().endsWith(".json");
  }

  private static long counter(WarmStartStore store, StoreCounter name) {
    return store.stats().count(name);
  }

  @BeforeEach
  void somethingBefore() {
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withDurability(Durability.IN_FILES))) {
      store.saveOverwrite(key, "run", new byte[] {1}, PLAIN);
    }
  }

  private WarmStartStore openBesideTheOriginal() throws IOException {
    WarmStartStore store =
        WarmStartStore.open(
            root, StoreOptions.defaults().withDurability(Durability.IN_FILES).withFileOps(evictor));
    ForeignTraces.show(root, key, store);
    return store;
  }

  @Test
  void anOverwriteThatWasInPlaceEachTimeIsSavedAndCounted() throws IOException {
    try (WarmStartStore store = openBesideTheOriginal()) {
      evictor.after = ForeignEvictionTest::syncsTheKey;

      store.saveOverwrite(key, "run", new byte[] {2}, PLAIN);

      assertEquals(1, counter(store, StoreCounter.REMOVED_BY_OTHERS));
      assertEquals(2, counter(store, StoreCounter.SAVES), "with the one before");
      assertEquals(0, counter(store, StoreCounter.SAVE_FAILURES));
      assertTrue(store.lookup(key).isEmpty());
    }
  }

  /** A foreign reader may have destroyed it between its two reads: then the next one stays. */
  @Test
  void anOverwriteIsPublishedAgainAFewTimesBefore() throws IOException {
    try (WarmStartStore store = openBesideTheOriginal()) {
      evictor.after = ForeignEvictionTest::syncsTheKey;
      evictor.most = 8;

      store.saveOverwrite(key, "run", new byte[] {2}, PLAIN);

      assertEquals(8, counter(store, StoreCounter.REPUBLISHED));
      assertEquals(0, counter(store, StoreCounter.REMOVED_BY_OTHERS));
      try (Entry entry = store.lookup(key).orElseThrow()) {
        assertEquals(2, entry.payload().getByte(0));
      }
    }
  }

  @Test
  void aNewRunThatWasInPlaceEachTimeIsSavedAndCounted() throws IOException {
    try (WarmStartStore store = openBesideTheOriginal()) {
      evictor.after = ForeignEvictionTest::syncsTheKey;

      store.save(key, new byte[] {2}, PLAIN);

      assertEquals(9, evictor.evictions);
      assertEquals(8, counter(store, StoreCounter.REPUBLISHED));
      assertEquals(1, counter(store, StoreCounter.REMOVED_BY_OTHERS));
    }
  }

  @Test
  void aSaveThatWasNeverInPlaceFailsAndDoesNotSayThatNothingWasChanged() throws IOException {
    try (WarmStartStore store = openBesideTheOriginal()) {
      evictor.after = ForeignEvictionTest::renamesTheManifest;

      StoreException failed =
          assertThrows(
              StoreException.class, () -> store.saveOverwrite(key, "run", new byte[] {2}, PLAIN));

      String said = String.valueOf(failed.getMessage());
      assertFalse(said.contains("nothing was changed"), said);
      assertTrue(said.contains("others keep removing what is being saved"), said);
      assertEquals(0, counter(store, StoreCounter.REMOVED_BY_OTHERS));
      assertEquals(1, counter(store, StoreCounter.SAVE_FAILURES));
      assertTrue(store.lookup(key).isEmpty(), "so something was");
    }
  }

  @Test
  void aDiskThatIsFullWhenItIsToBePublishedAgainIsNoReasonToSayThatNothingWasChanged()
      throws IOException {
    try (WarmStartStore store = openBesideTheOriginal()) {
      evictor.after = ForeignEvictionTest::syncsTheKey;
      evictor.full = op -> evictor.evictions > 0 && op.kind() == ObservedFileOps.Kind.CREATE;

      StorageFullException failed =
          assertThrows(
              StorageFullException.class,
              () -> store.saveOverwrite(key, "run", new byte[] {2}, PLAIN));

      String said = String.valueOf(failed.getMessage());
      assertFalse(said.contains("nothing was changed"), said);
      assertTrue(said.contains("removed what it had published"), said);
    }
  }

  /**
   * The first attempt took longer than a save goes on trying. So it was the only one, and the save
   * returned with nothing in place, as if it had been evicted.
   */
  @Test
  void aSaveWhoseFirstAttemptIsSlowHasOthers() {
    AtomicBoolean slept = new AtomicBoolean();
    ObservedFileOps slow =
        new ObservedFileOps(evictor) {
          @Override
          protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
              throws IOException {
            if (op.kind() == Kind.SYNC
                && op.path().startsWith(root.resolve(key.toHex()))
                && !slept.getAndSet(true)) {
              LockSupport.parkNanos(2_100_000_000L);
            }
            return whole.run();
          }
        };
    evictor.after = ForeignEvictionTest::renamesTheManifest;
    evictor.most = 1;
    try (WarmStartStore store =
        WarmStartStore.open(
            root, StoreOptions.defaults().withDurability(Durability.IN_FILES).withFileOps(slow))) {
      store.saveOverwrite(key, "run", new byte[] {2}, PLAIN);

      assertTrue(slept.get());
      assertEquals(1, evictor.evictions);
      try (Entry entry = store.lookup(key).orElseThrow()) {
        assertEquals(2, entry.payload().getByte(0));
      }
    }
  }
}
