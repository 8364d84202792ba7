package io.warmstart;

import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.Quarantine;
import io.warmstart.format.Candidate;
import io.warmstart.format.Manifest;
import io.warmstart.index.Counter;
import io.warmstart.index.KeyLocks;
import io.warmstart.index.RecordedEntry;
import io.warmstart.index.RootRecords;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * A sweep: bring the root within its budget, and clear away what is dead.
 *
 * <ol>
 *   <li>Walk the root if the index does not know its bytes, or nobody has looked for a while what
 *       stores that know no index have done ({@link RootWalk}).
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
 * <p>Where the index does not know the whole, the entries are those that a walk has found. A save
 * never fails because its sweep does; the failure is counted and told in the report.
 */
final class EvictFlow {
  private static final long SWEEP_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** How old a walk may be for a sweep to rely on it. */
  private static final long WALK_EVERY_NANOS = TimeUnit.SECONDS.toNanos(60);

  private static final int MOST_PASSES = 4;

  private final Engine engine;
  private final StoreOptions options;
  private final RootRecords records;
  private final @Nullable SavedEntry spared;
  private final EntryRemoval removal;
  private final RecoverFlow.Result recovered = new RecoverFlow.Result();
  private long entriesBefore = -1;
  private long bytesBefore = -1;
  private long bytesAfter;
  private long evicted;
  private long expired;
  private long quarantineRemoved;
  private long otherFiles;
  private long otherBytes;
  private long failures;

  private EvictFlow(Engine engine, StoreOptions options, @Nullable SavedEntry spared) {
    this.engine = engine;
    this.options = options;
    this.spared = spared;
    this.records = engine.records();
    this.removal = new EntryRemoval(engine, options, spared);
  }

  /**
   * After a save: sweeps if the root is over the budget, or nobody knows whether it is. Where
   * somebody sweeps already, it is over as soon as the root is within the budget.
   *
   * @param saved is spared
   */
  static void keepBudget(Engine engine, StoreOptions options, SavedEntry saved) {
    if (withinBudget(engine, options)) {
      return;
    }
    try (KeyLocks.Hold hold =
        engine.locks.acquireSweepUnless(
            () -> withinBudget(engine, options), SWEEP_PATIENCE_NANOS)) {
      // The sweep that was waited for may have done it.
      if (hold == null || (hold.shared() && withinBudget(engine, options))) {
        return;
      }
      EvictFlow flow = new EvictFlow(engine, options, saved);
      if (options.foreignCheckNanos() == 0) {
        flow.walk(false);
      }
      flow.run();
    } catch (IOException e) {
      // The save has been acknowledged by now in all but words: it does not fail for this.
      engine.counters.count(Counter.SWEEP_FAILURES);
    }
  }

  /** One sweep, whatever the total says. */
  static EvictionReport sweep(Engine engine, StoreOptions options) {
    EvictFlow flow = new EvictFlow(engine, options, null);
    try {
      // Before the stripe is taken: savers need not wait for it.
      if (isWalkDue(engine, options)) {
        flow.walk(true);
      }
      KeyLocks.Hold hold = engine.locks.acquireSweep(SWEEP_PATIENCE_NANOS);
      try {
        return flow.run();
      } finally {
        hold.close();
      }
    } catch (IOException e) {
      engine.counters.count(Counter.SWEEP_FAILURES);
      throw StoreFailures.ofWriting("sweep failed", engine.root, e);
    }
  }

  /** Whether somebody should look what stores that know no index have done to the root. */
  static boolean isWalkDue(Engine engine, StoreOptions options) {
    if (engine.noticeDeaths()) {
      // What the dead have left goes before any entry. Whoever comes to the walk first will do.
      engine.records().walkIsDue();
    }
    if (engine.besideOtherMachines()) {
      // What they have saved, only a walk can tell.
      return true;
    }
    long interval = Math.max(options.foreignCheckNanos(), WALK_EVERY_NANOS);
    long walkedAt = engine.records().walkedAt();
    long since = SystemEpochNanoClock.INSTANCE.nanoTime() - walkedAt;
    return options.foreignCheckNanos() == 0
        || walkedAt == 0
        || since >= interval
        || since < 0
        || engine.records().totalBytes().isEmpty();
  }

  private static boolean withinBudget(Engine engine, StoreOptions options) {
    OptionalLong total = engine.records().totalBytes();
    return total.isPresent() && total.getAsLong() <= options.sizeBudgetBytes();
  }

  private EvictionReport run() throws IOException {
    engine.counters.count(Counter.SWEEPS);
    for (int pass = 0; pass < MOST_PASSES; pass++) {
      RootWalk walk = records.totalBytes().isEmpty() ? walk(true) : null;
      if (walk != null && records.totalBytes().isEmpty() && isMissedBy(walk)) {
        walk = walk(false);
        entriesBefore = Math.max(entriesBefore, walk.entries().size());
      }
      boolean done =
          (walk != null && records.totalBytes().isEmpty()) ? evictWalked(walk) : evictRecorded();
      // Some were changed since they were counted; or something went uncounted. Again.
      if (done) {
        break;
      }
    }
    if (failures > 0) {
      engine.counters.count(Counter.SWEEP_FAILURES);
    }
    return new EvictionReport(
        Math.max(0, entriesBefore),
        Math.max(0, bytesBefore),
        bytesAfter,
        evicted,
        expired,
        recovered.quarantined,
        recovered.rolledForward,
        recovered.leftoversRemoved,
        quarantineRemoved,
        otherFiles,
        otherBytes,
        failures);
  }

