package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.InMemory;
import io.warmstart.model.Durability;
import io.warmstart.model.Explanation;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreCounter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A writer is stopped under the lock of a key, between its two renames at worst. Lookups used to
 * wait 2 s for its lock, each of them, before they answered.
 */
@Tag("slow")
@Tag("once")
@Timeout(120)
class StoppedWriterTest {
  private static final long SOON_MILLIS = 900;
  private static final int LOOKUPS = 3;
  private static final String RUN = "r";
  private static final Fingerprint KEY = Payloads.key(RUN);

  /** The operations of an overwrite from its first rename on: rename, rename, look, look. */
  private static final int SECOND_RENAME = 1;

  @TempDir(factory = InMemory.class)
  Path work;

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
  @ValueSource(ints = {0, 1, 2, 3})
  void lookupsBesideAStoppedWriterAreAnsweredSoon(int operation) throws Exception {
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withDurability(Durability.IN_FILES))) {
      FaultScenario.save(store, KEY, RUN, "old", 1);
      FaultScenario.save(store, KEY, "runner-up", "worse", 9);
      try (ForkedJvm writer = stoppedBefore(operation)) {
        String whole = operation < SECOND_RENAME ? "old" : "new";

        long millis = fastestMillis(store, Ranking.LOWEST_OBJECTIVE, whole);

        assertTrue(millis < SOON_MILLIS, "fastest: " + millis + " ms");
        assertNothingWasSetAside(store);
        assertEquals(0, store.stats().count(StoreCounter.LOCK_TIMEOUTS), "nobody waits for it");
        writer.kill();
      }
      // The next one to take the lock completes what the dead one has left.
      assertEquals(operation < SECOND_RENAME ? "old" : "new", nameOf(store));
      assertNothingWasSetAside(store);
      assertEquals(Map.of(), RootFiles.read(root).broken);
    }
  }

  private static String nameOf(WarmStartStore store) {
    try (Entry entry = store.lookup(KEY).orElseThrow()) {
      return Versions.nameOf(entry);
    }
  }

  private void assertNothingWasSetAside(WarmStartStore store) throws IOException {
    assertEquals(0, store.stats().count(StoreCounter.QUARANTINED));
    assertEquals(List.of(), RootFiles.read(root).quarantined);
  }

  /**
   * The new version may rank otherwise than the one before it, of which the manifest in place still
   * tells.
   */
  @Test
  void theVersionThatIsBeingPublishedIsRankedByItsOwnFacts() throws Exception {
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withDurability(Durability.IN_FILES))) {
      FaultScenario.save(store, KEY, "runner-up", "better", 0.5);
      FaultScenario.save(store, KEY, RUN, "old", -1);
      try (ForkedJvm writer = stoppedBefore(SECOND_RENAME)) {
        assertEquals("better", nameOf(store));
        try (Entry latest = store.lookupLatest(KEY).orElseThrow()) {
          assertEquals("new", Versions.nameOf(latest));
        }
        Explanation explanation = store.explain(KEY, Ranking.LATEST);
        assertEquals(Optional.of(RUN), explanation.winner(), explanation::toString);
        writer.kill();
      }
    }
  }

  /** What a program does that takes no lock and removes what it does not know. */
  @Test
  void whereTheStagedManifestIsGoneTheRunnerUpIsFoundSoon() throws Exception {
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withDurability(Durability.IN_FILES))) {
      FaultScenario.save(store, KEY, RUN, "old", 1);
      FaultScenario.save(store, KEY, "runner-up", "worse", 9);
      try (ForkedJvm writer = stoppedBefore(SECOND_RENAME)) {
        KeyFiles files = KeyFiles.of(root, KEY);
        for (String name : files.names()) {
          if (name.contains("~manifest~")) {
            Files.delete(files.file(name));
          }
        }

        long millis = fastestMillis(store, Ranking.LOWEST_OBJECTIVE, "worse");

        assertTrue(millis < 1500, "fastest: " + millis + " ms");
        assertNothingWasSetAside(store);
        writer.kill();
      }
      assertEquals("worse", nameOf(store));
    }
  }

  /** Its lock has other keys under it; what is bad there waits, and is in nobody's way. */
  @Test
  void anUnreadableManifestUnderALockThatIsNotToBeHadHoldsNobodyUp() throws Exception {
    try (WarmStartStore store =
        WarmStartStore.open(
            root,
            StoreOptions.defaults()
                .withDurability(Durability.IN_FILES)
                .withClock(FaultScenario.AHEAD))) {
      FaultScenario.save(store, KEY, RUN, "old", 1);
      FaultScenario.save(store, KEY, "runner-up", "worse", 9);
      Files.writeString(KeyFiles.of(root, KEY).file("bad.json"), "{");
      Files.writeString(KeyFiles.of(root, KEY).file("worse.json"), "{");
      try (ForkedJvm writer = stoppedBefore(SECOND_RENAME)) {
        long millis = fastestMillis(store, Ranking.LOWEST_OBJECTIVE, "new");

        assertTrue(millis < 1500, "fastest: " + millis + " ms");
        assertNothingWasSetAside(store);
        writer.kill();
      }
      assertEquals("new", nameOf(store));
      assertTrue(RootFiles.read(root).quarantined.size() >= 2, "now it could be taken");
    }
  }
}
