package io.warmstart.policy;

import io.warmstart.format.Stamp;
import io.warmstart.format.StoredPolicy;
import io.warmstart.format.StoredPolicy.Budget;
import io.warmstart.format.StoredPolicy.Ttl;
import io.warmstart.model.PolicyConflictException;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Retention;
import io.warmstart.model.RootPolicy.Origin;
import java.nio.file.Path;
import java.util.Optional;

/** What a store names beside the policy of its root. */
final class PolicyAgreement {
  private PolicyAgreement() {}

  /**
   * Refuses a store that names other limits than the root has.
   *
   * @throws PolicyConflictException if it does, and no change was asked for
   */
  static void require(StoredPolicy policy, NamedLimits named, Path root) {
    if (named.use() != PolicyUse.AGREE) {
      return;
    }
    Budget budget = policy.budget();
    if (named.budgetBytes().isPresent()
        && budget != null
        && budget.origin() == Origin.NAMED
        && budget.bytes() != named.budgetBytes().getAsLong()) {
      throw conflict(
          "size budget",
          budget.bytes() + " bytes",
          named.budgetBytes().getAsLong() + " bytes",
          root);
    }
    Ttl ttl = policy.ttl();
    if (named.ttl().isPresent()
        && ttl != null
        && ttl.origin() == Origin.NAMED
        && !ttl.duration().equals(named.ttl().get())) {
      throw conflict("ttl", ttl.duration().toString(), named.ttl().get().toString(), root);
    }
    Retention retention = policy.retention();
    if (named.retention().isPresent()
        && retention != null
        && retention != named.retention().get()) {
      throw conflict("retention", retention.toString(), named.retention().get().toString(), root);
    }
  }

  private static PolicyConflictException conflict(
      String what, String ofRoot, String named, Path root) {
    return new PolicyConflictException(
        what
            + " is not the root's: expected="
            + ofRoot
            + " actual="
            + named
            + " (StoreOptions.withPolicy changes the root's, or names them for this store only)"
            + " root="
            + root);
  }

  /** The policy with what is named for the root, from now on. */
  static StoredPolicy wanted(StoredPolicy policy, NamedLimits named, Stamp now) {
    StoredPolicy wanted = policy;
    if (named.use() == PolicyUse.THIS_STORE_ONLY) {
      return wanted;
    }
    if (named.budgetBytes().isPresent()) {
      wanted = wanted.with(new Budget(named.budgetBytes().getAsLong(), Origin.NAMED));
    }
    Ttl ttl = wanted.ttl();
    boolean same =
        ttl != null
            && ttl.origin() == Origin.NAMED
            && Optional.of(ttl.duration()).equals(named.ttl());
    if (named.ttl().isPresent() && !same) {
      wanted = wanted.with(new Ttl(named.ttl().get(), Origin.NAMED, now));
    }
    if (named.retention().isPresent()) {
      wanted = wanted.with(named.retention().get());
    }
    return wanted;
  }
}
