package io.warmstart.journal;

import io.warmstart.io.FileOps.SyncHandle;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.segment.JournalEntry;
import io.warmstart.segment.Segment;
import io.warmstart.segment.SegmentFiles;
import io.warmstart.segment.SegmentSyncs;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.util.function.BooleanSupplier;

/**
 * The file of a segment as its owner uses it: its words, its lock and its syncs. Once a page of it
 * is gone or a sync has failed, it is condemned: nothing more goes into it, and that does not
 * change any more. It knows nothing of the records.
 *
 * <p>Under the journal's monitor, but for {@link #usable}, {@link #condemn} and {@link #mark}.
 */
final class OwnedFile {
  private final Segment segment;
  private final SegmentFiles files;
  private final SegmentSyncs syncs;
  private final FileLock lock;

  /** Who asks for pairs, by the value of its word. */
  private long asked;

  /** Who was noted last when pairs could not be made; 0 is nobody. */
  private long refused;

  OwnedFile(Segment segment, SegmentFiles files, SyncHandle sync, FileLock lock) {
    this.segment = segment;
    this.files = files;
    this.syncs = new SegmentSyncs(sync, files, segment);
    this.lock = lock;
  }

  Segment segment() {
    return segment;
  }

  SegmentSyncs syncs() {
    return syncs;
  }

  FileLock lock() {
    return lock;
  }

  /** Whether records may be appended: nobody else has given it up, and no page or sync failed. */
  boolean usable() {
    return !syncs.condemned() && lock.isValid() && inUse();
  }

  private boolean inUse() {
    return says(segment::inUse);
  }

  /** It cannot be used any more, which is told. */
  void fail(String what, Throwable because) {
    condemn();
    files.tell(what, segment.number(), because);
  }

  void condemn() {
    syncs.condemn();
  }

  /** Whether somebody has asked for pairs and was not answered yet. */
  boolean isAskedForPairs() {
    return says(() -> !segment.isAnswered());
  }

  /** Notes who has asked by now: what is to be in pairs is looked for after that. */
  void noteAsked() {
    access(() -> asked = segment.wanted());
  }

  /** Not all is in pairs that the noted requests had asked for. */
  void refuse() {
    refused = asked;
  }

  /** Whether nobody has asked for pairs since that was so. */
  boolean wasRefused() {
    return says(() -> segment.wanted() == refused);
  }

  /** All is in pairs that the noted requests had asked for. */
  void answer() {
    if (isAskedForPairs()) {
      access(() -> segment.answer(asked));
    }
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
    return says(
        () -> {
          words.run();
          return true;
        });
  }

  /** What its words say; false if a page is gone. */
  private boolean says(BooleanSupplier words) {
    try {
      boolean says = words.getAsBoolean();
      MappedFaults.raisePending();
      return says;
    } catch (InternalError e) {
      condemn();
      return false;
    }
  }

  /** Stops using it; it stays where it is, and its lock is held. */
  void close() {
    try {
      syncs.close();
    } catch (IOException e) {
      files.tell("a segment of the journal could not be closed", segment.number(), e);
    }
  }
}
