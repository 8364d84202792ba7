package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.ObservedFileOps.FileOp;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreException;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What comes between a record and its pair. */
class JournalHazardTest {
  private static final Fingerprint KEY = Payloads.key("a");
  private static final Fingerprint OTHER = Payloads.key("b");
  private static final String RUN = "r";

  @TempDir Path root;

  private final WatchedFileOps ops = new WatchedFileOps();

  private WarmStartStore open() {
    StoreOptions options =
        StoreOptions.defaults()
            .withDurability(Durability.POWER_SAFE)
            .withForeignCheckInterval(Duration.ZERO)
            .withFileOps(ops);
    WarmStartStore store = WarmStartStore.open(root, options);
    save(store, OTHER, "warm");
    awaitJournal(store);
    return store;
  }

  private static void awaitJournal(WarmStartStore store) {
    Journalled.until(store, () -> save(store, KEY, "warm"));
    store.flush();
  }

  private static void save(WarmStartStore store, Fingerprint key, String version) {
    store.saveOverwrite(key, RUN, Versions.payload(version, 500), EntryAttributes.checkpoint());
  }

  private static String found(WarmStartStore store, Fingerprint key) {
    return Versions.found(store.lookupLatest(key), "none");
  }

  private Path directory(Fingerprint key) {
    return root.resolve(key.toHex());
  }

  private String pairOf(Fingerprint key) throws IOException {
    return Versions.nameOf(Files.readAllBytes(directory(key).resolve(RUN + ".bin")));
  }

  private static boolean isSegment(FileOp op) {
    return String.valueOf(op.path().getFileName()).startsWith("segment-");
  }

  private boolean isIn(FileOp op, Fingerprint key) {
    return op.path().startsWith(directory(key));
  }

  /** A later version that somebody else has put in place need not have come to its sync. */
  @Test
  void aVersionIsNotForgottenForALaterOneThatIsNotDurable() throws IOException {
    try (WarmStartStore store = open();
        WarmStartStore files =
            WarmStartStore.open(root, store.options().withDurability(Durability.IN_FILES))) {
      save(store, KEY, "journalled");
      ops.watch(
          op -> {
            if (op.kind() == Kind.SYNC_DIRECTORY && isIn(op, KEY)) {
              throw new IOException("Input/output error");
            }
          });
      assertThrows(DurabilityUnknownException.class, () -> save(files, KEY, "later"));
      assertThrows(StoreException.class, store::flush);
      AtomicInteger renames = new AtomicInteger();
      AtomicInteger syncs = new AtomicInteger();
      ops.watch(
          op -> {
            if (op.kind() == Kind.RENAME && isIn(op, KEY)) {
              renames.incrementAndGet();
            }
            if (op.kind() == Kind.SYNC_DIRECTORY && isIn(op, KEY)) {
              syncs.incrementAndGet();
            }
          });
      Await.until(
          "its directory is synced",
          () -> {
            store.flush();
            return syncs.get() > 0;
          });
      assertEquals(2, renames.get(), "the later one's names are made again");
      assertEquals("later", found(store, KEY));
      assertEquals("later", pairOf(KEY));
    }
  }

  /**
   * The kernel tells of names that it could not write once: another sync of the same names would
   * succeed, and they may be lost all the same. So they are made again before it.
   */
  @Test
  void namesThatCouldNotBeSyncedAreMadeAgainBeforeTheNextSync() throws IOException {
    try (WarmStartStore store = open()) {
      save(store, KEY, "journalled");
      AtomicInteger failures = new AtomicInteger();
      ops.watch(
          op -> {
            if (op.kind() == Kind.SYNC_DIRECTORY && isIn(op, KEY)) {
              failures.incrementAndGet();
              throw new IOException("Input/output error");
            }
          });
      assertThrows(StoreException.class, store::flush);
      assertTrue(failures.get() > 0);
      List<Kind> after = new CopyOnWriteArrayList<>();
      ops.watch(
          op -> {
            if (isIn(op, KEY) && (op.kind() == Kind.SYNC_DIRECTORY || op.kind() == Kind.RENAME)) {
              after.add(op.kind());
            }
          });
      Await.until(
          "its directory is synced",
          () -> {
            store.flush();
            return after.contains(Kind.SYNC_DIRECTORY);
          });
      assertEquals(
          List.of(Kind.RENAME, Kind.RENAME, Kind.SYNC_DIRECTORY), after.stream().limit(3).toList());
      assertEquals("journalled", found(store, KEY));
      assertEquals("journalled", pairOf(KEY));
    }
  }

  /** The record of an entry whose pair was removed, while pairs of others are still being made. */
  @Test
  void whatWasRemovedSinceItBecameAPairIsNotFound() throws IOException {
    try (WarmStartStore store = open()) {
      save(store, KEY, "gone");
      save(store, OTHER, "other");
      AtomicInteger removed = new AtomicInteger();
      StringBuilder found = new StringBuilder();
      ops.watch(
          op -> {
            Path payload = directory(KEY).resolve(RUN + ".bin");
            if (removed.get() == 0
                && op.kind() == Kind.CREATE
                && isIn(op, OTHER)
                && pairOf(KEY).equals("gone")) {
              removed.incrementAndGet();
              Files.delete(directory(KEY).resolve(RUN + ".json"));
              Files.delete(payload);
              found.append(found(store, KEY));
            }
          });
      store.flush();
      ops.rest();
      assertTrue(removed.get() > 0, "the pair was removed in between");
      assertEquals("none", found.toString());
      assertEquals("none", found(store, KEY));
      assertEquals("other", found(store, OTHER));
    }
  }

