package io.warmstart.stress.cv;

import io.warmstart.model.EvictionReport;
import io.warmstart.model.RootInspection;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreStats;
import io.warmstart.model.VerifyReport;
import io.warmstart.stress.cv.work.CvSpec;
import io.warmstart.stress.cv.work.Origin;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * All that a run has to say at its end; its components are the JSON's fields.
 *
 * @param sweep what was cleared away after workers that died; absent if nothing was written
 * @param verification what a check of every entry then found; absent if nothing was written
 * @param comparison with the reference or the run before; absent if there is none
 */
record CvReport(
    String root,
    CvSpec spec,
    double seconds,
    int workers,
    CvTable table,
    Fits fits,
    Iterations iterations,
    Latency saves,
    Latency lookups,
    long lookupHits,
    int killsAsked,
    int kills,
    int idleDeaths,
    List<Death> deaths,
    Bests bests,
    List<String> notes,
    RootInspection store,
    Map<String, Long> counters,
    @Nullable EvictionReport sweep,
    @Nullable VerifyReport verification,
    @Nullable String reference,
    CvResults.@Nullable Comparison comparison) {

  /**
   * Where the fits of this run started from.
   *
   * @param elsewhere which of them another job was at when they came up
   */
  record Fits(int cold, int seeded, int resumed, int finishedBefore, int elsewhere) {}

  /**
   * Iterations.
   *
   * @param done computed in this run, the lost ones included
   * @param saved found in the store instead of computed
   * @param lost computed by workers that died, and computed again
   */
  record Iterations(long done, long saved, long lost) {}

  /**
   * Whether the best state of each fit survived the worse ones saved after it.
   *
   * @param worseSaved states saved that were worse than one of the same fit before
   * @param compared how often the best was looked for after it had been saved
   * @param lost where it was not found
   */
  record Bests(long worseSaved, long compared, List<BestLedger.Lost> lost) {}

  /**
   * Latencies in microseconds.
   *
   * @param totalSeconds all of them together, to three digits
   */
  record Latency(
      long count, double p50Micros, double p99Micros, double maxMicros, double totalSeconds) {
    static Latency of(Histogram nanos) {
      return new Latency(
          nanos.getTotalCount(),
          nanos.getValueAtPercentile(50) / 1e3,
          nanos.getValueAtPercentile(99) / 1e3,
          nanos.getMaxValue() / 1e3,
          nanos.getMean() * nanos.getTotalCount() / 1e9);
    }
  }

  /**
   * What was looked up about the run after it had ended.
   *
   * @param sweep absent if nothing was written
   * @param verification absent if nothing was written
   * @param reference the file compared with; absent if there is none
   * @param comparison with that file
   */
  record Evidence(
      RootInspection store,
      StoreStats stats,
      @Nullable EvictionReport sweep,
      @Nullable VerifyReport verification,
      @Nullable Path reference,
      CvResults.@Nullable Comparison comparison) {}

  static CvReport of(
      Path root, CvSpec spec, RunTally tally, int killsAsked, CvTable table, Evidence evidence) {
    return new CvReport(
        root.toString(),
        spec,
        tally.seconds(),
        tally.workers(),
        table,
        new Fits(
            tally.fits(Origin.COLD),
            tally.fits(Origin.SEEDED),
            tally.fits(Origin.RESUMED),
            tally.fits(Origin.FINISHED),
            tally.fitsElsewhere()),
        new Iterations(tally.iterationsDone(), tally.iterationsFound(), tally.iterationsLost()),
        Latency.of(tally.saves()),
        Latency.of(tally.lookups()),
        tally.hits(),
        killsAsked,
        tally.kills(),
        tally.idleDeaths(),
        tally.deaths(),
        new Bests(tally.bests().worse(), tally.bests().compared(), tally.bests().lost()),
        tally.notes(),
        evidence.store,
        counters(evidence.stats),
        evidence.sweep,
        evidence.verification,
        evidence.reference == null ? null : evidence.reference.toString(),
        evidence.comparison);
  }

  /** Whether a promise was broken: entries lost or damaged, or other results than before. */
  boolean problem() {
    return (sweep != null && sweep.quarantined() + sweep.failures() > 0)
        || (verification != null && !verification.clean())
        || (comparison != null && !comparison.agrees())
        || (!evicted()
            && (!bests.lost().isEmpty()
                || deaths.stream().anyMatch(death -> !death.keptAcknowledged())));
  }

  /** Whether the budget has ever made the root give up entries, checkpoints perhaps among them. */
  private boolean evicted() {
    return counters.getOrDefault(StoreCounter.EVICTED.label(), 0L) > 0;
  }

  private static Map<String, Long> counters(StoreStats stats) {
    Map<String, Long> counters = new LinkedHashMap<>();
    stats.counters().forEach((counter, count) -> counters.put(counter.label(), count));
    return counters;
  }
}
