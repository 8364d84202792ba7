package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.Trees;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/**
 * Runs a scenario again and again, with the fault one operation later each time, until a run meets
 * none; after each the promise is checked, first by lookups of a store with a healthy disk, then by
 * a repair, then by reading the files.
 */
final class FaultMatrix {
  private static final boolean ALL = Boolean.getBoolean("warmstart.all");
  private static final List<Fault> ERRORS = List.of(Fault.EIO, Fault.ENOSPC, Fault.EACCES);

  private FaultMatrix() {}

  /**
   * An error of the disk, once and from there on; a directory that a person removes; an interrupt.
   * Which error it is changes with the index: all are tried, but not all at each index; those that
   * last begin at every fourth, and what is no error comes at every third. {@code
   * -Dwarmstart.all=true} tries each at each.
   */
  static Stream<Arguments> faults() {
    Stream<Arguments> others =
        Stream.of(Arguments.of(Fault.VANISHED, false), Arguments.of(Fault.INTERRUPT, false));
    Stream<Arguments> errors =
        (ALL ? Stream.of(Fault.EIO, Fault.ENOSPC, Fault.EACCES) : Stream.of(Fault.EIO))
            .flatMap(error -> Stream.of(Arguments.of(error, false), Arguments.of(error, true)));
    return Stream.concat(errors, others);
  }

  /** The fault that is tried at an index. */
  private static Fault at(Fault fault, boolean persistent, long index) {
    if (ALL || fault != Fault.EIO) {
      return fault;
    }
    // Where one of its kind comes once, another comes from there on.
    return ERRORS.get((int) ((index + (persistent ? 1 : 0)) % ERRORS.size()));
  }

  private static int step(Fault fault, boolean persistent) {
    if (ALL) {
      return 1;
    }
    return persistent ? 7 : fault == Fault.EIO ? 2 : 5;
  }

  /**
   * Tries the indexes one after the other.
   *
   * @param leastOperations how many operations on files the scenario must have been tried at
   */
  static void run(
      Path work, Fault fault, boolean persistent, int leastOperations, FaultScenario scenario)
      throws IOException {
    Path template = Files.createDirectory(work.resolve("template"));
    scenario.prepare(template);
    Path root = Files.createDirectory(work.resolve("root")).toRealPath();
    long step = step(fault, persistent);
    for (long index = 0; ; index += step) {
      restore(template, root);
      if (!scenario.keepsEngineFiles()) {
        Trees.delete(root.resolve(".warmstart"));
      }
      FaultOutcome outcome =
          new FaultOutcome(root, at(fault, persistent, index), persistent, index);
      try {
        tryOnce(scenario, outcome);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(outcome + "\nleft: " + RootFiles.read(root), e);
      }
      if (outcome.failed == null) {
        assertTrue(
            index >= leastOperations,
            "operations: expected>=" + leastOperations + " actual=" + index);
        return;
      }
    }
  }

  /** Everything but the engine's own files, which cost more to make than all the rest. */
  private static void restore(Path template, Path root) throws IOException {
    for (Path each : RootFiles.list(root)) {
      if (!each.endsWith(".warmstart")) {
        Trees.delete(each);
      }
    }
    Trees.delete(root.resolve(".warmstart").resolve("quarantine"));
    for (Path each : RootFiles.list(template)) {
      if (!each.endsWith(".warmstart")) {
        Trees.copy(each, root.resolve(each.getFileName()));
      }
    }
  }

