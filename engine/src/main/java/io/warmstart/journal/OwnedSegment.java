package io.warmstart.journal;

import static io.warmstart.mapped.JournalLayout.COMMIT_OFFSET;
import static io.warmstart.mapped.JournalLayout.HEADER_LENGTH;
import static io.warmstart.mapped.JournalLayout.PAIRED;
import static io.warmstart.mapped.JournalLayout.PLACE_OFFSET;
import static io.warmstart.mapped.JournalLayout.SETTLED;
import static io.warmstart.mapped.JournalLayout.SYNCED;
import static io.warmstart.mapped.JournalLayout.VOID;

import io.warmstart.io.FileOps;
import io.warmstart.io.FileOps.SyncHandle;
import io.warmstart.io.Uninterrupted;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.Digest256;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Payload;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileLock;
import java.util.ArrayDeque;
import java.util.zip.CRC32C;
import org.agrona.concurrent.AtomicBuffer;

/**
 * A segment that this process appends to.
 *
 * <p>One thread appends at a time, in order, so what stands before a whole record is whole. Syncs
 * are shared: who finds none under way syncs all that has been appended by then, the others wait
 * for the next one. A sync that fails is the last one of the segment, since the kernel has marked
 * its pages clean: it is condemned, and nothing more is appended to it.
 *
 * <p>Places are counted over all lives of the segment, so that a wait for one does not end with
 * another.
 */
final class OwnedSegment {
  /** Up to here a payload is stored through the mapping; a page fault for each page costs more. */
  private static final int MOST_MAPPED = 64 * 1024;

  private final Segment segment;
  private final SegmentFiles files;
  private final SyncHandle sync;
  private final FileLock lock;
  private final RecordHead head = new RecordHead();
  private final CRC32C crc = new CRC32C();

  // Appending; under the monitor of the journal.
  private long salt;
  private int position = HEADER_LENGTH;
  private long before;
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();

  /** Who asks for pairs, by the value of his word. Under the monitor too. */
  private long asked;

  private long durableNoted;
  private volatile long appended;
  private volatile boolean condemned;

  /**
   * Whether its header is durable: after a power cut no record is taken for one of another life.
   */
  private volatile boolean ready = true;

  // Syncing; under its own monitor.
  private final Object syncs = new Object();
  private long durable;
  private boolean syncing;

  OwnedSegment(Segment segment, SegmentFiles files, SyncHandle sync, FileLock lock) {
    this.segment = segment;
    this.files = files;
    this.sync = sync;
    this.lock = lock;
    this.salt = segment.salt();
  }

  /**
   * A record that is no durable pair yet. What changes of it does so under the journal's monitor.
   */
  static final class Pending implements Appended {
    private final JournalEntry entry;
    private final OwnedSegment in;
    private final long end;
    private final long appendedAtNanos;
    private final boolean fills;
    private boolean acknowledged;
    private boolean done;
    private boolean paired;

    private Pending(
        JournalEntry entry, OwnedSegment in, long end, long appendedAtNanos, boolean fills) {
      this.entry = entry;
      this.in = in;
      this.end = end;
      this.appendedAtNanos = appendedAtNanos;
      this.fills = fills;
    }

    JournalEntry entry() {
      return entry;
    }

    OwnedSegment in() {
      return in;
    }

    long appendedAtNanos() {
      return appendedAtNanos;
    }

    /** Whether its segment was half full no sooner than with it. */
    boolean fills() {
      return fills;
    }

    boolean acknowledged() {
      return acknowledged;
    }

    boolean done() {
      return done;
    }

    void acknowledge() {
      acknowledged = true;
    }

    /** It is not needed: a later version of its run is as durable as a pair. */
    void finish() {
      done = true;
    }

    /** It, or a later version of its run, is in a durable pair. */
    void finishInPair() {
      done = true;
      paired = true;
    }

    boolean paired() {
      return paired;
    }
  }

  int number() {
    return segment.number();
  }

  Segment segment() {
    return segment;
  }

  /** Whether records may be appended: nobody else has given it up, and no page or sync failed. */
  boolean usable() {
    if (condemned || !lock.isValid()) {
      return false;
    }
    try {
      boolean inUse = segment.inUse();
      MappedFaults.raisePending();
      return inUse;
    } catch (InternalError e) {
      condemn();
      return false;
    }
  }

