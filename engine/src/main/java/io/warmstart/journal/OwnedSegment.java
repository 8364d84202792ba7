package io.warmstart.journal;

import static io.warmstart.mapped.JournalLayout.HEADER_LENGTH;
import static io.warmstart.mapped.JournalLayout.VOID;

import io.warmstart.io.FileOps.SyncHandle;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.Payload;
import io.warmstart.segment.JournalEntry;
import io.warmstart.segment.RecordWriter;
import io.warmstart.segment.Segment;
import io.warmstart.segment.SegmentFiles;
import io.warmstart.segment.SegmentSyncs;
import io.warmstart.segment.Version;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileLock;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A segment that this process appends to.
 *
 * <p>Records get their places one at a time, in order. Most are whole before the next one begins;
 * those that are reserved stay open while others are appended behind them, and become whole, or
 * void, in any order. An open one keeps the segment from being emptied, and holds back what the
 * header says of it; nobody waits for it.
 */
final class OwnedSegment {
  private final OwnedFile file;
  private final Segment segment;
  private final SegmentSyncs syncs;
  private final RecordWriter writer;

  // Appending; under the monitor of the journal.
  private long salt;
  private int position = HEADER_LENGTH;

  /** How long all lives before this one were. */
  private long before;

  /**
   * In order. An ArrayDeque that finds no memory to grow in is empty afterwards, or seems so: then
   * the segment would be emptied, whatever is needed of it.
   */
  @SuppressWarnings("JdkObsolete")
  private final LinkedList<Pending> pending = new LinkedList<>();

  /** Those of them that are reserved and neither committed nor aborted, in order. */
  private final Set<Pending> open = new LinkedHashSet<>();

  private long durableNoted;

  /**
   * Whether its header is durable: after a power cut no record is taken for one of another life.
   */
  private volatile boolean ready = true;

  OwnedSegment(Segment segment, SegmentFiles files, SyncHandle sync, FileLock lock) {
    this.file = new OwnedFile(segment, files, sync, lock);
    this.segment = segment;
    this.syncs = file.syncs();
    this.writer = new RecordWriter(segment, files);
    this.salt = segment.salt();
  }

  int number() {
    return segment.number();
  }

  OwnedFile file() {
    return file;
  }

  /** See {@link OwnedFile#usable}. */
  boolean usable() {
    return file.usable();
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
        file.fail("a segment of the journal cannot be synced", e);
      }
    }
  }

  /** Whether a record stands where it was opened, aborted or not: nobody has written over it. */
  boolean standsWhereItWasOpened(Pending record) {
    long commit = segment.commit(record.position());
    return (-commit & ~VOID) == record.length()
        && segment.place(record.position()) == salt + record.position()
        // Both are stored again when the record is aborted: over zeros too, in a segment that was
        // truncated.
        && segment.salt() == salt
        && segment.isWhole();
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

  Collection<Pending> pending() {
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
    Pending made = new Pending(file, at, length, null);
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
        made.finish();
        makeVoid(made);
      }
    }
  }

  private JournalEntry entry(Pending record, Version version, long payloadLength, int check) {
    JournalEntry.Place place =
        new JournalEntry.Place(
            number(), salt, record.position(), record.length(), check, version.powerSafe());
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
    record.become(entry);
    long wholeUntil = wholeUntil(record);
    // From here on it is found, and others read on behind it: nothing may take it back, and nothing
    // that comes needs memory.
    writer.commit(record.position(), record.length());
    record.stored(syncs.stored(wholeUntil));
    MappedFaults.raisePending();
  }

  /** Where the first record begins that is open, without this one. */
  private long wholeUntil(Pending without) {
    open.remove(without);
    return before + (open.isEmpty() ? position : open.iterator().next().position());
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
    Pending made = new Pending(file, at, length, memory);
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
        abort(each);
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
   * A record will not be whole, or is not to be: nobody is to find it. Under the journal's monitor.
   */
  void abort(Pending record) {
    record.finish();
    try {
      makeVoid(record);
      MappedFaults.raisePending();
    } catch (InternalError e) {
      // Nobody else can read the record either.
      file.condemn();
    }
  }

  /** Before anything that needs memory. */
  private void makeVoid(Pending record) {
    record.makeVoid(salt);
    record.stored(syncs.stored(wholeUntil(record)));
  }

  /**
   * Takes away what is done, and says how far that is, and how far all was synced. Under the
   * journal's monitor.
   */
  void advance() {
    noteDurable();
    int done = 0;
    for (Iterator<Pending> each = pending.iterator(); each.hasNext(); ) {
      Pending next = each.next();
      if (!next.done()) {
        break;
      }
      done = next.position() + next.length();
    }
    if (done > 0) {
      // Said first: who is not known here any more is known as done by that alone.
      long until = done;
      file.access(() -> segment.done(until));
      for (Pending first = pending.peek();
          first != null && first.position() < until;
          first = pending.peek()) {
        pending.poll();
      }
    }
  }

  /**
   * What has given way to a later version says so itself, and is forgotten here: where something
   * keeps the segment from being emptied, what is said as done ends there. Else a version that is
   * in no pair would seem to lie behind it. Under the journal's monitor.
   */
  void settleSuperseded() {
    pending.removeIf(each -> each.superseded() && each.markSettled());
  }

  /** Once in a while: each sync would have to write the header's page too. */
  private void noteDurable() {
    long now = syncs.durable();
    if (now != durableNoted) {
      durableNoted = now;
      file.access(() -> segment.durable(now - before));
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
          // First: what is remembered of the new life needs no memory.
          file.access(() -> segment.begin(boot, freshSalt));
          ready = false;
          before = place;
          position = HEADER_LENGTH;
          salt = freshSalt;
          durableNoted = place + HEADER_LENGTH;
        });
  }
}
