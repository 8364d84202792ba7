package io.warmstart.journal;

import io.warmstart.model.Payload;

/** Makes the durable pair of a version, unless its run has a later one. */
@FunctionalInterface
public interface PairMaker {
  /**
   * Makes it.
   *
   * @throws io.warmstart.model.StoreException if it could not be made durable
   */
  void make(JournalEntry entry, Payload payload);
}