  /** Whether records may be appended now. */
  boolean ready() {
    return ready && usable();
  }

  /** Makes the header of another life durable. By the journal's thread. */
  void makeReady() {
    if (!ready && usable()) {
      try {
        sync.sync();
        ready = true;
      } catch (IOException e) {
        fail("a segment of the journal cannot be synced", e);
      }
    }
  }

  /** Whether somebody has asked for pairs and was not answered yet. */
  boolean isAskedForPairs() {
    try {
      boolean isAsked = !segment.isAnswered();
      MappedFaults.raisePending();
      return isAsked;
    } catch (InternalError e) {
      condemn();
      return false;
    }
  }

  /** Notes who has asked by now: what is to be in pairs is looked for after that. */
  void noteAsked() {
    access(() -> asked = segment.wanted());
  }

  /** It cannot be used any more, which is told. */
  void fail(String what, Throwable because) {
    condemn();
    files.tell(what, number(), because);
  }

  void condemn() {
    condemned = true;
    synchronized (syncs) {
      syncs.notifyAll();
    }
  }

  boolean fits(long recordLength) {
    return recordLength <= segment.length() - position;
  }

  boolean isHalfFull() {
    return position > segment.length() / 2;
  }

  boolean isEmpty() {
    return position == HEADER_LENGTH;
  }

  ArrayDeque<Pending> pending() {
    return pending;
  }

  /**
   * Appends a record, for which there is room. Under the journal's monitor.
   *
   * @throws IOException if a large payload could not be written: nothing was appended
   * @throws InternalError if a page is gone
   */
  Pending append(
      Digest256 key,
      String runId,
      Payload payload,
      EntryAttributes attributes,
      long writtenNanos,
      boolean powerSafe)
      throws IOException {
    AtomicBuffer buffer = segment.buffer();
    int at = position;
    long length = JournalLayout.recordLength(runId.length(), payload.length());
    int from = at + JournalLayout.payloadOffset(runId.length());
    buffer.putLongVolatile(at + COMMIT_OFFSET, -length);
    boolean ready = false;
    try {
      int check = payload.length() <= MOST_MAPPED ? store(payload, from) : write(payload, from);
      int end =
          head.encode(
              salt + at, key, runId, writtenNanos, attributes, powerSafe, payload.length(), check);
      buffer.putBytes(at + PLACE_OFFSET, head.bytes(), PLACE_OFFSET, end - PLACE_OFFSET);
      JournalEntry.Place place =
          new JournalEntry.Place(segment.number(), salt, at, (int) length, check, powerSafe);
      Pending made =
          new Pending(
              JournalEntry.of(key, runId, writtenNanos, attributes, payload.length(), place),
              this,
              before + at + length,
              System.nanoTime(),
              at <= segment.length() / 2 && at + length > segment.length() / 2);
      pending.add(made);
      ready = true;
      position = at + (int) length;
      // From here on others read on behind it: nothing may take it back.
      buffer.putLongVolatile(at + COMMIT_OFFSET, length);
      appended = made.end;
      MappedFaults.raisePending();
      return made;
    } catch (InternalError e) {
      revokeLast(at);
      throw e;
    } finally {
      if (!ready) {
        buffer.putLongVolatile(at + COMMIT_OFFSET, 0);
      }
    }
  }

  /** A page was gone: the segment is condemned, and this record is nobody's. */
  private void revokeLast(int at) {
    Pending last = pending.peekLast();
    if (last != null && last.entry.place().position() == at) {
      last.done = true;
      segment.mark(last.entry, VOID);
    }
  }

  private int store(Payload payload, int from) throws IOException {
    AtomicBuffer buffer = segment.buffer();
    crc.reset();
    int[] at = {from};
    payload.pour(
        (piece, count) -> {
          crc.update(piece, 0, count);
          buffer.putBytes(at[0], piece, 0, count);
          at[0] += count;
        });
    return (int) crc.getValue();
  }

