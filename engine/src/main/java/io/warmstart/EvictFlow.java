package io.warmstart;

import io.warmstart.EvictionReport.Reason;
import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.Quarantine;
import io.warmstart.format.Candidate;
import io.warmstart.format.Digest256;
import io.warmstart.format.Manifest;
import io.warmstart.index.Counter;
import io.warmstart.index.KeyLocks;
import io.warmstart.index.RecordedEntry;
import io.warmstart.index.RootRecords;
import io.warmstart.io.EngineLog;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A sweep: bring the root within its budget, and clear away what is dead.
 *
 * <ol>
 *   <li>Walk the root if the index does not know its bytes, if somebody asks for the sweep, and in
 *       the background if nobody has looked for a while what stores that know no index have done
 *       ({@link RootWalk}).
 *   <li>Take the sweep stripe: one sweep at a time on a root.
 *   <li>Remove what has expired.
 *   <li>While over the budget: remove quarantined files, oldest first; then entries, never accessed
 *       before accessed, oldest last use first, then by path. Each under its key's lock, and only
 *       if its manifest bears out what the index knows of it.
 * </ol>
 *
 * <p>The sweep of a save never takes what was saved, whatever the order says: an entry that nobody
 * has looked up yet would be the first to go as soon as all others have been. An explicit sweep,
 * and that of another save, may take it.
 *
 * <p>It goes by the policy as it is when the sweep stripe is held. A default budget by which
 * something would go comes into force first, {@link PolicyInForce#bringDefaultBudgetIntoForce}.
 *
 * <p>Where the index does not know the whole, the entries are those that a walk has found. A save
 * never fails because its sweep does; the failure is counted and told in the report.
 */
final class EvictFlow {
  private static final long SWEEP_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** Who looks for foreign changes no more often than this has been told that there are none. */
  static final long NO_FOREIGN_STORES_NANOS = TimeUnit.DAYS.toNanos(1);

  private static final int MOST_PASSES = 4;

  private final Engine engine;
  private final long foreignCheckNanos;
  private final boolean background;
  private final RootRecords records;
  private final @Nullable SavedEntry spared;
  private final EntryRemoval removal;
  private final SweepTally tally = new SweepTally();
  private Limits limits;

  private EvictFlow(
      Engine engine,
      long foreignCheckNanos,
      boolean background,
      Limits limits,
      @Nullable SavedEntry spared) {
    this.engine = engine;
    this.foreignCheckNanos = foreignCheckNanos;
    this.background = background;
    this.limits = limits;
    this.spared = spared;
    this.records = engine.records();
    this.removal = new EntryRemoval(engine, spared);
  }

  /**
   * After a save: sweeps if the root is over the budget, or nobody knows whether it is. Where
   * somebody sweeps already, it is over as soon as the root is within the budget.
   *
   * @param saved is spared
   */
  static void keepBudget(
      Engine engine, StoreOptions options, StoreLimits limits, SavedEntry saved) {
    if (engine.policy.damage() != null) {
      // What could not be read a moment ago, perhaps it can now.
      engine.policy.refresh();
    }
    if (withinBudget(engine, limits)) {
      return;
    }
    try (KeyLocks.Hold hold =
        engine.locks.acquireSweepUnless(() -> withinBudget(engine, limits), SWEEP_PATIENCE_NANOS)) {
      Limits fresh = limits.freshForSweep();
      // The sweep that was waited for may have done it.
      if (hold == null || (hold.shared() && withinBudget(engine, fresh))) {
        return;
      }
      EvictFlow flow = new EvictFlow(engine, options.foreignCheckNanos(), false, fresh, saved);
      if (options.foreignCheckNanos() == 0) {
        flow.walk(false);
      }
      flow.run(hold);
    } catch (IOException e) {
      // The save has been acknowledged by now in all but words: it does not fail for this.
      engine.counters.count(Counter.SWEEP_FAILURES);
    } catch (RuntimeException | Error e) {
      // Nor for this, be it an OutOfMemoryError of a thread that scanned the root.
      engine.counters.count(Counter.SWEEP_FAILURES);
      EngineLog.warning("the sweep after a save failed, the save did not: root=" + engine.root, e);
    }
  }

  /** One sweep that somebody asks for: by what lies on the root now. */
  static EvictionReport sweep(Engine engine, StoreOptions options, StoreLimits limits) {
    boolean foreignStores = options.foreignCheckNanos() < NO_FOREIGN_STORES_NANOS;
    EvictFlow flow = new EvictFlow(engine, options.foreignCheckNanos(), false, limits.now(), null);
    return flow.sweep(limits::freshForSweep, foreignStores);
  }

  /**
   * One sweep of the background, by the root's policy alone, whatever single stores have named.
   *
   * @param walking whether nobody has looked for a while what others did to the root
   */
  static void sweepInBackground(Engine engine, boolean walking) {
    EvictFlow flow =
        new EvictFlow(engine, engine.foreignCheckNanos(), true, engine.policy.limits(), null);
    flow.sweep(
        () -> {
          engine.policy.refresh();
          return engine.policy.limits();
        },
        walking);
  }

  private EvictionReport sweep(Supplier<Limits> fresh, boolean walking) {
    try {
      if (engine.noticeDeaths()) {
        // What the dead have left goes before any entry. Whoever comes to the walk first will do.
        records.walkIsDue();
      }
      // Before the stripe is taken: savers need not wait for it.
      if (walking || records.walkedAt() == 0 || records.totalBytes().isEmpty()) {
        walk(true);
      }
      KeyLocks.Hold hold = engine.locks.acquireSweep(SWEEP_PATIENCE_NANOS);
      try {
        limits = fresh.get();
        return run(hold);
      } finally {
        hold.close();
      }
    } catch (IOException e) {
      engine.counters.count(Counter.SWEEP_FAILURES);
      throw StoreFailures.ofWriting("sweep failed", engine.root, e);
    }
  }

  private static boolean withinBudget(Engine engine, StoreLimits limits) {
    return withinBudget(engine, limits.now());
  }

  private static boolean withinBudget(Engine engine, Limits limits) {
    OptionalLong total = engine.records().totalBytes();
    return total.isPresent() && total.getAsLong() <= limits.sizeBudgetBytes();
  }

  private EvictionReport run(KeyLocks.Hold hold) throws IOException {
    engine.counters.count(Counter.SWEEPS);
    for (int pass = 0; pass < MOST_PASSES; pass++) {
      RootWalk walk = records.totalBytes().isEmpty() ? walk(true) : null;
      if (walk != null && records.totalBytes().isEmpty() && isMissedBy(walk)) {
        walk = walk(false);
      }
      boolean done =
          (walk != null && records.totalBytes().isEmpty())
              ? evictWalked(hold, walk)
              : evictRecorded(hold);
      // Some were changed since they were counted; or something went uncounted. Again.
      if (done) {
        break;
      }
    }
    if (engine.policy.damage() != null) {
      tally.failures++;
    }
    if (tally.failures > 0) {
      engine.counters.count(Counter.SWEEP_FAILURES);
    }
    tally.log(limits.sizeBudgetBytes());
    return tally.report(limits.sizeBudgetBytes(), false);
  }

  /**
   * A default budget comes into force before the first entry goes by it. Not in the background:
   * nobody who saves has missed the room yet.
   */
  private void settleBudget(KeyLocks.Hold hold, long bytes) {
    if (limits.budgetInForce() || bytes <= limits.sizeBudgetBytes()) {
      return;
    }
    if (background) {
      limits = limits.withBudget(Long.MAX_VALUE);
      return;
    }
    long added = spared == null ? 0 : spared.addedBytes();
    Limits settled = engine.policy.bringDefaultBudgetIntoForce(hold, bytes, bytes - added);
    limits =
        engine.policy.damage() == null ? limits.withBudget(settled.sizeBudgetBytes()) : settled;
  }

  /** Whether entries must go, and those that should be first may be none of what was found. */
  private boolean isMissedBy(RootWalk walk) {
    return !walk.ended() || (walk.passedOver() && walk.bytes() > limits.sizeBudgetBytes());
  }

  private RootWalk walk(boolean passUnchanged) throws IOException {
    RootWalk walk = new RootWalk(engine, passUnchanged && foreignCheckNanos > 0, () -> false);
    walk.run();
    tally.recovered.add(walk.recovered());
    tally.failures += walk.failures();
    tally.other(walk.otherFiles(), walk.otherBytes());
    if (walk.ended()) {
      tally.before(walk.entries().size(), walk.bytes() + walk.recovered().bytesRemoved);
    }
    return walk;
  }

  /**
   * Evicts by what the index has recorded.
   *
   * @return false if the total has come into doubt meanwhile, or some that were to go had been used
   */
  private boolean evictRecorded(KeyLocks.Hold hold) throws IOException {
    tally.before(records.count(), records.totalBytes().orElse(0));
    records.reconsider();
    expireRecorded();
    settleBudget(hold, records.totalBytes().orElse(0));
    if (isOver()) {
      removeQuarantined();
    }
    boolean stayed = false;
    while (isOver()) {
      Optional<RecordedEntry> next = records.next();
      if (next.isEmpty()) {
        break;
      }
      EntryRemoval.Outcome outcome = remove(next.get(), null);
      if (outcome != EntryRemoval.Outcome.REMOVED) {
        // Whatever the reason: not again in this pass, or it might never end.
        records.passOver(next.get());
        stayed |= outcome != EntryRemoval.Outcome.SPARED;
      }
    }
    OptionalLong total = records.totalBytes();
    tally.bytesAfter = total.orElse(0);
    return total.isPresent() && !(stayed && isOver());
  }

  private boolean isOver() {
    OptionalLong total = records.totalBytes();
    return total.isPresent() && total.getAsLong() > limits.sizeBudgetBytes();
  }

  private void expireRecorded() {
    if (limits.ttlNanos() == 0 || (spared != null && !engine.policy.mayExpire(limits))) {
      return;
    }
    long since = engine.clock.nanoTime() - limits.ttlNanos();
    for (RecordedEntry old : records.usedLastBy(since)) {
      // One that was last used before the TTL came into force was written before it too.
      if (old.lastUseNanos() >= limits.ttlSinceNanos()) {
        remove(old, limits);
      }
    }
  }

  /** Removes an entry; only if it has expired, where limits are given. */
  private EntryRemoval.Outcome remove(RecordedEntry entry, @Nullable Limits expiredBy) {
    try {
      EntryRemoval.Removal done = removal.remove(entry, expiredBy);
      if (done.outcome() == EntryRemoval.Outcome.BROKEN) {
        mend(engine.directory(entry.key()));
      } else if (done.outcome() == EntryRemoval.Outcome.REMOVED) {
        count(entry.key(), done.runId(), done.bytes(), expiredBy != null);
      }
      return done.outcome();
    } catch (IOException e) {
      tally.failures++;
      return EntryRemoval.Outcome.STAYS;
    }
  }

  private void count(Digest256 key, String runId, long bytes, boolean old) {
    tally.removed(key, runId, bytes, old ? Reason.EXPIRED : Reason.OVER_BUDGET);
    engine.counters.count(old ? Counter.EXPIRED : Counter.EVICTED);
  }

  /** What cannot be read must not push out what can: into quarantine, and from there first. */
  private void mend(KeyDirectory directory) throws IOException {
    KeyCount count;
    try (KeyLocks.Hold hold = engine.lock(directory)) {
      count = KeyCount.under(engine, hold, directory);
    }
    new RecoverFlow(engine).run(directory, count.scan(), tally.recovered);
    if (isOver()) {
      removeQuarantined();
    }
  }

  private void removeQuarantined() throws IOException {
    List<Quarantine.Held> quarantined = engine.quarantine.list();
    long held = quarantined.stream().mapToLong(Quarantine.Held::bytes).sum();
    records.quarantineHas(held);
    for (Quarantine.Held file : quarantined) {
      if (!isOver()) {
        return;
      }
      if (removeQuarantined(file)) {
        held -= file.bytes();
        records.quarantineHas(held);
      }
    }
  }

  private boolean removeQuarantined(Quarantine.Held file) {
    try {
      engine.ops.unlink(file.path());
      tally.quarantineRemoved++;
      return true;
    } catch (NoSuchFileException e) {
      return true;
    } catch (IOException e) {
      tally.failures++;
      return false;
    }
  }

  /**
   * Evicts what a walk has found, where the index does not know the whole: there is none, or no
   * room in it, or somebody was stopped with a lock.
   *
   * @return false if some had changed since they were counted and the root still does not fit
   */
  private boolean evictWalked(KeyLocks.Hold hold, RootWalk walk) throws IOException {
    long bytes = walk.bytes();
    settleBudget(hold, bytes);
    if (bytes > limits.sizeBudgetBytes()) {
      for (Quarantine.Held file : engine.quarantine.list()) {
        if (bytes > limits.sizeBudgetBytes() && removeQuarantined(file)) {
          bytes -= file.bytes();
        }
      }
    }
    List<RootWalk.Evictable> entries = walk.entries();
    entries.sort(
        Comparator.<RootWalk.Evictable, Boolean>comparing(each -> used(each).accessed())
            .thenComparing(each -> used(each).lastUse())
            .thenComparing(each -> each.directory().path())
            .thenComparing(each -> each.candidate().runId()));
    boolean changed = false;
    for (RootWalk.Evictable entry : entries) {
      boolean old =
          Expiry.expired(
              engine, limits, entry.directory().key(), entry.candidate(), engine.clock.nanoTime());
      if ((!old && bytes <= limits.sizeBudgetBytes()) || isSpared(entry)) {
        continue;
      }
      try {
        if (!removal.remove(entry)) {
          changed = true;
          continue;
        }
        bytes -= entry.bytes();
        count(entry.directory().key(), entry.candidate().runId(), entry.bytes(), old);
      } catch (IOException e) {
        tally.failures++;
      }
    }
    tally.bytesAfter = bytes;
    return !changed || bytes <= limits.sizeBudgetBytes();
  }

  private boolean isSpared(RootWalk.Evictable entry) {
    Candidate candidate = entry.candidate();
    return spared != null
        && spared.is(entry.directory().key(), candidate.runId(), candidate.manifest());
  }

  private Manifest used(RootWalk.Evictable entry) {
    return engine.withKnownUse(entry.directory().key(), entry.candidate());
  }
}
