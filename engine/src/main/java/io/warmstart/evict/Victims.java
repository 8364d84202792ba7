package io.warmstart.evict;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Where a sweep gets its victims from. For one thread. */
interface Victims {
  /** The root's bytes; empty once they are no longer known. */
  OptionalLong bytes();

  /** The entries that were last used at a moment or before. */
  List<Victim> usedLastBy(long unixNanos);

  /** The next entry in the order of eviction; empty if there is none. */
  Optional<Victim> next();

  /** Leaves an entry out of the order, which stays for now. */
  void skip(Victim victim);

  /**
   * Leaves an entry out of the order that is not to go, or not before all others.
   *
   * @param last whether {@link #nextRetained} is to give it
   */
  void spare(Victim victim, boolean last);

  /** The next, in the same order, of those that are to go last; empty if there is none. */
  Optional<Victim> nextRetained();

  /** Whether an entry is its key's best, by the lowest objective, or its latest. */
  boolean isBestOrLatest(Victim victim);

  /** An entry was removed. */
  void removed(Victim victim, long bytes);

  /**
   * Files in quarantine were removed.
   *
   * @param bytes theirs
   * @param heldBytes of those that are left
   */
  void quarantineShrank(long bytes, long heldBytes);
}
