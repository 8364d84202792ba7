package io.warmstart.journal;

import io.warmstart.io.BackgroundThread;
import io.warmstart.io.EngineLog;
import io.warmstart.io.FileOps.SyncHandle;
import io.warmstart.journal.OwnedSegment.Pending;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.Digest256;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Payload;
import io.warmstart.model.StoreException;
import io.warmstart.process.Counter;
import io.warmstart.process.Counters;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The journal of a root, as this process writes it: segments of its own, one record for each save,
 * and a thread that makes pairs of them.
 *
 * <p>A record waits for its pair for a second; of a run that is saved again meanwhile only the
 * latest version becomes one. When a segment is half full, when somebody flushes, closes or asks,
 * it is at once. A segment begins anew only when all that was in it is in durable pairs, first in,
 * first out: a version that was superseded is needed until its successor is durable itself.
 *
 * <p>No save fails because of the journal: what it cannot take, the files do.
 *
 * <p>Safe for all threads.
 */
public final class Journal implements AutoCloseable {
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long PAIR_AFTER_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** After a failure: no segment is made and no pair tried again for so long. */
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private static final int MOST_OWNED = 4;

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final JournalPlace place;
  private final SegmentFiles files;
  private final PairMaker pairs;
  private final Counters counters;
  private final SecureRandom random = new SecureRandom();
  private final BackgroundThread thread;

  /** One thread makes pairs at a time; whoever needs them may. */
  private final ReentrantLock settling = new ReentrantLock();

  // Under the monitor. In the order of their first records.
  private final ArrayDeque<OwnedSegment> owned = new ArrayDeque<>();
  private @Nullable OwnedSegment active;
  private boolean wanted;

  /** Read without the monitor, to see at a glance that there is nothing to do. */
  private volatile boolean mayHavePending;

  private volatile boolean closed;

  // Of the thread.
  private long refusedAtNanos = System.nanoTime() - RETRY_NANOS;
  private long lookedAtNanos;
  private final Map<Integer, Long> answered = new HashMap<>();

  /** Makes a journal without a segment: the first save that could use one has it made. */
  public Journal(JournalPlace place, PairMaker pairs, Counters counters) {
    this.place = place;
    this.files = place.files();
    this.pairs = pairs;
    this.counters = counters;
    this.thread = new BackgroundThread("warmstart-journal", this::round, this::failed);
  }

  /** A save that lies in the journal and has not been acknowledged yet. */
  public static final class Appended {
    private final Pending record;

    private Appended(Pending record) {
      this.record = record;
    }
  }

  /**
   * Whether a record of this length could be taken now. If not, a segment is made ready in the
   * background, where there can be one: no save waits for it.
   */
  public boolean takes(int runIdLength, long payloadLength) {
    if (closed || !place.isUsable() || !thread.ensureRunning()) {
      return false;
    }
    synchronized (this) {
      if (roomFor(JournalLayout.recordLength(runIdLength, payloadLength)) != null) {
        return true;
      }
      wanted = true;
    }
    thread.wake();
    return false;
  }

  /** The segment to append to. Under the monitor. */
  private @Nullable OwnedSegment roomFor(long length) {
    OwnedSegment current = active;
    if (current != null && current.usable() && fits(current, length)) {
      return current;
    }
    for (OwnedSegment each : owned) {
      if (each != current && each.isEmpty() && each.usable() && fits(each, length)) {
        owned.remove(each);
        owned.add(each);
        active = each;
        return each;
      }
    }
    return null;
  }

  /** A large one would leave no room for what comes while its pair is made. */
  private static boolean fits(OwnedSegment each, long length) {
    return length <= each.segment().length() / 4 && each.fits(length);
  }

