package io.warmstart.stress.scenario;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.PolicyUse;
import io.warmstart.stress.fault.Shim;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.history.HistoryReader;
import io.warmstart.stress.history.Kind;
import io.warmstart.stress.history.Operation;
import io.warmstart.stress.history.Version;
import io.warmstart.stress.worker.Crew;
import io.warmstart.stress.worker.Inspection;
import io.warmstart.stress.worker.Launch;
import io.warmstart.stress.worker.Mix;
import io.warmstart.stress.worker.SettableClock;
import io.warmstart.stress.worker.WorkerPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The clock is set 30 days forward and back between phases, and steps back by seconds all the time.
 * What is saved last under a key is its latest entry: so an entry has the days of its phase, or
 * those of the latest that its key had, if these are later. The TTL is 10 days: so an entry has
 * expired exactly if some phase since was ahead of its days; all others must be there. And a sweep
 * keeps its budget whatever the clock says.
 *
 * <p>Phases take turns: by a clock handed to the store, and by the wall clock of the whole JVM,
 * which a preloaded library shifts.
 */
public final class Clock implements Scenario {
  private static final int KEYS = 3;
  private static final long TTL_DAYS = 10;
  private static final List<Integer> PHASE_DAYS = List.of(0, 30, 0, -30, 60, 0, 90);
  private static final long BUDGET_BYTES = 20_000;

  /** By which days each acknowledged version is stamped, if it may still live. */
  private final Map<Long, Integer> living = new HashMap<>();

  private final Map<Long, Integer> keyOf = new HashMap<>();

  @Override
  public String name() {
    return "clock";
  }

  @Override
  public String summary() {
    return "30 days forward and back, and steps back: nothing live expires, the budget holds";
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    Path shim = Shim.buildOrSkip(run, "the clock under the whole JVM");
    run.atLeast("saves", 2L * run.options().seconds());
    run.atLeast("entries that had to live and do", 2L * run.options().seconds());
    run.atLeast("entries that had to expire and did", 2L * run.options().seconds());
    int rounds = Math.max(1, run.options().seconds() / 10 / PHASE_DAYS.size());
    long nanos =
        TimeUnit.SECONDS.toNanos(run.options().seconds()) / ((long) rounds * PHASE_DAYS.size());
    for (int round = 0; round < rounds && !run.anyProblem(); round++) {
      round(run, shim, nanos);
    }
  }

  /**
   * All phases on one root. Not again on the same: beside a clock that is 30 days ahead, what is
   * stamped later than that goes by the change times of the file system, whose clock nobody sets.
   */
  private void round(Run run, @Nullable Path shim, long nanos)
      throws IOException, InterruptedException {
    living.clear();
    keyOf.clear();
    Path root = run.freshDirectory("clock").resolve("root");
    SettableClock clock = SettableClock.at(root.resolveSibling("offset"));
    for (int phase = 0; phase < PHASE_DAYS.size() && !run.anyProblem(); phase++) {
      boolean wholeJvm = phase % 2 == 1;
      phase(run, root, clock, PHASE_DAYS.get(phase), wholeJvm ? shim : null, phase, nanos);
    }
    if (!run.anyProblem()) {
      keepBudget(run, root, clock);
    }
  }

  private void phase(
      Run run, Path root, SettableClock clock, int days, @Nullable Path shim, int phase, long nanos)
      throws IOException, InterruptedException {
    long offset = TimeUnit.DAYS.toNanos(days);
    clock.setOffsetNanos(offset);
    try (Crew crew = new Crew(run, root)) {
      for (int worker = 0; worker < run.options().processes(); worker++) {
        // Numbers go on over the phases: a version must never be written twice.
        WorkerPlan plan =
            crew.plan(Mix.SAVE_AND_LOOK)
                .withKeys(KEYS, 1)
                .withWorker(phase * run.options().processes() + worker)
                .withClock(shim == null ? clockFile(root) : "", ttl().toSeconds());
        crew.start(plan, shim == null ? Launch.PLAIN : shifted(shim, root));
      }
      crew.go();
      stepBackAllTheTime(run, clock, offset, nanos);
      run.count("phases with the clock of the whole JVM", shim == null ? 0 : 1);
      crew.stop();
      clock.setOffsetNanos(offset);
      List<Operation> operations = HistoryReader.readAll(crew.histories());
      Rounds.count(run, operations);
      compare(run, root, clock, days, operations);
    }
  }

