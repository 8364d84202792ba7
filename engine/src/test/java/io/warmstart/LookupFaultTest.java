package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.InMemory;
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

/** A lookup that meets a fault at any of its operations on files. */
@Tag("slow")
@Tag("once")
class LookupFaultTest {
  @TempDir(factory = InMemory.class)
  Path work;

  /** A lookup by objective among a best entry and a runner-up. */
  static class Lookup extends FaultScenario {
    @Override
    void prepare(Path root) throws IOException {
      try (WarmStartStore store = openHealthy(root)) {
        save(store, KEY, "best", "best", 1);
        save(store, KEY, "second", "second", 2);
      }
    }

    @Override
    void act(WarmStartStore store, FaultOutcome outcome) {
      store
          .lookup(KEY)
          .ifPresent(
              entry -> {
                try (entry) {
                  outcome.runId = entry.runId();
                  outcome.read = Versions.nameOf(entry);
                }
              });
    }

    @Override
    void checkAfterwards(WarmStartStore store, FaultOutcome outcome) throws IOException {
      if (outcome.read != null) {
        String entry = entry(KEY, String.valueOf(outcome.runId));
        assertTrue(allowed(outcome).getOrDefault(entry, Set.of()).contains(outcome.read));
      } else if (outcome.fault != Fault.VANISHED) {
        assertNotNull(outcome.thrown, "an entry exists: nothing else may pass for a miss");
      }
    }

    @Override
    Map<String, Set<String>> allowed(FaultOutcome outcome) {
      return outcome.fault == Fault.VANISHED
          ? expect(
              entry(KEY, "best"), List.of("best", ABSENT),
              entry(KEY, "second"), List.of("second", ABSENT))
          : expect(entry(KEY, "best"), List.of("best"), entry(KEY, "second"), List.of("second"));
    }

    @Override
    boolean writes() {
      return false;
    }
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("io.warmstart.FaultMatrix#faults")
  void hitIsTheRightPayloadOrAnError(Fault fault, boolean persistent) throws IOException {
    FaultMatrix.run(work, fault, persistent, 14, new Lookup());
  }

  /** One of two entries is proven bad. */
  abstract static class BadBest extends Lookup {
    abstract void spoil(KeyDirectory directory) throws IOException;

    @Override
    void prepare(Path root) throws IOException {
      super.prepare(root);
      spoil(directory(root, KEY));
    }

    @Override
    Map<String, Set<String>> allowed(FaultOutcome outcome) {
      return outcome.fault == Fault.VANISHED
          ? expect(entry(KEY, "second"), List.of("second", ABSENT))
          : expect(entry(KEY, "second"), List.of("second"));
    }
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("io.warmstart.FaultMatrix#faults")
  void mismatchGivesTheRunnerUpOrAnError(Fault fault, boolean persistent) throws IOException {
    FaultMatrix.run(
        work,
        fault,
        persistent,
        30,
        new BadBest() {
          @Override
          void spoil(KeyDirectory directory) throws IOException {
            byte[] payload = Files.readAllBytes(directory.payload("best"));
            payload[500] ^= 1;
            Files.write(directory.payload("best"), payload);
          }
        });
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("io.warmstart.FaultMatrix#faults")
  void missingPayloadGivesTheRunnerUpOrAnError(Fault fault, boolean persistent) throws IOException {
    FaultMatrix.run(
        work,
        fault,
        persistent,
        20,
        new BadBest() {
          @Override
          void spoil(KeyDirectory directory) throws IOException {
            Files.delete(directory.payload("best"));
          }
        });
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("io.warmstart.FaultMatrix#faults")
  void unreadableManifestGivesTheRunnerUpOrAnError(Fault fault, boolean persistent)
      throws IOException {
    FaultMatrix.run(
        work,
        fault,
        persistent,
        20,
        new BadBest() {
          @Override
          void spoil(KeyDirectory directory) throws IOException {
            Files.writeString(directory.manifest("best"), "{\"schema_version\": 1,");
          }
        });
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("io.warmstart.FaultMatrix#faults")
  void cutOffOverwriteGivesOneWholeVersionOrAnError(Fault fault, boolean persistent)
      throws IOException {
    FaultMatrix.run(
        work,
        fault,
        persistent,
        25,
        new Lookup() {
          @Override
          void prepare(Path root) throws IOException {
            super.prepare(root);
            cutOffOverwrite(root, KEY, "best", "newer", 1);
          }

          @Override
          void checkAfterwards(WarmStartStore store, FaultOutcome outcome) throws IOException {
            super.checkAfterwards(store, outcome);
            assertEquals(List.of(), RootFiles.read(outcome.root).quarantined);
          }

          @Override
          Map<String, Set<String>> allowed(FaultOutcome outcome) {
            return outcome.fault == Fault.VANISHED
                ? expect(
                    entry(KEY, "best"), List.of("newer", ABSENT),
                    entry(KEY, "second"), List.of("second", ABSENT))
                : expect(
                    entry(KEY, "best"), List.of("newer"), entry(KEY, "second"), List.of("second"));
          }
        });
  }
}