  /**
   * Appends a version. The caller holds the key's lock, and has seen that this stamp is later than
   * that of every version of the key.
   *
   * @return null if it could not be taken: then nothing was appended that anybody will find
   */
  public @Nullable Appended append(
      Digest256 key,
      String runId,
      Payload payload,
      EntryAttributes attributes,
      long writtenNanos,
      boolean powerSafe) {
    boolean halfFull;
    Pending made;
    synchronized (this) {
      OwnedSegment to =
          closed ? null : roomFor(JournalLayout.recordLength(runId.length(), payload.length()));
      if (to == null) {
        return null;
      }
      try {
        made = to.append(key, runId, payload, attributes, writtenNanos, powerSafe);
        if (!to.usable()) {
          // Adopted under us: whether the adopter has seen this record, nobody knows.
          to.revoke(made);
          return null;
        }
      } catch (IOException | InternalError e) {
        to.condemn();
        files.tell("the journal cannot be written to; saves go into files", to.number(), e);
        return null;
      } finally {
        mayHavePending = true;
      }
      halfFull = to.isHalfFull();
    }
    if (halfFull) {
      thread.wake();
    }
    return new Appended(made);
  }

  /**
   * Waits until what was appended survives a power cut.
   *
   * @return false if it does not, and is not found either: the sync has failed
   */
  public boolean awaitDurable(Appended appended) {
    Pending record = appended.record;
    if (record.in().awaitDurable(record)) {
      return true;
    }
    counters.count(Counter.SYNC_FAILURES);
    synchronized (this) {
      record.in().revoke(record);
    }
    return false;
  }

  /** The save returns: from here on it becomes a pair. */
  public void acknowledge(Appended appended) {
    synchronized (this) {
      appended.record.acknowledge();
    }
    counters.count(Counter.JOURNALLED);
  }

  /** How many saves of this process are no pairs yet. */
  public int pending() {
    synchronized (this) {
      int count = 0;
      for (OwnedSegment each : owned) {
        count += each.pending().size();
      }
      return count;
    }
  }

  /**
   * Makes pairs of everything that this process has saved before the call.
   *
   * @throws StoreException if some could not be made; they stay in the journal, and are tried again
   */
  public void flush() {
    if (mayHavePending) {
      settle(Long.MAX_VALUE);
    }
  }

  /**
   * Asks the other processes of this machine for pairs of what they have in the journal now, and
   * waits for them, but not for one that is stopped: so that who reads files alone sees it all.
   */
  public void awaitOthers(JournalView view) throws IOException {
    if (!view.hasSegments()) {
      return;
    }
    List<Awaited> awaited = new ArrayList<>();
    try {
      for (int number : files.list().numbers()) {
        Segment segment = owns(number) ? null : files.map(number, true);
        if (segment != null && segment.isWhole()) {
          awaited.add(new Awaited(segment, segment.salt(), segment.end()));
          segment.want(random.nextLong() | 1);
        }
      }
      long deadline = System.nanoTime() + PATIENCE_NANOS;
      for (Awaited each : awaited) {
        while (!each.isDone() && deadline - System.nanoTime() > 0) {
          LockSupport.parkNanos(POLL_NANOS);
        }
      }
      MappedFaults.raisePending();
    } catch (InternalError e) {
      throw new IOException("a page of the journal is gone: directory=" + files.directory(), e);
    }
  }

  /** What another process is to make pairs of. */
  private record Awaited(Segment segment, long salt, long end) {
    boolean isDone() {
      return segment.salt() != salt || segment.done() >= end;
    }
  }

  private synchronized boolean owns(int number) {
    for (OwnedSegment each : owned) {
      if (each.number() == number) {
        return true;
      }
    }
    return false;
  }

  private void round() {
    LockSupport.parkNanos(TICK_NANOS);
    Thread.interrupted();
    long now = System.nanoTime();
    if (now - lookedAtNanos >= LOOK_EVERY_NANOS) {
      lookedAtNanos = now;
      leaveLost();
    }
    if (mayHavePending) {
      settle(isPressing() ? Long.MAX_VALUE : now - PAIR_AFTER_NANOS);
    }
    prepare(now);
  }

  private void failed(Throwable error) {
    counters.count(Counter.JOURNAL_FAILURES);
    EngineLog.warning(
        "pairs of journalled saves could not be made, tried again: directory=" + files.directory(),
        error);
    LockSupport.parkNanos(RETRY_NANOS);
  }

