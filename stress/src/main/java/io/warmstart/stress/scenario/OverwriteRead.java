package io.warmstart.stress.scenario;

import io.warmstart.stress.checker.Vanishing;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.RunOptions;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.history.HistoryReader;
import io.warmstart.stress.history.Operation;
import io.warmstart.stress.worker.Crew;
import io.warmstart.stress.worker.Inspection;
import io.warmstart.stress.worker.Launch;
import io.warmstart.stress.worker.Member;
import io.warmstart.stress.worker.Mix;
import io.warmstart.stress.worker.WorkerPlan;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Writers overwrite one run id of one key, readers in other processes compare every byte. Each read
 * must find a whole version that some order of the overwrites explains, and once there is one,
 * never none.
 *
 * <p>In every other round there are a dozen run ids. A reader then has a dozen manifests to read,
 * and two overwrites that come in between must not be seen the wrong way round.
 */
public final class OverwriteRead implements Scenario {
  private static final int KEYS = 2;
  private static final int MANY_RUNS = 12;
  private static final int PAYLOAD_BYTES = 8192;
  private static final long ROUND_SECONDS = 20;

  /** Of a writer whose saves take microseconds: that many histories nobody could check. */
  private static final int MOST_PAUSE_MICROS = 400;

  /** After which a reader rests until the round is over: so many histories the checker can hold. */
  private static final long READS_PER_ROUND = 1_000_000;

  /** Of a volume each round reads its share, and some more: before the first save reads miss. */
  private static final double SHARE = 1.1;

  /** A round that is part of a volume lasts until its readers have read enough. */
  private static final long MOST_NANOS = TimeUnit.MINUTES.toNanos(10);

  /** Readers live long enough for the better code to pay. */
  private static final Launch LAUNCH =
      Launch.PLAIN.withJvmFlags(List.of("-Xmx256m", "-XX:+UseSerialGC"));

  @Override
  public String name() {
    return "overwrite-read";
  }

  @Override
  public String summary() {
    return "overwrites of one run id, or a dozen, against readers that compare every byte";
  }

  @Override
  public List<String> volumes() {
    return List.of("hits");
  }

  @Override
  public boolean takesDurability() {
    return true;
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    run.atLeast("overwrites", 20L * run.options().seconds());
    run.atLeast("hits", 100L * run.options().seconds());
    Rounds.demandJournalled(run, 20L * run.options().seconds());
    int rounds = (int) Math.max(2, run.options().seconds() / ROUND_SECONDS);
    long roundNanos =
        run.options().atLeast() > 0
            ? MOST_NANOS
            : TimeUnit.SECONDS.toNanos(run.options().seconds()) / rounds;
    for (int round = 0; (round < rounds || run.timeLeft()) && !run.anyProblem(); round++) {
      int runs = round % 2 == 1 ? MANY_RUNS : 1;
      long nanos = Rounds.nanosOf(run.options(), round, rounds, roundNanos);
      round(run, runs, nanos, readsOfEach(run.options(), rounds));
    }
  }

  private static long readsOfEach(RunOptions options, int rounds) {
    int readers = Math.max(1, options.processes() - writers(options));
    return options.atLeast() == 0
        ? READS_PER_ROUND
        : Math.min(READS_PER_ROUND, 1 + (long) (SHARE * options.atLeast() / rounds / readers));
  }

  private static int writers(RunOptions options) {
    return Math.max(1, options.processes() / 4);
  }

  private static void round(Run run, int runs, long nanos, long reads)
      throws IOException, InterruptedException {
    try (Crew crew = new Crew(run, run.freshDirectory("root"))) {
      int writers = writers(run.options());
      for (int worker = 0; worker < run.options().processes(); worker++) {
        WorkerPlan plan =
            crew.plan(worker < writers ? Mix.OVERWRITE : Mix.LOOK)
                .withKeys(KEYS, runs)
                .withMostPayloadBytes(PAYLOAD_BYTES);
        if (run.options().journalled()) {
          plan = plan.withMostPauseMicros(MOST_PAUSE_MICROS);
        }
        crew.start(worker < writers ? plan : plan.withMostOperations(reads), LAUNCH);
      }
      crew.go();
      Rounds.let(run, nanos, () -> crew.members().stream().skip(writers).anyMatch(Member::isAlive));
      crew.stop();
      List<Operation> operations = HistoryReader.readAll(crew.histories());
      Rounds.count(run, operations);
      Inspection inspection = Inspection.of(run, crew.root(), KEYS, PAYLOAD_BYTES);
      Rounds.countJournalled(run, inspection);
      Rounds.check(run, operations, inspection, Vanishing.never());
      // Here each read is a chance to see none, or a mixture; a wrong one is a problem by itself.
      run.trials(
          operations.stream().filter(each -> each.kind().reads() && each.acknowledged()).count(),
          0);
      Rounds.discard(run, crew);
    }
  }
}
