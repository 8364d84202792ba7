package io.warmstart.evict;

import io.warmstart.access.Expiry;
import io.warmstart.flight.Flight;
import io.warmstart.flight.SweepEvent;
import io.warmstart.index.SpaceLedger;
import io.warmstart.key.LabelFlow;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.policy.Limits;
import io.warmstart.policy.PinnedBytes;
import io.warmstart.policy.Pins;
import io.warmstart.policy.PolicyInForce;
import io.warmstart.policy.StoreLimits;
import io.warmstart.process.Counters;
import io.warmstart.process.StripeLocks;
import io.warmstart.recover.RootScan;
import io.warmstart.save.SavedEntry;
import java.io.IOException;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A sweep: bring the root within its budget, and clear away what is dead.
 *
 * <ol>
 *   <li>Scan the root if the index does not know its bytes, if a caller asks for the sweep, and in
 *       the background if nobody has looked for a while what programs without an index have done
 *       ({@link RootScan}).
 *   <li>Take the sweep stripe: one sweep at a time on a root.
 *   <li>Remove what has expired.
 *   <li>While over the budget: remove quarantined files, oldest first; then entries, never accessed
 *       before accessed, oldest last use first, then by path. Each under its key's lock, and only
 *       if its manifest confirms by what it was chosen ({@link EvictionPass}), and no more than the
 *       root was over when the pass began: what others save meanwhile they sweep after it.
 * </ol>
 *
 * <p>What is pinned is passed over, expired or not. Where the root keeps the best and the latest of
 * each key, these are passed over too, until nothing else is left.
 *
 * <p>The sweep of a save never takes what was saved, whatever the order says: an entry that nobody
 * has looked up yet would be the first to go as soon as all others have been. An explicit sweep,
 * and that of another save, may take it.
 *
 * <p>It goes by the policy as it is when the sweep stripe is held. A default budget by which
 * something would go comes into force first, {@link PolicyInForce#bringDefaultBudgetIntoForce}.
 *
 * <p>Where the index does not know the whole, the entries are those that the scan has found. A save
 * never fails because its sweep does; the failure is counted and shows in the report.
 *
 * <p>Safe for all threads.
 */
public final class SweepFlow {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** A store that looks for foreign changes no more often says that there are none. */
  public static final long NO_FOREIGN_STORES_NANOS = TimeUnit.DAYS.toNanos(1);

  /** How long a save waits for the count of a root whose bytes nobody knows. */
  private static final long COUNT_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final int MOST_PASSES = 4;

  private final RootDirectory root;
  private final StripeLocks sweepLock;
  private final SpaceLedger ledger;
  private final RootScan rootScan;
  private final EvictionPass evictionPass;
  private final PolicyInForce policy;
  private final Pins pins;
  private final PinnedBytes pinnedBytes;
  private final Expiry expiry;
  private final LabelFlow labels;
  private final BooleanSupplier noticeDeaths;
  private final Notices notices;
  private final Counters counters;

  /**
   * What a save has left to the background, as the root was still being counted, or others were
   * sweeping.
   *
   * @param saved the last one, which is spared
   * @param sinceNanos since when there is any, of the monotonic clock
   */
  private record Left(SavedEntry saved, long sinceNanos) {}

  /**
   * By the limits of the stores whose saves they were, until they are done. While there are any,
   * others need not wait for the count.
   */
  private final Map<StoreLimits, Left> left = new ConcurrentHashMap<>();

  public SweepFlow(
      RootDirectory root,
      StripeLocks sweepLock,
      SpaceLedger ledger,
      RootScan rootScan,
      EvictionPass evictionPass,
      PolicyInForce policy,
      Pins pins,
      PinnedBytes pinnedBytes,
      Expiry expiry,
      LabelFlow labels,
      BooleanSupplier noticeDeaths,
      Notices notices,
      Counters counters) {

    this.root = root;
    this.sweepLock = sweepLock;
    this.ledger = ledger;
    this.rootScan = rootScan;
    this.evictionPass = evictionPass;
    this.policy = policy;
    this.pins = pins;
    this.pinnedBytes = pinnedBytes;
    this.expiry = expiry;
    this.labels = labels;
    this.noticeDeaths = noticeDeaths;
    this.notices = notices;
    this.counters = counters;
  }

  /**
   * After a save: sweeps if the root is over the budget. Where another sweep is under way, it is
   * over as soon as the root is within the budget, or at once for a caller that may not wait: the
   * background does it after them.
   *
   * <p>Where nobody knows the root's bytes, one save waits a second for them to be counted, and the
   * others no longer: the background goes on, and does this sweep when they are known.
   *
   * @param saved is spared
   * @param mayWait whether to wait for a sweep that is under way
   */
  public void keepBudget(
      StoreLimits limits, long foreignCheckNanos, SavedEntry saved, boolean mayWait) {
    try {
      if (isOverBudget(limits)
          && (isStillBeingCounted() || !hasSweptAfter(limits, foreignCheckNanos, saved, mayWait))) {
        left.merge(
            limits,
            new Left(saved, System.nanoTime()),
            (before, next) -> new Left(saved, before.sinceNanos));
      }
    } catch (IOException | RuntimeException | Error e) {
      // The save has been acknowledged by now in all but words: it does not fail for this, be it an
      // OutOfMemoryError.
      failed(e);
    }
  }

  private void failed(Throwable error) {
    counters.count(StoreCounter.SWEEP_FAILURES);
    tell("the sweep after a save failed, the save did not: root=" + root.path(), error);
  }

  private boolean isOverBudget(StoreLimits limits) {
    if (policy.damage() != null) {
      // What could not be read a moment ago, perhaps it can now.
      policy.refresh();
    }
    return !isWithinBudget(limits.now());
  }

  /** Returns false if others are sweeping, and it was not to wait for them. */
  private boolean hasSweptAfter(
      StoreLimits limits, long foreignCheckNanos, SavedEntry saved, boolean mayWait)
      throws IOException {
    try (StripeLocks.Hold hold =
        mayWait
            ? sweepLock.acquireSweepUnless(() -> isWithinBudget(limits.now()), PATIENCE_NANOS)
            : sweepLock.tryAcquireSweep()) {
      if (hold == null) {
        // A thread that has waited has seen the root within its budget.
        return mayWait;
      }
      Limits fresh = limits.freshForSweep();
      // The sweep that was waited for may have done it.
      if (!hold.heldAcrossProcesses() || !isWithinBudget(fresh)) {
        Sweep sweep = new Sweep(foreignCheckNanos > 0, false, fresh, saved);
        if (foreignCheckNanos == 0) {
          scan(sweep, false);
        }
        run(sweep, hold);
      }
      return true;
    }
  }

  /** Whether nobody knows the root's bytes, nor will in a second. */
  private boolean isStillBeingCounted() throws IOException {
    if (ledger.totalBytes().isPresent()) {
      return false;
    }
    if (!left.isEmpty()) {
      return true;
    }
    long deadline = System.nanoTime() + COUNT_PATIENCE_NANOS;
    boolean ended = rootScan.run(true, () -> System.nanoTime() - deadline > 0).ended();
    return !ended && ledger.totalBytes().isEmpty();
  }

  private boolean isWithinBudget(Limits limits) {
    OptionalLong total = ledger.totalBytes();
    return total.isPresent() && total.getAsLong() <= limits.sizeBudgetBytes();
  }

  /** One sweep that a caller asks for: by what lies on the root now. */
  public EvictionReport run(StoreLimits limits, long foreignCheckNanos) {
    Sweep sweep = new Sweep(foreignCheckNanos > 0, false, limits.now(), null);
    return run(sweep, limits::freshForSweep, foreignCheckNanos < NO_FOREIGN_STORES_NANOS);
  }

  /**
   * One sweep of the background, by the root's policy alone, whatever single stores have named.
   *
   * @param scanning whether nobody has looked for a while what others did to the root
   */
  public void runInBackground(long foreignCheckNanos, boolean scanning) {
    Sweep sweep = new Sweep(foreignCheckNanos > 0, true, policy.limits(), null);
    try {
      run(
          sweep,
          () -> {
            policy.refresh();
            return policy.limits();
          },
          scanning);
    } catch (StoreException e) {
      tell("a sweep failed, and is tried again: root=" + root.path(), e);
      throw e;
    }
  }

  private String shortcoming(Sweep sweep) {
    String damage = policy.hindrance();
    return damage != null
        ? "nothing is evicted and nothing expires, the root's policy is damaged: " + damage
        : "a sweep could not look at or remove all that it had to: failures="
            + sweep.tally.failures
            + " root="
            + root.path();
  }

  private void tell(String what, @Nullable Throwable because) {
    notices.troubleAgain(Kind.SWEEP, what, because);
  }

  /** Whether a save has left the budget to the background. */
  public boolean isLeftToBackground() {
    return !left.isEmpty();
  }

  /**
   * Does what saves have left, once the root is counted: as each of them would have, by the limits
   * of its store, and what was saved is spared.
   *
   * @param mayWait whether to wait for a sweep that is under way; if not, what was left half a
   *     minute ago waits all the same: its owner may be stopped, or there may be no locks
   */
  public void runWhatIsLeft(long foreignCheckNanos, boolean mayWait) {
    left.forEach(
        (limits, last) -> {
          if (isDone(limits, last, foreignCheckNanos, mayWait)) {
            // Not sooner: who asks meanwhile waits for it. Nor what has come since.
            left.remove(limits, last);
          }
        });
  }

  /** Also if it fails: the next save over the budget tries again. */
  private boolean isDone(StoreLimits limits, Left last, long foreignCheckNanos, boolean mayWait) {
    try {
      boolean waits = mayWait || System.nanoTime() - last.sinceNanos >= PATIENCE_NANOS;
      return !isOverBudget(limits) || hasSweptAfter(limits, foreignCheckNanos, last.saved, waits);
    } catch (IOException | RuntimeException | Error e) {
      failed(e);
      return true;
    }
  }

  private EvictionReport run(Sweep sweep, Supplier<Limits> fresh, boolean scanning) {
    try {
      if (noticeDeaths.getAsBoolean()) {
        // What the dead have left goes before any entry, with the next scan of any process.
        ledger.scanIsDue();
      }
      // Before the stripe is taken: savers need not wait for it.
      if (scanning || ledger.scannedAt() == 0 || ledger.totalBytes().isEmpty()) {
        scan(sweep, true);
      }
      EvictionReport report;
      try (StripeLocks.Hold hold = sweepLock.acquireSweep(PATIENCE_NANOS)) {
        sweep.limits = fresh.get();
        report = run(sweep, hold);
      }
      if (scanning && !forgetLabels(sweep.limits)) {
        sweep.tally.failures++;
        report = sweep.tally.report(sweep.limits.sizeBudgetBytes(), false);
      }
      return report;
    } catch (IOException e) {
      counters.count(StoreCounter.SWEEP_FAILURES);
      throw StoreFailures.ofWriting("sweep failed", root.path(), e);
    }
  }

  /** What fails of this takes nothing from what the sweep has done; returns whether nothing did. */
  private boolean forgetLabels(Limits limits) {
    try {
      labels.forget(limits.ttlNanos());
      return true;
    } catch (IOException | StoreException e) {
      counters.count(StoreCounter.SWEEP_FAILURES);
      tell("old labels could not be looked at: root=" + root.path(), e);
      return false;
    }
  }

  private RootScan.Result scan(Sweep sweep, boolean skipUnchanged) throws IOException {
    return tally(sweep, rootScan.run(skipUnchanged && sweep.mayTrustChangeTimes, () -> false));
  }

  private static RootScan.Result tally(Sweep sweep, RootScan.Result scan) {
    sweep.tally.recovered.add(scan.recovered());
    sweep.tally.failures += scan.failures();
    sweep.tally.other(scan.otherFiles(), scan.otherBytes());
    sweep.tally.unreadable(scan.unreadableBytes());
    if (scan.ended()) {
      sweep.tally.before(scan.found(), scan.bytes() + scan.recovered().bytesRemoved());
    }
    return scan;
  }

  private EvictionReport run(Sweep sweep, StripeLocks.Hold hold) throws IOException {
    SweepEvent event = Flight.sweep();
    EvictionReport report = runUnseen(sweep, hold);
    if (event != null) {
      event.over(report.evicted(), report.expired(), report.bytesAfter());
    }
    return report;
  }

  private EvictionReport runUnseen(Sweep sweep, StripeLocks.Hold hold) throws IOException {
    counters.count(StoreCounter.SWEEPS);
    // If that fails nothing goes.
    pins.look();
    // Again if some were used since they were counted, or the total has come into doubt.
    for (int pass = 0; pass < MOST_PASSES; pass++) {
      if (evictionPass.run(sweep, victims(sweep), hold)) {
        break;
      }
    }
    if (policy.hindrance() != null) {
      sweep.tally.failures++;
    }
    if (sweep.tally.failures > 0) {
      counters.count(StoreCounter.SWEEP_FAILURES);
      tell(shortcoming(sweep), null);
    }
    if (sweep.isAskedFor() && sweep.tally.bytesAfter > sweep.limits.sizeBudgetBytes()) {
      sweep.tally.pinnedBytes = pinnedBytes.count();
    }
    sweep.tally.log(sweep.limits.sizeBudgetBytes());
    return sweep.tally.report(sweep.limits.sizeBudgetBytes(), false);
  }

  /** By the index; where that does not know the whole even after a scan, by the scan. */
  private Victims victims(Sweep sweep) throws IOException {
    if (ledger.totalBytes().isEmpty()) {
      RootScan.Result scan = scan(sweep, true);
      if (ledger.totalBytes().isEmpty() && isLacking(sweep, scan)) {
        scan = tally(sweep, rootScan.runTellingAll());
      }
      if (ledger.totalBytes().isEmpty()) {
        return new ScannedVictims(scan, expiry, pins.known(), sweep.limits);
      }
    }
    sweep.tally.before(ledger.count(), ledger.totalBytes().orElse(0));
    return new RecordedVictims(ledger, pins.known(), sweep.limits);
  }

  /** Whether the scan may not tell of the entries that eviction must take first. */
  private static boolean isLacking(Sweep sweep, RootScan.Result scan) {
    return !scan.ended()
        || scan.cutShort()
        || (scan.skipped() && scan.bytes() > sweep.limits.sizeBudgetBytes());
  }
}