  /** Whether pairs are needed before their time. */
  private synchronized boolean isPressing() {
    boolean pressing = false;
    for (OwnedSegment each : owned) {
      pressing |= each.isHalfFull() || !each.usable();
      long asked = each.segment().wanted();
      if (!Long.valueOf(asked).equals(answered.put(each.number(), asked)) && asked != 0) {
        pressing = true;
      }
    }
    return pressing;
  }

  /** A segment whose name leads elsewhere is found by nobody who comes later. */
  private void leaveLost() {
    List<OwnedSegment> all;
    synchronized (this) {
      all = List.copyOf(owned);
    }
    for (OwnedSegment each : all) {
      try {
        if (each.usable() && !files.leadsTo(each.number(), each.segment().identity())) {
          files.tell(
              "a segment of the journal is gone; its saves become pairs", each.number(), null);
          each.condemn();
        }
      } catch (IOException e) {
        // Not to be looked at now: the next look tells.
        return;
      }
    }
  }

  /**
   * Makes pairs of what was appended until then, and begins segments anew that are not needed.
   *
   * @param untilNanos of the monotonic clock; {@link Long#MAX_VALUE} for all
   */
  private void settle(long untilNanos) {
    settling.lock();
    try {
      StoreException failure = null;
      Map<Run, Pending> due = due(untilNanos);
      List<Run> failed = new ArrayList<>();
      for (Map.Entry<Run, Pending> each : due.entrySet()) {
        try {
          makePair(each.getValue());
        } catch (StoreException e) {
          failure = failure == null ? e : failure;
          failed.add(each.getKey());
        }
      }
      failed.forEach(due::remove);
      finish(due);
      if (failure != null) {
        throw failure;
      }
    } finally {
      settling.unlock();
    }
  }

  /** Run of a key. */
  private record Run(Digest256 key, String runId) {}

  /** The latest version of each run that has one which is due. */
  private synchronized Map<Run, Pending> due(long untilNanos) {
    Map<Run, Pending> latest = new LinkedHashMap<>();
    if (!isAnyDue(untilNanos)) {
      return latest;
    }
    for (OwnedSegment each : owned) {
      for (Pending record : each.pending()) {
        if (record.acknowledged() && !record.done()) {
          Run run = new Run(record.entry().key(), record.entry().runId());
          if (isDue(record, untilNanos) || latest.containsKey(run)) {
            latest.put(run, record);
          }
        }
      }
    }
    return latest;
  }

