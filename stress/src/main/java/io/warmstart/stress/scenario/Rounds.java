package io.warmstart.stress.scenario;

import io.warmstart.model.StoreCounter;
import io.warmstart.stress.checker.HistoryCheck;
import io.warmstart.stress.checker.Vanishing;
import io.warmstart.stress.checker.Violation;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.RunOptions;
import io.warmstart.stress.history.HistoryReader;
import io.warmstart.stress.history.Operation;
import io.warmstart.stress.worker.Crew;
import io.warmstart.stress.worker.Inspection;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** What every round of workers ends with: its operations counted, its answers explained. */
final class Rounds {
  private static final String JOURNALLED = "saves that went into the journal";

  private Rounds() {}

  /**
   * How long a round lasts: those that make up for what a busy machine has not let the planned ones
   * do are each twice as long as the one before, up to eight times, since starting the workers
   * alone may have taken a whole round. One who asked for a volume gets as many as it takes.
   */
  static long nanosOf(RunOptions options, int round, int planned, long roundNanos) {
    return options.atLeast() > 0 || round < planned
        ? roundNanos
        : roundNanos << Math.min(3, round - planned + 1);
  }

  /** Lets the workers work, unless something is wrong already. */
  static void let(Run run, long nanos) throws InterruptedException {
    let(run, nanos, () -> true);
  }

  /** The same, until they have done what they had to. */
  static void let(Run run, long nanos, BooleanSupplier atWork) throws InterruptedException {
    long deadline = System.nanoTime() + nanos;
    while (System.nanoTime() < deadline && !run.anyProblem() && atWork.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  /** Counts operations and their latencies. */
  static void count(Run run, List<Operation> operations) {
    for (Operation each : operations) {
      String what =
          switch (each.kind()) {
            case SAVE -> "saves";
            case OVERWRITE -> "overwrites";
            case LOWEST, LATEST -> "lookups";
            case SWEEP -> "sweeps";
          };
      if (each.acknowledged()) {
        run.count(what, 1);
        run.latency(each.kind().name().toLowerCase(Locale.ROOT), each.responded() - each.invoked());
      } else {
        run.count(what + " never answered", 1);
      }
      if (each.kind().reads() && each.acknowledged()) {
        run.count(each.version() == 0 ? "misses" : "hits", 1);
      }
    }
    run.count("operations checked", operations.size());
  }

  /**
   * Demands that saves went into the journal, where they were to.
   *
   * @param least how many, over the whole run
   */
  static void demandJournalled(Run run, long least) {
    if (run.options().journalled()) {
      run.atLeast(JOURNALLED, least);
    }
  }

  /** Counts the saves of a round that went into the journal, by the engine's own count. */
  static void countJournalled(Run run, Inspection inspection) {
    if (run.options().journalled()) {
      run.count(JOURNALLED, inspection.counters().getOrDefault(StoreCounter.JOURNALLED, 0L));
      long failures = inspection.counters().getOrDefault(StoreCounter.JOURNAL_FAILURES, 0L);
      run.count("by the engine's count: journal_failures", failures);
    }
  }

  /** Throws the histories of a good round away; those of a bad one are the evidence. */
  static void discard(Run run, Crew crew) throws IOException {
    if (!run.anyProblem()) {
      HistoryReader.removeAll(crew.histories());
    }
  }

  /** Looks for answers that nothing explains. */
  static void check(
      Run run, List<Operation> operations, Inspection inspection, Vanishing vanishing) {
    List<Violation> violations =
        HistoryCheck.violations(
            operations, inspection.versions(), inspection.lookedNanos(), vanishing);
    violations.forEach(each -> run.problem("not linearizable: " + each));
    long acknowledged =
        operations.stream().filter(each -> each.kind().writes() && each.acknowledged()).count();
    run.trials(acknowledged, violations.size());
  }
}
