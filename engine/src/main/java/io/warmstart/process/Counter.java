package io.warmstart.process;

import io.warmstart.mapped.ControlLayout;

/** The counters of a process row, each with its place in the file: places are never given again. */
public enum Counter {
  HITS(0),
  MISSES(1),
  SAVES(2),
  OVERWRITES(3),
  EVICTED(4),
  EXPIRED(5),
  QUARANTINED(6),
  ROLLED_FORWARD(7),
  LEFTOVERS_REMOVED(8),
  REPUBLISHED(9),
  LOCK_BREAKS(10),
  LOCK_TIMEOUTS(11),
  FILES_ONLY(12),
  SYNC_FAILURES(13),
  SAVE_FAILURES(14),
  LOOKUP_FAILURES(15),
  FORGOTTEN_LEASES(16),
  TOUCHES_WRITTEN(17),
  TOUCH_FAILURES(18),
  SWEEPS(19),
  SWEEP_FAILURES(20),
  REBUILDS(21),
  LOOKUPS_FROM_FILES(22),

  /** Saves whose pair was in place until another program removed it. */
  REMOVED_BY_OTHERS(23),

  /** How often the kernel had dropped all locks of a process that goes on. */
  LOCKS_LOST(24),

  /**
   * How often, and not more than once a second, a program was noticed that takes no lock of ours.
   */
  FOREIGN_SEEN(25),

  /** Saves that went into the journal. */
  JOURNALLED(26),

  /** Pairs of such saves that could not be made when it was tried, and segments set aside. */
  JOURNAL_FAILURES(27);

  private final int place;

  Counter(int place) {
    this.place = place;
  }

  /** The place among the counters. */
  public int place() {
    return place;
  }

  /** Where the counter stands in a process row. */
  int offset() {
    return ControlLayout.COUNTERS_OFFSET + 8 * place;
  }
}
