package io.warmstart.stress.scenario;

import io.warmstart.stress.checker.Vanishing;
import io.warmstart.stress.fork.Tool;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.frame.SkippedException;
import io.warmstart.stress.history.HistoryReader;
import io.warmstart.stress.history.Operation;
import io.warmstart.stress.worker.Crew;
import io.warmstart.stress.worker.Inspection;
import io.warmstart.stress.worker.Launch;
import io.warmstart.stress.worker.Member;
import io.warmstart.stress.worker.Mix;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Processes in separate PID, time and user namespaces on one root: each is pid 1 of its own, sees
 * none of the others, and believes that the machine was started at another time. Some are killed.
 */
public final class Containers implements Scenario {
  private static final int KEYS = 3;
  private static final int RUNS = 2;
  private static final long ROUND_SECONDS = 15;

  @Override
  public String name() {
    return "containers";
  }

  @Override
  public String summary() {
    return "processes in PID, time and user namespaces of their own, all with pid 1, some killed";
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    Tool.need("unshare");
    if (Tool.attempt(namespaces(1, "true")).status() != 0) {
      throw new SkippedException(
          "this host makes no namespaces: "
              + Tool.attempt(namespaces(1, "true")).output().lines().findFirst().orElse(""));
    }
    run.atLeast("overwrites", 2L * run.options().seconds());
    run.atLeast("processes with pid 1", 2);
    run.atLeast("deaths", 1);
    int rounds = (int) Math.max(1, run.options().seconds() / ROUND_SECONDS);
    long roundNanos = TimeUnit.SECONDS.toNanos(run.options().seconds()) / rounds;
    for (int round = 0; round < rounds && !run.anyProblem(); round++) {
      round(run, roundNanos);
    }
  }

  private static void round(Run run, long nanos) throws IOException, InterruptedException {
    try (Crew crew = new Crew(run, run.freshDirectory("root"))) {
      List<Member> mortal = new ArrayList<>();
      for (int worker = 0; worker < Math.max(3, run.options().processes()); worker++) {
        Member member = start(run, crew, worker);
        if (worker > 0) {
          mortal.add(member);
        }
      }
      crew.go();
      for (Member member : crew.members()) {
        run.count("processes with pid 1", member.jvmPid() == 1 ? 1 : 0);
      }
      int deaths = Math.max(1, mortal.size() / 2);
      for (int death = 0; death < deaths; death++) {
        Rounds.let(run, nanos / (deaths + 1));
        Member victim = mortal.get(death);
        victim.kill();
        victim.awaitEnd(10);
        run.count("deaths", 1);
        crew.letGo(start(run, crew, mortal.size() + 1 + death));
      }
      Rounds.let(run, nanos / (deaths + 1));
      crew.stop();
      List<Operation> operations = HistoryReader.readAll(crew.histories());
      Rounds.count(run, operations);
      Inspection inspection = Inspection.of(run, crew.root(), KEYS, 1024);
      Rounds.check(run, operations, inspection, Vanishing.never());
      Rounds.discard(run, crew);
    }
  }

  private static Member start(Run run, Crew crew, int number) throws IOException {
    return crew.start(
        crew.plan(Mix.ALL).withKeys(KEYS, RUNS),
        Launch.PLAIN.through(namespaces(1 + number + run.random().nextInt(1_000))));
  }

  /** A command in namespaces of its own, which die with the program that made them. */
  private static List<String> namespaces(int startedDaysAgo, String... command) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "unshare",
                "--fork",
                "--kill-child",
                "--user",
                "--map-root-user",
                "--pid",
                "--mount-proc",
                "--time",
                "--boottime",
                Long.toString(TimeUnit.DAYS.toSeconds(startedDaysAgo))));
    all.addAll(List.of(command));
    return all;
  }
}
