package io.warmstart;

/**
 * The limits of one store: the root's policy, but for what the store has named {@linkplain
 * PolicyUse#THIS_STORE_ONLY for itself}. Safe for all threads.
 */
final class StoreLimits {
  private final PolicyInForce policy;
  private final StoreOptions options;
  private final boolean own;

  /** Under {@link #own}: the root's limits, and what they become for this store. */
  private volatile Derived derived;

  private record Derived(Limits ofRoot, Limits ofStore) {}

  StoreLimits(PolicyInForce policy, StoreOptions options) {
    this.policy = policy;
    this.options = options;
    // A store for lookups only changes no policy: what it names can be meant for itself alone.
    this.own =
        (options.policyUse() == PolicyUse.THIS_STORE_ONLY || options.readOnly())
            && (options.namesSizeBudget() || options.namesTtl());
    Limits ofRoot = policy.limits();
    this.derived = new Derived(ofRoot, derive(ofRoot));
  }

  /** As the policy was when somebody last looked at it, a second ago at most. No system call. */
  Limits now() {
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
  Limits fresh() {
    policy.refresh();
    return now();
  }

  /** For a sweep: where the policy is damaged nothing goes, whatever this store has named. */
  Limits freshForSweep() {
    Limits fresh = fresh();
    return policy.damage() == null ? fresh : Limits.NONE;
  }

  private Limits derive(Limits ofRoot) {
    Limits limits = ofRoot;
    if (own && options.namesSizeBudget()) {
      limits = limits.withBudget(options.sizeBudgetBytes());
    }
    if (own && options.namesTtl()) {
      limits = limits.withTtl(options.ttlNanos());
    }
    return limits;
  }
}
