package io.warmstart.policy;

import io.warmstart.model.PolicyUse;
import io.warmstart.model.Retention;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a store names of the limits when it is opened.
 *
 * @param budgetBytes the size budget; empty if it names none
 * @param ttl zero = never; empty if it names none
 * @param retention what eviction spares; empty if it names nothing
 * @param use what they mean beside the root's own
 * @param readOnly whether the store is for lookups only, and so changes no policy
 */
public record NamedLimits(
    OptionalLong budgetBytes,
    Optional<Duration> ttl,
    Optional<Retention> retention,
    PolicyUse use,
    boolean readOnly) {
  /** None: what holds is the root's. */
  public static final NamedLimits NONE =
      new NamedLimits(
          OptionalLong.empty(), Optional.empty(), Optional.empty(), PolicyUse.AGREE, false);

  /** Whether it names any. */
  boolean any() {
    return budgetBytes.isPresent() || ttl.isPresent() || retention.isPresent();
  }

  /** Whether they are meant for this store alone. */
  public boolean forThisStoreOnly() {
    return any() && (use == PolicyUse.THIS_STORE_ONLY || readOnly);
  }
}
