package io.warmstart.policy;

/**
 * The limits of one store: the root's policy, but for what the store has named {@linkplain
 * PolicyUse#THIS_STORE_ONLY for itself}. Safe for all threads.
 */
public final class StoreLimits {
  private final PolicyInForce policy;
  private final NamedLimits named;
  private final boolean own;

  /** Under {@link #own}: the root's limits, and what they become for this store. */
  private volatile Derived derived;

  private record Derived(Limits ofRoot, Limits ofStore) {}

  public StoreLimits(PolicyInForce policy, NamedLimits named) {
    this.policy = policy;
    this.named = named;
    // A store for lookups only changes no policy: what it names can be meant for itself alone.
    this.own = named.forThisStoreOnly();
    Limits ofRoot = policy.limits();
    this.derived = new Derived(ofRoot, derive(ofRoot));
  }

  /** As the policy was when somebody last looked at it, a second ago at most. No system call. */
  public Limits now() {
    Limits ofRoot = policy.limits();
    if (!own) {
      return ofRoot;
    }
    Derived last = derived;
    if (!last.ofRoot().equals(ofRoot)) {
      last = new Derived(ofRoot, derive(ofRoot));
      derived = last;
    }
    return last.ofStore();
  }

  /** As the policy is. */
  public Limits fresh() {
    policy.refresh();
    return now();
  }

  /** For a sweep: where a damaged policy hinders it nothing goes, whatever this store has named. */
  public Limits freshForSweep() {
    Limits fresh = fresh();
    return policy.hindrance() == null ? fresh : Limits.NONE;
  }

  private Limits derive(Limits ofRoot) {
    Limits limits = ofRoot;
    if (own && named.budgetBytes().isPresent()) {
      limits = limits.withBudget(named.budgetBytes().getAsLong());
    }
    if (own && named.ttl().isPresent()) {
      limits = limits.withTtl(Limits.saturatedNanos(named.ttl().get()));
    }
    if (own && named.retention().isPresent()) {
      limits = limits.withRetention(named.retention().get());
    }
    return limits;
  }
}
