package io.warmstart.stress.scenario;

import io.warmstart.stress.checker.Vanishing;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.frame.Scenario;
import io.warmstart.stress.history.HistoryReader;
import io.warmstart.stress.history.Kind;
import io.warmstart.stress.history.Operation;
import io.warmstart.stress.worker.Crew;
import io.warmstart.stress.worker.Inspection;
import io.warmstart.stress.worker.Launch;
import io.warmstart.stress.worker.Measurement;
import io.warmstart.stress.worker.Member;
import io.warmstart.stress.worker.Mix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * A mixed load for as long as is asked for. Descriptors, mappings, resident memory and heap of
 * every process, and what lies around in the root, must be at the end what they were at the start.
 */
public final class Soak implements Scenario {
  private static final int KEYS = 12;
  private static final long BUDGET_BYTES = 200_000;
  private static final int MEASUREMENTS = 24;

  /** So many the checker can hold at once; of a longer run only the end is compared. */
  private static final int MOST_OPERATIONS_CHECKED = 3_000_000;

  @Override
  public String name() {
    return "soak";
  }

  @Override
  public String summary() {
    return "a mixed load for hours: descriptors, mappings, memory and leftovers stay flat";
  }

  @Override
  public int defaultSeconds() {
    return 3_600;
  }

  @Override
  public boolean takesDurability() {
    return true;
  }

  @Override
  public void run(Run run) throws IOException, InterruptedException {
    run.atLeast("saves", run.options().seconds());
    run.atLeast("lookups", run.options().seconds());
    Rounds.demandJournalled(run, run.options().seconds());
    try (Crew crew = new Crew(run, run.freshDirectory("root"))) {
      for (int worker = 0; worker < run.options().processes(); worker++) {
        crew.start(
            crew.plan(Mix.ALL).withKeys(KEYS, 2).withThreads(2).withBudgetBytes(BUDGET_BYTES),
            Launch.PLAIN);
      }
      crew.go();
      List<List<Measurement>> all = new ArrayList<>();
      List<Long> leftovers = new ArrayList<>();
      crew.members().forEach(unused -> all.add(new ArrayList<>()));
      long pause = TimeUnit.SECONDS.toNanos(run.options().seconds()) / MEASUREMENTS;
      for (int i = 0; i < MEASUREMENTS && !run.anyProblem(); i++) {
        Rounds.let(run, pause);
        for (int worker = 0; worker < all.size(); worker++) {
          Member member = crew.members().get(worker);
          all.get(worker).add(member.measure());
        }
        leftovers.add(stagedFiles(crew.root()));
      }
      crew.stop();
      for (int worker = 0; worker < all.size(); worker++) {
        flat(run, worker, all.get(worker));
      }
      run.count(
          "staged files seen at most", leftovers.stream().mapToLong(each -> each).max().orElse(0));
      if (leftovers.stream().anyMatch(each -> each > 6L * run.options().processes())) {
        run.problem("staged files pile up: " + leftovers);
      }
      check(run, crew);
    }
  }

  private static void check(Run run, Crew crew) throws IOException {
    List<Operation> operations = HistoryReader.readAll(crew.histories());
    Rounds.count(run, operations);
    Inspection inspection = Inspection.of(run, crew.root(), KEYS, 1024);
    Rounds.countJournalled(run, inspection);
    if (operations.size() <= MOST_OPERATIONS_CHECKED) {
      List<Operation> sweeps =
          operations.stream()
              .filter(each -> each.kind() == Kind.SWEEP || each.kind().writes())
              .toList();
      Rounds.check(run, operations, inspection, Vanishing.of(sweeps, 0));
    } else {
      run.note(operations.size() + " operations are too many for the checker");
    }
    Rounds.discard(run, crew);
  }

  private static void flat(Run run, int worker, List<Measurement> measurements) {
    // Of what overwrites have replaced up to 128 files wait to be closed, on a slow disk for a
    // while.
    flat(run, worker, "descriptors", measurements, Measurement::descriptors, 128 + 12);
    flat(run, worker, "mappings", measurements, Measurement::mappings, 40);
    flat(run, worker, "resident KiB", measurements, Measurement::residentKib, 40 << 10);
    flat(run, worker, "heap KiB", measurements, Measurement::heapKib, 16 << 10);
    flat(run, worker, "threads", measurements, Measurement::threads, 12);
  }

  /** The last quarter against the second: the first is for warming up. */
  private static void flat(
      Run run,
      int worker,
      String what,
      List<Measurement> measurements,
      ToLongFunction<Measurement> value,
      long slack) {
    int quarter = measurements.size() / 4;
    if (quarter == 0) {
      return;
    }
    List<Long> values = measurements.stream().map(value::applyAsLong).toList();
    long early = median(values.subList(quarter, 2 * quarter));
    long late = median(values.subList(values.size() - quarter, values.size()));
    run.count("worker " + worker + ": " + what + " early", early);
    run.count("worker " + worker + ": " + what + " late", late);
    if (late > early + early / 10 + slack) {
      run.problem("worker %d: %s grow: %s".formatted(worker, what, values));
    }
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElse(0L);
  }

  private static long stagedFiles(Path root) throws IOException {
    long staged = 0;
    try (Stream<Path> directories = Files.list(root)) {
      for (Path directory : directories.toList()) {
        try (Stream<Path> files = Files.list(directory)) {
          staged += files.filter(file -> file.toString().contains("~")).count();
        } catch (IOException | UncheckedIOException e) {
          // A sweep has removed the directory.
        }
      }
    }
    return staged;
  }
}
