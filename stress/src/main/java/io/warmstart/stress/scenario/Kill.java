package io.warmstart.stress.scenario;

import io.warmstart.stress.checker.Vanishing;
import io.warmstart.stress.fault.Shim;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.history.HistoryReader;
import io.warmstart.stress.history.Operation;
import io.warmstart.stress.scenario.Casualties.Victim;
import io.warmstart.stress.worker.Crew;
import io.warmstart.stress.worker.Inspection;
import io.warmstart.stress.worker.Launch;
import io.warmstart.stress.worker.Member;
import io.warmstart.stress.worker.Mix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Workers die by SIGKILL, at chosen system calls and at any moment, and others take their places,
 * while one survivor works on and one is stopped for seconds now and then. What was acknowledged is
 * there at the end, and every answer on the way is explained. In every other round the budget is
 * small, so that some die in the middle of an eviction.
 */
public final class Kill implements Scenario {
  private static final int KEYS = 3;
  private static final int RUNS = 2;

  /** One who is stopped shares no run with others: see docs/concurrency.md on two writers. */
  private static final Mix STOPPED = new Mix(300, 0, 200, 10);

  private static final long SMALL_BUDGET_BYTES = 12_000;
  private static final int DEATHS_PER_ROUND = 16;
  private static final long STOP_NANOS = TimeUnit.MILLISECONDS.toNanos(2_600);

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
  public void run(Run run) throws IOException, InterruptedException {
    Path shim = Shim.buildOrSkip(run, "deaths at chosen calls");
    run.atLeast("deaths", Math.max(3, run.options().seconds() / 4));
    if (shim != null) {
      run.atLeast(Casualties.UNDER_LOCK, Math.max(1, run.options().seconds() / 20));
    }
    if (shim != null) {
      run.atLeast(Casualties.UNDER_LOCK, run.options().atLeast() / 20);
    }
    boolean evicting = run.random().nextBoolean();
    do {
      round(run, shim, evicting);
      evicting = !evicting;
    } while (run.timeLeft() && !run.anyProblem());
  }

  private static void round(Run run, @Nullable Path shim, boolean evicting)
      throws IOException, InterruptedException {
    try (Crew crew = new Crew(run, run.freshDirectory("root"))) {
      Casualties casualties = new Casualties(run, crew, KEYS, shim);
      long budget = evicting ? SMALL_BUDGET_BYTES : 1L << 40;
      Member survivor =
          crew.start(
              crew.plan(Mix.ALL).withKeys(KEYS, RUNS).withThreads(2).withBudgetBytes(budget),
              Launch.PLAIN);
      Member stopped = crew.start(crew.plan(STOPPED).withKeys(KEYS, RUNS), Launch.PLAIN);
      crew.go();
      int deaths = 0;
      List<Victim> living = new ArrayList<>();
      int most = Math.max(1, run.options().processes() - 2);
      Stops stops = new Stops(run, stopped);
      while (deaths < DEATHS_PER_ROUND && run.timeLeft() && !run.anyProblem()) {
        while (living.size() < most) {
          Victim victim =
              casualties.start(crew.plan(Mix.ALL).withKeys(KEYS, RUNS).withBudgetBytes(budget));
          if (crew.letGo(victim.member)) {
            living.add(victim);
          } else {
            victim.bury(false);
            deaths++;
          }
        }
        stops.stepIfDue();
        for (Victim victim : List.copyOf(living)) {
          victim.killIfDue();
          if (victim.isDead()) {
            victim.bury(true);
            living.remove(victim);
            deaths++;
          }
        }
        TimeUnit.MICROSECONDS.sleep(500);
      }
      stops.end();
      for (Victim victim : living) {
        victim.member.signal("KILL");
      }
      crew.reap();
      crew.stop();
      check(run, crew, evicting);
      if (!survivor.isAlive() && survivor.operations() < 0) {
        run.problem("the survivor did not survive: " + survivor.epitaph());
      }
    }
  }

  private static void check(Run run, Crew crew, boolean evicting) throws IOException {
    List<Operation> operations = HistoryReader.readAll(crew.histories());
    Rounds.count(run, operations);
    run.count("rounds", 1);
    Inspection inspection = Inspection.of(run, crew.root(), KEYS, 1024);
    for (String recovery : List.of("rolled_forward", "lock_breaks", "lock_timeouts")) {
      run.count(
          "by the engine's count: " + recovery, inspection.counters().getOrDefault(recovery, 0L));
    }
    List<Operation> sweeps = operations.stream().filter(each -> !each.kind().reads()).toList();
    Rounds.check(
        run, operations, inspection, evicting ? Vanishing.of(sweeps, 0) : Vanishing.never());
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
      member.signal(stopped ? "STOP" : "CONT");
      run.count("stops for seconds", stopped ? 1 : 0);
      dueNanos =
          System.nanoTime()
              + (stopped
                  ? STOP_NANOS
                  : TimeUnit.MILLISECONDS.toNanos(100 + run.random().nextInt(400)));
    }

    void end() throws IOException, InterruptedException {
      member.signal("CONT");
    }
  }
}
