package io.warmstart.policy;

import io.warmstart.format.Manifest;
import io.warmstart.format.StoredPolicy;
import io.warmstart.format.StoredPolicy.Budget;
import io.warmstart.format.StoredPolicy.Ttl;
import io.warmstart.index.Lookout;
import io.warmstart.model.Retention;
import io.warmstart.model.RootPolicy.Origin;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * What a look or a sweep goes by: the root's policy, or what one store has named for itself alone.
 *
 * @param sizeBudgetBytes what the root may take up
 * @param budgetInForce whether somebody has named that, or it has come into force; if not, it is
 *     the default, by which nothing may go before the policy says so
 * @param ttlNanos how long an entry lives unused; 0 = for ever
 * @param ttlSinceNanos unix nanoseconds: what was written before never expires
 * @param retention what eviction spares
 * @param trustedIdleNanos an entry that was used more recently needs neither a touch nor a look at
 *     the TTL
 * @param recallNanos for so long after a use that it has noted, a process goes by what it remembers
 */
public record Limits(
    long sizeBudgetBytes,
    boolean budgetInForce,
    long ttlNanos,
    long ttlSinceNanos,
    Retention retention,
    long trustedIdleNanos,
    long recallNanos) {
  /** What holds while nobody has named a budget: 1 GiB. */
  public static final long DEFAULT_SIZE_BUDGET_BYTES = 1L << 30;

  /** What holds while nobody has named a TTL. */
  public static final Duration DEFAULT_TTL = Duration.ofDays(30);

  /** A hit this soon after the last one changes nothing. */
  public static final long ACCESS_TICK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Where the policy cannot be read: nothing goes. */
  static final Limits NONE = of(Long.MAX_VALUE, true, 0, 0, Retention.ORIGINAL);

  /** Of the root's policy. */
  static Limits of(StoredPolicy policy) {
    Budget budget = policy.budget();
    Ttl ttl = policy.ttl();
    long since =
        ttl == null || ttl.origin() != Origin.DEFAULT ? 0 : ttl.since().toUnixNanosSaturated();
    return of(
        budget == null ? DEFAULT_SIZE_BUDGET_BYTES : budget.bytes(),
        budget != null,
        ttl == null ? 0 : saturatedNanos(ttl.duration()),
        since,
        retentionOf(policy));
  }

  static Retention retentionOf(StoredPolicy policy) {
    Retention named = policy.retention();
    return named == null ? Retention.ORIGINAL : named;
  }

  private static Limits of(
      long sizeBudgetBytes,
      boolean budgetInForce,
      long ttlNanos,
      long ttlSince,
      Retention retention) {
    long most = ttlNanos > 0 ? ttlNanos : Long.MAX_VALUE;
    return new Limits(
        sizeBudgetBytes,
        budgetInForce,
        ttlNanos,
        ttlSince,
        retention,
        Math.min(ACCESS_TICK_NANOS, most),
        Math.min(Lookout.RECALLED_NANOS, most));
  }

  public Limits withBudget(long bytes) {
    return of(bytes, true, ttlNanos, ttlSinceNanos, retention);
  }

  /** The budget that a root of so many bytes goes by: one that is not in force evicts nothing. */
  public long budgetOver(long bytes) {
    return budgetInForce ? sizeBudgetBytes : Math.max(sizeBudgetBytes, bytes);
  }

  Limits withTtl(long nanos) {
    return of(sizeBudgetBytes, budgetInForce, nanos, 0, retention);
  }

  Limits withRetention(Retention other) {
    return of(sizeBudgetBytes, budgetInForce, ttlNanos, ttlSinceNanos, other);
  }

  /** Whether a key's best and latest entries go last of all. */
  public boolean keepsBestAndLatest() {
    return retention == Retention.KEEP_BEST_AND_LATEST;
  }

  /**
   * Whether so much time has passed since a use. A clock that was set back makes ages negative, and
   * expires nothing.
   */
  public boolean isPast(long lastUseUnixNanos, long nowUnixNanos) {
    return ttlNanos > 0 && nowUnixNanos - lastUseUnixNanos >= ttlNanos;
  }

  /** Whether an entry was written before the TTL came into force. */
  public boolean spares(Manifest manifest) {
    return ttlSinceNanos > 0 && manifest.written().toUnixNanosSaturated() < ttlSinceNanos;
  }

  /** A duration in nanoseconds, saturated at 292 years; one that is as far below 0 is 0. */
  public static long saturatedNanos(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException e) {
      return duration.isNegative() ? 0 : Long.MAX_VALUE;
    }
  }
}
