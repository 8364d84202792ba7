package io.warmstart;

import io.warmstart.format.Candidate;
import io.warmstart.format.Digest256;
import io.warmstart.format.Manifest;

/** When an entry has outlived its TTL. */
final class Expiry {
  private Expiry() {}

  /** Whether an entry has expired, by its last write, or access that this machine knows of. */
  static boolean expired(
      Engine engine, StoreOptions options, Digest256 key, Candidate candidate, long nowUnixNanos) {
    return expired(options.ttlNanos(), candidate.manifest(), nowUnixNanos)
        && expired(options.ttlNanos(), engine.withKnownUse(key, candidate), nowUnixNanos);
  }

  /** The rule itself: a clock that was set back makes ages negative, and expires nothing. */
  static boolean expired(long ttlNanos, Manifest manifest, long nowUnixNanos) {
    return expired(ttlNanos, manifest.lastUse().toUnixNanosSaturated(), nowUnixNanos);
  }

  static boolean expired(long ttlNanos, long lastUseUnixNanos, long nowUnixNanos) {
    return ttlNanos > 0 && nowUnixNanos - lastUseUnixNanos >= ttlNanos;
  }
}
