package io.warmstart.journal;

import io.warmstart.mapped.JournalLayout;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.Payload;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.process.Counters;
import io.warmstart.runtime.BackgroundThread;
import io.warmstart.runtime.ShutdownHook;
import io.warmstart.segment.Segment;
import io.warmstart.segment.SegmentFiles;
import io.warmstart.segment.Version;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The journal of a root, as this process writes it: segments of its own, one record for each save,
 * and a thread that makes pairs of them.
 *
 * <p>A record waits for its pair for a second; of a run that is saved again meanwhile only the
 * latest version becomes one. When segments fill up, when somebody flushes, closes or asks, it is
 * at once. A segment begins again only when nothing in it is needed, first in, first out: a version
 * that survives a power cut is needed until a later one does, in a pair or in the journal; any
 * other until there is a later one.
 *
 * <p>No save fails because of the journal: what it cannot take, the files do.
 *
 * <p>Safe for all threads.
 */
public final class Journal implements AutoCloseable {
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** While all is in pairs: who asks for pairs waits for an answer as long. */
  private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long PAIR_AFTER_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** After a failure no segment is made for so long. */
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** For so long a JVM that ends waits for pairs. */
  private static final long MOST_AT_END_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final JournalPlace place;
  private final SegmentFiles files;
  private final SegmentPool pool;
  private final JournalView view;
  private final Notices notices;
  private final Counters counters;
  private final SecureRandom random = new SecureRandom();
  private final BackgroundThread thread;

  private final OwnedSegments segments;
  private final Pairing pairing;
  private final ShutdownHook atEnd = new ShutdownHook("warmstart-journal-end", this::endInOrder);
  private volatile boolean closed;
  private volatile boolean closeHasEnded;

  // Of the thread.
  private long refusedAtNanos = System.nanoTime() - RETRY_NANOS;
  private long lookedAtNanos;

  /**
   * Makes a journal without a segment: the first save that could use one has it made.
   *
   * @param view of the same root, by which this process finds what it appends
   */
  public Journal(
      JournalPlace place, JournalView view, PairMaker pairs, Notices notices, Counters counters) {
    this.place = place;
    this.view = view;
    this.files = place.files();
    this.pool = new SegmentPool(place);
    this.segments = new OwnedSegments(place::boot);
    this.pairing = new Pairing(segments, files, pool, pairs, counters);
    this.notices = notices;
    this.counters = counters;
    this.thread = new BackgroundThread("warmstart-journal", this::round, this::failed);
  }

  /** Whether there can be a journal now. No system call. */
  public boolean isUsable() {
    return !closed && place.isUsable();
  }

  /**
   * Whether a record of this length could be taken now. If not, a segment is made ready in the
   * background, where there can be one: no save waits for it.
   */
  public boolean takes(int runIdLength, long payloadLength) {
    long length = JournalLayout.recordLength(runIdLength, payloadLength);
    if (!OwnedSegments.isTakable(length) || !isUsable() || !thread.ensureRunning()) {
      return false;
    }
    if (segments.hasRoomFor(length)) {
      return true;
    }
    thread.wake();
    return false;
  }

  /**
   * Appends a version. The caller holds the key's lock, and has seen that this stamp is later than
   * that of every version of the key.
   *
   * @return null if it could not be taken: then nothing was appended that anybody will find
   */
  public @Nullable Pending append(Version version, Payload payload) {
    Pending record = segments.append(version, payload);
    if (record == null) {
      return null;
    }
    boolean told = false;
    try {
      view.committed(record.entry());
      told = true;
    } finally {
      if (!told) {
        // For lack of memory: the save throws, so nobody is to find it.
        segments.revoke(record);
      }
    }
    if (record.fills()) {
      thread.wake();
    }
    return record;
  }

  /**
   * Reserves room for a record whose payload the caller stores himself. Nothing of it is found, and
   * nobody waits for it, whatever is appended behind it meanwhile.
   *
   * @return null if there is none now; then a segment is made ready, as by {@link #takes}
   */
  public @Nullable Reserved reserve(int runIdLength, int payloadLength) {
    Reserved reserved =
        takes(runIdLength, payloadLength) ? segments.reserve(runIdLength, payloadLength) : null;
    if (reserved != null && reserved.record().fills()) {
      thread.wake();
    }
    return reserved;
  }

  /**
   * Makes what was reserved and sealed a record, as if it had been appended now; see {@link
   * #append}. The run id is as long as was said when it was reserved.
   *
   * @return null if it could not be taken: then nobody will find it, and its bytes stay where they
   *     are for as long as the caller has them
   */
  public @Nullable Pending commit(Reserved reserved, Version version) {
    return isUsable() ? segments.commit(reserved, version) : null;
  }

  /** What was reserved is no record; nothing happens if it was committed. */
  public void abort(Reserved reserved) {
    segments.abort(reserved);
  }

  /**
   * Waits until what was appended survives a power cut.
   *
   * @return false if it does not, and is not found either: the sync has failed
   */
  public boolean awaitDurable(Pending appended) {
    if (appended.awaitDurable()) {
      return true;
    }
    counters.count(StoreCounter.SYNC_FAILURES);
    return false;
  }

  /** The save does not return by the journal: nobody is to find it. */
  public void revoke(Pending appended) {
    segments.revoke(appended);
  }

  /** The save returns: from here on it becomes a pair. */
  public void acknowledge(Pending appended) {
    segments.acknowledge(appended);
    counters.count(StoreCounter.JOURNALLED);
  }

