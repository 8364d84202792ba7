package io.warmstart.evict;

import io.warmstart.policy.Limits;
import io.warmstart.save.SavedEntry;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** One sweep: whose it is, by what it goes, and what it has done so far. For one thread. */
final class Sweep {
  final boolean mayTrustChangeTimes;
  final boolean background;

  /** What was saved, where the sweep is that of a save. */
  final @Nullable SavedEntry spared;

  final SweepTally tally = new SweepTally();
  Limits limits;

  Sweep(
      boolean mayTrustChangeTimes, boolean background, Limits limits, @Nullable SavedEntry spared) {
    this.mayTrustChangeTimes = mayTrustChangeTimes;
    this.background = background;
    this.limits = limits;
    this.spared = spared;
  }

  /** Whether a caller waits for what it tells. */
  boolean isAskedFor() {
    return !background && spared == null;
  }

  /** Whether the root is over the budget, as far as is known. */
  boolean isOver(Victims victims) {
    OptionalLong total = victims.bytes();
    return total.isPresent() && total.getAsLong() > limits.sizeBudgetBytes();
  }
}
