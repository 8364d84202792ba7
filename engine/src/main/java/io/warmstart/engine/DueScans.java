package io.warmstart.engine;

import io.warmstart.evict.SweepFlow;
import io.warmstart.index.SpaceLedger;
import io.warmstart.io.RootWatch;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.process.Counters;
import io.warmstart.process.Siblings;
import io.warmstart.recover.RootScan;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.agrona.concurrent.SystemEpochNanoClock;

/**
 * When this process scans its root without being asked: to count what nobody has counted, to bring
 * within the budget what foreign writers add, to do what its saves have left, and at its end after
 * processes that have died.
 *
 * <p>One thread at a time, but for {@link #sweepAfterOthers} and {@link #finishWhatIsLeft}.
 */
final class DueScans {
  /** With the time that a sweep takes, within a minute. */
  private static final long SWEEP_EVERY_NANOS = TimeUnit.SECONDS.toNanos(45);

  /** The processes of a root do not all scan at once: the first that does spares the others. */
  private static final long MOST_JITTER_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** The same where only a sweep finds out what other machines have saved. */
  private static final long REMOTE_SWEEP_EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** A scan asks the server once for each key: it takes no more than this part of the time. */
  private static final int LEAST_PAUSE_FOR_SWEEP = 10;

  /** Between two scans while nobody knows the root's bytes. */
  private static final long RECOUNT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Siblings siblings;
  private final RootWatch rootWatch;
  private final SpaceLedger ledger;
  private final RootScan rootScan;
  private final SweepFlow sweepFlow;
  private final LongSupplier foreignCheckNanos;
  private final boolean besideOtherMachines;
  private final Counters counters;
  private final long sweepEvery;

  private long sweptAt = System.nanoTime();
  private long countedAt = sweptAt - RECOUNT_NANOS;
  private long pause;
  private long savesAtSweep;

  /**
   * Makes the scans of one root.
   *
   * @param foreignCheckNanos how seldom the stores of this process look for what others do
   */
  DueScans(
      Siblings siblings,
      RootWatch rootWatch,
      SpaceLedger ledger,
      RootScan rootScan,
      SweepFlow sweepFlow,
      LongSupplier foreignCheckNanos,
      boolean besideOtherMachines,
      Counters counters) {
    this.siblings = siblings;
    this.rootWatch = rootWatch;
    this.ledger = ledger;
    this.rootScan = rootScan;
    this.sweepFlow = sweepFlow;
    this.foreignCheckNanos = foreignCheckNanos;
    this.besideOtherMachines = besideOtherMachines;
    this.counters = counters;
    this.sweepEvery =
        besideOtherMachines
            ? REMOTE_SWEEP_EVERY_NANOS
            : SWEEP_EVERY_NANOS + ThreadLocalRandom.current().nextLong(MOST_JITTER_NANOS);
    this.pause = sweepEvery;
  }

  /**
   * Counts the root if nobody has, so that the first save that passes the budget need not, and
   * sweeps if saves have left that to the background.
   *
   * @param now of the monotonic clock
   * @param stopped whether a count is to be given up
   */
  void countIfDue(long now, BooleanSupplier stopped) {
    if (ledger.totalBytes().isPresent()) {
      sweepWhatIsLeft(false);
    } else if (now - countedAt >= RECOUNT_NANOS) {
      countedAt = now;
      count(stopped, false);
      countedAt = System.nanoTime();
    }
  }

  private void count(BooleanSupplier stopped, boolean mayWait) {
    try {
      if (rootScan.run(true, stopped).ended() || ledger.totalBytes().isPresent()) {
        sweepWhatIsLeft(mayWait);
      }
    } catch (IOException e) {
      counters.count(StoreCounter.SWEEP_FAILURES);
    }
  }

  /** Does what was left because others were sweeping, after them. For any thread. */
  void sweepAfterOthers() {
    if (ledger.totalBytes().isPresent()) {
      sweepWhatIsLeft(true);
    }
  }

  private void sweepWhatIsLeft(boolean mayWait) {
    if (sweepFlow.isLeftToBackground()) {
      // The count may have taken long: what has another root's name by now is not ours to sweep.
      rootWatch.look();
      if (!rootWatch.isGone()) {
        sweepFlow.runWhatIsLeft(foreignCheckNanos.getAsLong(), mayWait);
      }
    }
  }

  /**
   * Sweeps, so that what foreign writers add is counted.
   *
   * @param now of the monotonic clock
   */
  void sweepIfDue(long now) {
    long saves = counters.own(StoreCounter.SAVES);
    if (isSweepDue(now, saves)) {
      savesAtSweep = saves;
      sweptAt = now;
      sweep();
      sweptAt = System.nanoTime();
      pause = Math.max(sweepEvery, LEAST_PAUSE_FOR_SWEEP * (sweptAt - now));
    }
  }

  /**
   * Whether somebody should look what others have done to the root: on behalf of all, a process
   * that has saved to it. One that only looks up leaves it to those.
   */
  private boolean isSweepDue(long now, long saves) {
    long since = now - sweptAt;
    if (saves == 0 || since < pause) {
      return false;
    }
    boolean foreignStores = foreignCheckNanos.getAsLong() < SweepFlow.NO_FOREIGN_STORES_NANOS;
    if (besideOtherMachines || !foreignStores) {
      // Of other machines only a sweep of ours knows; an idle process asks their server less often.
      return saves != savesAtSweep || (foreignStores && since >= SWEEP_EVERY_NANOS);
    }
    return isScanOld();
  }

  /** Whether no process of this machine has scanned the root for so long. */
  private boolean isScanOld() {
    long scannedAt = ledger.scannedAt();
    long age = SystemEpochNanoClock.INSTANCE.nanoTime() - scannedAt;
    return scannedAt == 0 || age >= sweepEvery || age < 0;
  }

  private void sweep() {
    try {
      long interval = foreignCheckNanos.getAsLong();
      sweepFlow.runInBackground(interval, interval < SweepFlow.NO_FOREIGN_STORES_NANOS);
    } catch (StoreException e) {
      // Counted by the flow; the next save over the budget, or an explicit sweep, meets it again.
      return;
    }
  }

  /** Does at the end what saves have left, if this process is the one to do so. For any thread. */
  void finishWhatIsLeft() {
    // Others may have counted it, who know nothing of what is left.
    sweepAfterOthers();
    if (ledger.totalBytes().isEmpty() && sweepFlow.isLeftToBackground() && siblings.alive() <= 1) {
      // Nobody else will: some roots only see processes that save and end.
      count(() -> ledger.totalBytes().isPresent(), true);
    }
  }

  /**
   * A process that saves and ends before its first sweep is the only kind that some roots ever see:
   * it scans the root if another has died, once for each death.
   */
  void clearAwayTheDead() {
    if (counters.own(StoreCounter.SAVES) == savesAtSweep || !siblings.noticeDeaths()) {
      return;
    }
    ledger.scanIsDue();
    try {
      rootScan.run(true, () -> false);
    } catch (IOException e) {
      counters.count(StoreCounter.SWEEP_FAILURES);
      // This process then counts as dead itself, so that the next one scans.
      ledger.scanIsDue();
      siblings.leaveTraces();
    }
  }
}