  /**
   * Makes pairs of everything that this process has saved before the call, and removes what of its
   * segments cannot be used any more.
   *
   * @throws StoreException if some could not be made; they stay in the journal, and are tried again
   */
  public void flush() {
    if (segments.mayHavePending() || segments.hasUnusable()) {
      pairing.run(() -> UnpairedRuns.ALL, true);
    }
  }

  /**
   * Asks the other processes of this machine for pairs of what they have in the journal now, and
   * waits for them, but not for one that is stopped: so that a program that reads files alone sees
   * it all.
   *
   * @return whether all have made them
   */
  public boolean awaitOthers() throws IOException {
    if (!view.hasSegments()) {
      return true;
    }
    // Each one's owner answers once all is in pairs that it has in any segment: that this one was
    // emptied meanwhile says nothing of what has taken its records' place.
    List<Segment> asked = new ArrayList<>();
    try {
      for (int number : files.list().numbers()) {
        Segment segment = segments.owns(number) ? null : files.map(number, true);
        if (segment != null && segment.isWhole()) {
          asked.add(segment);
          segment.want(random.nextLong() | 1);
        }
      }
      long deadline = System.nanoTime() + PATIENCE_NANOS;
      boolean all = true;
      for (Segment each : asked) {
        while (!isAnswered(each) && deadline - System.nanoTime() > 0) {
          LockSupport.parkNanos(POLL_NANOS);
        }
        all &= isAnswered(each);
      }
      MappedFaults.raisePending();
      return all;
    } catch (InternalError e) {
      throw new IOException("a page of the journal is gone: directory=" + files.directory(), e);
    }
  }

  /** By its owner, or by the process that has made pairs of all that a dead one had left in it. */
  private static boolean isAnswered(Segment segment) {
    return segment.isAnswered() || (segment.isGivenUp() && segment.done() >= segment.length());
  }

  private void round() {
    BackgroundThread.pause(untilNextRound());
    long now = System.nanoTime();
    if (now - lookedAtNanos >= LOOK_EVERY_NANOS) {
      lookedAtNanos = now;
      leaveLost();
      abortForgotten();
    }
    try {
      segments.answerIfIdle();
      if (segments.mayHavePending() || segments.hasUnusable()) {
        pairing.run(
            () ->
                segments.isPressing(Pairing.RETRY_NANOS)
                    ? UnpairedRuns.ALL
                    : now - PAIR_AFTER_NANOS,
            false);
      }
    } catch (StoreException e) {
      failed(e);
    } finally {
      prepare(now);
    }
  }

  private long untilNextRound() {
    if (segments.isIdle()) {
      return IDLE_NANOS;
    }
    return segments.mayHavePending() ? TICK_NANOS : QUIET_NANOS;
  }

  private void failed(Throwable error) {
    notices.troubleAgain(
        Kind.JOURNALLED_SAVES,
        "pairs of journalled saves cannot be made, tried again: directory=" + files.directory(),
        error);
  }

  /** A segment whose name leads elsewhere is found by nobody who comes later. */
  private void leaveLost() {
    for (OwnedSegment each : segments.all()) {
      try {
        if (each.usable() && !files.leadsTo(each.number(), each.file().segment().identity())) {
          files.tell(
              "a segment of the journal is gone; its saves become pairs", each.number(), null);
          each.file().condemn();
        }
      } catch (IOException e) {
        // Not to be looked at now: the next look tells.
        return;
      }
    }
  }

  /** They would keep their segment from being emptied for ever. */
  private void abortForgotten() {
    int forgotten = segments.abortForgotten();
    if (forgotten > 0) {
      notices.trouble(
          Kind.JOURNAL,
          "reservations were neither committed nor closed: expected=0 actual="
              + forgotten
              + " directory="
              + files.directory(),
          null);
    }
  }

  /** Makes a segment ready before it is needed. */
  private void prepare(long now) {
    segments.makeReady();
    if (!segments.needsAnother()) {
      return;
    }
    if (now - refusedAtNanos < RETRY_NANOS || !place.isUsable()) {
      return;
    }
    OwnedSegment made = null;
    try {
      made = pool.make();
    } catch (IOException e) {
      notices.troubleAgain(
          Kind.JOURNAL,
          "no segment of the journal can be made; saves go into files: directory="
              + files.directory(),
          e);
    }
    if (made == null) {
      refusedAtNanos = now;
      return;
    }
    segments.add(made);
    if (!atEnd.add()) {
      segments.seal();
    }
  }

  /**
   * The JVM ends in order, by SIGTERM or by itself: what was saved becomes pairs, and what is saved
   * from here on goes into files. It waits no longer than some seconds: what is left, the next who
   * opens the root finds.
   */
  private void endInOrder() {
    segments.seal();
    long began = System.nanoTime();
    thread.wake();
    while (segments.mayHavePending()
        && !closeHasEnded
        && System.nanoTime() - began < MOST_AT_END_NANOS) {
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  /** Makes pairs of all, and removes the segments of this process. */
  @Override
  public void close() {
    closed = true;
    segments.seal();
    thread.close();
    try {
      pairing.run(() -> UnpairedRuns.ALL, true);
    } catch (RuntimeException | Error e) {
      // Whatever it is: what is left lies in the segments, which must be let go.
      notices.trouble(
          Kind.JOURNALLED_SAVES,
          "journalled saves stay in the journal for the next process: directory="
              + files.directory(),
          e);
    }
    closeHasEnded = true;
    atEnd.remove();
    for (OwnedSegment each : segments.clear()) {
      if (each.pending().isEmpty()) {
        pool.remove(each);
      } else {
        pool.leave(each);
      }
    }
  }
}