  private static void stepBackAllTheTime(Run run, SettableClock clock, long offset, long nanos)
      throws InterruptedException {
    long deadline = System.nanoTime() + nanos;
    while (System.nanoTime() < deadline && !run.anyProblem()) {
      clock.setOffsetNanos(offset - TimeUnit.MILLISECONDS.toNanos(run.random().nextInt(5_000)));
      run.count("steps of the clock", 1);
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  /** The latest days under a key. */
  private int latest(int key) {
    return living.entrySet().stream()
        .filter(each -> keyOf.getOrDefault(each.getKey(), -1) == key)
        .mapToInt(Map.Entry::getValue)
        .max()
        .orElse(Integer.MIN_VALUE);
  }

  private void compare(
      Run run, Path root, SettableClock clock, int days, List<Operation> operations)
      throws IOException {
    for (Operation each : operations) {
      if (each.kind() == Kind.SAVE && each.acknowledged()) {
        living.put(each.version(), Math.max(days, latest(each.key())));
        keyOf.put(each.version(), each.key());
      }
      Integer written = living.get(each.version());
      if (each.kind().reads() && each.acknowledged() && written != null && written < days) {
        run.problem(
            "at %d days a lookup found version %s, written at %d"
                .formatted(days, Version.text(each.version()), written));
      }
    }
    int before = living.size();
    living.values().removeIf(written -> written < days);
    run.count("entries that had to expire and did", before - living.size());
    Inspection inspection =
        Inspection.of(run, root, KEYS, 1024, options(1L << 40).withClock(clock));
    long found = inspection.versions().values().stream().mapToLong(Set::size).sum();
    long lost = 0;
    for (Map.Entry<Long, Integer> each : living.entrySet()) {
      long version = each.getKey();
      Set<Long> there =
          inspection.versions().getOrDefault(keyOf.getOrDefault(version, -1), Set.of());
      if (!there.contains(version)) {
        lost++;
        run.problem(
            "at %d days version %s, written at %d, has expired"
                .formatted(days, Version.text(version), each.getValue()));
      }
    }
    if (found > living.size()) {
      run.problem(
          "at %d days %d entries are there, of which %d should be"
              .formatted(days, found, living.size()));
    }
    run.count("entries that had to live and do", living.size() - lost);
    run.trials(living.size(), lost);
  }

  private static void keepBudget(Run run, Path root, SettableClock clock) {
    for (int days : PHASE_DAYS) {
      clock.setOffsetNanos(TimeUnit.DAYS.toNanos(days));
      try (WarmStartStore store =
          WarmStartStore.open(root, options(BUDGET_BYTES).withClock(clock))) {
        store.evictOverflow();
        long bytes = store.inspect().bytes();
        if (bytes > BUDGET_BYTES) {
          run.problem(
              "after a sweep at %d days: budget=%d bytes=%d".formatted(days, BUDGET_BYTES, bytes));
        }
      }
    }
  }

  private static Launch shifted(Path shim, Path root) {
    return Launch.PLAIN.withEnvironment(
        Map.of("LD_PRELOAD", shim.toString(), "WARMSTART_CLOCK_OFFSET", clockFile(root)));
  }

  private static String clockFile(Path root) {
    return root.resolveSibling("offset").toString();
  }

  private static Duration ttl() {
    return Duration.ofDays(TTL_DAYS);
  }

  private static StoreOptions options(long budgetBytes) {
    return StoreOptions.defaults()
        .withSizeBudgetBytes(budgetBytes)
        .withPolicy(PolicyUse.THIS_STORE_ONLY)
        .withTtl(ttl());
  }
}
