package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.InMemory;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.EntryAttributes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A save that meets a fault at any of its operations on files. */
@Tag("slow")
@Tag("once")
class SaveFaultTest {
  @TempDir(factory = InMemory.class)
  Path work;

  /** A save, with an entry of the same key and one of another before it. */
  abstract static class Save extends FaultScenario {
    boolean keyExists() {
      return true;
    }

    @Override
    void prepare(Path root) {
      try (WarmStartStore store = openHealthy(root)) {
        save(store, OTHER, "other", "bystander", 1);
        if (keyExists()) {
          save(store, KEY, "r", "old", 2);
        }
      }
    }

    @Override
    void settle(WarmStartStore store) {
      // The root's bytes are known then: the save ends with its own last step, not with a sweep.
      store.evictOverflow();
    }

    @Override
    void checkAfterwards(WarmStartStore store, FaultOutcome outcome) throws IOException {
      if (outcome.cutOff()) {
        complete(store);
      }
      RootFiles files = RootFiles.read(outcome.root);
      if (outcome.cutOff() || (outcome.thrown != null && !outcome.persistent)) {
        assertEquals(List.of(), files.staged, "staged files of a failed save");
        assertEquals(Map.of(), files.broken, "what a failed save left");
      }
      if (outcome.thrown instanceof DurabilityUnknownException) {
        checkVisible(files, outcome);
      }
    }

    void checkVisible(RootFiles files, FaultOutcome outcome) {}

    /** What completes a save that was cut off, once the disk is well again. */
    void complete(WarmStartStore store) {
      store.evictOverflow();
    }

    /** What lay in the key's directory before, where somebody has removed that. */
    Set<String> before(FaultOutcome outcome, String version) {
      return outcome.fault == Fault.VANISHED ? Set.of(version, ABSENT) : Set.of(version);
    }
  }

  /** The versions that an entry may have after its save has met a fault. */
  static Set<String> versionsOf(FaultOutcome outcome, String old) {
    if (outcome.thrown == null || outcome.thrown instanceof DurabilityUnknownException) {
      return Set.of("new");
    }
    return Set.of(old);
  }

  /** A save under a fresh run id. */
  static class FreshRun extends Save {
    @Override
    void act(WarmStartStore store, FaultOutcome outcome) {
      outcome.runId = store.save(KEY, Versions.payload("new", 1000), EntryAttributes.checkpoint());
    }

    @Override
    void checkAfterwards(WarmStartStore store, FaultOutcome outcome) throws IOException {
      super.checkAfterwards(store, outcome);
      // If it threw, nobody was told its run id.
      RootFiles files = RootFiles.read(outcome.root);
      Set<String> names = new TreeSet<>(files.whole.keySet());
      names.addAll(files.broken.keySet());
      for (String name : names) {
        if (name.startsWith(KEY.toHex()) && !name.endsWith("/r")) {
          outcome.runId = name.substring(name.indexOf('/') + 1);
        }
      }
    }

    @Override
    Map<String, Set<String>> allowed(FaultOutcome outcome) {
      Map<String, Set<String>> allowed = expect(entry(OTHER, "other"), List.of("bystander"));
      if (keyExists()) {
        allowed.put(entry(KEY, "r"), before(outcome, "old"));
      }
      if (outcome.runId != null) {
        allowed.put(entry(KEY, outcome.runId), versionsOf(outcome, ABSENT));
      }
      return allowed;
    }
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("io.warmstart.FaultMatrix#faults")
  void firstSaveOfAKeyIsWholeOrNothing(Fault fault, boolean persistent) throws IOException {
    FaultMatrix.run(
        work,
        fault,
        persistent,
        15,
        new FreshRun() {
          @Override
          boolean keyExists() {
            return false;
          }
        });
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("io.warmstart.FaultMatrix#faults")
  void saveBesideAnEntryLeavesThatEntryWhole(Fault fault, boolean persistent) throws IOException {
    FaultMatrix.run(work, fault, persistent, 12, new FreshRun());
  }

  /** An overwrite. */
  static class Overwrite extends Save {
    int payloadBytes() {
      return 1000;
    }

    @Override
    void act(WarmStartStore store, FaultOutcome outcome) {
      store.saveOverwrite(
          KEY,
          "r",
          Versions.payload("new", payloadBytes()),
          EntryAttributes.checkpoint().withObjective(1));
    }

    @Override
    void complete(WarmStartStore store) {
      try (Entry entry = store.lookup(KEY).orElseThrow()) {
        assertEquals("new", Versions.nameOf(entry), "visible to lookups at once");
      }
    }

    @Override
    void checkVisible(RootFiles files, FaultOutcome outcome) {
      assertEquals("new", files.whole.get(entry(KEY, "r")), "visible, as the error says");
    }

    @Override
    Map<String, Set<String>> allowed(FaultOutcome outcome) {
      Map<String, Set<String>> allowed = expect(entry(OTHER, "other"), List.of("bystander"));
      allowed.put(entry(KEY, "r"), versionsOf(outcome, "old"));
      return allowed;
    }
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("io.warmstart.FaultMatrix#faults")
  void overwriteIsNewIfItReturnsAndOldIfItThrows(Fault fault, boolean persistent)
      throws IOException {
    FaultMatrix.run(work, fault, persistent, 22, new Overwrite());
  }

  /** What that has replaced still waits to be freed, and a full disk is a reason to free it. */
  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("io.warmstart.FaultMatrix#faults")
  void overwriteRightAfterAnotherIsNewIfItReturnsAndOldIfItThrows(Fault fault, boolean persistent)
      throws IOException {
    FaultMatrix.run(
        work,
        fault,
        persistent,
        20,
        new Overwrite() {
          @Override
          void settle(WarmStartStore store) {
            super.settle(store);
            save(store, KEY, "r", "old", 2);
          }
        });
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("io.warmstart.FaultMatrix#faults")
  void overwriteWithALargePayloadIsNewIfItReturnsAndOldIfItThrows(Fault fault, boolean persistent)
      throws IOException {
    // Synced before its manifest is stamped.
    FaultMatrix.run(work, fault, persistent, 24, overwriteOf(1024 * 1024 + 1));
  }

  private static Overwrite overwriteOf(int bytes) {
    return new Overwrite() {
      @Override
      int payloadBytes() {
        return bytes;
      }
    };
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("io.warmstart.FaultMatrix#faults")
  void faultInTheSweepAfterASaveDoesNotFailIt(Fault fault, boolean persistent) throws IOException {
    FaultMatrix.run(
        work,
        fault,
        persistent,
        30,
        new Overwrite() {
          @Override
          boolean keepsEngineFiles() {
            // Nobody has counted the root's bytes: the save ends with a sweep.
            return false;
          }

          @Override
          void settle(WarmStartStore store) {}

          @Override
          Map<String, Set<String>> allowed(FaultOutcome outcome) {
            Map<String, Set<String>> allowed = super.allowed(outcome);
            if (outcome.fault == Fault.VANISHED) {
              // Removed by a person, perhaps after the save was done with it.
              allowed.put(entry(KEY, "r"), Set.of("new", ABSENT));
            }
            return allowed;
          }
        });
  }
}