  /** The oldest of each segment is its first. Under the monitor. */
  private boolean isAnyDue(long untilNanos) {
    for (OwnedSegment each : owned) {
      Pending first = each.first();
      if (first != null && isDue(first, untilNanos)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isDue(Pending record, long untilNanos) {
    return untilNanos == Long.MAX_VALUE || record.appendedAtNanos() - untilNanos <= 0;
  }

  private void makePair(Pending record) {
    byte[] payload;
    try {
      payload = payloadOf(record.in().segment(), record.entry());
    } catch (InternalError e) {
      payload = null;
    }
    if (payload == null) {
      counters.count(Counter.JOURNAL_FAILURES);
      files.tell(
          "a journalled save is lost, its bytes in the segment have changed: key="
              + record.entry().key().toHex()
              + " run="
              + record.entry().runId(),
          record.in().number(),
          null);
    } else {
      pairs.make(record.entry(), Payload.of(payload));
    }
  }

  /** Those that have a durable pair, and the versions of their runs before them, are done. */
  private void finish(Map<Run, Pending> made) {
    List<OwnedSegment> lost = new ArrayList<>();
    synchronized (this) {
      for (OwnedSegment each : owned) {
        for (Pending record : each.pending()) {
          Pending latest = made.get(new Run(record.entry().key(), record.entry().runId()));
          if (latest != null
              && record.acknowledged()
              && record.entry().writtenNanos() <= latest.entry().writtenNanos()) {
            record.finish();
          }
        }
      }
      advance(lost);
      MappedFaults.raisePending();
    }
    lost.forEach(this::remove);
  }

  /**
   * The payload of a record, on the heap.
   *
   * @return null if it does not fit its check
   * @throws InternalError if a page is gone
   */
  static byte @Nullable [] payloadOf(Segment segment, JournalEntry entry) {
    byte[] payload = new byte[(int) entry.payloadBytes()];
    segment.buffer().getBytes(entry.payloadPosition(), payload);
    MappedFaults.raisePending();
    CRC32C crc = new CRC32C();
    crc.update(payload);
    return (int) crc.getValue() == entry.place().payloadCheck() ? payload : null;
  }

  /** Under the monitor. */
  private void advance(List<OwnedSegment> lost) {
    boolean any = false;
    for (OwnedSegment each : List.copyOf(owned)) {
      each.advance();
      any |= !each.pending().isEmpty();
      if (each.usable()) {
        if (each != active || each.isHalfFull()) {
          each.recycle(place.boot(), random.nextLong());
        }
      } else if (each.pending().isEmpty()) {
        owned.remove(each);
        lost.add(each);
        active = each == active ? null : active;
      }
    }
    mayHavePending = any;
  }

  /** Removes a segment from the root, all of which is in pairs. */
  private void remove(OwnedSegment segment) {
    try {
      if (files.leadsTo(segment.number(), segment.segment().identity())) {
        files.remove(segment.number());
      }
    } catch (IOException e) {
      files.tell("a segment of the journal could not be removed", segment.number(), e);
    }
    place.segmentsChanged();
    segment.close();
    place.release(segment.lock());
  }

  /** Makes a segment ready before it is needed. */
  private void prepare(long now) {
    synchronized (this) {
      boolean spare = false;
      for (OwnedSegment each : owned) {
        spare |= each != active && each.isEmpty() && each.usable();
      }
      OwnedSegment current = active;
      boolean full = current != null && current.isHalfFull();
      if (closed || spare || owned.size() >= MOST_OWNED || !(wanted || full)) {
        return;
      }
    }
    if (now - refusedAtNanos < RETRY_NANOS || !place.isUsable()) {
      return;
    }
    OwnedSegment made = null;
    try {
      made = make();
    } catch (IOException e) {
      EngineLog.warning(
          "no segment of the journal can be made; saves go into files: directory="
              + files.directory(),
          e);
    }
    if (made == null) {
      refusedAtNanos = now;
      return;
    }
    synchronized (this) {
      owned.add(made);
      wanted = false;
    }
  }

  private @Nullable OwnedSegment make() throws IOException {
    SegmentFiles.Listed listed = files.list();
    long taken = 0;
    for (int number : listed.numbers()) {
      taken += files.bytesOf(number);
    }
    int length = place.lengthOfNext(taken);
    if (length == 0 || !files.hasRoomFor(length)) {
      return null;
    }
    for (int number = 0; number < SegmentFiles.MOST_SEGMENTS; number++) {
      if (listed.numbers().contains(number)) {
        continue;
      }
      FileLock lock = place.tryLock(number);
      if (lock == null) {
        continue;
      }
      boolean kept = false;
      try {
        Segment made = files.make(number, length, place.boot(), random.nextLong());
        if (made != null) {
          SyncHandle sync = files.openForSync(number);
          kept = true;
          place.segmentsChanged();
          return new OwnedSegment(made, files, sync, lock);
        }
      } finally {
        if (!kept) {
          place.release(lock);
        }
      }
    }
    return null;
  }

  /** Makes pairs of all, and removes the segments of this process. */
  @Override
  public void close() {
    closed = true;
    thread.close();
    try {
      settle(Long.MAX_VALUE);
    } catch (StoreException e) {
      EngineLog.warning(
          "journalled saves stay in the journal for the next process: directory="
              + files.directory(),
          e);
    }
    List<OwnedSegment> all;
    synchronized (this) {
      all = List.copyOf(owned);
      owned.clear();
      active = null;
    }
    for (OwnedSegment each : all) {
      if (each.pending().isEmpty()) {
        remove(each);
      } else {
        each.close();
        place.release(each.lock());
      }
    }
  }
}
