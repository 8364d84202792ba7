package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Ranking;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A hit of a key in use looks at no file: others do, in the background, and what they see is seen
 * by the next hit. A key that was at rest is looked at by the hit that finds it so.
 */
class LookoutTest extends ForeignNewVersion {
  private final AtomicInteger ownLooks = new AtomicInteger();
  private final AtomicInteger othersLooks = new AtomicInteger();
  private final Thread looking = Thread.currentThread();

  LookoutTest() {
    super(60);
  }

  private WarmStartStore open(StoreOptions options) {
    ObservedFileOps ops =
        new WatchedFileOps(
            op -> {
              if (op.kind() == Kind.CHANGED && op.path().toString().contains(KEY.toHex())) {
                (Thread.currentThread() == looking ? ownLooks : othersLooks).incrementAndGet();
              }
            });
    return WarmStartStore.open(root, options.withFileOps(ops));
  }

  private static StoreOptions every(Duration interval) {
    return StoreOptions.defaults().withForeignCheckInterval(interval);
  }

  /** Until the lookout has looked some times at what this thread looks up. */
  private void useUntilLookedAt(WarmStartStore store, int times) {
    int before = othersLooks.get();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (othersLooks.get() - before < times && System.nanoTime() - deadline < 0) {
      assertEquals("old", version(store));
    }
    assertTrue(othersLooks.get() - before >= times, "looks in the background");
  }

  @Test
  void hitsOfAKeyInUseLookAtNoFile() throws IOException {
    awaitOld();
    try (WarmStartStore store = open(every(Duration.ofMillis(10)))) {
      useUntilLookedAt(store, 4);
      // Two seconds of uses, and two hundred intervals; where the lookout comes to nothing for a
      // second the lookup does look, which here is the machine's doing.
      assertUncounted(ownLooks, () -> useUntilLookedAt(store, 100));
    }
  }

  @Test
  void whatAnotherProgramChangesIsSeen() throws IOException {
    for (StoreOptions options :
        new StoreOptions[] {StoreOptions.defaults(), every(Duration.ofMillis(20))}) {
      saveOld();
      awaitOld();
      try (WarmStartStore store = open(options)) {
        useUntilLookedAt(store, 2);
        newVersion.copyInPlace();
        Await.until("the other version", () -> version(store).equals("new"));
      }
    }
  }

  /** Four seconds after the last use nobody looks any more: the next lookup does. */
  @Tag("slow")
  @Test
  void keyThatWasAtRestIsLookedAtByTheLookup() throws IOException, InterruptedException {
    awaitOld();
    try (WarmStartStore store = open(every(Duration.ofMillis(200)))) {
      useUntilLookedAt(store, 2);
      long seen;
      do {
        seen = othersLooks.get();
        TimeUnit.MILLISECONDS.sleep(4500);
      } while (othersLooks.get() != seen);
      newVersion.copyInPlace();
      assertEquals("new", version(store));
    }
  }

  /** The key object remembers what was found for it by one ranking, in one store. */
  @Test
  void oneKeyObjectServesRankingsAndStores() throws IOException {
    try (WarmStartStore store = open(StoreOptions.defaults());
        WarmStartStore other = WarmStartStore.open(parent.resolve("other"))) {
      store.remove(KEY);
      store.save(KEY, new byte[7], EntryAttributes.finalResult().withObjective(3));
      store.save(KEY, new byte[9], EntryAttributes.checkpoint().withObjective(1));
      other.save(KEY, new byte[11], EntryAttributes.checkpoint());
      for (int round = 0; round < 1000; round++) {
        assertEquals(9, length(store, Ranking.LOWEST_OBJECTIVE));
        assertEquals(7, length(store, Ranking.FINAL_FIRST));
        assertEquals(11, length(other, Ranking.LOWEST_OBJECTIVE));
        assertEquals(9, length(store, Ranking.LATEST));
        assertEquals(9, length(store, Ranking.LATEST));
      }
    }
  }

  private static int length(WarmStartStore store, Ranking ranking) {
    try (Entry entry = store.lookup(KEY, ranking).orElseThrow()) {
      return entry.payload().capacity();
    }
  }
}