  private static void tryOnce(FaultScenario scenario, FaultOutcome outcome) throws IOException {
    boolean interrupt = outcome.fault == Fault.INTERRUPT;
    // An interrupt is only felt by operations that block.
    FaultyFileOps ops = interrupt ? new FaultyFileOps(new NioFileOps()) : new FaultyFileOps();
    StoreOptions options = scenario.options().withFileOps(ops);
    try (WarmStartStore store = WarmStartStore.open(outcome.root, options)) {
      scenario.settle(store);
      Path vanishing = FaultScenario.directory(outcome.root, FaultScenario.KEY).path();
      ops.arm(outcome.fault, outcome.persistent, outcome.index, vanishing);
      try {
        scenario.act(store, outcome);
      } catch (StoreException e) {
        outcome.thrown = e;
      } finally {
        ops.disarm();
      }
      outcome.failed = ops.failed();
      boolean interrupted = Thread.interrupted();
      assertEquals(interrupt && outcome.failed != null, interrupted, "interrupt status");
      assertEquals(List.of(), ops.violations());
      checkError(scenario, outcome);
      scenario.checkAfterwards(store, outcome);
    }
    checkPromise(outcome.root, scenario.allowed(outcome));
  }

  /** An error is of the type that a caller acts on, and one line that names the place. */
  private static void checkError(FaultScenario scenario, FaultOutcome outcome) {
    StoreException thrown = outcome.thrown;
    if (thrown == null) {
      return;
    }
    assertNotNull(outcome.failed, "failed without a fault");
    assertFalse(scenario.mustSucceed(outcome), "nothing may fail because of a sibling");
    String message = String.valueOf(thrown.getMessage());
    assertEquals(1, message.lines().count(), message);
    assertTrue(message.contains(outcome.root.toString()), message);
    assertFalse(message.contains("null") || message.contains("Exception"), message);
    if (scenario.writes() && !(thrown instanceof DurabilityUnknownException)) {
      Class<?> expected =
          switch (outcome.fault) {
            case ENOSPC -> StorageFullException.class;
            case EACCES -> ReadOnlyStoreException.class;
            case EIO, VANISHED, INTERRUPT -> StoreException.class;
          };
      assertEquals(expected, thrown.getClass(), message);
    }
  }

  /** Every entry is there and whole, in one of the versions that it may have. */
  static void checkPromise(Path root, Map<String, Set<String>> allowed) throws IOException {
    try (WarmStartStore store = FaultScenario.openHealthy(root)) {
      for (Fingerprint key : store.keys()) {
        checkLookup(store, key, allowed);
      }
      if (!isOrderly(RootFiles.read(root))) {
        store.repair();
      }
    }
    RootFiles files = RootFiles.read(root);
    assertEquals(Map.of(), files.broken);
    assertEquals(List.of(), files.staged);
    checkVersions(files, allowed);
  }

  /** Whether a repair finds nothing to do; it costs more than all the rest of a round. */
  private static boolean isOrderly(RootFiles files) {
    return files.broken.isEmpty() && files.staged.isEmpty();
  }

  /** Every entry has one of the versions that it may have, and there is no other. */
  static void checkVersions(RootFiles files, Map<String, Set<String>> allowed) {
    for (Map.Entry<String, Set<String>> each : allowed.entrySet()) {
      String version = files.whole.getOrDefault(each.getKey(), FaultScenario.ABSENT);
      assertTrue(
          each.getValue().contains(version),
          () -> "expected=" + each + " actual=" + version + " " + files);
    }
    for (String entry : files.whole.keySet()) {
      assertTrue(allowed.containsKey(entry), () -> "an entry that nobody saved: " + entry);
    }
  }

  /** A lookup gives what may be there, and misses only what may be missing. */
  static void checkLookup(WarmStartStore store, Fingerprint key, Map<String, Set<String>> allowed) {
    Entry entry = store.lookup(key).orElse(null);
    if (entry != null) {
      try (entry) {
        String name = FaultScenario.entry(key, entry.runId());
        assertTrue(
            allowed.getOrDefault(name, Set.of()).contains(Versions.nameOf(entry)),
            () -> "lookup: expected=" + allowed + " actual=" + name);
      }
      return;
    }
    for (Map.Entry<String, Set<String>> each : allowed.entrySet()) {
      if (each.getKey().startsWith(key.toHex())) {
        assertTrue(each.getValue().contains(FaultScenario.ABSENT), () -> "missed: " + each);
      }
    }
  }
}
