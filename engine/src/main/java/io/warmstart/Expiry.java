package io.warmstart;

import io.warmstart.format.Candidate;
import io.warmstart.format.Digest256;
import io.warmstart.index.EntryFacts;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** When an entry has outlived its TTL. */
final class Expiry {
  /** A stamp that is further ahead of the clock than clocks of one root may differ. */
  static final long AHEAD_NANOS = TimeUnit.MINUTES.toNanos(1);

  private Expiry() {}

  /** Whether an entry has expired, by its last write, or access that this machine knows of. */
  static boolean expired(
      Engine engine, Limits limits, Digest256 key, Candidate candidate, long nowUnixNanos) {
    long told = candidate.manifest().lastUse().toUnixNanosSaturated();
    if (!limits.isPast(told, nowUnixNanos) && told - nowUnixNanos <= AHEAD_NANOS) {
      return false;
    }
    return limits.isPast(lastUseNanos(engine, key, candidate, nowUnixNanos), nowUnixNanos)
        && !limits.spares(candidate.manifest());
  }

  /**
   * What expiry and the eviction order go by, in unix nanoseconds; accesses that this machine knows
   * of included.
   */
  private static long lastUseNanos(
      Engine engine, Digest256 key, Candidate candidate, long nowUnixNanos) {
    long lastUse = engine.withKnownUse(key, candidate).lastUse().toUnixNanosSaturated();
    return lastUse - nowUnixNanos > AHEAD_NANOS
        ? Math.min(lastUse, changedNanos(engine, key, candidate))
        : lastUse;
  }

  /** What the index is told of an entry: a stamp that lies ahead would keep sweeps from it. */
  static EntryFacts facts(Engine engine, Digest256 key, Candidate candidate, long bytes) {
    return new EntryFacts(
        candidate.runId(),
        lastUseNanos(engine, key, candidate, engine.clock.nanoTime()),
        engine.withKnownUse(key, candidate).accessed(),
        bytes);
  }

  /**
   * When the manifest's file last changed, by the file system's clock: a stamp of a clock that ran
   * ahead would otherwise keep its entry until the clock comes to it. If the file system's ran
   * ahead too, the next touch makes the file anew.
   */
  private static long changedNanos(Engine engine, Digest256 key, Candidate candidate) {
    try {
      return engine.ops.changedNanos(engine.directory(key).manifest(candidate.runId()));
    } catch (IOException e) {
      // What cannot be asked expires nothing.
      return Long.MAX_VALUE;
    }
  }
}
