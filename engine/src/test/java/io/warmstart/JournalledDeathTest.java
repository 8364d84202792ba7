package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.testing.Await;
import io.warmstart.testing.Rounds;
import io.warmstart.testing.Seeds;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Other processes find what one has in the journal: while it works, is stopped, and is dead. */
@Tag("slow")
@ExtendWith(Seeds.class)
class JournalledDeathTest {
  private static final int KILLS = Rounds.times(6);

  @TempDir Path root;

  private ForkedJvm start(String what, String key, Durability durability, int number)
      throws IOException {
    return ForkedJvm.start(
        JournallingProcess.class, what, root.toString(), key, durability.name(), number + "");
  }

  /** The version of a key, whole. */
  private static int version(WarmStartStore store, Fingerprint key) {
    try (Entry entry = store.lookupLatest(key).orElseThrow()) {
      int version = (int) entry.iteration().orElseThrow();
      assertEquals("v" + version, Versions.nameOf(entry));
      return version;
    }
  }

  private List<Path> segments() throws IOException {
    Path journal = root.resolve(".warmstart/journal");
    try (var files = Files.list(journal)) {
      return files.toList();
    }
  }

  private int pairOf(Fingerprint key) throws IOException {
    byte[] payload = Files.readAllBytes(root.resolve(key.toHex()).resolve("r.bin"));
    String name = Versions.nameOf(payload);
    return name.equals(Versions.MIXTURE) ? -1 : Integer.parseInt(name.substring(1));
  }

  @ParameterizedTest
  @EnumSource(names = {"POWER_SAFE", "PROCESS_SAFE"})
  void whatAProcessHadSavedBeforeItsDeathIsFoundAndBecomesAPair(Durability durability)
      throws Exception {
    Fingerprint key = Payloads.key("k");
    try (WarmStartStore store = WarmStartStore.open(root)) {
      int saved;
      try (ForkedJvm child = start("count", "k", durability, 50)) {
        child.awaitLine("ready");
        assertTrue(version(store, key) > 0);
        child.tell();
        saved = Integer.parseInt(child.awaitLine("saved"));
        assertEquals(saved, version(store, key));
        child.kill();
      }
      assertEquals(saved, version(store, key));
      Await.until("the segment is adopted", () -> segments().isEmpty());
      assertEquals(saved, pairOf(key));
      assertEquals(saved, version(store, key));
      assertTrue(store.verify().clean(), () -> store.verify().problems().toString());
    }
  }

  /** Nobody of this library may come by for long: the original is to find it. */
  @ParameterizedTest
  @ValueSource(strings = {"TERM", "end", "async", "exit"})
  void aJvmThatEndsInOrderLeavesPairs(String how) throws Exception {
    int saved;
    String what = how.equals("TERM") ? "count" : how;
    try (ForkedJvm child = start(what, "k", Durability.PROCESS_SAFE, 50)) {
      child.awaitLine("ready");
      child.tell();
      saved = Integer.parseInt(child.awaitLine("saved"));
      if (how.equals("TERM")) {
        child.terminate();
      } else {
        child.awaitEnd();
      }
    }
    assertEquals(saved, pairOf(Payloads.key("k")));
  }

  @Test
  void whatIsRemovedWhileAnotherHasItInItsJournalStaysRemoved() throws Exception {
    Fingerprint key = Payloads.key("k");
    StoreOptions inFiles = StoreOptions.defaults().withDurability(Durability.IN_FILES);
    try (WarmStartStore store = WarmStartStore.open(root, inFiles);
        ForkedJvm child = start("count", "k", Durability.PROCESS_SAFE, 5)) {
      child.awaitLine("ready");
      child.tell();
      child.awaitLine("saved");

      assertTrue(store.remove(key, JournallingProcess.RUN));

      assertTrue(store.lookupLatest(key).isEmpty());
      child.kill();
      Await.until("the segment is adopted", () -> segments().isEmpty());
      assertTrue(store.lookupLatest(key).isEmpty());
    }
  }

