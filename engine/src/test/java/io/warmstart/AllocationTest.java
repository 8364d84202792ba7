package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.warmstart.io.Trees;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.testing.Rounds;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hot lookup allocates nothing, and saves leave nothing on the heap. */
class AllocationTest {
  private static final int LOOKUPS = 100_000;

  /** What the thread's own accounting and a look at the directory now and then may come to. */
  private static final long MOST_BYTES = LOOKUPS / 10;

  private static final int SAVES = Rounds.times(2000);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir Path parent;

  @Test
  void aHotHitAndAHotMissAllocateNothing() {
    // The look for foreign changes makes a path.
    StoreOptions options = StoreOptions.defaults().withForeignCheckInterval(Duration.ofDays(1));
    try (WarmStartStore store = WarmStartStore.open(parent, options);
        Entry reused = new Entry()) {
      Fingerprint there = Payloads.key("there");
      Fingerprint missing = Payloads.key("missing");
      store.save(there, new byte[100], EntryAttributes.checkpoint());
      lookUp(store, there, true, reused);
      assertAllocatesNothing(store, there, true, reused);
      lookUp(store, missing, false, reused);
      assertAllocatesNothing(store, missing, false, reused);
    }
  }

  /** Optional 16, Entry 16, its view 40: with headers of 12 bytes and references of 4. */
  @Test
  void anEntryOfItsOwnCostsAHotHitItselfAndItsView() {
    StoreOptions options = StoreOptions.defaults().withForeignCheckInterval(Duration.ofDays(1));
    try (WarmStartStore store = WarmStartStore.open(parent, options)) {
      Fingerprint key = Payloads.key("there");
      store.save(key, new byte[100], EntryAttributes.checkpoint());
      assertAllocates(
          72 * LOOKUPS,
          () -> {
            for (int each = 0; each < LOOKUPS; each++) {
              try (Entry entry = store.lookup(key).orElseThrow()) {
                assertEquals(100, entry.payload().capacity());
              }
            }
          });
      Fingerprint missing = Payloads.key("missing");
      assertAllocates(
          0,
          () -> {
            for (int each = 0; each < LOOKUPS; each++) {
              assertTrue(store.lookup(missing).isEmpty());
            }
          });
    }
  }

  /** Two objects are the key, and nothing else is made for it. */
  @Test
  void aKeyMadeForTheLookupCostsAHotHitItself() {
    StoreOptions options = StoreOptions.defaults().withForeignCheckInterval(Duration.ofDays(1));
    try (WarmStartStore store = WarmStartStore.open(parent, options);
        Entry reused = new Entry()) {
      Fingerprint key = Payloads.key("there");
      byte[] bytes = key.toBytes();
      store.save(key, new byte[100], EntryAttributes.checkpoint());
      assertAllocates(
          (56 + 48) * LOOKUPS,
          () -> {
            for (int each = 0; each < LOOKUPS; each++) {
              assertTrue(store.lookup(Fingerprint.ofBytes(bytes), Ranking.LATEST, reused));
            }
          });
    }
  }

  private static void assertAllocatesNothing(
      WarmStartStore store, Fingerprint key, boolean hit, Entry reused) {
    assertAllocates(0, () -> lookUp(store, key, hit, reused));
  }

  private static void assertAllocates(long bytes, Runnable lookups) {
    long self = Thread.currentThread().getId();
    long least = Long.MAX_VALUE;
    // Compilation and the touch of each second allocate in the thread that they meet.
    for (int round = 0; round < 5 && least > bytes + MOST_BYTES; round++) {
      long before = THREADS.getThreadAllocatedBytes(self);
      lookups.run();
      least = Math.min(least, THREADS.getThreadAllocatedBytes(self) - before);
    }
    assertTrue(least <= bytes + MOST_BYTES, least + " bytes in " + LOOKUPS + " lookups");
  }

  private static void lookUp(WarmStartStore store, Fingerprint key, boolean hit, Entry reused) {
    for (int each = 0; each < LOOKUPS; each++) {
      assertEquals(hit, store.lookup(key, Ranking.LATEST, reused));
    }
  }

  @Test
  void savesAtAFullBudgetLeaveHeapAndIndexAsTheyWere() throws IOException {
    Path memory = Path.of("/dev/shm");
    Path root = Files.isWritable(memory) ? Files.createTempDirectory(memory, "warmstart") : parent;
    try {
      StoreOptions options = StoreOptions.defaults().withSizeBudgetBytes(32 << 10);
      try (WarmStartStore store = WarmStartStore.open(root, options)) {
        save(store, 0);
        long grown = Long.MAX_VALUE;
        // Other tests of this JVM may leave something meanwhile; what each save leaves shows each
        // time. A hundred bytes for each would be half a thing leaked.
        for (int round = 1; round <= 4 && grown >= SAVES * 100L; round++) {
          long heap = usedHeap();
          save(store, round * SAVES);
          grown = Math.min(grown, usedHeap() - heap);
        }
        assertTrue(grown < SAVES * 100L, "grown by " + grown + " in " + SAVES + " saves");
        // A page of slots and one of entries for each of 512 stripes come to 1024; each key that
        // left something behind would bring them beyond twice that.
        assertFalse(Files.exists(root.resolve(".warmstart/index-2")));
        assertTrue(store.inspect().bytes() <= 32 << 10);
      }
    } finally {
      if (root != parent) {
        Trees.delete(root);
      }
    }
  }

  private static void save(WarmStartStore store, int from) {
    for (int each = from; each < from + SAVES; each++) {
      Fingerprint key = Payloads.key("key " + each);
      store.saveOverwrite(key, "run", new byte[64], EntryAttributes.checkpoint());
    }
  }

  private static long usedHeap() {
    long used = Long.MAX_VALUE;
    // The serial collector leaves dead objects lie where they are in few, and compacts in full each
    // fourth time.
    for (int round = 0; round < 8; round++) {
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
    }
    return used;
  }
}