  /** Through a descriptor of its own, which an interrupt may close: then once more. */
  private int write(Payload payload, int from) throws IOException {
    Uninterrupted.call(
        () -> {
          crc.reset();
          long[] at = {from};
          try (FileOps.FileHandle file = files.openForWriting(segment.number())) {
            if (!file.facts().sameFileAs(segment.identity())) {
              throw new IOException("a segment's name leads to another file");
            }
            payload.pour(
                (piece, count) -> {
                  crc.update(piece, 0, count);
                  file.write(ByteBuffer.wrap(piece, 0, count), at[0]);
                  at[0] += count;
                });
          }
          return 0;
        });
    return (int) crc.getValue();
  }

  /**
   * Waits until a record is durable, and sees to that if nobody does; from then on it is found.
   *
   * @return false if it will not be: the segment is condemned
   */
  boolean awaitDurable(Pending record) {
    return awaitSync(record) && mark(record, SYNCED);
  }

  private boolean awaitSync(Pending record) {
    boolean interrupted = false;
    try {
      while (true) {
        synchronized (syncs) {
          if (durable >= record.end) {
            return true;
          }
          if (condemned && !syncing) {
            return false;
          }
          if (syncing) {
            try {
              syncs.wait();
            } catch (InterruptedException e) {
              interrupted = true;
            }
            continue;
          }
          syncing = true;
        }
        syncAll();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** By the one thread that has said that it does. */
  private void syncAll() {
    long target = appended;
    boolean synced = false;
    try {
      sync.sync();
      synced = true;
      MappedFaults.raisePending();
    } catch (IOException | InternalError e) {
      synced = false;
      files.tell("a sync of the journal failed; its saves go into files", number(), e);
    } finally {
      synchronized (syncs) {
        syncing = false;
        if (synced) {
          durable = target;
        } else {
          condemned = true;
        }
        syncs.notifyAll();
      }
    }
  }

  /** A record's save has failed, or goes another way: nobody is to find it. */
  void revoke(Pending record) {
    record.done = true;
    mark(record, VOID);
  }

  /** And is durable. */
  void settled(Pending record) {
    mark(record, SETTLED);
  }

  /** A pair of it, or of a later version of its run, is in place. */
  void paired(Pending record) {
    mark(record, PAIRED);
  }

  /**
   * Reads or stores words of the segment.
   *
   * @return false if a page of it is gone: then it is condemned
   */
  private boolean access(Runnable words) {
    try {
      words.run();
      MappedFaults.raisePending();
      return true;
    } catch (InternalError e) {
      condemn();
      return false;
    }
  }

  /** Only the thread that saves a record marks it before it is acknowledged. */
  private boolean mark(Pending record, long mark) {
    // If it cannot be marked, nobody else can read it either.
    return access(() -> segment.mark(record.entry, mark));
  }

  /** All that whoever was noted had asked for is in pairs. */
  void answer() {
    access(() -> segment.answer(asked));
  }

  /**
   * Takes away what is done, and says how far that is, and how far all was synced. Under the
   * journal's monitor.
   */
  void advance() {
    noteDurable();
    Pending last = null;
    for (Pending first = pending.peek(); first != null && first.done; first = pending.peek()) {
      last = pending.poll();
    }
    if (last != null) {
      long done = last.end - before;
      access(() -> segment.done(done));
    }
  }

  /** Once in a while: each sync would have to write the header's page too. */
  private void noteDurable() {
    long now;
    synchronized (syncs) {
      now = durable;
    }
    if (now == durableNoted) {
      return;
    }
    durableNoted = now;
    access(() -> segment.durable(now - before));
  }

  /**
   * Begins another life if there is anything in this one and nothing of it is needed. Under the
   * journal's monitor.
   */
  void recycle(long boot, long freshSalt) {
    if (isEmpty() || !pending.isEmpty() || !usable()) {
      return;
    }
    synchronized (syncs) {
      if (syncing) {
        return;
      }
      ready = false;
      before += position;
      position = HEADER_LENGTH;
      salt = freshSalt;
      durable = before + position;
      durableNoted = durable;
      appended = durable;
      access(() -> segment.begin(boot, freshSalt));
    }
  }

  /** Stops using the segment; the file stays. */
  void close() {
    try {
      sync.close();
    } catch (IOException e) {
      files.tell("a segment of the journal could not be closed", number(), e);
    }
  }

  FileLock lock() {
    return lock;
  }
}
