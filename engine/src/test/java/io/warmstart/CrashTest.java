package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.CrashingFileOps;
import io.warmstart.io.InMemory;
import io.warmstart.io.JournalledFileOps;
import io.warmstart.io.Trees;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Crash images at every file operation of a flow, of a death of the process and of a power cut;
 * each recovers in each of three ways to what the promise allows.
 */
@Tag("slow")
@Tag("once")
class CrashTest {
  private static final Fingerprint KEY = FaultScenario.KEY;

  @TempDir(factory = InMemory.class)
  Path work;

  /** An operation on a store. */
  private interface Act {
    void on(WarmStartStore store);
  }

  /** Runs an operation, and finds every image of it. */
  private void crash(
      CrashFinder finder,
      Path root,
      Act act,
      Map<String, Set<String>> during,
      Map<String, Set<String>> afterwards)
      throws IOException {
    CrashingFileOps ops = new CrashingFileOps(new JournalledFileOps(root), root.toRealPath(), true);
    StoreOptions options =
        StoreOptions.defaults()
            .withClock(FaultScenario.AHEAD)
            .withSizeBudgetBytes(4000)
            .withFileOps(ops);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      ops.arm();
      act.on(store);
      finder.findAll(ops, during);
      ops.arrive();
      finder.findAll(ops, afterwards);
    }
  }

  private Path rootWith(String... versions) throws IOException {
    return rootWith(work, versions);
  }

  /** A root with one entry for each version, under run ids r0, r1 and so on. */
  static Path rootWith(Path work, String... versions) throws IOException {
    Path root = Files.createDirectory(work.resolve("root"));
    try (WarmStartStore store = FaultScenario.openHealthy(root)) {
      for (int i = 0; i < versions.length; i++) {
        FaultScenario.save(store, KEY, "r" + i, versions[i], 1);
      }
    }
    Trees.delete(root.resolve(".warmstart"));
    return root;
  }

  private static String entry(String runId) {
    return FaultScenario.entry(KEY, runId);
  }

  @ParameterizedTest
  @EnumSource
  void overwriteLeavesOneWholeVersionAndTheNewOneOnceItHasReturned(CrashFinder.Finder by)
      throws IOException {
    CrashFinder finder = new CrashFinder(work, by);
    crash(
        finder,
        rootWith("old"),
        store -> FaultScenario.save(store, KEY, "r0", "new", 1),
        FaultScenario.expect(entry("r0"), List.of("old", "new")),
        FaultScenario.expect(entry("r0"), List.of("new")));
    assertTrue(finder.images() >= 24, "images: " + finder.images());
  }

  @ParameterizedTest
  @EnumSource
  void firstSaveLeavesNothingOrTheEntryAndTheEntryOnceItHasReturned(CrashFinder.Finder by)
      throws IOException {
    CrashFinder finder = new CrashFinder(work, by);
    crash(
        finder,
        rootWith(),
        store -> FaultScenario.save(store, KEY, "r0", "new", 1),
        FaultScenario.expect(entry("r0"), List.of(FaultScenario.ABSENT, "new")),
        FaultScenario.expect(entry("r0"), List.of("new")));
    assertTrue(finder.images() >= 30, "images: " + finder.images());
  }

  @ParameterizedTest
  @EnumSource
  void evictionLeavesEachEntryWholeOrGone(CrashFinder.Finder by) throws IOException {
    CrashFinder finder = new CrashFinder(work, by);
    crash(
        finder,
        rootWith("a", "b", "c", "d"),
        WarmStartStore::evictOverflow,
        FaultScenario.expect(
            entry("r0"), List.of("a", FaultScenario.ABSENT),
            entry("r1"), List.of("b", FaultScenario.ABSENT),
            entry("r2"), List.of("c"),
            entry("r3"), List.of("d")),
        FaultScenario.expect(
            entry("r0"), List.of("a", FaultScenario.ABSENT),
            entry("r1"), List.of("b", FaultScenario.ABSENT),
            entry("r2"), List.of("c"),
            entry("r3"), List.of("d")));
    assertTrue(finder.images() >= 10, "images: " + finder.images());
  }

  @ParameterizedTest
  @EnumSource
  void touchLeavesTheEntryWhole(CrashFinder.Finder by) throws IOException {
    CrashFinder finder = new CrashFinder(work, by);
    crash(
        finder,
        rootWith("a"),
        store -> {
          store.lookup(KEY).orElseThrow().close();
          store.flush();
        },
        FaultScenario.expect(entry("r0"), List.of("a")),
        FaultScenario.expect(entry("r0"), List.of("a")));
    assertTrue(finder.images() >= 5, "images: " + finder.images());
  }

  @ParameterizedTest
  @EnumSource
  void recoveryThatCrashesRecoversAgain(CrashFinder.Finder by) throws IOException {
    Path root = rootWith("old");
    FaultScenario.cutOffOverwrite(root, KEY, "r0", "new", 1);
    Trees.delete(root.resolve(".warmstart"));
    CrashFinder finder = new CrashFinder(work, by);
    crash(
        finder,
        root,
        WarmStartStore::evictOverflow,
        FaultScenario.expect(entry("r0"), List.of("new")),
        FaultScenario.expect(entry("r0"), List.of("new")));
    assertTrue(finder.images() >= 5, "images: " + finder.images());
  }
}
