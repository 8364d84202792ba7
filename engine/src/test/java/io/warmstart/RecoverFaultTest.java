package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.InMemory;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.VerifyReport;
import io.warmstart.pair.KeyDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Recoveries, by a sweep and by a repair, and touches that meet a fault at any operation. */
@Tag("slow")
@Tag("once")
class RecoverFaultTest {
  @TempDir(factory = InMemory.class)
  Path work;

  /** A root in which processes have died in every way, and some bytes have rotted. */
  abstract static class Ruins extends FaultScenario {
    @Override
    void prepare(Path root) throws IOException {
      try (WarmStartStore store = openHealthy(root)) {
        save(store, KEY, "cut", "old", 1);
        save(store, KEY, "rotten", "rotten", 2);
        save(store, OTHER, "whole", "bystander", 1);
        save(store, OTHER, "orphan", "orphan", 1);
      }
      cutOffOverwrite(root, KEY, "cut", "new", 1);
      KeyDirectory directory = directory(root, KEY);
      // Another length: a sweep, which hashes nothing that looks right, sees it too.
      Files.write(directory.payload("rotten"), new byte[999]);
      Files.delete(directory(root, OTHER).manifest("orphan"));
    }

    @Override
    void checkAfterwards(WarmStartStore store, FaultOutcome outcome) throws IOException {
      Map<String, String> whole = RootFiles.read(outcome.root).whole;
      assertEquals("bystander", whole.get(entry(OTHER, "whole")));
    }

    @Override
    Map<String, Set<String>> allowed(FaultOutcome outcome) {
      return outcome.fault == Fault.VANISHED
          ? expect(
              entry(KEY, "cut"), List.of("new", ABSENT),
              entry(OTHER, "whole"), List.of("bystander"))
          : expect(entry(KEY, "cut"), List.of("new"), entry(OTHER, "whole"), List.of("bystander"));
    }
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("io.warmstart.FaultMatrix#faults")
  void sweepThatRecoversLosesNothing(Fault fault, boolean persistent) throws IOException {
    FaultMatrix.run(
        work,
        fault,
        persistent,
        80,
        new Ruins() {
          @Override
          void act(WarmStartStore store, FaultOutcome outcome) {
            outcome.report = store.evictOverflow();
          }

          @Override
          void checkAfterwards(WarmStartStore store, FaultOutcome outcome) throws IOException {
            super.checkAfterwards(store, outcome);
            EvictionReport report = outcome.report;
            if (outcome.caused()) {
              assertNotNull(report);
              assertEquals(0, report.failures(), "failures because of a sibling");
            }
          }
        });
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("io.warmstart.FaultMatrix#faults")
  void repairLosesNothing(Fault fault, boolean persistent) throws IOException {
    FaultMatrix.run(
        work,
        fault,
        persistent,
        80,
        new Ruins() {
          @Override
          void act(WarmStartStore store, FaultOutcome outcome) {
            VerifyReport report = store.repair();
            if (outcome.caused()) {
              for (VerifyReport.Problem problem : report.problems()) {
                if (!problem.repaired()) {
                  throw new AssertionError("not repaired because of a sibling: " + problem);
                }
              }
            }
          }

          @Override
          boolean writes() {
            return false;
          }
        });
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("io.warmstart.FaultMatrix#faults")
  void touchLeavesTheEntryWholeAndItsWrittenStamp(Fault fault, boolean persistent)
      throws IOException {
    FaultMatrix.run(
        work,
        fault,
        persistent,
        15,
        new FaultScenario() {
          @Override
          void prepare(Path root) {
            try (WarmStartStore store = openHealthy(root)) {
              save(store, KEY, "r", "read", 1);
            }
          }

          @Override
          void settle(WarmStartStore store) {
            store.lookup(KEY).orElseThrow().close();
          }

          @Override
          void act(WarmStartStore store, FaultOutcome outcome) {
            store.flush();
          }

          @Override
          void checkAfterwards(WarmStartStore store, FaultOutcome outcome) throws IOException {
            if (!outcome.persistent) {
              assertEquals(List.of(), RootFiles.read(outcome.root).staged);
            }
          }

          @Override
          boolean writes() {
            // One error stands for any number of touches.
            return false;
          }

          @Override
          Map<String, Set<String>> allowed(FaultOutcome outcome) {
            return outcome.fault == Fault.VANISHED
                ? expect(entry(KEY, "r"), List.of("read", ABSENT))
                : expect(entry(KEY, "r"), List.of("read"));
          }
        });
  }
}
