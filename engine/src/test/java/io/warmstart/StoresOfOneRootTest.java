package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.FileOps;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.key.LeftoversTest;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.testing.Await;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Opening, sharing and closing: stores of one root in one JVM are one process to the others. */
@Tag("slow")
class StoresOfOneRootTest {
  @TempDir Path root;
  private final Fingerprint key = Payloads.key("stores of one root");

  @Test
  void theyAreOneProcessAndSeeEachOthersSaves() throws Exception {
    Path link = Files.createSymbolicLink(root.resolveSibling(root.getFileName() + "-link"), root);
    try (WarmStartStore one = WarmStartStore.open(root);
        WarmStartStore other = WarmStartStore.open(link)) {
      assertEquals(one.root(), other.root());
      one.save(key, new byte[] {1}, EntryAttributes.checkpoint());
      assertTrue(other.lookup(key).isPresent());
      assertEquals(1, one.stats().liveProcesses());
      assertEquals(1, one.stats().count(StoreCounter.SAVES));
      assertEquals(1, other.stats().count(StoreCounter.HITS));
    } finally {
      Files.delete(link);
    }
  }

  /** Two engines would each open the lock file, and closing one would drop the locks of both. */
  @Test
  void closingOneLeavesTheOtherAlive() throws Exception {
    WarmStartStore one = WarmStartStore.open(root);
    try (WarmStartStore other = WarmStartStore.open(root)) {
      one.close();
      one.close();
      other.save(key, new byte[] {1}, EntryAttributes.checkpoint());
      try (ForkedJvm another = ForkedJvm.start(LeftoversTest.RootHolder.class, root.toString())) {
        another.awaitLine("owner");
        assertEquals(2, other.stats().liveProcesses());
      }
    }
    try (WarmStartStore again = WarmStartStore.open(root)) {
      assertTrue(again.lookup(key).isPresent());
    }
  }

