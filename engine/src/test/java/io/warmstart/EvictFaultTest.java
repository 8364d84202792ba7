package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.InMemory;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A sweep that meets a fault at any of its operations on files. */
@Tag("slow")
@Tag("once")
class EvictFaultTest {
  @TempDir(factory = InMemory.class)
  Path work;

  /** A sweep; what it may not remove is whole afterwards. */
  abstract static class Sweep extends FaultScenario {
    @Override
    void act(WarmStartStore store, FaultOutcome outcome) {
      outcome.report = store.evictOverflow();
    }

    @Override
    void checkAfterwards(WarmStartStore store, FaultOutcome outcome) throws IOException {
      EvictionReport report = outcome.report;
      if (outcome.caused()) {
        assertNotNull(report);
        assertEquals(0, report.failures(), "failures because of a sibling");
      } else if (outcome.failed != null && report != null && mustTell(outcome)) {
        assertTrue(report.failures() > 0, "a failure that nobody is told of");
      }
    }

    /** Whether the operation that failed leaves something undone. */
    boolean mustTell(FaultOutcome outcome) {
      return outcome.persistent;
    }
  }

  private static final long BUDGET_BYTES = 5600;

  /** Four entries and a file in quarantine, room for about three entries. */
  static class Pressure extends Sweep {
    private final List<Fingerprint> keys =
        List.of(KEY, Payloads.key("two"), Payloads.key("three"), Payloads.key("four"));

    @Override
    StoreOptions options() {
      return super.options().withSizeBudgetBytes(BUDGET_BYTES);
    }

    @Override
    void prepare(Path root) throws IOException {
      try (WarmStartStore store = openHealthy(root)) {
        for (int i = 0; i < keys.size(); i++) {
          save(store, keys.get(i), "r", "v" + i, 1);
        }
        save(store, keys.get(3), "bad", "bad", 1);
      }
      Files.writeString(directory(root, keys.get(3)).manifest("bad"), "not a manifest");
    }

    @Override
    void checkAfterwards(WarmStartStore store, FaultOutcome outcome) throws IOException {
      super.checkAfterwards(store, outcome);
      // What a sweep could not count or remove is no excuse for the saves after it.
      save(store, Payloads.key("later"), "later", "later", 1);
      RootFiles files = RootFiles.read(outcome.root);
      assertTrue(
          files.bytes <= BUDGET_BYTES,
          () -> "budget: expected<=" + BUDGET_BYTES + " actual=" + files.bytes);
    }

    @Override
    Map<String, Set<String>> allowed(FaultOutcome outcome) {
      return expect(
          entry(keys.get(0), "r"), List.of("v0", ABSENT),
          entry(keys.get(1), "r"), List.of("v1", ABSENT),
          entry(keys.get(2), "r"), List.of("v2", ABSENT),
          // Two of five must go, and the one that a fault keeps costs one more.
          entry(keys.get(3), "r"), List.of("v3"),
          entry(Payloads.key("later"), "later"), List.of("later"));
    }
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("io.warmstart.FaultMatrix#faults")
  void sweepUnderPressureRemovesWholeEntriesOldestFirst(Fault fault, boolean persistent)
      throws IOException {
    FaultMatrix.run(work, fault, persistent, 60, new Pressure());
  }

  /** Two entries past their TTL and one that was read since. */
  static class Expiry extends Sweep {
    private static final EpochNanoClock LATER = () -> AHEAD.nanoTime() + TimeUnit.HOURS.toNanos(5);

    @Override
    StoreOptions options() {
      return super.options().withClock(LATER).withTtl(Duration.ofHours(4));
    }

    @Override
    void prepare(Path root) {
      try (WarmStartStore store = openHealthy(root)) {
        save(store, KEY, "r", "expired", 1);
        save(store, OTHER, "r", "expired too", 1);
      }
      // Without a TTL, or the save's own sweep would take what this one is to remove.
      try (WarmStartStore store =
          WarmStartStore.open(
              root, options().withTtl(Duration.ZERO).withPolicy(PolicyUse.THIS_STORE_ONLY))) {
        save(store, OTHER, "fresh", "fresh", 1);
      }
    }

    @Override
    Map<String, Set<String>> allowed(FaultOutcome outcome) {
      return expect(
          entry(KEY, "r"), List.of("expired", ABSENT),
          entry(OTHER, "r"), List.of("expired too", ABSENT),
          entry(OTHER, "fresh"), List.of("fresh"));
    }
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("io.warmstart.FaultMatrix#faults")
  void sweepOfTheExpiredLeavesTheFresh(Fault fault, boolean persistent) throws IOException {
    FaultMatrix.run(work, fault, persistent, 36, new Expiry());
  }
}
