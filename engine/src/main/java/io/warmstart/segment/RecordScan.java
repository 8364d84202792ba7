package io.warmstart.segment;

import static io.warmstart.mapped.JournalLayout.ALIGNMENT;
import static io.warmstart.mapped.JournalLayout.HEADER_LENGTH;
import static io.warmstart.mapped.JournalLayout.MARKS;
import static io.warmstart.mapped.JournalLayout.VOID;

import io.warmstart.mapped.JournalLayout;
import io.warmstart.mapped.MappedFaults;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * Reads the records of one life of a segment, from where it stopped to where there are no more.
 * Records are independent of one another, so what comes after one that is not whole counts as much
 * as what comes before it. One that is open, reserved by its owner and not yet committed, is passed
 * over and looked at again each time. For one thread.
 */
public final class RecordScan {
  private static final int PIECE_BYTES = 64 * 1024;
  private static final int PAGE = 4096;

  private final Segment segment;
  private final long salt;
  private final RecordHead head = new RecordHead();
  private final CRC32C crc = new CRC32C();
  private byte[] piece = {};
  private int position = HEADER_LENGTH;
  private boolean payloadsMayBeTorn;

  /** Where records begin that were open when they were passed over. */
  private final List<Integer> open = new ArrayList<>();

  /** Begins with the first record. */
  public RecordScan(Segment segment, long salt) {
    this.segment = segment;
    this.salt = salt;
  }

  /**
   * One that begins behind what the segment says is done: where it says nothing, with the first.
   */
  public static RecordScan ofWhatIsNotDone(Segment segment, long salt) {
    RecordScan made = new RecordScan(segment, salt);
    long done = segment.done();
    if (done > HEADER_LENGTH && done <= segment.length() && done % ALIGNMENT == 0) {
      made.position = (int) done;
    }
    return made;
  }

  /** Takes what has been committed since, and goes on to where the owner has not written yet. */
  public void follow(Consumer<JournalEntry> found) {
    open.removeIf(at -> take(at, found) > 0 || isAborted(segment.commit(at)));
    while (position + ALIGNMENT <= segment.length()) {
      int length = take(position, found);
      if (length == 0) {
        long commit = commitOfThisLife();
        // Where it is positive by now, it was committed since: what stands behind may have been
        // acknowledged long ago.
        length = commit > 0 ? take(position, found) : lengthOfOpen(commit);
        if (length == 0) {
          return;
        }
        if (commit < 0 && !isAborted(commit)) {
          open.add(position);
        }
      }
      position += length;
    }
  }

  /** What two words of a record say. */
  public interface Words {
    /** Whether they are what is looked for. */
    boolean match(long marks, long flags);
  }

  /**
   * Whether some record is what is looked for, up to where the owner has not written yet. Goes by
   * words alone, and proves of no record that it is whole: so it takes little time.
   */
  public boolean hasAny(Words words) {
    while (position + ALIGNMENT <= segment.length()) {
      long commit = commitOfThisLife();
      long length = commit > 0 ? commit & ~MARKS : lengthOfOpen(commit);
      if (length < JournalLayout.recordLength(1, 0)
          || length > segment.length() - position
          || length % ALIGNMENT != 0) {
        return false;
      }
      if (commit > 0 && words.match(commit & MARKS, segment.flags(position))) {
        return true;
      }
      position += (int) length;
    }
    return false;
  }

  /** Whether a record lies where it reads on. */
  public boolean isNext(JournalEntry entry) {
    return entry.place().position() == position && entry.place().salt() == salt;
  }

  /** Goes on behind a record without reading it. */
  public void pass(JournalEntry next) {
    position = next.end();
  }

  /** The commit word at the position; 0 if no record of this life begins there yet. */
  private long commitOfThisLife() {
    // In this order: the word is stored before the place, and may be of a life before until then.
    if (!mayBegin()) {
      return 0;
    }
    long commit = segment.commit(position);
    MappedFaults.raisePending();
    return commit;
  }

  /** How long a record is that is open, or was aborted; 0 if none can be so long there. */
  private int lengthOfOpen(long commit) {
    long length = -commit & ~VOID;
    return commit < 0
            && length >= JournalLayout.recordLength(1, 0)
            && length <= segment.length() - position
            && length % ALIGNMENT == 0
        ? (int) length
        : 0;
  }

  private static boolean isAborted(long commit) {
    return commit < 0 && (-commit & VOID) != 0;
  }

  /**
   * Goes on to the end of the segment, past what is not whole: after a power cut some of its pages
   * may be old, others not. So the payloads are compared with their checks too: where the latest of
   * a run is torn, the one before it counts.
   *
   * @return how many bytes between {@code done} and {@code durable} belong to no whole record
   */
  public long searchToEnd(long done, long durable, Consumer<JournalEntry> found) {
    payloadsMayBeTorn = true;
    long missing = 0;
    int end = position;
    int endOfAborted = position;
    while (position + ALIGNMENT <= segment.length()) {
      int length = takeIfThere(found);
      int step = length > 0 ? length : length == 0 ? ALIGNMENT : PAGE - position % PAGE;
      // What is open is not passed over by its length: a bit that has changed would hide records.
      long commit = length == 0 ? commitOfThisLife() : 0;
      if (isAborted(commit)) {
        endOfAborted = position + lengthOfOpen(commit);
      } else if (commit < 0) {
        open.add(position);
      }
      if (length <= 0 && position >= Math.max(done, endOfAborted) && position < durable) {
        missing += step;
      }
      position += step;
      end = length > 0 ? position : end;
    }
    // Should its owner be alive all the same, it goes on there.
    position = end;
    open.removeIf(at -> at >= position);
    return missing;
  }

  /** The same, or -1 if the page is gone. */
  private int takeIfThere(Consumer<JournalEntry> found) {
    try {
      int length = mayBegin() ? take(position, found) : 0;
      MappedFaults.raisePending();
      return length;
    } catch (InternalError e) {
      return -1;
    }
  }

  /** Whether a record of this life says that it begins here; spares the copy of most heads. */
  private boolean mayBegin() {
    return segment.place(position) == salt + position;
  }

  /**
   * Takes the record at a position, if there is a whole one.
   *
   * @return its length; 0 if there is none
   */
  private int take(int at, Consumer<JournalEntry> found) {
    long commit = segment.commit(at);
    if (commit <= 0) {
      return 0;
    }
    JournalEntry entry =
        head.decode(segment.buffer(), segment.number(), salt, at, segment.length());
    if (entry == null
        || (commit & ~MARKS) != entry.place().length()
        || (payloadsMayBeTorn && !hasItsPayload(entry))) {
      return 0;
    }
    // The word that was read first may have stood there since the life before, as long as this one.
    commit = segment.commit(at);
    if ((commit & ~MARKS) != entry.place().length()) {
      return 0;
    }
    MappedFaults.raisePending();
    if ((commit & VOID) == 0) {
      found.accept(entry);
    }
    return entry.place().length();
  }

  private boolean hasItsPayload(JournalEntry entry) {
    if (piece.length == 0) {
      piece = new byte[PIECE_BYTES];
    }
    crc.reset();
    int from = entry.payloadPosition();
    for (int done = 0; done < entry.payloadBytes(); done += piece.length) {
      int count = (int) Math.min(piece.length, entry.payloadBytes() - done);
      segment.buffer().getBytes(from + done, piece, 0, count);
      crc.update(piece, 0, count);
    }
    return (int) crc.getValue() == entry.place().payloadCheck();
  }
}
