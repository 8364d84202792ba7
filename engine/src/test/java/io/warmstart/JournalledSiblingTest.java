package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.ObservedFileOps.FileOp;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreException;
import io.warmstart.testing.Await;
import io.warmstart.testing.Rounds;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a process has in the journal, beside others: while it works, rests or is stopped. */
@Tag("slow")
@Tag("once")
class JournalledSiblingTest extends JournallingProcessFixture {
  @Test
  void whatIsRemovedWhileAnotherHasItInItsJournalStaysRemoved() throws Exception {
    Fingerprint key = Payloads.key("k");
    try (WarmStartStore store = open(Durability.IN_FILES);
        ForkedJvm child = start("count", "k", Durability.PROCESS_SAFE, 5)) {
      letSave(child);

      assertTrue(store.remove(key, JournallingProcess.RUN));

      assertTrue(store.lookupLatest(key).isEmpty());
      child.kill();
      Await.until("the segment is adopted", () -> segments().isEmpty());
      assertTrue(store.lookupLatest(key).isEmpty());
    }
  }

  /**
   * One that has nothing in its journal says so at once; that it has not within a second is logged,
   * which on a busy machine may happen to one look of several.
   */
  @Test
  void aProcessAtRestAnswersWhoAsksForPairs() throws Exception {
    List<String> logged = new CopyOnWriteArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            logged.add(line.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("io.warmstart");
    logger.addHandler(handler);
    try (ForkedJvm child = start("count", "k", Durability.PROCESS_SAFE, 5)) {
      letSave(child);
      boolean answered = false;
      for (int attempt = 0; attempt < 6 && !answered; attempt++) {
        logged.clear();
        // Each of its own: one tells of it once a minute.
        try (WarmStartStore store = WarmStartStore.open(root)) {
          for (int look = 0; look < 3; look++) {
            assertEquals(1, store.keys().size());
          }
        }
        answered = logged.stream().noneMatch(line -> line.contains("has made no pairs"));
      }
      assertTrue(answered, logged::toString);
      assertFalse(segments().isEmpty());
    } finally {
      logger.removeHandler(handler);
    }
  }

  /** A pair of the dead that cannot be made kept the living from being asked for theirs. */
  @Test
  void theLivingAreAskedAlsoWhereThePairsOfTheDeadCannotBeMade(@TempDir Path moved)
      throws Exception {
    Path inTheWay = root.resolve(Payloads.key("dead").toHex());
    try (WarmStartStore store = open(Durability.IN_FILES);
        ForkedJvm dead = start("count", "dead", Durability.PROCESS_SAFE, 5);
        ForkedJvm child = start("count", "k", Durability.PROCESS_SAFE, 5)) {
      letSave(dead);
      Files.move(inTheWay, moved.resolve("dead"));
      Files.createFile(inTheWay);
      dead.kill();
      int saved = letSave(child);

      store.keys();

      assertEquals(saved, pairOf(Payloads.key("k")));
      Files.delete(inTheWay);
      Await.until("the dead one's segment is adopted", () -> segments().size() == 1);
    }
  }

  /** While it is stopped it makes no pair of what it has; once it goes on, it would. */
  @Test
  void aRemovalWaitsForWhatAStoppedProcessHasInItsJournal() throws Exception {
    Fingerprint key = Payloads.key("k");
    try (WarmStartStore store = open(Durability.IN_FILES);
        ForkedJvm child = startedAndStopped()) {
      FutureTask<Boolean> removal =
          new FutureTask<>(() -> store.remove(key, JournallingProcess.RUN));
      new Thread(removal).start();
      assertThrows(TimeoutException.class, () -> removal.get(2, TimeUnit.SECONDS));
      assertTrue(store.lookupLatest(key).isPresent());

      child.goOn();

      assertTrue(removal.get(30, TimeUnit.SECONDS));
      child.kill();
      Await.until("the segment is adopted", () -> segments().isEmpty());
      assertTrue(store.lookupLatest(key).isEmpty());
    }
  }

  /** Versions come and go between pairs and segments that begin again: never an older one again. */
  @ParameterizedTest
  @EnumSource(names = {"POWER_SAFE", "PROCESS_SAFE"})
  void aReaderBesideAWriterNeverGoesBack(Durability durability) throws Exception {
    Fingerprint key = Payloads.key("k");
    try (WarmStartStore store = WarmStartStore.open(root);
        WarmStartStore readOnly =
            WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true));
        ForkedJvm child = start("until-killed", "k", durability, 1000)) {
      int last = Integer.parseInt(child.awaitLine("ready"));
      int first = last;
      int lastReadOnly = last;
      int changes = 0;
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Rounds.times(3));
      while (System.nanoTime() - end < 0) {
        int now = version(store, key);
        assertTrue(now >= last, now + " after " + last);
        changes += now > last ? 1 : 0;
        last = now;
        int nowReadOnly = version(readOnly, key);
        assertTrue(nowReadOnly >= lastReadOnly, nowReadOnly + " after " + lastReadOnly);
        lastReadOnly = nowReadOnly;
      }
      assertTrue(changes > 20, "changes: " + changes);
      assertTrue(last > first);
    }
  }

  @Test
  void aStoppedProcessIsNotAdoptedAndKeepsNobodyWaiting() throws Exception {
    Fingerprint key = Payloads.key("k");
    try (WarmStartStore store = open(Durability.IN_FILES);
        ForkedJvm child = start("count", "k", Durability.PROCESS_SAFE, 5)) {
      int saved = letSave(child);
      child.stop();
      assertEquals(saved, version(store, key));
      JournallingProcess.save(store, key, saved + 1, 1000);
      assertEquals(saved + 1, version(store, key));
      assertEquals(saved + 1, pairOf(key));
      assertFalse(segments().isEmpty());
      child.goOn();
      // Its own version is the older one, and makes no pair.
      Await.until("a pair is refused", () -> pairOf(key) == saved + 1);
      child.kill();
      Await.until("the segment is adopted", () -> segments().isEmpty());
      assertEquals(saved + 1, pairOf(key));
      assertEquals(saved + 1, version(store, key));
    }
  }

  /** It has saved, and not come to make a pair of it, which is due after a second. */
  private ForkedJvm startedAndStopped() throws Exception {
    for (int attempt = 0; ; attempt++) {
      ForkedJvm child = start("count", "k", Durability.PROCESS_SAFE, 5);
      child.awaitLine("ready");
      long begin = System.nanoTime();
      child.tell();
      child.awaitLine("saved");
      child.stop();
      if (attempt == 10 || System.nanoTime() - begin < TimeUnit.MILLISECONDS.toNanos(900)) {
        return child;
      }
      child.close();
    }
  }

  /** Of two that make pairs of one run, the one with the older version must see the other's. */
  @Test
  void noPairIsMadeWithoutTheKeysLock() throws Exception {
    Fingerprint key = Payloads.key("r");
    CountDownLatch held = new CountDownLatch(1);
    WatchedFileOps ops = new WatchedFileOps();
    StoreOptions options =
        StoreOptions.defaults().withDurability(Durability.PROCESS_SAFE).withFileOps(ops);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      int version = JournallingProcess.warmUp(store, key);
      try (ForkedJvm holder =
          ForkedJvm.start(SavingProcess.class, "stop-at-once-told", root.toString(), "r", "0")) {
        holder.awaitLine("ready");
        // Its pair is due after a second, and is not to be made before the lock is held.
        ops.watch(op -> awaitAtStaging(op, key, held));
        JournallingProcess.save(store, key, version + 1, 1000);
        holder.tell();
        try {
          holder.awaitLine("stopped");
        } finally {
          held.countDown();
        }
        assertThrows(StoreException.class, store::flush);
        assertEquals(version + 1, version(store, key));
        holder.kill();
      }
      store.flush();
      assertEquals(version + 1, pairOf(key));
      assertEquals(version + 1, version(store, key));
    }
  }

  private static void awaitAtStaging(FileOp op, Fingerprint key, CountDownLatch latch) {
    if (op.kind() == Kind.CREATE && op.path().toString().contains(key.toHex())) {
      Await.until("the lock is held", () -> latch.getCount() == 0);
    }
  }

  /** The pages of a segment are lost to the process that appends to it. */
  @ParameterizedTest
  @ValueSource(ints = {0, 4096, 8192, 65_536})
  void aSegmentThatIsTruncatedUnderItsOwnerCostsNoSave(int length) throws Exception {
    Fingerprint key = Payloads.key("k");
    try (WarmStartStore store = WarmStartStore.open(root);
        ForkedJvm child = start("count", "k", Durability.PROCESS_SAFE, 500)) {
      child.awaitLine("ready");
      for (Path segment : segments()) {
        try (FileChannel file = FileChannel.open(segment, StandardOpenOption.WRITE)) {
          file.truncate(length);
        }
      }
      child.tell();
      int saved = Integer.parseInt(child.awaitLine("saved"));
      Await.until("the last save is found", () -> version(store, key) == saved);
      Await.until("it is a pair", () -> pairOf(key) == saved);
    }
  }

  /** Who reads files alone sees all that was saved before: a command that lists a key. */
  @Test
  void whoListsAKeyHasTheOthersMakePairs() throws Exception {
    Fingerprint key = Payloads.key("k");
    try (WarmStartStore store = open(Durability.IN_FILES);
        ForkedJvm child = start("count", "k", Durability.PROCESS_SAFE, 5)) {
      int saved = letSave(child);
      assertEquals(saved, store.contents(key).entries().get(0).iteration().orElseThrow());
      assertEquals(saved, pairOf(key));
    }
  }
}
