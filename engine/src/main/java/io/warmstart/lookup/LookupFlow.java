package io.warmstart.lookup;

import io.warmstart.access.CoarseClock;
import io.warmstart.access.Expiry;
import io.warmstart.format.Rankings;
import io.warmstart.index.HotEntry;
import io.warmstart.index.Index;
import io.warmstart.io.RootWatch;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.pair.StoreFailures;
import io.warmstart.policy.Limits;
import io.warmstart.policy.StoreLimits;
import io.warmstart.process.Counter;
import io.warmstart.process.Counters;
import java.util.Objects;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;

/**
 * A lookup: the index is asked, and the files are read where it does not know ({@link FileLookup}).
 *
 * <p>A hit from memory makes no system call, takes no lock and allocates nothing. It is judged by
 * the TTL only if the entry has not been used for a while, and notes its moment once a second.
 *
 * <p>Safe for all threads.
 */
public final class LookupFlow {
  private final Index index;
  private final FileLookup fileLookup;
  private final Expiry expiry;
  private final RootWatch rootWatch;
  private final CoarseClock ticks;
  private final Counters counters;
  private final EpochNanoClock clock;
  private final StoreLimits limits;
  private final long foreignCheckNanos;
  private final boolean systemClock;

  /**
   * Makes the flow of one store.
   *
   * @param foreignCheckNanos how old an answer may be with respect to programs without an index
   */
  public LookupFlow(
      Index index,
      FileLookup fileLookup,
      Expiry expiry,
      RootWatch rootWatch,
      CoarseClock ticks,
      Counters counters,
      EpochNanoClock clock,
      StoreLimits limits,
      long foreignCheckNanos) {
    this.index = index;
    this.fileLookup = fileLookup;
    this.expiry = expiry;
    this.rootWatch = rootWatch;
    this.ticks = ticks;
    this.counters = counters;
    this.clock = clock;
    this.limits = limits;
    this.foreignCheckNanos = foreignCheckNanos;
    this.systemClock = clock == SystemEpochNanoClock.INSTANCE;
  }

  /**
   * Looks up.
   *
   * @return whether {@code target} holds the winner now
   */
  public boolean run(Fingerprint key, Ranking ranking, EntryLease target) {
    long now = ticks.unixNanos();
    switch (index.find(
        KeyMemo.get(key),
        key.digest(),
        Rankings.index(ranking),
        now,
        foreignCheckNanos,
        target.query())) {
      case HIT -> {
        if (accept(key, target, now)) {
          return true;
        }
      }
      case MISS -> {
        if (rootWatch.isGone()) {
          StoreFailures.requireRoot(rootWatch, "lookup failed");
        }
        counters.count(Counter.MISSES);
        return false;
      }
      case UNKNOWN -> {}
    }
    return fileLookup.run(key.digest(), ranking, limits, foreignCheckNanos, target);
  }

  /**
   * Looks up one run, from the files: the index knows winners.
   *
   * @return whether {@code target} holds it now
   */
  public boolean run(Fingerprint key, String runId, EntryLease target) {
    return fileLookup.run(key.digest(), runId, limits, foreignCheckNanos, target);
  }

  /** Takes the index's answer, unless the entry has expired. */
  private boolean accept(Fingerprint key, EntryLease target, long tickedNanos) {
    HotEntry found = Objects.requireNonNull((HotEntry) target.lease().held());
    long now = systemClock ? tickedNanos : clock.nanoTime();
    long idle = now - found.lastUse();
    Limits current = limits.now();
    if (idle >= current.trustedIdleNanos() || idle < -Limits.ACCESS_TICK_NANOS) {
      // Another process may have used it since.
      idle = now - index.lastUse(found);
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
        index.touch(found, now);
        expiry.noteHit(key.digest(), found.candidate(), now);
      }
    }
    KeyMemo.set(key, found);
    target.show(found, counters);
    return true;
  }
}
