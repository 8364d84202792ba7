package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.remote.store.FileObjectStore;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What goes through many small entries, and makes for each a buffer that is as large as for the
 * largest, has the heap collected all the time: a verification allocated 200 KB for each.
 */
class BytesForEachEntryTest {
  private static final int ENTRIES = 50;

  /**
   * Some paths, names, manifests and what reads them; 59 KB in a verification: a buffer of 64 KiB
   * more is too much.
   */
  private static final long MOST_BYTES = 80 * 1024;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir Path root;
  private final SteppedClock clock = new SteppedClock();

  private interface Action {
    void run() throws Exception;
  }

  private static void assertAllocatesLittle(String what, Action action) throws Exception {
    action.run();
    long self = Thread.currentThread().getId();
    long before = THREADS.getThreadAllocatedBytes(self);
    action.run();
    long each = (THREADS.getThreadAllocatedBytes(self) - before) / ENTRIES;
    assertTrue(each < MOST_BYTES, () -> what + " allocates for each entry: " + each);
  }

  private static Fingerprint key(int number) {
    return Payloads.key("key " + number);
  }

  private WarmStartStore opened() {
    return WarmStartStore.open(
        root,
        StoreOptions.defaults()
            .withDurability(Durability.IN_FILES)
            .withClock(clock)
            .withForeignCheckInterval(Duration.ZERO));
  }

  @Test
  void looksAtSmallEntriesAllocateByTheirSize() throws Exception {
    try (WarmStartStore store = opened()) {
      for (int each = 0; each < ENTRIES; each++) {
        store.saveOverwrite(key(each), "run", new byte[100], EntryAttributes.checkpoint());
        store.label(key(each), "name", "value");
      }

      assertAllocatesLittle("verify", () -> assertTrue(store.verify().clean()));
      assertAllocatesLittle("repair", () -> assertTrue(store.repair().clean()));
      assertAllocatesLittle("dry run", () -> store.evictOverflow(true));
      assertAllocatesLittle("sweep", store::evictOverflow);
      assertAllocatesLittle("inspect", store::inspect);
      assertAllocatesLittle(
          "contents",
          () -> {
            for (int each = 0; each < ENTRIES; each++) {
              assertEquals(1, store.contents(key(each)).labels().size());
            }
          });
      assertAllocatesLittle(
          "lookup",
          () -> {
            for (int each = 0; each < ENTRIES; each++) {
              store.lookup(key(each), "run").orElseThrow().close();
            }
          });
    }
  }

  @Test
  void whatIsQuarantinedIsLookedAtByItsSize() throws Exception {
    try (WarmStartStore store = opened()) {
      for (int each = 0; each < ENTRIES; each++) {
        store.saveOverwrite(key(each), "run", new byte[100], EntryAttributes.checkpoint());
        Files.write(KeyFiles.of(root, key(each)).payload("run"), new byte[99]);
      }
      clock.advance(Duration.ofMinutes(10));
      store.repair();
      assertEquals(ENTRIES, store.quarantined(List.of()).items().size());

      assertAllocatesLittle("quarantined", () -> store.quarantined(List.of()));
    }
  }

  @Test
  void anObjectOfARemoteIsReadByItsSize() throws Exception {
    FileObjectStore objects = new FileObjectStore(root);
    Path directory = Files.createDirectories(root.resolve("ab".repeat(32)));
    for (int each = 0; each < ENTRIES; each++) {
      Files.write(directory.resolve("run." + each), new byte[100]);
    }

    assertAllocatesLittle(
        "get",
        () -> {
          for (int each = 0; each < ENTRIES; each++) {
            objects.get("ab".repeat(32) + "/run." + each, (piece, count) -> {});
          }
        });
  }
}
