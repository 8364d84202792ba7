package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.format.Owner;
import io.warmstart.format.StagedName;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreException;
import io.warmstart.model.VerifyReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Symbolic links, pipes and directories planted where files of an entry belong: nothing hangs, and
 * nothing that they lead to is read, written or removed.
 */
@Tag("slow")
@Tag("once")
class HostileFilesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path parent;
  private final Fingerprint key = Payloads.key("hostile files");
  private Path root;
  private Canary canary;
  private KeyFiles files;

  @BeforeEach
  void saveTwoEntries() throws IOException {
    root = Files.createDirectory(parent.resolve("root"));
    canary = Canary.in(parent.resolve("outside"));
    files = KeyFiles.of(root, key);
    try (WarmStartStore store = WarmStartStore.open(root)) {
      save(store, "best", 1);
      save(store, "second", 2);
    }
  }

  @AfterEach
  void nothingOutsideWasTouched() throws IOException {
    canary.assertUntouched();
  }

  private void save(WarmStartStore store, String runId, double objective) {
    store.saveOverwrite(
        key, runId, new byte[] {1, 2, 3}, EntryAttributes.checkpoint().withObjective(objective));
  }

  /** What is planted in place of a file, which is moved outside first. */
  enum Plant {
    LINK,
    DANGLING_LINK,
    PIPE,
    DIRECTORY,
    FULL_DIRECTORY
  }

  private void plant(Plant plant, Path place) throws IOException {
    Path target = canary.place().resolve("moved");
    if (Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
      Files.move(place, target);
    } else {
      Files.writeString(target, "a target");
    }
    switch (plant) {
      case LINK -> Files.createSymbolicLink(place, target);
      case DANGLING_LINK -> Files.createSymbolicLink(place, canary.place().resolve("nowhere"));
      case PIPE -> makePipe(place);
      case DIRECTORY -> Files.createDirectory(place);
      case FULL_DIRECTORY -> Files.writeString(Files.createDirectory(place).resolve("x"), "x");
    }
    canary.settle();
  }

  private static void makePipe(Path place) throws IOException {
    try {
      assertEquals(0, new ProcessBuilder("mkfifo", place.toString()).start().waitFor());
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** Everything that looks at a key, with the second entry to be found. */
  private void assertOnlyTheSecondIsFound() {
    assertTimeoutPreemptively(
        PATIENCE,
        () -> {
          try (WarmStartStore readOnly =
              WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true))) {
            assertEquals("second", runId(readOnly));
            assertEquals("second", readOnly.explain(key, Ranking.LATEST).winner().orElseThrow());
          }
          try (WarmStartStore store =
              WarmStartStore.open(root, StoreOptions.defaults().withClock(FaultScenario.AHEAD))) {
            assertEquals(
                "second", store.explain(key, Ranking.LOWEST_OBJECTIVE).winner().orElseThrow());
            assertEquals("second", runId(store));
            store.evictOverflow();
            store.repair();
            assertEquals("second", runId(store));
            assertTrue(store.verify().clean());
          }
        });
  }

  private String runId(WarmStartStore store) {
    try (Entry entry = store.lookup(key).orElseThrow()) {
      return entry.runId();
    }
  }

  @ParameterizedTest
  @EnumSource(Plant.class)
  void inPlaceOfAManifestItIsSetAsideUnopenedAndTheRunnerUpIsFound(Plant plant) throws Exception {
    plant(plant, files.manifest("best"));
    assertOnlyTheSecondIsFound();
    assertEquals(List.of("second.bin", "second.json"), files.names());
  }

  @ParameterizedTest
  @EnumSource(Plant.class)
  void inPlaceOfAPayloadItIsSetAsideUnopenedAndTheRunnerUpIsFound(Plant plant) throws Exception {
    plant(plant, files.payload("best"));
    assertOnlyTheSecondIsFound();
    assertEquals(List.of("second.bin", "second.json"), files.names());
  }

  @ParameterizedTest
  @EnumSource(
      value = Plant.class,
      names = {"LINK", "DANGLING_LINK", "PIPE"})
  void anOverwriteReplacesItAndNotWhatItLeadsTo(Plant plant) throws Exception {
    plant(plant, files.payload("best"));
    Files.delete(files.manifest("best"));
    Files.createSymbolicLink(files.manifest("best"), canary.treasure());
    assertTimeoutPreemptively(
        PATIENCE,
        () -> {
          try (WarmStartStore store = WarmStartStore.open(root)) {
            save(store, "best", 0);
            assertEquals("best", runId(store));
            assertTrue(store.verify().clean());
          }
        });
  }

  @ParameterizedTest
  @EnumSource(
      value = Plant.class,
      names = {"DIRECTORY", "FULL_DIRECTORY"})
  void anOverwriteOfADirectoryFailsWithAClearErrorAndLeavesNothing(Plant plant) throws Exception {
    plant(plant, files.payload("best"));
    List<String> before = files.names();
    try (WarmStartStore store = WarmStartStore.open(root)) {
      StoreException failed = assertThrows(StoreException.class, () -> save(store, "best", 0));
      assertTrue(String.valueOf(failed.getMessage()).contains(files.directory().toString()));
      assertEquals(StoreException.class, failed.getClass(), failed::getMessage);
    }
    assertEquals(before, files.names());
  }

  @ParameterizedTest
  @EnumSource(Plant.class)
  void underAStagedNameOfADeadOwnerItNeitherMendsNorBlocksASweep(Plant plant) throws Exception {
    Owner dead = new Owner(7, bootOfThisHost(), 1);
    Files.delete(files.manifest("best"));
    for (StagedName.Role role : StagedName.Role.values()) {
      Path place = files.file(new StagedName("best", role, dead, 1).toText());
      plant(plant, place);
      Files.delete(canary.place().resolve("moved"));
    }
    canary.settle();
    assertTimeoutPreemptively(
        PATIENCE,
        () -> {
          try (WarmStartStore store =
              WarmStartStore.open(root, StoreOptions.defaults().withClock(FaultScenario.AHEAD))) {
            EvictionReport report = store.evictOverflow();
            assertEquals(0, report.failures());
            assertEquals(0, report.rolledForward());
            assertEquals("second", runId(store));
          }
          StoreOptions nothingFits =
              StoreOptions.defaults()
                  .withSizeBudgetBytes(0)
                  .withPolicy(PolicyUse.THIS_STORE_ONLY)
                  .withForeignCheckInterval(Duration.ZERO);
          try (WarmStartStore store = WarmStartStore.open(root, nothingFits)) {
            store.evictOverflow();
            assertTrue(store.lookup(key).isEmpty());
          }
        });
    boolean left = plant == Plant.FULL_DIRECTORY;
    assertEquals(left ? 3 : 0, files.names().stream().filter(n -> n.contains("~")).count());
  }

  private long bootOfThisHost() throws IOException {
    StoreOptions options = StoreOptions.defaults();
    Engine engine = EngineRegistry.acquire(root.toRealPath(), options.engineOptions());
    try {
      return engine.siblings().controlFile().orElseThrow().owner().boot();
    } finally {
      EngineRegistry.release(engine);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Plant.class,
      names = {"LINK", "DANGLING_LINK", "PIPE"})
  void inPlaceOfAKeyDirectoryItIsNoKeyAndSavesToItFailClearly(Plant plant) throws Exception {
    plant(plant, files.directory());
    StoreOptions nothingFits =
        StoreOptions.defaults()
            .withSizeBudgetBytes(0)
            .withPolicy(PolicyUse.THIS_STORE_ONLY)
            .withForeignCheckInterval(Duration.ZERO);
    assertTimeoutPreemptively(
        PATIENCE,
        () -> {
          try (WarmStartStore store = WarmStartStore.open(root, nothingFits)) {
            assertTrue(store.lookup(key).isEmpty());
            assertTrue(store.explain(key, Ranking.LATEST).candidates().isEmpty());
            StoreException failed =
                assertThrows(StoreException.class, () -> save(store, "best", 0));
            assertTrue(
                String.valueOf(failed.getMessage()).contains("not a directory"),
                failed::getMessage);
            store.evictOverflow();
            assertEquals(0, store.inspect().entries());
            VerifyReport report = store.repair();
            assertEquals(
                List.of("not a directory"),
                report.problems().stream().map(VerifyReport.Problem::kind).toList());
          }
        });
    assertFalse(Files.isDirectory(files.directory(), LinkOption.NOFOLLOW_LINKS));
  }

  /** A hit is carried to its manifest later: by then its directory may have become a link. */
  @Test
  void aTouchDoesNotFollowADirectoryThatBecameALink() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      assertEquals("best", runId(store));
      Path moved = canary.place().resolve("moved");
      Files.move(files.directory(), moved);
      Files.createSymbolicLink(files.directory(), moved);
      canary.settle();
      store.flush();
    }
  }
}