  @Test
  void aSaveOfAnotherProcessIsSeenAtOnce() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root);
        ForkedJvm other = ForkedJvm.start(SaveOne.class, root.toString())) {
      String runId = other.awaitLine("saved");
      try (Entry entry = store.lookup(Payloads.key("of another process")).orElseThrow()) {
        assertEquals(runId, entry.runId());
      }
    }
  }

  /** Hits and misses that the index answers make no system call, and are counted all the same. */
  @Test
  void theCountersOfALivingProcessAreSeenFromAnother() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root);
        ForkedJvm other = ForkedJvm.start(SaveOne.class, root.toString())) {
      other.awaitLine("saved");
      Map<StoreCounter, Long> expected =
          Map.of(
              StoreCounter.SAVES,
              1L,
              StoreCounter.OVERWRITES,
              0L,
              StoreCounter.HITS,
              100L,
              StoreCounter.MISSES,
              50L,
              StoreCounter.EVICTED,
              0L);
      Await.answer(
          expected,
          () -> {
            Map<StoreCounter, Long> seen = new HashMap<>(store.stats().counters());
            seen.keySet().retainAll(expected.keySet());
            return seen;
          });
      assertEquals(2, store.stats().liveProcesses());
    }
  }

  /** Saves under one key, looks up, and stays. */
  static final class SaveOne {
    private SaveOne() {}

    public static void main(String[] args) throws Exception {
      WarmStartStore store = WarmStartStore.open(Path.of(args[0]));
      System.out.println(
          "saved "
              + store.save(
                  Payloads.key("of another process"),
                  new byte[] {1},
                  EntryAttributes.checkpoint()));
      Entry reused = new Entry();
      for (int lookup = 0; lookup < 100; lookup++) {
        store.lookup(Payloads.key("of another process"), Ranking.LATEST, reused);
        if (lookup % 2 == 0) {
          store.lookup(Payloads.key("of nobody"), Ranking.LATEST, reused);
        }
      }
      ForkedJvm.untilKilled();
    }
  }

  /** On a network mount that no longer answers, the look would last, and all others wait for it. */
  @Test
  void whoOpensOneRootLooksAtNoOther(@TempDir Path other) {
    Thread opener = Thread.currentThread();
    AtomicInteger looks = new AtomicInteger();
    FileOps watched =
        new WatchedFileOps(
            op -> {
              if (Thread.currentThread() == opener) {
                looks.incrementAndGet();
              }
            });
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withFileOps(watched))) {
      int before = looks.get();
      WarmStartStore.open(other).close();
      assertEquals(before, looks.get(), store::toString);
    }
  }

  @Test
  void anotherClockOnAnOpenRootIsRefused() {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      StoreOptions other = StoreOptions.defaults().withClock(new SteppedClock());
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> WarmStartStore.open(root, other));
      assertTrue(String.valueOf(refused.getMessage()).contains(store.root().toString()));
    }
    StoreOptions other = StoreOptions.defaults().withClock(new SteppedClock());
    WarmStartStore.open(root, other).close();
  }

  @Test
  void aClosedStoreThrowsWhateverIsAsked() {
    WarmStartStore store = WarmStartStore.open(root);
    try (WarmStartStore other = WarmStartStore.open(root)) {
      store.close();
      EntryAttributes checkpoint = EntryAttributes.checkpoint();
      List<Executable> uses =
          List.of(
              () -> store.save(key, new byte[1], checkpoint),
              () -> store.saveOverwrite(key, "run", new byte[1], checkpoint),
              () -> store.lookup(key),
              () -> store.lookupLatest(key),
              () -> store.lookup(key, Ranking.LATEST, new Entry()),
              () -> store.explain(key, Ranking.LATEST),
              () -> store.verify(),
              () -> store.session(key),
              store::evictOverflow,
              store::stats,
              store::keys,
              store::flush);
      for (Executable use : uses) {
        IllegalStateException closed = assertThrows(IllegalStateException.class, use);
        assertTrue(String.valueOf(closed.getMessage()).contains(store.root().toString()));
      }
      assertTrue(other.keys().isEmpty());
    }
  }

  @Test
  void aRootThatCannotBeIsRefusedInOneLineAndNothingIsMade() throws Exception {
    Path file = Files.writeString(root.resolve("file"), "a file");
    for (Path bad : List.of(file, file.resolve("x"), file.resolve("no").resolve("x"))) {
      StoreException refused =
          assertThrows(StoreException.class, () -> WarmStartStore.open(bad), bad::toString);
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.contains(bad.toString()), message);
      assertEquals(-1, message.indexOf('\n'), message);
    }
    assertThrows(
        StoreException.class,
        () ->
            WarmStartStore.open(
                root.resolve("missing"), StoreOptions.defaults().withReadOnly(true)));
    assertFalse(Files.exists(root.resolve("missing")));
    assertEquals("a file", Files.readString(file));
  }

  @Test
  void optionsThatMeanNothingAreRefused() {
    StoreOptions options = StoreOptions.defaults();
    assertThrows(IllegalArgumentException.class, () -> options.withSizeBudgetBytes(-1));
    assertThrows(
        IllegalArgumentException.class, () -> options.withTtl(java.time.Duration.ofNanos(-1)));
  }

  /** A key may remember where it was last found; it must not remember it for another root. */
  @Test
  void oneKeyObjectFindsInEachRootAndByEachRankingWhatIsThere() {
    Path here = root.resolve("here");
    Path there = root.resolve("there");
    EntryAttributes low = EntryAttributes.checkpoint().withObjective(1);
    EntryAttributes high = EntryAttributes.checkpoint().withObjective(2);
    try (WarmStartStore one = WarmStartStore.open(here);
        Entry reused = new Entry()) {
      try (WarmStartStore two = WarmStartStore.open(there)) {
        one.save(key, new byte[] {1}, low);
        one.save(key, new byte[] {2}, high);
        two.save(key, new byte[] {3}, low);
        for (int round = 0; round < 50; round++) {
          assertFound(one, key, Ranking.LOWEST_OBJECTIVE, reused, 1);
          assertFound(one, key, Ranking.LATEST, reused, 2);
          assertFound(two, key, Ranking.LOWEST_OBJECTIVE, reused, 3);
        }
        two.saveOverwrite(
            key, "run", new byte[] {4}, EntryAttributes.checkpoint().withObjective(0));
        assertFound(two, key, Ranking.LOWEST_OBJECTIVE, reused, 4);
        assertFound(one, key, Ranking.LOWEST_OBJECTIVE, reused, 1);
        assertFound(two, key, Ranking.LOWEST_OBJECTIVE, reused, 4);
      }
      assertFound(one, key, Ranking.LOWEST_OBJECTIVE, reused, 1);
      try (WarmStartStore again = WarmStartStore.open(there)) {
        assertFound(again, key, Ranking.LOWEST_OBJECTIVE, reused, 4);
      }
    }
  }

  private static void assertFound(
      WarmStartStore store, Fingerprint key, Ranking ranking, Entry reused, int expected) {
    assertTrue(store.lookup(key, ranking, reused));
    assertEquals(expected, reused.payload().getByte(0));
  }

  /** Hits that many threads count in entries of their own come to what they were. */
  @Test
  void everyHitIsCountedOnce() throws InterruptedException {
    try (WarmStartStore store = WarmStartStore.open(root.resolve("counted"))) {
      store.save(key, new byte[10], EntryAttributes.checkpoint());
      List<Thread> threads = new ArrayList<>();
      for (int each = 0; each < 4; each++) {
        threads.add(
            new Thread(
                () -> {
                  Entry reused = new Entry();
                  for (int lookup = 0; lookup < 5000; lookup++) {
                    assertTrue(store.lookup(key, Ranking.LATEST, reused));
                  }
                  reused.close();
                  for (int lookup = 0; lookup < 100; lookup++) {
                    store.lookup(key).orElseThrow().close();
                  }
                }));
      }
      threads.forEach(Thread::start);
      for (Thread thread : threads) {
        thread.join();
      }
      assertEquals(4 * 5100L, store.stats().count(StoreCounter.HITS));
    }
  }
}
