package io.warmstart.lookup;

import io.warmstart.access.CoarseClock;
import io.warmstart.access.Expiry;
import io.warmstart.foreign.ForeignCheck;
import io.warmstart.foreign.ForeignTouches;
import io.warmstart.index.AbsentKeys;
import io.warmstart.index.HotEntry;
import io.warmstart.index.Lookout;
import io.warmstart.index.Winners;
import io.warmstart.index.Winners.Found;
import io.warmstart.io.RootWatch;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreCounter;
import io.warmstart.pair.StoreFailures;
import io.warmstart.policy.Limits;
import io.warmstart.policy.StoreLimits;
import io.warmstart.process.Counters;
import io.warmstart.ranking.Rankings;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;

/**
 * A lookup: the index is asked, and the files are read where it does not know ({@link FileLookup}).
 *
 * <p>A hit from memory makes no system call, takes no lock and allocates nothing. For three seconds
 * after it the same key object is answered by what it remembers ({@link Winners#recall}). After
 * that the entry is judged by the TTL, and its use noted; and if nobody looks in the background
 * whether its files have changed ({@link Lookout}), the hit does.
 *
 * <p>What memory answers may go on beside the close of its store. What reads files is done within
 * one of the store's operations, which the caller has begun: it may ask more within the same one.
 *
 * <p>Safe for all threads.
 */
public final class LookupFlow {
  private final Winners winners;
  private final AbsentKeys absentKeys;
  private final FileLookup fileLookup;
  private final Expiry expiry;
  private final RootWatch rootWatch;
  private final CoarseClock ticks;
  private final Counters counters;
  private final EpochNanoClock clock;
  private final StoreLimits limits;
  private final ForeignCheck foreignCheck;
  private final ForeignTouches foreignTouches;
  private final Lookout lookout;
  private final LongSupplier watchedNanos;
  private final boolean readOnly;
  private final boolean systemClock;

  /**
   * Makes the flow of one store.
   *
   * @param foreignCheck how old an answer may be with respect to programs without an index
   */
  public LookupFlow(
      Winners winners,
      AbsentKeys absentKeys,
      FileLookup fileLookup,
      Expiry expiry,
      RootWatch rootWatch,
      CoarseClock ticks,
      Counters counters,
      EpochNanoClock clock,
      StoreLimits limits,
      ForeignCheck foreignCheck,
      ForeignTouches foreignTouches,
      Lookout lookout,
      boolean readOnly) {
    this.winners = winners;
    this.absentKeys = absentKeys;
    this.fileLookup = fileLookup;
    this.expiry = expiry;
    this.rootWatch = rootWatch;
    this.ticks = ticks;
    this.counters = counters;
    this.clock = clock;
    this.limits = limits;
    this.foreignCheck = foreignCheck;
    this.foreignTouches = foreignTouches;
    this.lookout = lookout;
    this.watchedNanos = () -> foreignCheck.watchedNanos(foreignTouches.haveLeftSigns());
    this.readOnly = readOnly;
    this.systemClock = clock == SystemEpochNanoClock.INSTANCE;
  }

  /**
   * Looks up from memory, and by what the index knows. Within no operation: once the index is let
   * go it knows nothing.
   *
   * @return {@link Found#HIT} if {@code target} holds the winner now; {@link Found#UNKNOWN} if the
   *     files must be asked
   */
  public Found inMemory(Fingerprint key, Ranking ranking, EntryLease target) {
    long ticked = ticks.unixNanos();
    long now = systemClock ? ticked : clock.nanoTime();
    if (foreignCheck.watches()
        && winners.recall(
            key,
            Rankings.index(ranking),
            now,
            limits.now().recallNanos(),
            ticked,
            watchedNanos,
            target.query())) {
      target.count(counters);
      return Found.HIT;
    }
    boolean near = foreignTouches.haveLeftSigns();
    if (foreignCheck.watches()
        && absentKeys.lacks(key.digest(), ticked, foreignCheck.lookNanos(near))) {
      return missed();
    }
    Found found =
        winners.find(
            key.digest(),
            Rankings.index(ranking),
            ticked,
            foreignCheck.lookNanos(near),
            foreignCheck.watchedNanos(near),
            target.query());
    return switch (found) {
      case HIT -> accept(key, target, now) ? Found.HIT : Found.UNKNOWN;
      case MISS -> missed();
      case UNKNOWN -> Found.UNKNOWN;
    };
  }

  /**
   * Looks up in the files, within an operation.
   *
   * @return whether {@code target} holds the winner now
   */
  public boolean inFiles(Fingerprint key, Ranking ranking, EntryLease target) {
    boolean hit = fileLookup.run(key.digest(), ranking, limits, foreignCheck.nanos(), target);
    if (!hit && foreignCheck.watches()) {
      absentKeys.missed(key.digest());
    }
    return hit;
  }

  /**
   * Looks up one run, from the files: the index knows winners. Within an operation.
   *
   * @return whether {@code target} holds it now
   */
  public boolean inFiles(Fingerprint key, String runId, EntryLease target) {
    return fileLookup.run(key.digest(), runId, limits, foreignCheck.nanos(), target);
  }

  /**
   * Looks up a final result, from memory and from the files: within an operation.
   *
   * @return whether {@code target} holds the winner by {@link Ranking#FINAL_FIRST} now, which is no
   *     final result if there is none
   */
  public boolean finalFirst(Fingerprint key, EntryLease target) {
    return switch (inMemory(key, Ranking.FINAL_FIRST, target)) {
      case HIT -> true;
      case MISS -> false;
      case UNKNOWN -> inFiles(key, Ranking.FINAL_FIRST, target);
    };
  }

  /** Whether {@link #finalFirst} may find a final result. Within an operation. */
  public boolean mayHaveFinal(Fingerprint key) {
    return fileLookup.mayHaveFinal(key.digest(), foreignCheck.nanos());
  }

  private Found missed() {
    if (rootWatch.isGone()) {
      StoreFailures.requireRoot(rootWatch, "lookup failed");
    }
    counters.count(StoreCounter.MISSES);
    return Found.MISS;
  }

  /** Takes the index's answer, unless the entry has expired. */
  private boolean accept(Fingerprint key, EntryLease target, long now) {
    HotEntry found = Objects.requireNonNull((HotEntry) target.lease().held());
    long idle = now - found.lastUse();
    Limits current = limits.now();
    if (readOnly) {
      // Its own uses are no accesses: nobody else knows of them.
      if (expiry.isExpired(current, key.digest(), found.candidate())) {
        target.end();
        return false;
      }
      winners.touch(found, now);
    } else if (idle >= current.trustedIdleNanos() || idle < -Limits.ACCESS_TICK_NANOS) {
      // Another process may have used it since.
      idle = now - winners.lastUse(found);
      // A use that lies ahead of the clock tells of a clock that was set back, or of a flipped bit:
      // the manifest decides.
      if (idle < -Limits.ACCESS_TICK_NANOS
          || (current.ttlNanos() > 0
              && idle >= current.ttlNanos()
              && !current.spares(found.candidate().manifest()))) {
        target.end();
        return false;
      }
      // A caller that has put the entry into memory has noted that hit: see take.
      if (idle >= Limits.ACCESS_TICK_NANOS) {
        winners.touch(found, now);
        expiry.noteHit(key.digest(), found.candidate(), now);
      }
    }
    if (foreignCheck.watches() && lookout.watch(found)) {
      winners.remember(key, found);
    }
    target.count(counters);
    return true;
  }
}
