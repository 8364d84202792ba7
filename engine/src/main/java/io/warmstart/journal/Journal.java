package io.warmstart.journal;

import io.warmstart.io.BackgroundThread;
import io.warmstart.io.EngineLog;
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
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The journal of a root, as this process writes it: segments of its own, one record for each save,
 * and a thread that makes pairs of them.
 *
 * <p>A record waits for its pair for a second; of a run that is saved again meanwhile only the
 * latest version becomes one. When segments fill up, when somebody flushes, closes or asks, it is
 * at once. A segment begins anew only when nothing in it is needed, first in, first out: a version
 * that was superseded is needed until its successor is durable itself, in a pair or in the journal.
 *
 * <p>No save fails because of the journal: what it cannot take, the files do.
 *
 * <p>Safe for all threads.
 */
public final class Journal implements AutoCloseable {
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long PAIR_AFTER_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** After a failure: no segment is made and no pair tried again for so long. */
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private static final long TELL_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** Of the times until which pairs are made: all of them. */
  private static final long ALL = UnpairedRuns.ALL;

  private static final int MOST_OWNED = 4;

  /** What fits no segment. */
  private static final long MOST_RECORD = JournalPlace.MOST_LENGTH / 4;

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final JournalPlace place;
  private final SegmentFiles files;
  private final SegmentPool pool;
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

  /** What is no pair yet. */
  private final UnpairedRuns runs = new UnpairedRuns();

  /** Read without the monitor, to see at a glance that there is nothing to do. */
  private volatile boolean mayHavePending;

  private volatile boolean closed;

  // Of the thread.
  private long refusedAtNanos = System.nanoTime() - RETRY_NANOS;
  private long lookedAtNanos;
  private long toldAtNanos = System.nanoTime() - TELL_EVERY_NANOS;

