package io.warmstart.stress.scenario;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.StoreCounter;
import io.warmstart.stress.checker.Vanishing;
import io.warmstart.stress.fault.Shim;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.history.HistoryReader;
import io.warmstart.stress.history.Operation;
import io.warmstart.stress.scenario.Casualties.Victim;
import io.warmstart.stress.worker.Breeder;
import io.warmstart.stress.worker.Crew;
import io.warmstart.stress.worker.Inspection;
import io.warmstart.stress.worker.Launch;
import io.warmstart.stress.worker.Member;
import io.warmstart.stress.worker.Mix;
import io.warmstart.stress.worker.WorkerPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Workers die by SIGKILL, at chosen system calls and at any moment, and others take their places,
 * while one survivor works on and, in half of the rounds, one is stopped for seconds now and then.
 * What was acknowledged is there at the end, and every answer on the way is explained; where nobody
 * is stopped, the next who comes to a dead worker's key is answered within a second. In every other
 * round the budget is small, so that some die in the middle of an eviction.
 *
 * <p>Most of those who die are forks of one JVM: see {@link
 * io.warmstart.stress.worker.BreedCommand}.
 */
public final class Kill implements Scenario {
  /** Few enough to meet on, and so many that the checker can try all that the dead left open. */
  private static final int KEYS = 64;

  private static final int RUNS = 2;

  /** The journal takes an overwrite from the second of a process on: so each has to come round. */
  private static final int JOURNALLED_KEYS = 32;

  private static final int JOURNALLED_RUNS = 1;

  /** Of the root: so that segments are small, made soon and begun again often. */
  private static final long JOURNALLED_BUDGET_BYTES = 144L << 20;

  /**
   * Of so many who save into the journal one makes pairs by itself: a second after the save, when
   * others would, it is dead.
   */
  private static final int SWEPT_OF = 3;

  /** One who is stopped shares no run with others: see docs/concurrency.md on two writers. */
  private static final Mix STOPPED = new Mix(300, 0, 200, 10);

  private static final long SMALL_BUDGET_BYTES = 24_000;
  private static final int DEATHS_PER_ROUND = 16;
  private static final int FORKED_DEATHS_PER_ROUND = 192;

  /** As many open ends on each key as with more keys and more deaths. */
  private static final int FORKED_DEATHS_PER_JOURNALLED_ROUND = 64;

  /** Of so many rounds one has a worker that is stopped for seconds, which others wait for. */
  private static final int ROUNDS_PER_STOPS = 12;

  private static final long STOP_NANOS = TimeUnit.MILLISECONDS.toNanos(2_600);

