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

  /**
   * The next entry in the order of eviction: none that is pinned, and none that is to go last
   * before all others; empty if there is none.
   */
  Optional<Victim> next();

  /** Leaves an entry out of the order, which stays for now. */
  void skip(Victim victim);

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
