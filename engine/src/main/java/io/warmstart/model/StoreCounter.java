package io.warmstart.model;

import java.util.Locale;

/** What is counted, over all processes of a machine. A new one comes last. */
public enum StoreCounter {
  // Each stands at its ordinal in the rows of the control file: see ControlLayout.

  /** Lookups that have returned an entry. */
  HITS,
  /** Lookups that have returned none. */
  MISSES,
  /** Saves, overwrites among them. */
  SAVES,
  /** Saves under a run id that was given: they may have replaced a version. */
  OVERWRITES,
  /** Entries removed to bring the root within its budget. */
  EVICTED,
  /** Entries removed because they were not used for longer than the TTL. */
  EXPIRED,
  /** Halves and pairs set aside because they are broken. */
  QUARANTINED,
  /** Saves that were cut off between their two renames, and completed by somebody else. */
  ROLLED_FORWARD,
  /** Staged files of dead processes that were removed. */
  LEFTOVERS_REMOVED,
  /** Saves that were published again because a foreign program had removed them. */
  REPUBLISHED,
  /** Locks found whose holder had died. */
  LOCK_BREAKS,
  /** Locks that were waited for in vain. */
  LOCK_TIMEOUTS,
  /** How often no index could be mapped. */
  FILES_ONLY,
  /** Syncs that have failed. */
  SYNC_FAILURES,
  /** Saves that have failed. */
  SAVE_FAILURES,
  /** Lookups that have failed, or passed something over that they could not read. */
  LOOKUP_FAILURES,
  /** Entries that nobody has closed, found by the garbage collector. */
  FORGOTTEN_LEASES,
  /** Manifests rewritten to tell of hits. */
  TOUCHES_WRITTEN,
  /** Such rewrites that have failed. */
  TOUCH_FAILURES,
  /** Sweeps. */
  SWEEPS,
  /** Sweeps that could not do all they had to. */
  SWEEP_FAILURES,
  /** Indexes made. */
  REBUILDS,
  /** Lookups that were not answered from memory. */
  LOOKUPS_FROM_FILES,
  /** Saves whose pair was in place until another program removed it. */
  REMOVED_BY_OTHERS,
  /** How often the kernel had dropped all locks of a process that goes on. */
  LOCKS_LOST,
  /** How often, and not more than once a second, a program was noticed that takes no lock. */
  FOREIGN_SEEN,
  /** Saves that went into the journal. */
  JOURNALLED,
  /** Pairs of such saves that could not be made when it was tried, and segments set aside. */
  JOURNAL_FAILURES;

  /** {@return the name in lower case, as the command line and JSON have it} */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
