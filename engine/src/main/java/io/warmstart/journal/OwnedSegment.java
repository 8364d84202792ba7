package io.warmstart.journal;

import static io.warmstart.mapped.JournalLayout.HEADER_LENGTH;
import static io.warmstart.mapped.JournalLayout.PAIRED;
import static io.warmstart.mapped.JournalLayout.SETTLED;
import static io.warmstart.mapped.JournalLayout.SYNCED;
import static io.warmstart.mapped.JournalLayout.VOID;

import io.warmstart.io.FileOps.SyncHandle;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.Payload;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.channels.FileLock;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A segment that this process appends to.
 *
 * <p>Records get their places one at a time, in order. Most are whole before the next one begins;
 * those that are reserved stay open while others are appended behind them, and become whole, or
 * void, in any order. An open one keeps the segment from being emptied, and holds back what the
 * header says of it; nobody waits for it.
 */
final class OwnedSegment {
  private final Segment segment;
  private final SegmentFiles files;
  private final SegmentSyncs syncs;
  private final OwnedWords words;
  private final RecordWriter writer;
  private final FileLock lock;

  // Appending; under the monitor of the journal.
  private long salt;
  private int position = HEADER_LENGTH;

  /** How long all lives before this one were. */
  private long before;

  private final ArrayDeque<Pending> pending = new ArrayDeque<>();

  /** Those of them that are reserved and neither committed nor aborted, in order. */
  private final Set<Pending> open = new LinkedHashSet<>();

  private long durableNoted;

  /**
   * Whether its header is durable: after a power cut no record is taken for one of another life.
   */
  private volatile boolean ready = true;

  OwnedSegment(Segment segment, SegmentFiles files, SyncHandle sync, FileLock lock) {
    this.segment = segment;
    this.files = files;
    this.syncs = new SegmentSyncs(sync, files, segment);
    this.words = new OwnedWords(segment, syncs);
    this.writer = new RecordWriter(segment, files);
    this.lock = lock;
    this.salt = segment.salt();
  }

  /**
   * A record that is no durable pair yet. What changes of it does so under the journal's monitor.
   */
  static final class Pending implements Appended {
    private final OwnedSegment in;
    private final int position;
    private final int length;
    private final boolean fills;

    /** Of one that is reserved: what its payload is stored through. */
    private @Nullable WeakReference<ByteBuffer> memory;

    /** Null while it is open. */
    private @Nullable JournalEntry entry;

    private long appendedAtNanos;

    /** How much was stored to the segment when it was. */
    private long stored;

    private boolean acknowledged;
    private boolean done;
    private boolean paired;

    private Pending(OwnedSegment in, int position, int length) {
      this.in = in;
      this.position = position;
      this.length = length;
      int half = in.segment.length() / 2;
      this.fills = position <= half && position + length > half;
    }

    JournalEntry entry() {
      return Objects.requireNonNull(entry);
    }

    OwnedSegment in() {
      return in;
    }

