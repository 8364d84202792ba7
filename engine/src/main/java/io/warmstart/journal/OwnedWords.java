package io.warmstart.journal;

import io.warmstart.mapped.MappedFaults;

/**
 * The words of a segment as its owner reads and stores them: where a page of it is gone, the
 * segment is condemned. Under the journal's monitor, but for {@link #inUse} and {@link #mark}.
 */
final class OwnedWords {
  private final Segment segment;
  private final SegmentSyncs syncs;

  /** Who asks for pairs, by the value of his word. */
  private long asked;

  OwnedWords(Segment segment, SegmentSyncs syncs) {
    this.segment = segment;
    this.syncs = syncs;
  }

  /** Whether nobody has given it up. */
  boolean inUse() {
    try {
      boolean inUse = segment.inUse();
      MappedFaults.raisePending();
      return inUse;
    } catch (InternalError e) {
      syncs.condemn();
      return false;
    }
  }

  /** Whether somebody has asked for pairs and was not answered yet. */
  boolean isAskedForPairs() {
    try {
      boolean isAsked = !segment.isAnswered();
      MappedFaults.raisePending();
      return isAsked;
    } catch (InternalError e) {
      syncs.condemn();
      return false;
    }
  }

  /** Notes who has asked by now: what is to be in pairs is looked for after that. */
  void noteAsked() {
    access(() -> asked = segment.wanted());
  }

  /** All is in pairs that the noted requests had asked for. */
  void answer() {
    access(() -> segment.answer(asked));
  }

  /** Only the thread that saves a record marks it before it is acknowledged. */
  boolean mark(JournalEntry entry, long mark) {
    // If it cannot be marked, nobody else can read it either.
    return access(() -> segment.mark(entry, mark));
  }

  /**
   * Reads or stores words.
   *
   * @return false if a page is gone
   */
  boolean access(Runnable words) {
    try {
      words.run();
      MappedFaults.raisePending();
      return true;
    } catch (InternalError e) {
      syncs.condemn();
      return false;
    }
  }
}
