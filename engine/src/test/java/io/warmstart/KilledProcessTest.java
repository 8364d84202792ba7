package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.InMemory;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreStats;
import io.warmstart.model.VerifyReport;
import io.warmstart.testing.Rounds;
import io.warmstart.testing.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that die by SIGKILL while they save. */
@Tag("slow")
@Tag("once")
@ExtendWith(Seeds.class)
class KilledProcessTest {
  private static final int KILLS = Rounds.times(12);
  private static final int LEAST_ACKNOWLEDGED = 3 * KILLS;

  @TempDir(factory = InMemory.class)
  Path work;

  private record Child(String name, Path acknowledged, ForkedJvm jvm) {
    static Child start(Path work, Path root, int number) throws IOException {
      String name = "child" + number;
      Path acknowledged = work.resolve(name);
      return new Child(
          name,
          acknowledged,
          ForkedJvm.start(
              SavingProcess.class, "until-killed", root.toString(), name, acknowledged.toString()));
    }
  }

  @Test
  void killsLoseNothingThatWasAcknowledged(Random random) throws Exception {
    Path root = Files.createDirectory(work.resolve("root")).toRealPath();
    Map<String, String> shared = new TreeMap<>();
    int acknowledged = 0;
    Deque<Child> running = new ArrayDeque<>();
    try (WarmStartStore store = WarmStartStore.open(root)) {
      for (int kill = 0; kill < KILLS; kill++) {
        // One more starts while one is being killed, and saves beside it.
        while (running.size() < Math.min(2, KILLS - kill)) {
          running.add(Child.start(work, root, kill + running.size()));
        }
        Child child = running.remove();
        child.jvm().awaitLine("ready");
        LockSupport.parkNanos(random.nextLong(TimeUnit.MILLISECONDS.toNanos(60)));
        child.jvm().kill();
        acknowledged += check(store, child, shared);
      }
      checkRoot(store, root, shared);
      assertTrue(acknowledged >= LEAST_ACKNOWLEDGED, "acknowledged: " + acknowledged);
    } finally {
      running.forEach(child -> child.jvm().close());
    }
  }

  /** What the parent finds of a child right after its death. */
  private static int check(WarmStartStore store, Child child, Map<String, String> shared)
      throws IOException {
    int own = -1;
    List<String> lines = Files.readAllLines(child.acknowledged());
    for (String line : lines) {
      String[] words = line.split(" ", -1);
      if (words[0].equals("own")) {
        own = Integer.parseInt(words[1]);
      } else {
        shared.put(
            FaultScenario.entry(Payloads.key("shared"), words[1]), child.name() + " " + words[2]);
      }
    }
    Fingerprint key = Payloads.key(child.name());
    try (Entry entry = store.lookup(key).orElseThrow()) {
      String version = Versions.nameOf(entry);
      assertTrue(
          version.equals(child.name() + " " + own)
              || version.equals(child.name() + " " + (own + 1)),
          "expected=" + own + " or the one after it, actual=" + version);
    }
    // Needs the very lock that the child may have died with.
    FaultScenario.save(store, key, child.name(), "parent", 1);
    store.save(Payloads.key("shared"), new byte[10], EntryAttributes.checkpoint());
    assertEquals(0, store.stats().count(StoreCounter.LOCK_TIMEOUTS), "waited for a dead owner");
    return lines.size();
  }

  private static void checkRoot(WarmStartStore store, Path root, Map<String, String> shared)
      throws IOException {
    assertEquals(0, store.evictOverflow().failures());
    VerifyReport report = store.verify();
    assertTrue(report.clean(), () -> report.problems().toString());
    Map<String, String> whole = RootFiles.read(root).whole;
    shared.forEach((entry, version) -> assertEquals(version, whole.get(entry), entry));
    assertFalse(shared.isEmpty());
    assertEquals(0, store.stats().count(StoreCounter.QUARANTINED));
  }

  /** Rename, rename, look, look: each is done under the lock of the key. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void deathUnderTheLockCostsNobodyATimeOut(int operation) throws Exception {
    Path root = Files.createDirectory(work.resolve("root")).toRealPath();
    String runId = "r";
    Fingerprint key = Payloads.key(runId);
    try (WarmStartStore store = WarmStartStore.open(root)) {
      FaultScenario.save(store, key, runId, "old", 1);
      try (ForkedJvm child =
          ForkedJvm.start(SavingProcess.class, "stop-at", root.toString(), runId, operation + "")) {
        child.awaitLine("stopped");
        child.kill();
      }
      // The pair may be of two versions now: this save comes first to the dead owner's lock.
      FaultScenario.save(store, key, "sibling", "sibling", 9);
      try (Entry entry = store.lookup(key).orElseThrow()) {
        assertEquals(runId, entry.runId());
        assertEquals(operation < 1 ? "old" : "new", Versions.nameOf(entry));
      }
      StoreStats stats = store.stats();
      assertEquals(1, stats.count(StoreCounter.LOCK_BREAKS));
      assertEquals(0, stats.count(StoreCounter.LOCK_TIMEOUTS));
      assertEquals(0, stats.count(StoreCounter.QUARANTINED));

      store.evictOverflow();
      RootFiles files = RootFiles.read(root);
      assertEquals(List.of(), files.staged, "the dead owner's files");
      assertEquals(2, files.whole.size(), files::toString);
      assertTrue(store.verify().clean());
    }
  }
}