  /** Whether entries must go, and those that should be first may be none of what was found. */
  private boolean isMissedBy(RootWalk walk) {
    return !walk.ended() || (walk.passedOver() && walk.bytes() > options.sizeBudgetBytes());
  }

  private RootWalk walk(boolean passUnchanged) throws IOException {
    RootWalk walk =
        new RootWalk(engine, passUnchanged && options.foreignCheckNanos() > 0, () -> false);
    walk.run();
    recovered.add(walk.recovered());
    failures += walk.failures();
    otherFiles = Math.max(otherFiles, walk.otherFiles());
    otherBytes = Math.max(otherBytes, walk.otherBytes());
    noteBefore(walk.entries().size(), walk.bytes() + walk.recovered().bytesRemoved);
    return walk;
  }

  private void noteBefore(long entries, long bytes) {
    if (bytesBefore < 0) {
      bytesBefore = bytes;
      entriesBefore = entries;
    }
  }

  /**
   * Evicts by what the index has recorded.
   *
   * @return false if the total has come into doubt meanwhile, or some that were to go had been used
   */
  private boolean evictRecorded() throws IOException {
    noteBefore(records.count(), records.totalBytes().orElse(0));
    entriesBefore = Math.max(entriesBefore, records.count());
    records.reconsider();
    expireRecorded();
    if (isOver()) {
      removeQuarantined();
    }
    boolean stayed = false;
    while (isOver()) {
      Optional<RecordedEntry> next = records.next();
      if (next.isEmpty()) {
        break;
      }
      EntryRemoval.Outcome outcome = remove(next.get(), false);
      if (outcome == EntryRemoval.Outcome.REMOVED) {
        evicted++;
        engine.counters.count(Counter.EVICTED);
      } else {
        // Whatever the reason: not again in this pass, or it might never end.
        records.passOver(next.get());
        stayed |= outcome != EntryRemoval.Outcome.SPARED;
      }
    }
    OptionalLong total = records.totalBytes();
    bytesAfter = total.orElse(0);
    return total.isPresent() && !(stayed && isOver());
  }

  private boolean isOver() {
    OptionalLong total = records.totalBytes();
    return total.isPresent() && total.getAsLong() > options.sizeBudgetBytes();
  }

  private void expireRecorded() {
    if (options.ttlNanos() > 0) {
      long since = engine.clock.nanoTime() - options.ttlNanos();
      for (RecordedEntry old : records.usedLastBy(since)) {
        if (remove(old, true) == EntryRemoval.Outcome.REMOVED) {
          expired++;
          engine.counters.count(Counter.EXPIRED);
        }
      }
    }
  }

  private EntryRemoval.Outcome remove(RecordedEntry entry, boolean onlyExpired) {
    try {
      EntryRemoval.Outcome outcome = removal.remove(entry, onlyExpired);
      if (outcome == EntryRemoval.Outcome.BROKEN) {
        mend(engine.directory(entry.key()));
      }
      return outcome;
    } catch (IOException e) {
      failures++;
      return EntryRemoval.Outcome.STAYS;
    }
  }

  /** What cannot be read must not push out what can: into quarantine, and from there first. */
  private void mend(KeyDirectory directory) throws IOException {
    KeyCount count;
    try (KeyLocks.Hold hold = engine.lock(directory)) {
      count = KeyCount.under(engine, hold, directory);
    }
    new RecoverFlow(engine).run(directory, count.scan(), recovered);
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
      quarantineRemoved++;
      return true;
    } catch (NoSuchFileException e) {
      return true;
    } catch (IOException e) {
      failures++;
      return false;
    }
  }

  /**
   * Evicts what a walk has found, where the index does not know the whole: there is none, or no
   * room in it, or somebody was stopped with a lock.
   *
   * @return false if some had changed since they were counted and the root still does not fit
   */
  private boolean evictWalked(RootWalk walk) throws IOException {
    long bytes = walk.bytes();
    if (bytes > options.sizeBudgetBytes()) {
      for (Quarantine.Held file : engine.quarantine.list()) {
        if (bytes > options.sizeBudgetBytes() && removeQuarantined(file)) {
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
              engine, options, entry.directory().key(), entry.candidate(), engine.clock.nanoTime());
      if ((!old && bytes <= options.sizeBudgetBytes()) || isSpared(entry)) {
        continue;
      }
      try {
        if (!removal.remove(entry)) {
          changed = true;
          continue;
        }
        bytes -= entry.bytes();
        expired += old ? 1 : 0;
        evicted += old ? 0 : 1;
        engine.counters.count(old ? Counter.EXPIRED : Counter.EVICTED);
      } catch (IOException e) {
        failures++;
      }
    }
    bytesAfter = bytes;
    return !changed || bytes <= options.sizeBudgetBytes();
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
