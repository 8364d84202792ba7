package io.warmstart.policy;

import io.warmstart.format.StoredPolicy;
import io.warmstart.format.StoredPolicy.Budget;
import io.warmstart.format.StoredPolicy.Ttl;
import io.warmstart.model.Retention;
import io.warmstart.model.RootPolicy.Origin;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the stores of this process have named for the root and nobody could write down yet.
 *
 * @param budget null if none, and so the others
 * @param repairs whether it is to replace a policy that was damaged already when it was named: what
 *     is damaged later may have said more than this does
 */
record UnwrittenPolicy(
    @Nullable Budget budget, @Nullable Ttl ttl, @Nullable Retention retention, boolean repairs) {

  /** That in which the policy that is wanted differs from the one that is written. */
  static @Nullable UnwrittenPolicy of(StoredPolicy written, StoredPolicy wanted, boolean repairs) {
    return orNull(
        Objects.equals(written.budget(), wanted.budget()) ? null : wanted.budget(),
        Objects.equals(written.ttl(), wanted.ttl()) ? null : wanted.ttl(),
        written.retention() == wanted.retention() ? null : wanted.retention(),
        repairs);
  }

  /** The policy that is written, with this. */
  StoredPolicy over(StoredPolicy written) {
    StoredPolicy policy = written;
    if (budget != null) {
      policy = policy.with(budget);
    }
    if (ttl != null) {
      policy = policy.with(ttl);
    }
    return retention == null ? policy : policy.with(retention);
  }

  /** What is left of it when another policy is written: not what somebody has named in that. */
  @Nullable UnwrittenPolicy without(PolicyFile.Found lastFound, PolicyFile.Found found) {
    StoredPolicy before = lastFound.policy();
    StoredPolicy now = found.policy();
    Budget otherBudget = now.budget();
    Ttl otherTtl = now.ttl();
    boolean budgetNamed =
        otherBudget != null
            && otherBudget.origin() == Origin.NAMED
            && !otherBudget.equals(before.budget());
    boolean ttlNamed =
        otherTtl != null && otherTtl.origin() == Origin.NAMED && !otherTtl.equals(before.ttl());
    boolean retentionNamed = now.retention() != null && now.retention() != before.retention();
    return orNull(
        budgetNamed ? null : budget,
        ttlNamed ? null : ttl,
        retentionNamed ? null : retention,
        repairs && found.damaged());
  }

  private static @Nullable UnwrittenPolicy orNull(
      @Nullable Budget budget, @Nullable Ttl ttl, @Nullable Retention retention, boolean repairs) {
    return budget == null && ttl == null && retention == null
        ? null
        : new UnwrittenPolicy(budget, ttl, retention, repairs);
  }
}
