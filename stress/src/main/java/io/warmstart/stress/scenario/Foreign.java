package io.warmstart.stress.scenario;

import io.warmstart.model.StoreCounter;
import io.warmstart.stress.checker.HistoryCheck;
import io.warmstart.stress.checker.RemovalLedger.Gone;
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
import io.warmstart.stress.worker.Names;
import io.warmstart.stress.worker.WorkerPlan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Our processes beside one that works as the original does, on the same keys and runs. None of our
 * operations may fail or answer with wrong bytes. What is gone must stand in the other's own list
 * of what it has removed.
 */
public final class Foreign implements Scenario {
  private static final int KEYS = 3;
  private static final int RUNS = 2;
  private static final long ROUND_SECONDS = 20;
  private static final Mix OURS = new Mix(150, 200, 200, 5);
  private static final Mix THEIRS = new Mix(100, 200, 0, 20);

  @Override
  public String name() {
    return "foreign";
  }

  @Override
  public String summary() {
    return "beside a peer of the original's protocol, which knows no lock and deletes what it meets";
  }

  @Override
  public boolean takesDurability() {
    return true;
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    run.atLeast("saves", 3L * run.options().seconds());
    run.atLeast("operations of the foreign store", 5L * run.options().seconds());
    int rounds = (int) Math.max(1, run.options().seconds() / ROUND_SECONDS);
    long roundNanos = TimeUnit.SECONDS.toNanos(run.options().seconds()) / rounds;
    for (int round = 0; (round < rounds || run.timeLeft()) && !run.anyProblem(); round++) {
      round(run, roundNanos);
    }
  }

  private static void round(Run run, long nanos) throws IOException, InterruptedException {
    try (Crew crew = new Crew(run, run.freshDirectory("root"))) {
      int foreigners = Math.max(1, run.options().processes() / 4);
      Set<Integer> foreign = new HashSet<>();
      for (int worker = 0; worker < Math.max(2, run.options().processes()); worker++) {
        boolean isForeign = worker < foreigners;
        WorkerPlan plan = crew.plan(isForeign ? THEIRS : OURS).withKeys(KEYS, RUNS);
        if (isForeign) {
          foreign.add(plan.firstHistory());
        }
        crew.start(isForeign ? plan.asForeign() : plan, Launch.PLAIN);
      }
      crew.go();
      Rounds.let(run, nanos);
      crew.stop();
      check(run, crew, foreign);
    }
  }

  private static void check(Run run, Crew crew, Set<Integer> foreign) throws IOException {
    List<Operation> operations = HistoryReader.readAll(crew.histories());
    List<Operation> ours = new ArrayList<>();
    for (Operation each : operations) {
      if (foreign.contains(each.worker())) {
        run.count("operations of the foreign store", 1);
        run.count("of them failed", each.failed() ? 1 : 0);
      } else {
        ours.add(each);
      }
    }
    Rounds.count(run, ours);
    Inspection inspection = Inspection.besideForeign(run, crew.root(), KEYS, 1024);
    noneOutOfThinAir(run, operations);
    run.count(
        "saves published again", inspection.counters().getOrDefault(StoreCounter.REPUBLISHED, 0L));
    blame(run, crew.told(), HistoryCheck.gone(ours, inspection.versions(), 0));
    run.trials(
        ours.stream().filter(each -> each.kind() == Kind.SAVE && each.acknowledged()).count(), 0);
    Rounds.discard(run, crew);
  }

  /**
   * What is found must have been written by somebody, and not later. More cannot be asked for here:
   * a save whose pair was destroyed publishes it again, so that readers see it come and go.
   */
  private static void noneOutOfThinAir(Run run, List<Operation> operations) {
    Map<Long, Operation> writes = new HashMap<>();
    for (Operation each : operations) {
      if (each.kind().writes()) {
        writes.put(each.version(), each);
      }
    }
    for (Operation each : operations) {
      if (each.kind().reads() && each.acknowledged() && each.version() != 0) {
        Operation write = writes.get(each.version());
        if (write == null || write.key() != each.key() || write.invoked() > each.responded()) {
          run.problem(
              "key %d: found version %s, which nobody had written there"
                  .formatted(each.key(), Version.text(each.version())));
        }
      }
    }
  }

  /** Every entry of ours that is gone must be one that the foreign store says it removed. */
  private static void blame(Run run, List<String> told, List<Gone> gone) {
    Map<String, Set<String>> destroyed = new HashMap<>();
    for (String line : told) {
      List<String> words = List.of(line.split(" ", 5));
      if (!words.get(0).equals("destroyed")) {
        run.problem("a worker said: " + line);
        continue;
      }
      run.count("entries destroyed by the foreign store: " + words.get(4), 1);
      if (words.get(2).startsWith("r")) {
        destroyed.computeIfAbsent(words.get(1), unused -> new HashSet<>()).add(words.get(2));
      }
    }
    run.count("our entries that the foreign store has destroyed for good", gone.size());
    Map<Integer, Long> goneByKey = new HashMap<>();
    gone.forEach(each -> goneByKey.merge(each.key(), 1L, Long::sum));
    goneByKey.forEach(
        (key, count) -> {
          int explained = destroyed.getOrDefault(Names.key(key).toHex(), Set.of()).size();
          if (count > explained) {
            run.problem(
                "key %d: %d entries are gone, the foreign store removed %d"
                    .formatted(key, count, explained));
          }
        });
  }
}
