package io.warmstart.access;

import io.warmstart.format.Manifest;
import io.warmstart.format.Stamp;
import io.warmstart.index.SpaceLedger;
import io.warmstart.index.table.EntryFacts;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.RootDirectory;
import io.warmstart.policy.Limits;
import io.warmstart.policy.Pins;
import io.warmstart.ranking.Candidate;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;

/**
 * When an entry was last used, as far as this machine knows, and whether it has outlived its TTL.
 * Safe for all threads.
 */
public final class Expiry {
  /** A stamp that is further ahead of the clock than clocks of one root may differ. */
  public static final long AHEAD_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final RootDirectory root;
  private final AccessStamps accessStamps;
  private final SpaceLedger ledger;
  private final Pins pins;
  private final boolean accessesInIndex;
  private final EpochNanoClock clock;

  /**
   * Makes the expiry of one root.
   *
   * @param accessesInIndex whether accesses are written into the index and not into manifests
   */
  public Expiry(
      RootDirectory root,
      AccessStamps accessStamps,
      SpaceLedger ledger,
      Pins pins,
      boolean accessesInIndex,
      EpochNanoClock clock) {
    this.root = root;
    this.accessStamps = accessStamps;
    this.ledger = ledger;
    this.pins = pins;
    this.accessesInIndex = accessesInIndex;
    this.clock = clock;
  }

  /** A lookup has returned an entry, at this moment. */
  public void noteHit(Digest256 key, Candidate hit, long nowUnixNanos) {
    accessStamps.note(key, hit, nowUnixNanos);
    ledger.touched(key, hit.runId(), nowUnixNanos);
  }

  /**
   * The manifest with the last use that this machine knows of: what expiry and the eviction order
   * go by. Beside other machines no manifest tells of an access, and the index does.
   */
  public Manifest withKnownUse(Digest256 key, Candidate candidate) {
    Manifest noted = accessStamps.withNoted(key, candidate);
    if (!accessesInIndex) {
      return noted;
    }
    // One before the write was a use of the version before.
    long accessed = ledger.accessedNanos(key, candidate.runId());
    return accessed > noted.lastUse().toUnixNanosSaturated()
        ? noted.withAccess(Stamp.ofUnixNanos(accessed))
        : noted;
  }

  /** Whether an entry has expired now: a pinned one has not. */
  public boolean isExpired(Limits limits, Digest256 key, Candidate candidate) {
    long now = clock.nanoTime();
    long told = candidate.manifest().lastUse().toUnixNanosSaturated();
    if (!limits.isPast(told, now) && told - now <= AHEAD_NANOS) {
      return false;
    }
    return limits.isPast(lastUseNanos(key, candidate, now), now)
        && !limits.spares(candidate.manifest())
        && !isPinned(key, candidate.runId());
  }

  private boolean isPinned(Digest256 key, String runId) {
    try {
      return pins.holds(key, runId);
    } catch (AccessDeniedException e) {
      // Another user's reader: it removes nothing, and goes by what it may see.
      return false;
    } catch (IOException e) {
      // What cannot be asked expires nothing.
      return true;
    }
  }

  /** What the index is told of an entry: a stamp that lies ahead would keep sweeps from it. */
  public EntryFacts facts(Digest256 key, Candidate candidate, long bytes) {
    return new EntryFacts(
        candidate.runId(),
        candidate.manifest().written().toUnixNanosSaturated(),
        lastUseNanos(key, candidate, clock.nanoTime()),
        withKnownUse(key, candidate).accessed(),
        bytes,
        candidate.manifest().objective().orElse(Double.NaN),
        candidate.manifest().finalResult());
  }

  /**
   * What expiry and the eviction order go by, in unix nanoseconds; accesses that this machine knows
   * of included.
   */
  private long lastUseNanos(Digest256 key, Candidate candidate, long nowUnixNanos) {
    long lastUse = withKnownUse(key, candidate).lastUse().toUnixNanosSaturated();
    return lastUse - nowUnixNanos > AHEAD_NANOS
        ? Math.min(lastUse, changedNanos(root.directory(key), candidate.runId()))
        : lastUse;
  }

  /**
   * When the manifest's file last changed, by the file system's clock: a stamp of a clock that ran
   * ahead would otherwise keep its entry until the clock comes to it. If the file system's ran
   * ahead too, the next touch rewrites the file.
   */
  private long changedNanos(KeyDirectory directory, String runId) {
    try {
      return root.ops().changedNanos(directory.manifest(runId));
    } catch (IOException e) {
      // What cannot be asked expires nothing.
      return Long.MAX_VALUE;
    }
  }
}
