package io.warmstart.evict;

import io.warmstart.access.Expiry;
import io.warmstart.evict.EntryRemoval.Outcome;
import io.warmstart.flight.Flight;
import io.warmstart.flight.SweepEvent;
import io.warmstart.index.SpaceLedger;
import io.warmstart.key.KeyRecount;
import io.warmstart.key.KeyUpdate;
import io.warmstart.key.LabelFlow;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.EvictionReport.Reason;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreException;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.Quarantine;
import io.warmstart.pair.QuarantinedFile;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.policy.Limits;
import io.warmstart.policy.Pins;
import io.warmstart.policy.PolicyInForce;
import io.warmstart.policy.StoreLimits;
import io.warmstart.process.Counter;
import io.warmstart.process.Counters;
import io.warmstart.process.StripeLocks;
import io.warmstart.recover.RecoverFlow;
import io.warmstart.recover.RootScan;
import io.warmstart.save.SavedEntry;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.agrona.concurrent.EpochNanoClock;
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
 *       if its manifest confirms by what it was chosen ({@link EntryRemoval}). No more than the
 *       root was over when this began: who has saved meanwhile sweeps after it.
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

  private static final int MOST_PASSES = 4;

  private final RootDirectory root;
  private final StripeLocks sweepLock;
  private final RecoveringLocks locks;
  private final SpaceLedger ledger;
  private final RootScan rootScan;
  private final RecoverFlow recoverFlow;
  private final EntryRemoval removal;
  private final Quarantine quarantine;
  private final PolicyInForce policy;
  private final Pins pins;
  private final Expiry expiry;
  private final LabelFlow labels;
  private final BooleanSupplier noticeDeaths;
  private final Notices notices;
  private final Counters counters;
  private final EpochNanoClock clock;

  public SweepFlow(
      RootDirectory root,
      StripeLocks sweepLock,
      RecoveringLocks locks,
      SpaceLedger ledger,
      RootScan rootScan,
      RecoverFlow recoverFlow,
      EntryRemoval removal,
      Quarantine quarantine,
      PolicyInForce policy,
      Pins pins,
      Expiry expiry,
      LabelFlow labels,
      BooleanSupplier noticeDeaths,
      Notices notices,
      Counters counters,
      EpochNanoClock clock) {
    this.root = root;
    this.sweepLock = sweepLock;
    this.locks = locks;
    this.ledger = ledger;
    this.rootScan = rootScan;
    this.recoverFlow = recoverFlow;
    this.removal = removal;
    this.quarantine = quarantine;
    this.policy = policy;
    this.pins = pins;
    this.expiry = expiry;
    this.labels = labels;
    this.noticeDeaths = noticeDeaths;
    this.notices = notices;
    this.counters = counters;
    this.clock = clock;
  }

  /**
   * After a save: sweeps if the root is over the budget, or nobody knows whether it is. Where
   * another sweep is under way, it is over as soon as the root is within the budget.
   *
   * @param saved is spared
   */
  public void keepBudget(StoreLimits limits, long foreignCheckNanos, SavedEntry saved) {
    if (policy.damage() != null) {
      // What could not be read a moment ago, perhaps it can now.
      policy.refresh();
    }
    if (isWithinBudget(limits.now())) {
      return;
    }
    try (StripeLocks.Hold hold =
        sweepLock.acquireSweepUnless(() -> isWithinBudget(limits.now()), PATIENCE_NANOS)) {
      Limits fresh = limits.freshForSweep();
      // The sweep that was waited for may have done it.
      if (hold == null || (hold.heldAcrossProcesses() && isWithinBudget(fresh))) {
        return;
      }
      Sweep sweep = new Sweep(foreignCheckNanos > 0, false, fresh, saved);
      if (foreignCheckNanos == 0) {
        sweep.scan(false);
      }
      sweep.run(hold);
    } catch (IOException e) {
      // The save has been acknowledged by now in all but words: it does not fail for this.
      counters.count(Counter.SWEEP_FAILURES);
    } catch (RuntimeException | Error e) {
      // Nor for this, be it an OutOfMemoryError.
      counters.count(Counter.SWEEP_FAILURES);
      notices.trouble(
          Kind.SWEEP, "the sweep after a save failed, the save did not: root=" + root.path(), e);
    }
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
    run(
        sweep,
        () -> {
          policy.refresh();
          return policy.limits();
        },
        scanning);
  }

  private EvictionReport run(Sweep sweep, Supplier<Limits> fresh, boolean scanning) {
    try {
      if (noticeDeaths.getAsBoolean()) {
        // What the dead have left goes before any entry, with the next scan of any process.
        ledger.walkIsDue();
      }
      // Before the stripe is taken: savers need not wait for it.
      if (scanning || ledger.walkedAt() == 0 || ledger.totalBytes().isEmpty()) {
        sweep.scan(true);
      }
      EvictionReport report;
      try (StripeLocks.Hold hold = sweepLock.acquireSweep(PATIENCE_NANOS)) {
        sweep.limits = fresh.get();
        report = sweep.run(hold);
      }
      if (scanning && !forgetLabels(sweep.limits)) {
        sweep.tally.failures++;
        report = sweep.tally.report(sweep.limits.sizeBudgetBytes(), false);
      }
      return report;
    } catch (IOException e) {
      counters.count(Counter.SWEEP_FAILURES);
      throw StoreFailures.ofWriting("sweep failed", root.path(), e);
    }
  }

  /** What fails of this takes nothing from what the sweep has done; returns whether nothing did. */
  private boolean forgetLabels(Limits limits) {
    try {
      labels.forget(limits.ttlNanos());
      return true;
    } catch (IOException | StoreException e) {
      counters.count(Counter.SWEEP_FAILURES);
      notices.troubleAgain(Kind.SWEEP, "old labels could not be looked at: root=" + root.path(), e);
      return false;
    }
  }

  /** One sweep. For one thread. */
  private final class Sweep {
    private final boolean mayTrustChangeTimes;
    private final boolean background;
    private final @Nullable SavedEntry spared;
    private final SweepTally tally = new SweepTally();
    private Limits limits;

    /** What the entries held that it has removed. */
    private long removedBytes;

    private Sweep(
        boolean mayTrustChangeTimes,
        boolean background,
        Limits limits,
        @Nullable SavedEntry spared) {
      this.mayTrustChangeTimes = mayTrustChangeTimes;
      this.background = background;
      this.limits = limits;
      this.spared = spared;
    }

    private RootScan.Result scan(boolean skipUnchanged) throws IOException {
      RootScan.Result scan = rootScan.run(skipUnchanged && mayTrustChangeTimes, () -> false);
      tally.recovered.add(scan.recovered());
      tally.failures += scan.failures();
      tally.other(scan.otherFiles(), scan.otherBytes());
      if (scan.ended()) {
        tally.before(scan.entries().size(), scan.bytes() + scan.recovered().bytesRemoved());
      }
      return scan;
    }

    private EvictionReport run(StripeLocks.Hold hold) throws IOException {
      SweepEvent event = Flight.sweep();
      EvictionReport report = runUnseen(hold);
      if (event != null) {
        event.over(report.evicted(), report.expired(), report.bytesAfter());
      }
      return report;
    }

    private EvictionReport runUnseen(StripeLocks.Hold hold) throws IOException {
      counters.count(Counter.SWEEPS);
      // If that fails nothing goes.
      pins.look();
      // Again if some were used since they were counted, or the total has come into doubt.
      for (int pass = 0; pass < MOST_PASSES; pass++) {
        if (evict(hold, victims())) {
          break;
        }
      }
      if (policy.damage() != null) {
        tally.failures++;
      }
      if (tally.failures > 0) {
        counters.count(Counter.SWEEP_FAILURES);
      }
      tally.log(limits.sizeBudgetBytes());
      return tally.report(limits.sizeBudgetBytes(), false);
    }

    /** By the index; where that does not know the whole even after a scan, by the scan. */
    private Victims victims() throws IOException {
      if (ledger.totalBytes().isEmpty()) {
        RootScan.Result scan = scan(true);
        if (ledger.totalBytes().isEmpty() && isLacking(scan)) {
          scan = scan(false);
        }
        if (ledger.totalBytes().isEmpty()) {
          return new ScannedVictims(scan, expiry, pins.known(), limits);
        }
      }
      tally.before(ledger.count(), ledger.totalBytes().orElse(0));
      return new RecordedVictims(ledger, pins.known(), limits);
    }

    /** Whether the scan may have skipped the entries that eviction must take first. */
    private boolean isLacking(RootScan.Result scan) {
      return !scan.ended() || (scan.skipped() && scan.bytes() > limits.sizeBudgetBytes());
    }

    /**
     * Removes what must go.
     *
     * @return false if the total has come into doubt meanwhile, or the root is over its budget
     *     still and some that were to go had been used
     */
    private boolean evict(StripeLocks.Hold hold, Victims victims) throws IOException {
      expire(victims);
      settleBudget(hold, victims.bytes().orElse(0));
      if (isOver(victims)) {
        removeQuarantined(victims);
      }
      boolean stayed = false;
      // What is saved from now on its savers sweep, or whoever sweeps next. A sweep that took that
      // too would not end while others save as fast as it removes, and all would wait for it.
      long due = victims.bytes().orElse(0) - limits.sizeBudgetBytes();
      long removedBefore = removedBytes;
      while (isOver(victims) && removedBytes - removedBefore < due) {
        Optional<Victim> next = victims.next();
        if (next.isEmpty()) {
          break;
        }
        Outcome outcome = remove(victims, next.get(), null);
        if (outcome != Outcome.REMOVED) {
          // Whatever the reason: not again in this pass, or it might never end.
          victims.skip(next.get());
          stayed |= outcome != Outcome.SPARED;
        }
      }
      OptionalLong total = victims.bytes();
      tally.bytesAfter = total.orElse(0);
      return total.isPresent() && !(stayed && isOver(victims));
    }

    private boolean isOver(Victims victims) {
      OptionalLong total = victims.bytes();
      return total.isPresent() && total.getAsLong() > limits.sizeBudgetBytes();
    }

    private void expire(Victims victims) {
      if (limits.ttlNanos() == 0 || (spared != null && !policy.mayExpire(limits))) {
        return;
      }
      for (Victim old : victims.usedLastBy(clock.nanoTime() - limits.ttlNanos())) {
        // One that was last used before the TTL came into force was written before it too.
        if (old.lastUseNanos() >= limits.ttlSinceNanos() && !old.isPinnedBy(pins.known())) {
          remove(victims, old, limits);
        }
      }
    }

    /**
     * A default budget comes into force before the first entry goes by it. Not in the background:
     * nobody who saves has missed the room yet.
     */
    private void settleBudget(StripeLocks.Hold hold, long bytes) {
      if (limits.budgetInForce() || bytes <= limits.sizeBudgetBytes()) {
        return;
      }
      if (background) {
        limits = limits.withBudget(Long.MAX_VALUE);
        return;
      }
      long added = spared == null ? 0 : spared.addedBytes();
      Limits settled = policy.bringDefaultBudgetIntoForce(hold, bytes, bytes - added);
      limits = policy.damage() == null ? limits.withBudget(settled.sizeBudgetBytes()) : settled;
    }

    /** Removes an entry; only if it has expired, where limits are given. */
    private Outcome remove(Victims victims, Victim victim, @Nullable Limits expiredBy) {
      try {
        EntryRemoval.Removal done = removal.remove(victim, expiredBy, spared);
        if (done.outcome() == Outcome.BROKEN) {
          mend(victims, root.directory(victim.key()));
        } else if (done.outcome() == Outcome.REMOVED) {
          boolean old = expiredBy != null;
          victims.removed(victim, done.bytes());
          removedBytes += done.bytes();
          Reason reason = old ? Reason.EXPIRED : Reason.OVER_BUDGET;
          tally.removed(victim.key(), done.runId(), done.bytes(), reason);
          notices.removed(
              new EvictionReport.Removed(
                  Fingerprint.ofDigest(victim.key()), done.runId(), done.bytes(), reason));
          counters.count(old ? Counter.EXPIRED : Counter.EVICTED);
        }
        return done.outcome();
      } catch (IOException e) {
        tally.failures++;
        return Outcome.STAYS;
      }
    }

    /** What cannot be read must not push out what can: into quarantine, and from there first. */
    private void mend(Victims victims, KeyDirectory directory) throws IOException {
      KeyRecount.Found found;
      try (KeyUpdate update = locks.acquire(directory)) {
        found = update.recount();
      }
      recoverFlow.run(directory, found.scan(), tally.recovered);
      if (isOver(victims)) {
        removeQuarantined(victims);
      }
    }

    private void removeQuarantined(Victims victims) throws IOException {
      List<QuarantinedFile> files = quarantine.list();
      long held = files.stream().mapToLong(QuarantinedFile::bytes).sum();
      victims.quarantineShrank(0, held);
      for (QuarantinedFile file : files) {
        if (!isOver(victims)) {
          return;
        }
        if (removeQuarantined(file)) {
          held -= file.bytes();
          victims.quarantineShrank(file.bytes(), held);
        }
      }
    }

    private boolean removeQuarantined(QuarantinedFile file) {
      try {
        root.ops().unlink(file.path());
        tally.quarantineRemoved++;
        return true;
      } catch (NoSuchFileException e) {
        return true;
      } catch (IOException e) {
        tally.failures++;
        return false;
      }
    }
  }
}