  /** Its stamp is later than all that the index knows. */
  @Test
  void aVersionReplacesAPairThatSomebodyHasCopiedThere(@TempDir Path elsewhere) throws IOException {
    SteppedClock ahead = new SteppedClock();
    ahead.advance(Duration.ofMinutes(2));
    try (WarmStartStore store =
        WarmStartStore.open(elsewhere, StoreOptions.defaults().withClock(ahead))) {
      save(store, KEY, "copied");
    }
    try (WarmStartStore store = open()) {
      save(store, KEY, "before");
      store.flush();
      for (String half : List.of(".bin", ".json")) {
        Files.move(
            elsewhere.resolve(KEY.toHex()).resolve(RUN + half),
            directory(KEY).resolve(RUN + half),
            StandardCopyOption.REPLACE_EXISTING);
      }
      assertEquals("copied", found(store, KEY));
      // What others do is looked at each 10 ms.
      java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
      save(store, KEY, "new");
      assertEquals("new", found(store, KEY));
      store.flush();
      assertEquals("new", found(store, KEY));
      assertEquals("new", pairOf(KEY));
    }
  }

  /** Of large states a segment holds a few: each would cost a pair, which is larger than they. */
  @Test
  void aLoopThatSavesLargeStatesMakesAPairNowAndThen() throws IOException {
    try (WarmStartStore store = open()) {
      byte[] large = Versions.payload("large", 1 << 20);
      for (int i = 0; i < 100; i++) {
        store.saveOverwrite(KEY, RUN, large, EntryAttributes.checkpoint());
      }
      AtomicInteger pairs = new AtomicInteger();
      ops.watch(
          op -> {
            if (op.kind() == Kind.RENAME && isIn(op, KEY)) {
              pairs.incrementAndGet();
            }
          });
      long before = Journalled.count(store);
      long began = System.nanoTime();
      int saves = 0;
      while (Journalled.count(store) - before < 60) {
        store.saveOverwrite(KEY, RUN, large, EntryAttributes.checkpoint().withIteration(saves));
        saves++;
      }
      // A segment holds sixteen of them at most, and each second makes a pair of two renames.
      long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began) + 1;
      long most = saves - 60 + saves / 8 + seconds;
      assertTrue(pairs.get() / 2 <= most, pairs + " renames, saves " + saves);
      Await.until("a pair is made while the loop goes on", () -> pairOf(KEY).equals("large"));
      store.flush();
      try (Entry entry = store.lookupLatest(KEY).orElseThrow()) {
        assertEquals(saves - 1, entry.iteration().orElseThrow());
      }
    }
  }

  @Test
  void oneRunWhosePairCannotBeMadeKeepsNoOtherWaiting() throws IOException {
    try (WarmStartStore store = open()) {
      ops.watch(
          op -> {
            if (op.kind() == Kind.CREATE && isIn(op, KEY)) {
              throw new IOException("Input/output error");
            }
          });
      save(store, KEY, "refused");
      for (int version = 0; version < 20; version++) {
        save(store, OTHER, "v" + version);
      }
      assertThrows(StoreException.class, store::flush);
      assertEquals("v19", pairOf(OTHER));
      assertEquals("refused", found(store, KEY));
      ops.rest();
      store.flush();
      assertEquals("refused", pairOf(KEY));
    }
  }

  @Test
  void withoutMemoryInTheSyncTheNextSavesAreJournalled() throws IOException {
    try (WarmStartStore store = open()) {
      save(store, KEY, "before");
      AtomicInteger thrown = new AtomicInteger();
      Thread saver = Thread.currentThread();
      ops.watch(
          op -> {
            if (op.kind() == Kind.SYNC
                && isSegment(op)
                && Thread.currentThread() == saver
                && thrown.getAndIncrement() == 0) {
              throw new OutOfMemoryError("pretended");
            }
          });
      List<Path> condemned = segments();
      assertThrows(OutOfMemoryError.class, () -> save(store, KEY, "lost"));
      assertEquals("before", found(store, KEY));
      Await.until("nothing holds the segment", () -> !segments().containsAll(condemned));
      awaitJournal(store);
      save(store, KEY, "after");
      assertEquals("after", found(store, KEY));
      store.flush();
      assertEquals("after", pairOf(KEY));
    }
    assertEquals(List.of(), segments());
  }

  private List<Path> segments() throws IOException {
    try (var files = Files.list(root.resolve(".warmstart/journal"))) {
      return files.toList();
    }
  }

  @Test
  void whereTheJournalCannotBeEverythingGoesOnInFiles() throws IOException {
    StoreOptions options = StoreOptions.defaults();
    try (WarmStartStore store =
        WarmStartStore.open(root, options.withDurability(Durability.IN_FILES))) {
      save(store, KEY, "before");
    }
    Files.createFile(root.resolve(".warmstart/journal"));
    options = options.withDurability(Durability.PROCESS_SAFE);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      assertEquals("before", found(store, KEY));
      for (int version = 0; version < 20; version++) {
        save(store, KEY, "v" + version);
        assertEquals("v" + version, pairOf(KEY));
      }
      assertEquals(0, Journalled.count(store));
      assertNotNull(store.explain(KEY, io.warmstart.model.Ranking.LATEST));
    }
  }
}
