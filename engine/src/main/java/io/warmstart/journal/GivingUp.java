package io.warmstart.journal;

import io.warmstart.mapped.JournalLayout;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.runtime.BackgroundThread;
import io.warmstart.segment.RecordScan;
import io.warmstart.segment.Segment;
import io.warmstart.segment.SegmentFiles;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Gives up segments whose owners are gone: nothing is appended to one any more, should its owner
 * live after all, and all that is whole in it is found from then on, until it is in pairs.
 *
 * <p>Of a process that was killed the marks in its segment tell what its saves had come to. A disk
 * that was away, and came back as it was at some moment, may lack those; then a power-safe record
 * has none, or only that of a pair whose names it may lack. Such a segment is synced first: nothing
 * is found that a power cut takes.
 *
 * <p>One process at a time does so, under a lock of its own: who does not get a segment's lock
 * meanwhile knows that its owner lives, or that it was given up before. Safe for all threads.
 */
final class GivingUp {
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final JournalPlace place;
  private final SegmentFiles files;

  GivingUp(JournalPlace place) {
    this.place = place;
    this.files = place.files();
  }

  /**
   * Gives up what the dead have left.
   *
   * @param numbers of segments
   * @param all whether also those of which the marks tell all; if not, the index is told of the
   *     keys in those that were given up before: who did so may have died before that
   * @param deadline when to go on although another process is at it: it may be stopped
   * @param failures of segments that cannot be read
   * @return those that nobody holds
   */
  List<Integer> run(List<Integer> numbers, boolean all, long deadline, Failures failures) {
    FileLock turn = awaitTurn(deadline);
    List<Integer> free = new ArrayList<>();
    try {
      for (int number : numbers) {
        failures.attempt(
            () -> {
              if (isFree(number, all)) {
                free.add(number);
              }
            });
      }
    } finally {
      if (turn != null) {
        place.siblings().releaseSegment(turn);
      }
    }
    return free;
  }

  private @Nullable FileLock awaitTurn(long deadline) {
    try {
      FileLock turn = place.siblings().tryLockGivingUp();
      while (turn == null && System.nanoTime() - deadline < 0) {
        BackgroundThread.pause(POLL_NANOS);
        turn = place.siblings().tryLockGivingUp();
      }
      return turn;
    } catch (IOException e) {
      // Where there are no locks nobody can be waited for.
      return null;
    }
  }

  private boolean isFree(int number, boolean all) throws IOException {
    FileLock lock = place.siblings().tryLockSegment(number);
    try {
      if (lock != null || !all) {
        look(number, all, lock != null);
      }
      return lock != null;
    } finally {
      if (lock != null) {
        place.siblings().releaseSegment(lock);
      }
    }
  }

  private void look(int number, boolean all, boolean free) throws IOException {
    Segment segment = files.map(number, true);
    try {
      if (segment != null && segment.hasLayout()) {
        if (segment.isGivenUp()) {
          if (!all) {
            tell(segment);
          }
        } else if (free) {
          giveUp(segment, all);
        }
      }
      MappedFaults.raisePending();
    } catch (InternalError e) {
      // A page is gone. Adoption meets the same, and sets the segment aside.
      return;
    }
  }

  private void giveUp(Segment segment, boolean all) {
    boolean synced = syncIfMarksLack(segment);
    if (synced || all) {
      segment.state(JournalLayout.GIVEN_UP);
      if (!synced) {
        // Should its owner live, it may have appended one until then.
        syncIfMarksLack(segment);
      }
      tell(segment);
    }
  }

  private boolean syncIfMarksLack(Segment segment) {
    boolean lack = lacksMarks(segment);
    if (lack) {
      try {
        files.sync(segment.number());
      } catch (IOException e) {
        // Its records may be lost, and are better found until then than not: they become pairs now.
        files.tell("a segment of a dead process cannot be synced", segment.number(), e);
      }
    }
    return lack;
  }

  private static boolean lacksMarks(Segment segment) {
    try {
      boolean lacks =
          segment.isWhole()
              && RecordScan.ofWhatIsNotDone(segment, segment.salt()).hasAny(GivingUp::lacksMarks);
      MappedFaults.raisePending();
      return lacks;
    } catch (InternalError e) {
      // Of a page that is gone nobody knows.
      return true;
    }
  }

  private static boolean lacksMarks(long marks, long flags) {
    if ((marks & (JournalLayout.VOID | JournalLayout.SETTLED)) != 0) {
      return false;
    }
    boolean powerSafe = (flags & JournalLayout.POWER_SAFE) != 0;
    return (marks & JournalLayout.PAIRED) != 0
        || (powerSafe && (marks & JournalLayout.SYNCED) == 0);
  }

  /** Processes that have read what was there before are told that there may be something else. */
  private void tell(Segment segment) {
    if (segment.isWhole()) {
      RecordScan.ofWhatIsNotDone(segment, segment.salt())
          .searchToEnd(
              0,
              0,
              entry -> {
                if ((segment.marks(entry) & JournalLayout.SETTLED) == 0) {
                  place.changed(entry.key());
                }
              });
    }
  }
}