  /** One that has nothing in its journal says so at once; that it does not would be logged. */
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
    try (WarmStartStore store = WarmStartStore.open(root);
        ForkedJvm child = start("count", "k", Durability.PROCESS_SAFE, 5)) {
      child.awaitLine("ready");
      child.tell();
      child.awaitLine("saved");
      for (int look = 0; look < 3; look++) {
        assertEquals(1, store.keys().size());
      }
      assertFalse(segments().isEmpty());
    } finally {
      logger.removeHandler(handler);
    }
    logged.forEach(line -> assertFalse(line.contains("has made no pairs"), line));
  }

  /** While it is stopped it makes no pair of what it has; once it goes on, it would. */
  @Test
  void aRemovalWaitsForWhatAStoppedProcessHasInItsJournal() throws Exception {
    Fingerprint key = Payloads.key("k");
    StoreOptions inFiles = StoreOptions.defaults().withDurability(Durability.IN_FILES);
    try (WarmStartStore store = WarmStartStore.open(root, inFiles);
        ForkedJvm child = start("count", "k", Durability.PROCESS_SAFE, 5)) {
      child.awaitLine("ready");
      child.tell();
      child.awaitLine("saved");
      child.stop();
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

  /** Adopting them takes longer than the second that the background takes for it at a time. */
  @Test
  void whoListsAKeyFindsAllThatTheDeadHadSaved() throws Exception {
    try (ForkedJvm child = start("many", "k", Durability.PROCESS_SAFE, 50)) {
      child.awaitLine("saved");
      child.kill();
    }
    StoreOptions slow = StoreOptions.defaults().withFileOps(new SlowSyncs());
    try (WarmStartStore store = WarmStartStore.open(root, slow)) {
      assertEquals(50 + 1, store.contents(Payloads.key("k")).entries().size());
    }
  }

  /** A build that laid segments out as version 1 was killed, and this one comes after it. */
  @Test
  void whatAnOlderBuildHasLeftIsAdopted() throws Exception {
    try (ForkedJvm child = start("many", "k", Durability.PROCESS_SAFE, 50)) {
      child.awaitLine("saved");
      child.kill();
    }
    int old = 0;
    try (Stream<Path> files = Files.list(root.resolve(".warmstart/journal"))) {
      for (Path file : files.filter(each -> each.toString().contains("/segment-")).toList()) {
        JournalledBefore.ofVersion(file, 1);
        old++;
      }
    }
    assertTrue(old > 0, "no segments");
    try (WarmStartStore store = WarmStartStore.open(root)) {
      assertEquals(50 + 1, store.contents(Payloads.key("k")).entries().size());
      assertTrue(store.verify().clean());
    }
  }

  private static final class SlowSyncs extends ObservedFileOps {
    SlowSyncs() {
      super(new NioFileOps());
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      if (op.kind() == Kind.SYNC) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
      return whole.run();
    }
  }

  @Test
  void killsLoseNothing(Random random) throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      for (int kill = 0; kill < KILLS; kill++) {
        Fingerprint key = Payloads.key("k" + kill % 2);
        int told;
        int found;
        try (ForkedJvm child = start("until-killed", "k" + kill % 2, Durability.PROCESS_SAFE, 40)) {
          child.awaitLine("ready");
          told = Integer.parseInt(child.awaitLine("saved"));
          assertTrue(version(store, key) >= told);
          LockSupport.parkNanos(random.nextLong(TimeUnit.MILLISECONDS.toNanos(300)));
          child.kill();
          found = version(store, key);
          assertTrue(found >= told, found + " of " + told);
        }
        // Its segment may have been adopted between the two; and a save into files that was cut off
        // between its renames, and had not returned, may have been completed.
        int next = version(store, key);
        assertTrue(next == found || next == found + 1, next + " after " + found);
        Await.until("the segments are adopted", () -> segments().isEmpty());
        int last = version(store, key);
        assertTrue(last == next || last == found + 1, last + " after " + next);
        assertEquals(last, pairOf(key));
      }
      assertEquals(0, store.stats().count(StoreCounter.QUARANTINED));
      assertEquals(0, store.stats().count(StoreCounter.JOURNAL_FAILURES));
    }
  }

  /** Versions come and go between pairs and segments that begin anew: never an older one again. */
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
    StoreOptions inFiles = StoreOptions.defaults().withDurability(Durability.IN_FILES);
    try (WarmStartStore store = WarmStartStore.open(root, inFiles);
        ForkedJvm child = start("count", "k", Durability.PROCESS_SAFE, 5)) {
      child.awaitLine("ready");
      child.tell();
      int saved = Integer.parseInt(child.awaitLine("saved"));
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

  /**
   * A loop offers a state at each step and is killed: what it had is there, best and last apart.
   */
  @Test
  void aSessionThatIsKilledResumes() throws Exception {
    Fingerprint key = Payloads.key("session");
    try (WarmStartStore store = WarmStartStore.open(root)) {
      int told;
      try (ForkedJvm child = start("session", "k", Durability.PROCESS_SAFE, 700)) {
        child.awaitLine("ready");
        told = Integer.parseInt(child.awaitLine("saved"));
        child.kill();
      }
      Session session = store.session(key);
      long last;
      try (Entry entry = session.resumeLatest().orElseThrow()) {
        last = entry.iteration().orElseThrow();
        assertEquals("s" + last, Versions.nameOf(entry));
        assertTrue(last >= told, last + " of " + told);
      }
      try (Entry entry = session.resume().orElseThrow()) {
        long best = entry.iteration().orElseThrow();
        assertEquals("s" + best, Versions.nameOf(entry));
        assertEquals(1.0 / best, entry.objective().orElseThrow());
        // Of five steps in a row one at least is better than all before.
        assertTrue(best > last - 5, best + " of " + last);
      }
    }
  }

  /** Of two that make pairs of one run, the one with the older version must see the other's. */
  @Test
  void noPairIsMadeWithoutTheKeysLock() throws Exception {
    Fingerprint key = Payloads.key("r");
    StoreOptions options = StoreOptions.defaults().withDurability(Durability.PROCESS_SAFE);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      int version = JournallingProcess.warmUp(store, key);
      try (ForkedJvm holder =
          ForkedJvm.start(SavingProcess.class, "stop-at-once-told", root.toString(), "r", "0")) {
        holder.awaitLine("ready");
        // Within a second before its pair is due, or it would be made before the lock is held.
        JournallingProcess.save(store, key, version + 1, 1000);
        holder.tell();
        holder.awaitLine("stopped");
        assertThrows(StoreException.class, store::flush);
        assertEquals(version + 1, version(store, key));
        holder.kill();
      }
      store.flush();
      assertEquals(version + 1, pairOf(key));
      assertEquals(version + 1, version(store, key));
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
    StoreOptions inFiles = StoreOptions.defaults().withDurability(Durability.IN_FILES);
    try (WarmStartStore store = WarmStartStore.open(root, inFiles);
        ForkedJvm child = start("count", "k", Durability.PROCESS_SAFE, 5)) {
      child.awaitLine("ready");
      child.tell();
      int saved = Integer.parseInt(child.awaitLine("saved"));
      assertEquals(saved, store.contents(key).entries().get(0).iteration().orElseThrow());
      assertEquals(saved, pairOf(key));
    }
  }
}
