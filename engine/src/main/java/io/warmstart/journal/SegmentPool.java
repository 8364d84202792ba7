package io.warmstart.journal;

import io.warmstart.io.FileOps.SyncHandle;
import io.warmstart.segment.Segment;
import io.warmstart.segment.SegmentFiles;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * Where the segments of this process come from and go to: each is made under its byte of the lock
 * file, which this process then holds until the segment is removed or left to others. Safe for all
 * threads.
 */
final class SegmentPool {
  private final JournalPlace place;
  private final SegmentFiles files;
  private final SecureRandom random = new SecureRandom();

  SegmentPool(JournalPlace place) {
    this.place = place;
    this.files = place.files();
  }

  /**
   * Makes a segment.
   *
   * @return null if the budget or the number of segments leaves no room for one, or others would
   *     not learn of it
   * @throws IOException if it cannot be made, or would take the last of the disk's room
   */
  @Nullable OwnedSegment make() throws IOException {
    SegmentFiles.Listed listed = files.list();
    long taken = 0;
    for (int number : listed.numbers()) {
      taken += files.bytesOf(number);
    }
    int length = place.lengthOfNext(taken);
    if (length == 0) {
      return null;
    }
    files.requireRoomFor(length);
    for (int number = 0; number < SegmentFiles.MOST_SEGMENTS; number++) {
      if (listed.numbers().contains(number)) {
        continue;
      }
      FileLock lock = place.siblings().tryLockSegment(number);
      if (lock == null) {
        continue;
      }
      OwnedSegment made = null;
      try {
        made = makeUnder(lock, number, length);
      } finally {
        if (made == null) {
          place.siblings().releaseSegment(lock);
        }
      }
      if (made != null) {
        return made;
      }
    }
    return null;
  }

  /** Whatever ends it, nothing is left of a segment that it does not return. */
  private @Nullable OwnedSegment makeUnder(FileLock lock, int number, int length)
      throws IOException {
    Segment made = files.make(number, length, place.boot(), random.nextLong());
    if (made == null) {
      return null;
    }
    SyncHandle sync = null;
    boolean kept = false;
    try {
      sync = files.openForSync(number);
      OwnedSegment owned = new OwnedSegment(made, files, sync, lock);
      // If they do not learn of it, others would not look for it.
      kept = place.segmentsChanged();
      return kept ? owned : null;
    } finally {
      if (!kept) {
        try {
          files.remove(number);
        } finally {
          if (sync != null) {
            sync.close();
          }
        }
      }
    }
  }

  /** Removes a segment from the root, all of which is in pairs. */
  void remove(OwnedSegment segment) {
    OwnedFile file = segment.file();
    try {
      file.noteAsked();
      file.answer();
      // Without the lock the name may be another's by now.
      if (file.lock().isValid() && files.leadsTo(segment.number(), file.segment().identity())) {
        files.remove(segment.number());
      }
    } catch (IOException e) {
      files.tell("a segment of the journal could not be removed", segment.number(), e);
    } finally {
      leave(segment);
    }
    place.segmentsChanged();
  }

  /** Stops using a segment, which the next process adopts. */
  void leave(OwnedSegment segment) {
    try {
      segment.file().close();
    } finally {
      place.siblings().releaseSegment(segment.file().lock());
    }
  }
}
