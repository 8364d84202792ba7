package io.warmstart.journal;

import io.warmstart.model.Payload;
import io.warmstart.segment.JournalEntry;

/**
 * Makes the durable pair of a version, unless its run has a later one. Called by several threads at
 * once, behind a lock of the journal that their caller holds: it must not flush that.
 */
@FunctionalInterface
public interface PairMaker {
  /**
   * Makes it.
   *
   * @param inDoubt whether a pair of it may be in place whose names could not be synced
   * @param inPlace is run under the key's lock once the pair, or a later one, is in place: from
   *     then on files alone tell of the version
   * @throws io.warmstart.model.StoreException if it could not be made durable
   */
  void make(JournalEntry entry, Payload payload, boolean inDoubt, Runnable inPlace);
}
