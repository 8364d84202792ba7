package io.warmstart.micrometer;

import io.warmstart.model.StoreCounter;

/** What each counter counts, for those who see it in a page of meters: a sentence and its unit. */
final class MeterDescriptions {
  private MeterDescriptions() {}

  static String of(StoreCounter counter) {
    return switch (counter) {
      case HITS -> "Lookups that have returned an entry";
      case MISSES -> "Lookups that have returned none";
      case SAVES -> "Saves, overwrites among them";
      case OVERWRITES -> "Saves under a run id that was given";
      case EVICTED -> "Entries removed to bring the root within its budget";
      case EXPIRED -> "Entries removed because they were not used for longer than the TTL";
      case QUARANTINED -> "Halves and pairs of files set aside because they are broken";
      case ROLLED_FORWARD -> "Saves that were cut off, and completed by another process";
      case LEFTOVERS_REMOVED -> "Files of dead processes that were removed";
      case REPUBLISHED -> "Saves published again because another program had removed them";
      case LOCK_BREAKS -> "Locks found whose holder had died";
      case LOCK_TIMEOUTS -> "Locks that were waited for in vain";
      case FILES_ONLY -> "Times that no index could be mapped";
      case SYNC_FAILURES -> "Syncs to the disk that have failed";
      case SAVE_FAILURES -> "Saves that have failed";
      case LOOKUP_FAILURES -> "Lookups that have failed, or passed over what they could not read";
      case FORGOTTEN_LEASES -> "Entries that nobody has closed";
      case TOUCHES_WRITTEN -> "Manifests rewritten to tell of hits";
      case TOUCH_FAILURES -> "Rewrites of manifests to tell of hits that have failed";
      case SWEEPS -> "Sweeps, which expire and evict";
      case SWEEP_FAILURES -> "Sweeps that could not do all that they had to";
      case REBUILDS -> "Indexes made";
      case LOOKUPS_FROM_FILES -> "Lookups that were not answered from memory";
      case REMOVED_BY_OTHERS -> "Saved entries that another program has removed at once";
      case LOCKS_LOST -> "Times that the kernel had dropped all locks of a process that goes on";
      case FOREIGN_SEEN -> "Times that a program was noticed that takes no lock";
      case JOURNALLED -> "Saves that went into the journal";
      case JOURNAL_FAILURES ->
          "Pairs of files that could not be made of what lies in the journal when it was tried,"
              + " and segments of it set aside";
    };
  }
}