  /** So long the survivor works alone before the others come and die. */
  private static final long WARM_UP_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);

  @Override
  public String name() {
    return "kill";
  }

  @Override
  public String summary() {
    return "deaths by SIGKILL at chosen calls and random moments, stops, zombies";
  }

  @Override
  public List<String> volumes() {
    return List.of("deaths");
  }

  @Override
  public boolean takesDurability() {
    return true;
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    Path shim = Shim.buildOrSkip(run, "deaths at chosen calls");
    run.atLeast("deaths", Math.max(3, run.options().seconds() / 4));
    if (shim != null) {
      long ofVolume = run.options().atLeast() / (run.options().journalled() ? 50 : 20);
      long ofTime = Math.max(1, run.options().seconds() / 20);
      run.atLeast(Casualties.UNDER_LOCK, Math.max(ofTime, ofVolume));
    }
    Rounds.demandJournalled(run, 20L * run.options().seconds());
    if (run.options().journalled()) {
      run.atLeast(Casualties.IN_JOURNAL, Math.max(1, run.options().seconds() / 4));
    }
    int round = run.random().nextInt(2);
    try (Breeder breeder = shim == null ? null : new Breeder(run, shim)) {
      do {
        round(run, shim, breeder, round % 2 == 0, round % ROUNDS_PER_STOPS < 2);
        round++;
        if (round % ROUNDS_PER_STOPS == 0) {
          run.say(
              "deaths %d, with a stripe held %d"
                  .formatted(run.counted("deaths"), run.counted(Casualties.UNDER_LOCK)));
        }
      } while (run.timeLeft() && !run.anyProblem());
    }
  }

  private static void round(
      Run run, @Nullable Path shim, @Nullable Breeder breeder, boolean evicting, boolean stopping)
      throws IOException, InterruptedException {
    try (Crew crew = new Crew(run, run.freshDirectory("root"))) {
      if (run.options().journalled()) {
        StoreOptions options = StoreOptions.defaults().withSizeBudgetBytes(JOURNALLED_BUDGET_BYTES);
        WarmStartStore.open(crew.root(), options).close();
      }
      Casualties casualties = new Casualties(run, crew, shim, breeder);
      long budget = evicting ? SMALL_BUDGET_BYTES : 1L << 40;
      Member survivor = crew.start(plan(run, crew, mix(run)).withBudgetBytes(budget), Launch.PLAIN);
      Stops stops =
          stopping ? new Stops(run, crew.start(plan(run, crew, STOPPED), Launch.PLAIN)) : null;
      List<Victim> living = new ArrayList<>();
      if (breeder != null) {
        // Where others are forked, one a round is a JVM of its own all the same.
        living.add(casualties.startJvm(plan(run, crew, mix(run)).withBudgetBytes(budget)));
      }
      crew.go();
      // A JVM that has just started takes its time for reasons of its own.
      Rounds.let(run, WARM_UP_NANOS);
      int deaths = 0;
      int enough = DEATHS_PER_ROUND;
      if (breeder != null && !stopping) {
        enough =
            run.options().journalled()
                ? FORKED_DEATHS_PER_JOURNALLED_ROUND
                : FORKED_DEATHS_PER_ROUND;
      }
      int most = Math.max(1, run.options().processes() - 2);
      while (deaths < enough && run.timeLeft() && !run.anyProblem()) {
        while (living.size() < most) {
          Victim victim =
              casualties.start(plan(run, crew, mixOfVictim(run)).withBudgetBytes(budget));
          if (victim.member == null || crew.letGo(victim.member)) {
            living.add(victim);
          } else {
            victim.bury();
            deaths++;
          }
        }
        if (stops != null) {
          stops.stepIfDue();
        }
        for (Victim victim : List.copyOf(living)) {
          victim.killIfDue();
          if (victim.isDead()) {
            victim.bury();
            living.remove(victim);
            deaths++;
          }
        }
        TimeUnit.MICROSECONDS.sleep(500);
      }
      if (stops != null) {
        stops.end();
      }
      for (Victim victim : living) {
        victim.endWithRound();
      }
      crew.reap();
      crew.stop();
      check(run, crew, evicting, stopping ? List.of() : casualties.deaths());
      if (!survivor.isAlive() && survivor.operations() < 0) {
        run.problem("the survivor did not survive: " + survivor.epitaph());
      }
    }
  }

  private static Mix mix(Run run) {
    return run.options().journalled() ? Mix.ALL_JOURNALLED : Mix.ALL;
  }

  private static Mix mixOfVictim(Run run) {
    return run.options().journalled() && run.random().nextInt(SWEPT_OF) == 0
        ? Mix.JOURNALLED_AND_SWEPT
        : mix(run);
  }

  private static WorkerPlan plan(Run run, Crew crew, Mix mix) {
    WorkerPlan plan = crew.plan(mix);
    return run.options().journalled()
        ? plan.withKeys(JOURNALLED_KEYS, JOURNALLED_RUNS)
        : plan.withKeys(KEYS, RUNS);
  }

  private static void check(Run run, Crew crew, boolean evicting, List<Casualties.Death> deaths)
      throws IOException {
    List<Operation> operations = HistoryReader.readAll(crew.histories());
    Rounds.count(run, operations);
    run.count("rounds", 1);
    Inspection inspection = Inspection.of(run, crew.root(), KEYS, 1024);
    Rounds.countJournalled(run, inspection);
    for (StoreCounter recovery :
        List.of(
            StoreCounter.ROLLED_FORWARD, StoreCounter.LOCK_BREAKS, StoreCounter.LOCK_TIMEOUTS)) {
      run.count(
          "by the engine's count: " + recovery.label(),
          inspection.counters().getOrDefault(recovery, 0L));
    }
    List<Operation> sweeps = operations.stream().filter(each -> !each.kind().reads()).toList();
    Rounds.check(
        run, operations, inspection, evicting ? Vanishing.of(sweeps, 0) : Vanishing.never());
    Answers.check(run, operations, deaths, evicting);
    Rounds.discard(run, crew);
  }

  /** Stops one worker for longer than a waiter's patience, lets it go on, and again. */
  private static final class Stops {
    private final Run run;
    private final Member member;
    private boolean stopped;
    private long dueNanos;

    Stops(Run run, Member member) {
      this.run = run;
      this.member = member;
      this.dueNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(300);
    }

    void stepIfDue() throws IOException, InterruptedException {
      if (System.nanoTime() < dueNanos) {
        return;
      }
      stopped = !stopped;
      if (stopped) {
        member.stopJvm();
      } else {
        member.continueJvm();
      }
      run.count("stops for seconds", stopped ? 1 : 0);
      dueNanos =
          System.nanoTime()
              + (stopped
                  ? STOP_NANOS
                  : TimeUnit.MILLISECONDS.toNanos(100 + run.random().nextInt(400)));
    }

    void end() throws IOException, InterruptedException {
      member.continueJvm();
    }
  }
}
