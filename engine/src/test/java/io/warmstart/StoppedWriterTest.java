package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A writer is stopped under the lock of a key, between its two renames at worst. Lookups used to
 * wait 2 s for its lock, each of them, before they returned the version that it keeps.
 */
@Timeout(120)
class StoppedWriterTest {
  private static final long SOON_MILLIS = 900;
  private static final int LOOKUPS = 8;
  private static final String RUN = "r";
  private static final Fingerprint KEY = Payloads.key(RUN);

  /** The operations of an overwrite under the lock: link, rename, rename, look, look, unlink. */
  private static final int SECOND_RENAME = 2;

  @TempDir Path work;
  private Path root;

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(work.resolve("root")).toRealPath();
  }

  private ForkedJvm stoppedBefore(int operation) throws Exception {
    ForkedJvm writer =
        ForkedJvm.start(SavingProcess.class, "stop-at", root.toString(), RUN, operation + "");
    writer.awaitLine("stopped");
    return writer;
  }

  /** The version that a lookup finds; and how long the fastest took, whatever else runs here. */
  private static long fastestMillis(WarmStartStore store, Ranking ranking, String version) {
    OptionalLong fastest = OptionalLong.empty();
    for (int each = 0; each < LOOKUPS; each++) {
      long begin = System.nanoTime();
      try (Entry entry = store.lookup(KEY, ranking).orElseThrow()) {
        assertEquals(version, Versions.nameOf(entry));
      }
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
      fastest = OptionalLong.of(Math.min(fastest.orElse(millis), millis));
    }
    return fastest.orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  void lookupsBesideAStoppedWriterAreAnsweredSoon(int operation) throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      FaultScenario.save(store, KEY, RUN, "old", 1);
      FaultScenario.save(store, KEY, "runner-up", "worse", 9);
      try (ForkedJvm writer = stoppedBefore(operation)) {
        String whole = operation <= SECOND_RENAME ? "old" : "new";

        long millis = fastestMillis(store, Ranking.LOWEST_OBJECTIVE, whole);

        assertTrue(millis < SOON_MILLIS, "fastest: " + millis + " ms");
        assertNothingWasSetAside(store);
        if (operation == SECOND_RENAME) {
          Map<String, Long> counters = store.stats().counters();
          assertTrue(counters.getOrDefault("lock_timeouts", 0L) >= LOOKUPS, counters::toString);
        }
        writer.kill();
      }
      // Whoever comes next to the lock completes what the dead one has left.
      String completed = operation < SECOND_RENAME ? "old" : "new";
      assertEquals(completed, nameOf(store));
      assertNothingWasSetAside(store);
    }
  }

  private static String nameOf(WarmStartStore store) {
    try (Entry entry = store.lookup(KEY).orElseThrow()) {
      return Versions.nameOf(entry);
    }
  }

  private void assertNothingWasSetAside(WarmStartStore store) throws IOException {
    assertEquals(0, store.stats().counters().get("quarantined"));
    assertEquals(List.of(), RootFiles.read(root).quarantined);
  }

  /** On a file system without links nothing is kept: then the runner-up must do, and soon. */
  @Test
  void whereNothingIsKeptTheRunnerUpIsFoundWithinASecond() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      FaultScenario.save(store, KEY, RUN, "old", 1);
      FaultScenario.save(store, KEY, "runner-up", "worse", 9);
      try (ForkedJvm writer = stoppedBefore(SECOND_RENAME)) {
        KeyFiles files = KeyFiles.of(root, KEY);
        for (String name : files.names()) {
          if (name.contains("~previous~")) {
            Files.delete(files.file(name));
          }
        }

        long millis = fastestMillis(store, Ranking.LOWEST_OBJECTIVE, "worse");

        assertTrue(millis < 1000, "fastest: " + millis + " ms");
        assertNothingWasSetAside(store);
        writer.kill();
      }
      assertEquals("new", nameOf(store));
    }
  }

  /** Its lock has other keys under it; what is bad there waits, and is in nobody's way. */
  @Test
  void anUnreadableManifestUnderALockThatIsNotToBeHadHoldsNobodyUp() throws Exception {
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withClock(FaultScenario.AHEAD))) {
      FaultScenario.save(store, KEY, RUN, "old", 1);
      FaultScenario.save(store, KEY, "runner-up", "worse", 9);
      Files.writeString(KeyFiles.of(root, KEY).file("bad.json"), "{");
      Files.writeString(KeyFiles.of(root, KEY).file("worse.json"), "{");
      try (ForkedJvm writer = stoppedBefore(SECOND_RENAME)) {
        long millis = fastestMillis(store, Ranking.LOWEST_OBJECTIVE, "old");

        assertTrue(millis < 1000, "fastest: " + millis + " ms");
        assertNothingWasSetAside(store);
        writer.kill();
      }
      assertEquals("new", nameOf(store));
      assertTrue(RootFiles.read(root).quarantined.size() >= 2, "now it was to be had");
    }
  }
}
