package io.warmstart.stress.frame;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * One run of a scenario: what it may use, and where it says what it did.
 *
 * <p><b>Threads:</b> counts, problems and notes from any; the rest from the scenario's own.
 */
public final class Run {
  private static final int MOST_PROBLEMS = 40;

  private final RunOptions options;
  private final PrintWriter out;
  private final SplittableRandom random;
  private final long startNanos = System.nanoTime();
  private final Map<String, Long> counts = new LinkedHashMap<>();
  private final Map<String, Long> minimums = new LinkedHashMap<>();
  private final List<String> problems = new ArrayList<>();
  private final List<String> skipped = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final Latencies latencies = new Latencies();
  private long trials;
  private long losses;
  private long suppressedProblems;
  private int directories;

  Run(RunOptions options, PrintWriter out) {
    this.options = options;
    this.out = out;
    this.random = new SplittableRandom(options.seed());
  }

  /** The options. */
  public RunOptions options() {
    return options;
  }

  /** The generator that every choice comes from. */
  public SplittableRandom random() {
    return random;
  }

  /**
   * Whether to go on: there is time left, or too little has been done yet. A busy machine makes a
   * run longer, not a failure; only when it has taken many times as long is it given up.
   */
  public boolean timeLeft() {
    return nanosLeft() > 0 || (!enough() && nanosLeft() > -mostExtraNanos());
  }

  private long mostExtraNanos() {
    // One who names a volume waits for it.
    return options.atLeast() > 0
        ? Long.MAX_VALUE
        : TimeUnit.SECONDS.toNanos(180L + 4L * options.seconds());
  }

  private synchronized boolean enough() {
    return minimums.entrySet().stream()
        .allMatch(each -> counts.getOrDefault(each.getKey(), 0L) >= each.getValue());
  }

  /** How much time is left; 0 or less if none. */
  public long nanosLeft() {
    return startNanos + TimeUnit.SECONDS.toNanos(options.seconds()) - System.nanoTime();
  }

  /** A directory of the run's that did not exist before. */
  public Path freshDirectory(String name) throws IOException {
    return Files.createDirectories(options.directory().resolve(name + "-" + directories++));
  }

  /** Adds to a count of what was done. */
  public synchronized void count(String what, long more) {
    counts.merge(what, more, Long::sum);
  }

  /** A count so far. */
  public synchronized long counted(String what) {
    return counts.getOrDefault(what, 0L);
  }

  /** Requires that a count reaches a minimum by the end; of several the greatest holds. */
  public synchronized void atLeast(String what, long least) {
    minimums.merge(what, least, Math::max);
  }

  /** Something that must not be. */
  public synchronized void problem(String what) {
    if (problems.size() < MOST_PROBLEMS) {
      problems.add(what);
      out.println("  PROBLEM " + what);
      out.flush();
    } else {
      suppressedProblems++;
    }
  }

  /** What has been said to be wrong so far. */
  synchronized List<String> problems() {
    return List.copyOf(problems);
  }

  /** Whether something is wrong already. */
  public synchronized boolean anyProblem() {
    return !problems.isEmpty();
  }

  /** Chances to lose something that was acknowledged, and how many were taken. */
  public synchronized void trials(long more, long lost) {
    trials += more;
    losses += lost;
  }

  /** A part that this host cannot run. */
  public synchronized void skip(String part, String reason) {
    skipped.add(part + ": " + reason);
    out.println("  skipped " + part + ": " + reason);
    out.flush();
  }

  /** Something that a reader of the report should know. */
  public synchronized void note(String what) {
    notes.add(what);
    say(what);
  }

  /** One line of progress. */
  public void say(String what) {
    out.println("  " + what);
    out.flush();
  }

  /** How long an operation took. */
  public void latency(String operation, long nanos) {
    latencies.record(operation, nanos);
  }

  synchronized ScenarioResult result(String scenario, String replay, boolean wasSkipped) {
    List<ScenarioResult.Minimum> reached = new ArrayList<>();
    minimums.forEach(
        (what, least) ->
            reached.add(new ScenarioResult.Minimum(what, least, counts.getOrDefault(what, 0L))));
    List<String> all = new ArrayList<>(problems);
    if (suppressedProblems > 0) {
      all.add("and " + suppressedProblems + " more");
    }
    for (ScenarioResult.Minimum each : reached) {
      if (!wasSkipped && !each.reached()) {
        all.add(
            "too little was done: %s: expected>=%d actual=%d"
                .formatted(each.what(), each.least(), each.actual()));
      }
    }
    if (losses > 0) {
      all.add(losses + " of " + trials + " were lost");
    }
    Verdict verdict =
        wasSkipped ? Verdict.SKIPPED : all.isEmpty() ? Verdict.PASSED : Verdict.FAILED;
    return new ScenarioResult(
        scenario,
        verdict,
        options.seed(),
        options.processes(),
        options.seconds(),
        (System.nanoTime() - startNanos) / 1e9,
        replay,
        new LinkedHashMap<>(counts),
        reached,
        trials,
        losses,
        all,
        List.copyOf(skipped),
        List.copyOf(notes),
        latencies.summary());
  }
}
