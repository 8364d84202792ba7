package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.InMemory;
import io.warmstart.io.Trees;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreCounter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An index that is made again from so many keys that several threads do it. */
@Tag("slow")
@Tag("once")
class RebuildTest {
  private static final int KEYS = 2500;
  private static final byte[] PAYLOAD = {1, 2, 3, 4, 5};

  @TempDir(factory = InMemory.class)
  Path root;

  private int broken;

  private static Fingerprint key(int number) {
    return Payloads.key("rebuild " + number);
  }

  private static boolean isBroken(int number) {
    return number % 100 == 17;
  }

  /** Most keys have a pair that can be read; some one of another schema. */
  @BeforeEach
  void write() throws IOException {
    KeyFiles model = KeyFiles.of(root, key(0));
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.saveOverwrite(key(0), "run", PAYLOAD, EntryAttributes.checkpoint().withObjective(1));
    }
    Trees.delete(root.resolve(".warmstart"));
    for (int number = 1; number < KEYS; number++) {
      KeyFiles files = KeyFiles.created(root, key(number));
      Files.copy(model.manifest("run"), files.manifest("run"));
      Files.copy(model.payload("run"), files.payload("run"));
      if (isBroken(number)) {
        files.editManifest("run", "\"schema_version\": 1", "\"schema_version\": 2");
        broken++;
      }
    }
  }

  @Test
  void itFindsAndMendsWhatOneThreadWould() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      EvictionReport report = store.evictOverflow();
      assertEquals(0, report.failures());
      assertEquals(broken, store.stats().count(StoreCounter.QUARANTINED));
      assertEquals(KEYS - broken, report.entriesBefore());
      assertEquals(KEYS - broken, store.inspect().entries());
      assertEquals(KeyFiles.bytesOf(root), store.inspect().bytes());
      assertEquals(KeyFiles.bytesOf(root), report.bytesAfter());
      assertTrue(store.verify().problems().isEmpty());
      EvictionReport again = store.evictOverflow();
      assertEquals(KEYS - broken, again.entriesBefore());
      assertEquals(report.bytesAfter(), again.bytesAfter());
    }
  }

  @Test
  void lookupsAreAnsweredMeanwhile() throws Exception {
    AtomicBoolean rebuilt = new AtomicBoolean();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    try (WarmStartStore store = WarmStartStore.open(root)) {
      Thread reader =
          new Thread(
              () -> {
                try (Entry entry = new Entry()) {
                  int number = 0;
                  while (!rebuilt.get() || number < 100) {
                    int each = number++ % KEYS;
                    if (!isBroken(each)) {
                      assertTrue(store.lookup(key(each), Ranking.LATEST, entry));
                      assertArrayEquals(PAYLOAD, Payloads.bytes(entry));
                    }
                  }
                } catch (Throwable e) {
                  failure.set(e);
                }
              });
      reader.start();
      assertEquals(KEYS - broken, store.evictOverflow().entriesBefore());
      rebuilt.set(true);
      reader.join();
    }
    assertNull(failure.get());
  }
}
