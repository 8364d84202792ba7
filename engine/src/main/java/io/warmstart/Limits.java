package io.warmstart;

import io.warmstart.format.Manifest;

/**
 * What a look or a sweep goes by: the root's policy, or what one store has named for itself alone.
 *
 * @param sizeBudgetBytes what the root may take up
 * @param budgetInForce whether somebody has named that, or it has come into force; if not, it is
 *     the default, by which nothing may go before the policy says so
 * @param ttlNanos how long an entry lives unused; 0 = for ever
 * @param ttlSinceNanos unix nanoseconds: what was written before never expires
 * @param trustedIdleNanos an entry that was used more recently needs neither a touch nor a look at
 *     the TTL
 */
record Limits(
    long sizeBudgetBytes,
    boolean budgetInForce,
    long ttlNanos,
    long ttlSinceNanos,
    long trustedIdleNanos) {
  /** Where the policy cannot be read: nothing goes. */
  static final Limits NONE = of(Long.MAX_VALUE, true, 0, 0);

  static Limits of(long sizeBudgetBytes, boolean budgetInForce, long ttlNanos, long ttlSince) {
    long trustedIdle =
        ttlNanos > 0 ? Math.min(PendingTouches.TICK_NANOS, ttlNanos) : PendingTouches.TICK_NANOS;
    return new Limits(sizeBudgetBytes, budgetInForce, ttlNanos, ttlSince, trustedIdle);
  }

  Limits withBudget(long bytes) {
    return of(bytes, true, ttlNanos, ttlSinceNanos);
  }

  Limits withTtl(long nanos) {
    return of(sizeBudgetBytes, budgetInForce, nanos, 0);
  }

  /**
   * Whether so much time has passed since a use. A clock that was set back makes ages negative, and
   * expires nothing.
   */
  boolean isPast(long lastUseUnixNanos, long nowUnixNanos) {
    return ttlNanos > 0 && nowUnixNanos - lastUseUnixNanos >= ttlNanos;
  }

  /** Whether an entry was written before the TTL came into force. */
  boolean spares(Manifest manifest) {
    return ttlSinceNanos > 0 && manifest.written().toUnixNanosSaturated() < ttlSinceNanos;
  }
}
