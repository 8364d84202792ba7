package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.Durability;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What one process has reserved, and others find of it: while it lives, is dead, is adopted. */
@Tag("slow")
@Tag("once")
class ReservedDeathTest {
  @TempDir Path root;

  private static int version(WarmStartStore store, Fingerprint key) {
    try (Entry entry = store.lookupLatest(key).orElseThrow()) {
      int version = (int) entry.iteration().orElseThrow();
      assertEquals("v" + version, Versions.nameOf(entry));
      return version;
    }
  }

  private List<Path> segments() throws IOException {
    try (var files = Files.list(root.resolve(".warmstart/journal"))) {
      return files.toList();
    }
  }

  /** In the journal, and outside the heap. The JVM died of it. */
  @ParameterizedTest
  @ValueSource(ints = {1024, 4_000_000})
  void whoWritesWhileTheStoreIsClosedIsStoppedByTheBuffersEnd(int length) throws Exception {
    try (ForkedJvm child =
        ForkedJvm.start(
            ReservingProcess.class,
            root.toString(),
            Integer.toString(length),
            "",
            "write until closed")) {
      child.awaitLine("done");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "PROCESS_SAFE,commit",
    "PROCESS_SAFE,abort",
    "PROCESS_SAFE,nothing",
    "POWER_SAFE,commit",
    "POWER_SAFE,nothing"
  })
  void whatWasCommittedIsFoundAndNothingElse(Durability durability, String what) throws Exception {
    Fingerprint key = Payloads.key("k");
    Fingerprint second = Payloads.key("k2");
    try (WarmStartStore store = WarmStartStore.open(root)) {
      int behind;
      int expected;
      try (ForkedJvm child =
          ForkedJvm.start(ReservingProcess.class, root.toString(), "k", durability.name(), what)) {
        behind = Integer.parseInt(child.awaitLine("reserved"));
        // What was appended behind it is found, and read on from there.
        assertEquals(behind, version(store, key));
        child.tell();
        child.awaitLine("done");
        expected = what.equals("commit") ? behind + 1 : behind;
        assertEquals(expected, version(store, key));
        assertEquals(1, version(store, second));
        child.kill();
      }
      assertEquals(expected, version(store, key));
      // Somebody who has not looked before.
      try (WarmStartStore reader =
          WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true))) {
        assertEquals(expected, version(reader, key));
      }
      Await.until("the segment is adopted", () -> segments().isEmpty());
      assertEquals(expected, version(store, key));
      assertEquals(1, version(store, second));
      byte[] pair = Files.readAllBytes(root.resolve(key.toHex()).resolve("r.bin"));
      assertEquals("v" + expected, Versions.nameOf(pair));
      assertTrue(store.verify().clean(), () -> store.verify().problems().toString());
      assertEquals(0, store.stats().count(StoreCounter.JOURNAL_FAILURES));
    }
  }
}