    /** Whether it is reserved, and neither committed nor aborted. */
    boolean isOpen() {
      return entry == null && !done;
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

    /** Whether it is known to survive a power cut. */
    boolean isDurable() {
      return entry().place().powerSafe() || in.syncs.covers(stored);
    }

    /** It is not needed: a later version of its run takes its place. */
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

    private boolean isForgotten() {
      return memory != null && memory.refersTo(null);
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
    return !syncs.condemned() && lock.isValid() && words.inUse();
  }

  /** Whether records may be appended now. */
  boolean ready() {
    return ready && usable();
  }

  /**
   * Makes the header of another life durable. One thread at a time: after a sync that has failed
   * there is none.
   */
  synchronized void makeReady() {
    if (!ready && usable()) {
      try {
        syncs.syncHeader();
        ready = true;
      } catch (IOException e) {
        fail("a segment of the journal cannot be synced", e);
      }
    }
  }

  /** Whether somebody has asked for pairs and was not answered yet. */
  boolean isAskedForPairs() {
    return words.isAskedForPairs();
  }

  /** Notes who has asked by now: what is to be in pairs is looked for after that. */
  void noteAsked() {
    words.noteAsked();
  }

  /** It cannot be used any more, which is told. */
  void fail(String what, Throwable because) {
    condemn();
    files.tell(what, number(), because);
  }

  void condemn() {
    syncs.condemn();
  }

  /** Whether a record stands where it was opened, aborted or not: nobody has written over it. */
  boolean standsWhereItWasOpened(Pending record) {
    long commit = segment.commit(record.position);
    return (-commit & ~VOID) == record.length
        && segment.place(record.position) == salt + record.position
        // Both are stored again when the record is aborted: over zeros too, in a segment that was
        // truncated.
        && segment.salt() == salt
        && segment.isWhole();
  }

  /** Whether a sync has failed: what is not stored again may be lost. */
  boolean hasFailedToSync() {
    return syncs.failed();
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

  /** Whether a record is open, so that it cannot be emptied whatever becomes a pair. */
  boolean isHeld() {
    return !open.isEmpty();
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
  Pending append(Version version, Payload payload) throws IOException {
    int at = position;
    int runIdLength = version.runId().length();
    int length = (int) JournalLayout.recordLength(runIdLength, payload.length());
    writer.begin(at, length);
    Pending made = new Pending(this, at, length);
    boolean counts = false;
    boolean whole = false;
    try {
      int check = writer.storePayload(payload, at + JournalLayout.payloadOffset(runIdLength));
      JournalEntry entry = entry(made, version, payload.length(), check);
      pending.add(made);
      counts = true;
      position = at + length;
      become(made, version, entry);
      whole = true;
      return made;
    } finally {
      if (!counts) {
        writer.takeBack(at);
      } else if (!whole) {
        // Whatever it was: nobody is to find it, and what comes is appended behind it.
        made.done = true;
        makeVoid(made);
      }
    }
  }

  private JournalEntry entry(Pending record, Version version, long payloadLength, int check) {
    JournalEntry.Place place =
        new JournalEntry.Place(
            number(), salt, record.position, record.length, check, version.powerSafe());
    return JournalEntry.of(
        version.key(),
        version.runId(),
        version.writtenNanos(),
        version.attributes(),
        payloadLength,
        place);
  }

  /** Its payload is there: it becomes a record that counts. */
  private void become(Pending record, Version version, JournalEntry entry) {
    writer.storeHead(version, entry.place(), entry.payloadBytes());
    record.entry = entry;
    record.appendedAtNanos = System.nanoTime();
    long wholeUntil = wholeUntil(record);
    // From here on it is found, and others read on behind it: nothing may take it back, and nothing
    // that comes needs memory.
    writer.commit(record.position, record.length);
    record.stored = syncs.stored(wholeUntil);
    MappedFaults.raisePending();
  }

  /** Where the first record begins that is open, without this one. */
  private long wholeUntil(Pending without) {
    open.remove(without);
    return before + (open.isEmpty() ? position : open.iterator().next().position);
  }

  /** Where the payload of the next record would lie. Under the journal's monitor. */
  ByteBuffer memoryOfNext(int runIdLength, int payloadLength) {
    return writer.memory(position + JournalLayout.payloadOffset(runIdLength), payloadLength);
  }

  /**
   * Reserves room for a record, for which there is room: what comes is appended behind it. Under
   * the journal's monitor.
   *
   * @param memory of its payload; once nobody has it any more, the record is forgotten
   * @throws InternalError if a page is gone
   */
  Pending reserve(int runIdLength, ByteBuffer memory) {
    int at = position;
    int length = (int) JournalLayout.recordLength(runIdLength, memory.capacity());
    Pending made = new Pending(this, at, length);
    made.memory = new WeakReference<>(memory);
    boolean added = false;
    try {
      open.add(made);
      pending.add(made);
      added = true;
    } finally {
      if (!added) {
        open.remove(made);
      }
    }
    position = at + length;
    writer.open(salt, at, length);
    MappedFaults.raisePending();
    return made;
  }

  /**
   * Makes what was reserved a record. Under the journal's monitor.
   *
   * @throws InternalError if a page is gone
   */
  void commit(Pending reserved, Version version, long payloadLength, int check) {
    become(reserved, version, entry(reserved, version, payloadLength, check));
  }

  /**
   * Open reservations become no records here: their bytes stay where they are for as long as
   * somebody holds on to them. Under the journal's monitor.
   *
   * @param which of those that are open
   * @return how many there were
   */
  int abortOpen(Predicate<Pending> which) {
    int aborted = 0;
    for (Pending each : List.copyOf(open)) {
      if (which.test(each)) {
        revoke(each);
        aborted++;
      }
    }
    return aborted;
  }

  /** The same of those that nobody can commit or abort any more. */
  int abortForgotten() {
    return open.isEmpty() ? 0 : abortOpen(Pending::isForgotten);
  }

  /**
   * Waits until a record is durable, and sees to that if nobody does; from then on it is found.
   *
   * @return false if it will not be: the segment is condemned
   */
  boolean awaitDurable(Pending record) {
    return syncs.await(record.stored) && words.mark(record.entry(), SYNCED);
  }

  /**
   * A record's save has failed, or goes another way: nobody is to find it. Under the journal's
   * monitor.
   */
  void revoke(Pending record) {
    record.done = true;
    // If it cannot be stored, nobody else can read the record either.
    words.access(() -> makeVoid(record));
  }

  private void makeVoid(Pending record) {
    long wholeUntil = wholeUntil(record);
    if (segment.commit(record.position) > 0) {
      segment.mark(record.entry(), VOID);
    } else {
      writer.abort(salt, record.position, record.length);
    }
    record.stored = syncs.stored(wholeUntil);
  }

  /** And is durable. */
  void settled(Pending record) {
    words.mark(record.entry(), SETTLED);
  }

  /** A pair of it, or of a later version of its run, is in place. */
  void paired(Pending record) {
    words.mark(record.entry(), PAIRED);
  }

  /** All is in pairs that the noted requests had asked for. */
  void answer() {
    words.answer();
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
      int done = last.position + last.length;
      words.access(() -> segment.done(done));
    }
  }

  /** Once in a while: each sync would have to write the header's page too. */
  private void noteDurable() {
    long now = syncs.durable();
    if (now != durableNoted) {
      durableNoted = now;
      words.access(() -> segment.durable(now - before));
    }
  }

  /**
   * Begins another life if there is anything in this one and nothing of it is needed. Under the
   * journal's monitor.
   */
  void recycle(long boot, long freshSalt) {
    if (isEmpty() || !pending.isEmpty() || !usable()) {
      return;
    }
    long place = before + position;
    syncs.begin(
        place + HEADER_LENGTH,
        () -> {
          ready = false;
          before = place;
          position = HEADER_LENGTH;
          salt = freshSalt;
          durableNoted = place + HEADER_LENGTH;
          words.access(() -> segment.begin(boot, freshSalt));
        });
  }

  /** Stops using the segment; the file stays. */
  void close() {
    try {
      syncs.close();
    } catch (IOException e) {
      files.tell("a segment of the journal could not be closed", number(), e);
    }
  }

  FileLock lock() {
    return lock;
  }
}
