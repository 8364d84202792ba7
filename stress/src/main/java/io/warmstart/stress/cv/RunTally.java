package io.warmstart.stress.cv;

import io.warmstart.stress.cv.work.FitOutcome;
import io.warmstart.stress.cv.work.FitTask;
import io.warmstart.stress.cv.work.Origin;
import io.warmstart.stress.cv.work.WorkerMessage.Looked;
import io.warmstart.stress.cv.work.WorkerMessage.Saved;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * What a run did: iterations, latencies, deaths, outcomes. Workers tell each latency as it happens,
 * so a killed one's are not lost with it.
 *
 * <p><b>Threads:</b> not safe; the coordinator's own.
 */
final class RunTally {
  private static final int DIGITS = 3;

  private final Map<FitTask, FitOutcome> outcomes =
      new TreeMap<>(
          (left, right) ->
              left.fold() != right.fold()
                  ? Integer.compare(left.fold(), right.fold())
                  : Integer.compare(left.penalty(), right.penalty()));
  private final Map<Origin, Integer> origins = new EnumMap<>(Origin.class);
  private final List<Death> deaths = new ArrayList<>();
  private final BestLedger bests = new BestLedger();
  private final List<String> notes = new ArrayList<>();
  private final Set<FitTask> elsewhere = new HashSet<>();
  private final Histogram saves = new Histogram(DIGITS);
  private final Histogram lookups = new Histogram(DIGITS);
  private long hits;
  private long iterationsDone;
  private long iterationsFound;
  private int idleDeaths;
  private int kills;
  private final int workers;
  private final long begunNanos = System.nanoTime();
  private long endedNanos = begunNanos;

  RunTally(int workers) {
    this.workers = workers;
  }

  void iterated() {
    iterationsDone++;
  }

  /** A fit begins for the first time in this run. */
  void began(Origin origin, long iteration) {
    origins.merge(origin, 1, Integer::sum);
    iterationsFound += iteration;
  }

  void looked(Looked lookup) {
    lookups.recordValue(lookup.nanos());
    hits += lookup.hit() ? 1 : 0;
  }

  void saved(Saved save) {
    saves.recordValue(save.nanos());
  }

  void finished(FitTask task, FitOutcome outcome) {
    outcomes.put(task, outcome);
  }

  /** Another job on the root was at the task when it came up. */
  void foundElsewhere(FitTask task) {
    elsewhere.add(task);
  }

  boolean wasElsewhere(FitTask task) {
    return elsewhere.contains(task);
  }

  /** How many fits another job was at when they came up. */
  int fitsElsewhere() {
    return elsewhere.size();
  }

  void died(Death death) {
    deaths.add(death);
  }

  void diedIdle() {
    idleDeaths++;
  }

  /** A worker was sent SIGKILL. */
  void killed() {
    kills++;
  }

  void ended() {
    endedNanos = System.nanoTime();
  }

  void noted(String note) {
    notes.add(note);
  }

  Map<FitTask, FitOutcome> outcomes() {
    return Collections.unmodifiableMap(outcomes);
  }

  int fits(Origin origin) {
    return origins.getOrDefault(origin, 0);
  }

  /** What the store should still hold of each fit as its best, and what it was seen to hold. */
  BestLedger bests() {
    return bests;
  }

  List<Death> deaths() {
    return Collections.unmodifiableList(deaths);
  }

  List<String> notes() {
    return Collections.unmodifiableList(notes);
  }

  Histogram saves() {
    return saves;
  }

  Histogram lookups() {
    return lookups;
  }

  long hits() {
    return hits;
  }

  /** Iterations computed in this run, the lost ones included. */
  long iterationsDone() {
    return iterationsDone;
  }

  /** Iterations that earlier runs had done and that this one found in the store. */
  long iterationsFound() {
    return iterationsFound;
  }

  long iterationsLost() {
    return deaths.stream().mapToLong(Death::lostIterations).sum();
  }

  /** Deaths of workers that held no fit. */
  int idleDeaths() {
    return idleDeaths;
  }

  /** Workers killed on purpose. */
  int kills() {
    return kills;
  }

  int workers() {
    return workers;
  }

  /** From the start of the first worker to the end of the last fit. */
  double seconds() {
    return (endedNanos - begunNanos) / 1e9;
  }
}