  /** Makes a journal without a segment: the first save that could use one has it made. */
  public Journal(JournalPlace place, PairMaker pairs, Counters counters) {
    this.place = place;
    this.files = place.files();
    this.pool = new SegmentPool(place);
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
    long length = JournalLayout.recordLength(runIdLength, payloadLength);
    if (closed || length > MOST_RECORD || !place.isUsable() || !thread.ensureRunning()) {
      return false;
    }
    synchronized (this) {
      if (roomFor(length) != null) {
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
    if (current != null && current.ready() && fits(current, length)) {
      return current;
    }
    for (OwnedSegment each : owned) {
      if (each != current && each.isEmpty() && each.ready() && fits(each, length)) {
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
    Appended made;
    boolean fills;
    synchronized (this) {
      OwnedSegment to =
          closed ? null : roomFor(JournalLayout.recordLength(runId.length(), payload.length()));
      if (to == null) {
        return null;
      }
      mayHavePending = true;
      boolean halfFull = to.isHalfFull();
      Pending record = null;
      boolean whole = false;
      try {
        record = to.append(key, runId, payload, attributes, writtenNanos, powerSafe);
        runs.add(record);
        made = new Appended(record);
        // Not if it was adopted under us: whether the adopter has seen this record, nobody knows.
        whole = to.usable();
        if (!whole) {
          return null;
        }
      } catch (IOException | InternalError e) {
        to.condemn();
        files.tell("the journal cannot be written to; saves go into files", to.number(), e);
        return null;
      } finally {
        if (!whole && record != null) {
          to.revoke(record);
        }
      }
      fills = !halfFull && to.isHalfFull();
    }
    if (fills) {
      thread.wake();
    }
    return made;
  }

  /**
   * Waits until what was appended survives a power cut.
   *
   * @return false if it does not, and is not found either: the sync has failed
   */
  public boolean awaitDurable(Appended appended) {
    if (appended.record.in().awaitDurable(appended.record)) {
      return true;
    }
    counters.count(Counter.SYNC_FAILURES);
    return false;
  }

  /** The save does not return by the journal: nobody is to find it. */
  public synchronized void revoke(Appended appended) {
    appended.record.in().revoke(appended.record);
  }

  /** The save returns: from here on it becomes a pair. */
  public void acknowledge(Appended appended) {
    synchronized (this) {
      appended.record.acknowledge();
    }
    counters.count(Counter.JOURNALLED);
  }

  /**
   * Makes pairs of everything that this process has saved before the call.
   *
   * @throws StoreException if some could not be made; they stay in the journal, and are tried again
   */
  public void flush() {
    if (mayHavePending) {
      settle(() -> ALL, true);
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
    LockSupport.parkNanos(isIdle() ? IDLE_NANOS : TICK_NANOS);
    Thread.interrupted();
    long now = System.nanoTime();
    if (now - lookedAtNanos >= LOOK_EVERY_NANOS) {
      lookedAtNanos = now;
      leaveLost();
    }
    try {
      if (mayHavePending || hasUnusable()) {
        settle(() -> isPressing() ? ALL : now - PAIR_AFTER_NANOS, false);
      }
    } catch (StoreException e) {
      tellFailure(e, now);
    } finally {
      prepare(now);
    }
  }

  private synchronized boolean isIdle() {
    return owned.isEmpty() && !wanted;
  }

  private synchronized boolean hasUnusable() {
    boolean unusable = false;
    for (OwnedSegment each : owned) {
      unusable |= !each.usable();
    }
    return unusable;
  }

  /** Once in a while: it is tried again and again. */
  private void tellFailure(Throwable error, long now) {
    if (now - toldAtNanos >= TELL_EVERY_NANOS) {
      toldAtNanos = now;
      EngineLog.warning(
          "pairs of journalled saves cannot be made, tried again: directory=" + files.directory(),
          error);
    }
  }

  private void failed(Throwable error) {
    tellFailure(error, System.nanoTime());
  }

  /**
   * Whether pairs are needed before their time: of a segment that is full, of one that is filling
   * while there is no other, or because somebody has asked.
   */
  private synchronized boolean isPressing() {
    boolean pressing = false;
    boolean spare = hasSpare();
    for (OwnedSegment each : owned) {
      boolean filled = each == active ? each.isHalfFull() && !spare : !each.isEmpty();
      pressing |= filled || !each.usable() || each.isAskedForPairs();
    }
    return pressing;
  }

  /** Whether there is an empty segment beside the one in use. Under the monitor. */
  private boolean hasSpare() {
    boolean spare = false;
    for (OwnedSegment each : owned) {
      spare |= each != active && each.isEmpty() && each.ready();
    }
    return spare;
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
   * @param until gives a time of the monotonic clock, or {@link #ALL}, once what can do without a
   *     pair is forgotten
   * @param patiently whether to try also what could not be made a moment ago
   */
  private void settle(LongSupplier until, boolean patiently) {
    settling.lock();
    try {
      synchronized (this) {
        runs.supersede();
      }
      finish();
      makeReady();
      Throwable failure = null;
      try {
        for (Pending record : due(until.getAsLong(), patiently)) {
          Throwable thrown = makePairOfRun(record);
          failure = failure == null ? thrown : failure;
        }
      } finally {
        finish();
      }
      if (failure instanceof RuntimeException e) {
        throw e;
      }
      if (failure instanceof Error e) {
        throw e;
      }
    } finally {
      settling.unlock();
    }
  }

  /**
   * Makes the pair of a run's latest version that can be read.
   *
   * @return why it could not be made; null if it was
   */
  private @Nullable Throwable makePairOfRun(Pending latest) {
    Throwable failure = null;
    try {
      for (Pending next = latest; next != null && !makePair(next); next = latestOf(next)) {
        failure = new StoreException("a journalled save is lost: " + next.entry().run());
      }
    } catch (RuntimeException | Error e) {
      counters.count(Counter.JOURNAL_FAILURES);
      failure = e;
    }
    synchronized (this) {
      runs.tried(latest, failure != null);
    }
    return failure;
  }

  private synchronized List<Pending> due(long untilNanos, boolean patiently) {
    return runs.due(untilNanos, patiently ? 0 : RETRY_NANOS);
  }

  private synchronized @Nullable Pending latestOf(Pending version) {
    return runs.latestOf(version);
  }

  /** Returns false if its bytes are not there any more: then it is nobody's. */
  private boolean makePair(Pending record) {
    byte[] payload;
    try {
      payload = payloadOf(record.in().segment(), record.entry());
    } catch (InternalError e) {
      payload = null;
      record.in().condemn();
    }
    if (payload == null) {
      counters.count(Counter.JOURNAL_FAILURES);
      files.tellLost(record.entry());
      synchronized (this) {
        record.in().revoke(record);
      }
      return false;
    }
    pairs.make(record.entry(), Payload.of(payload), () -> markPaired(record));
    synchronized (this) {
      runs.untilEach(record, Pending::finishInPair);
    }
    return true;
  }

  private synchronized void markPaired(Pending latest) {
    runs.untilEach(latest, version -> version.in().paired(version));
  }

  /** Forgets what is done, and begins or leaves the segments that nothing is needed of. */
  private void finish() {
    List<OwnedSegment> left = new ArrayList<>();
    try {
      synchronized (this) {
        runs.forgetDone();
        mayHavePending = !runs.isEmpty();
        for (OwnedSegment each : List.copyOf(owned)) {
          each.advance();
          if (!each.usable()) {
            if (each.pending().isEmpty()) {
              owned.remove(each);
              left.add(each);
              active = each == active ? null : active;
            } else {
              mayHavePending = true;
            }
          } else if (each != active || each.isHalfFull()) {
            each.recycle(place.boot(), random.nextLong());
          }
        }
      }
    } finally {
      left.forEach(pool::remove);
    }
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

  /** Segments that have begun another life may be appended to. */
  private void makeReady() {
    List<OwnedSegment> all;
    synchronized (this) {
      all = List.copyOf(owned);
    }
    all.forEach(OwnedSegment::makeReady);
  }

  /** Makes a segment ready before it is needed. */
  private void prepare(long now) {
    makeReady();
    synchronized (this) {
      OwnedSegment current = active;
      boolean full = current != null && current.isHalfFull();
      if (closed || hasSpare() || owned.size() >= MOST_OWNED || !(wanted || full)) {
        return;
      }
    }
    if (now - refusedAtNanos < RETRY_NANOS || !place.isUsable()) {
      return;
    }
    OwnedSegment made = null;
    try {
      made = pool.make();
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

  /** Makes pairs of all, and removes the segments of this process. */
  @Override
  public void close() {
    closed = true;
    thread.close();
    try {
      settle(() -> ALL, true);
    } catch (RuntimeException | Error e) {
      // Whatever it is: what is left lies in the segments, which must be let go.
      EngineLog.warning(
          "journalled saves stay in the journal for the next process: directory="
              + files.directory(),
          e);
    }
    List<OwnedSegment> all;
    synchronized (this) {
      all = List.copyOf(owned);
      // A closed store that somebody holds on to keeps no segment mapped.
      owned.clear();
      runs.clear();
      active = null;
    }
    for (OwnedSegment each : all) {
      if (each.pending().isEmpty()) {
        pool.remove(each);
      } else {
        pool.leave(each);
      }
    }
  }
}
