package io.warmstart.stress.scenario;

import io.warmstart.model.StoreCounter;
import io.warmstart.stress.checker.HistoryCheck;
import io.warmstart.stress.checker.RemovalLedger;
import io.warmstart.stress.checker.Vanishing;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.history.HistoryReader;
import io.warmstart.stress.history.Kind;
import io.warmstart.stress.history.Operation;
import io.warmstart.stress.worker.Crew;
import io.warmstart.stress.worker.Inspection;
import io.warmstart.stress.worker.Launch;
import io.warmstart.stress.worker.Mix;
import io.warmstart.stress.worker.WorkerPlan;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Savers and readers of a few keys, and sweepers at a budget of a few entries that never pause: key
 * directories are made and removed all the time. No operation may fail, and every entry that is
 * gone must be accounted for by a sweep.
 *
 * <p>In every other round the savers have the small budget too, so that each save sweeps.
 */
public final class EvictionRace implements Scenario {
  private static final int KEYS = 3;
  private static final long TINY_BUDGET_BYTES = 6_000;

  /** Of one who saves into the journal: its pairs take longer. */
  private static final int MOST_PAUSE_MICROS = 4_000;

  private static final long ROUND_SECONDS = 300;

  @Override
  public String name() {
    return "eviction-race";
  }

  @Override
  public String summary() {
    return "saves and lookups of a few keys against sweeps without pause";
  }

  @Override
  public List<String> volumes() {
    return List.of("saves");
  }

  @Override
  public boolean takesDurability() {
    return true;
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    run.atLeast("saves", 20L * run.options().seconds());
    Rounds.demandJournalled(run, run.options().seconds());
    run.atLeast("sweeps", 5L * run.options().seconds());
    run.atLeast("entries evicted", 10L * run.options().seconds());
    int rounds = (int) Math.max(2, run.options().seconds() / ROUND_SECONDS);
    long roundNanos = TimeUnit.SECONDS.toNanos(run.options().seconds()) / rounds;
    for (int round = 0; (round < rounds || run.timeLeft()) && !run.anyProblem(); round++) {
      round(run, round % 2 == 1, Rounds.nanosOf(run.options(), round, rounds, roundNanos));
    }
  }

  private static void round(Run run, boolean everybodySweeps, long nanos)
      throws IOException, InterruptedException {
    try (Crew crew = new Crew(run, run.freshDirectory("root"))) {
      int sweepers = Math.max(1, run.options().processes() / 4);
      for (int worker = 0; worker < run.options().processes(); worker++) {
        boolean sweeper = worker < sweepers;
        WorkerPlan plan = crew.plan(sweeper ? Mix.SWEEP : Mix.SAVE_MOSTLY).withKeys(KEYS, 1);
        if (run.options().journalled()) {
          plan = plan.withMostPauseMicros(MOST_PAUSE_MICROS);
        }
        crew.start(
            sweeper || everybodySweeps ? plan.withBudgetBytes(TINY_BUDGET_BYTES) : plan,
            Launch.PLAIN);
      }
      crew.go();
      Rounds.let(run, nanos);
      crew.stop();
      check(run, crew, everybodySweeps);
    }
  }

  private static void check(Run run, Crew crew, boolean everybodySweeps) throws IOException {
    List<Operation> operations = HistoryReader.readAll(crew.histories());
    Rounds.count(run, operations);
    Inspection inspection = Inspection.of(run, crew.root(), KEYS, 1024);
    Rounds.countJournalled(run, inspection);
    List<Operation> sweeps =
        operations.stream()
            .filter(
                each -> each.kind() == Kind.SWEEP || (everybodySweeps && each.kind() == Kind.SAVE))
            .toList();
    Rounds.check(run, operations, inspection, Vanishing.of(sweeps, 0));
    List<RemovalLedger.Gone> gone =
        HistoryCheck.gone(operations, inspection.versions(), inspection.lookedNanos());
    long evicted = inspection.counters().getOrDefault(StoreCounter.EVICTED, -1L);
    run.count("entries evicted", gone.size());
    if (gone.size() != evicted) {
      run.problem(
          "entries that are gone: %d, evictions that the engine has counted: %d"
              .formatted(gone.size(), evicted));
    }
    if (!everybodySweeps) {
      RemovalLedger.check(gone, sweeps, true).ifPresent(run::problem);
    }
    Rounds.discard(run, crew);
  }
}
