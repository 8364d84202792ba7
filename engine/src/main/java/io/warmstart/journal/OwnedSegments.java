package io.warmstart.journal;

import io.warmstart.mapped.JournalLayout;
import io.warmstart.model.Payload;
import io.warmstart.segment.Version;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The segments of this process, and what in them is in no durable pair yet. Records are appended
 * one at a time; one segment is in use, the others are empty or wait for their pairs.
 *
 * <p>Safe for all threads; its monitor is what {@link OwnedSegment} and {@link UnpairedRuns} ask
 * for.
 */
final class OwnedSegments {
  private static final int MOST_OWNED = 4;

  /** What fits no segment. */
  private static final long MOST_RECORD = JournalPlace.MOST_LENGTH / 4;

  private final LongSupplier boot;
  private final SecureRandom random = new SecureRandom();

  // Under the monitor. In the order of their first records.
  private final ArrayDeque<OwnedSegment> owned = new ArrayDeque<>();
  private @Nullable OwnedSegment active;
  private boolean wanted;
  private boolean sealed;
  private final UnpairedRuns runs = new UnpairedRuns();

  /** Read without the monitor, to see at a glance that there is nothing to do. */
  private volatile boolean mayHavePending;

  /** Makes one that has none yet; {@code boot} is that of all who share the root's locks. */
  OwnedSegments(LongSupplier boot) {
    this.boot = boot;
  }

  /** Whether a record of this length could ever be taken. */
  static boolean isTakable(long length) {
    return length <= MOST_RECORD;
  }

  /** Whether a record of this length could be taken now; if not, a segment is wanted. */
  synchronized boolean hasRoomFor(long length) {
    if (sealed) {
      return false;
    }
    if (roomFor(length) != null) {
      return true;
    }
    wanted = true;
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
    return length <= each.file().segment().length() / 4 && each.fits(length);
  }

  /**
   * Appends a version; see {@link Journal#append}.
   *
   * @return null if it could not be taken: then nothing was appended that anybody will find
   */
  synchronized @Nullable Pending append(Version version, Payload payload) {
    OwnedSegment to =
        sealed
            ? null
            : roomFor(JournalLayout.recordLength(version.runId().length(), payload.length()));
    if (to == null) {
      return null;
    }
    mayHavePending = true;
    Pending record = null;
    boolean whole = false;
    try {
      record = to.append(version, payload);
      runs.add(record);
      // Not if it was adopted under us: whether the adopter has seen this record, nobody knows.
      whole = to.usable();
    } catch (IOException | InternalError e) {
      to.file().fail("the journal cannot be written to; saves go into files", e);
    } finally {
      if (!whole && record != null) {
        record.revoke();
      }
    }
    return whole ? record : null;
  }

  /**
   * Reserves room for a record; see {@link Journal#reserve}.
   *
   * @return null if there is none
   */
  synchronized @Nullable Reserved reserve(int runIdLength, int payloadLength) {
    OwnedSegment to =
        sealed ? null : roomFor(JournalLayout.recordLength(runIdLength, payloadLength));
    if (to == null || isHeldBeside(to)) {
      return null;
    }
    try {
      ByteBuffer memory = to.memoryOfNext(runIdLength, payloadLength);
      return new Reserved(to, to.reserve(runIdLength, memory), memory);
    } catch (InternalError e) {
      to.file().fail("the journal cannot be written to; saves go into files", e);
      return null;
    }
  }

  /**
   * Whether a record is open in another segment. Then none is opened in this one: however long they
   * stay open, they keep one segment from being emptied, and not all of them.
   */
  private boolean isHeldBeside(OwnedSegment segment) {
    for (OwnedSegment each : owned) {
      if (each != segment && each.isHeld()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Makes what was reserved a record, under the key's lock; see {@link Journal#commit}.
   *
   * @return null if it could not be: then nobody will find it
   */
  synchronized @Nullable Pending commit(Reserved reserved, Version version) {
    Pending record = reserved.record();
    OwnedSegment in = reserved.in();
    if (sealed || record.done() || !in.usable()) {
      return null;
    }
    mayHavePending = true;
    boolean whole = false;
    try {
      in.commit(record, version, reserved.length(), reserved.check());
      runs.add(record);
      // As of what is appended: an adopter that has not seen it has said so before.
      whole = in.usable();
    } catch (InternalError e) {
      in.file().fail("the journal cannot be written to; saves go into files", e);
    } finally {
      if (!whole) {
        in.abort(record);
      }
    }
    return whole ? record : null;
  }

  /** What was reserved is no record, unless it has become one. */
  synchronized void abort(Reserved reserved) {
    Pending record = reserved.record();
    if (record.isOpen()) {
      reserved.in().abort(record);
      // Its segment may have to be emptied.
      mayHavePending = true;
    }
  }

  /** Returns how many records were open that nobody can commit any more, and are void now. */
  synchronized int abortForgotten() {
    int aborted = 0;
    for (OwnedSegment each : owned) {
      aborted += each.abortForgotten();
    }
    mayHavePending |= aborted > 0;
    return aborted;
  }

  /** The save does not return by the journal: nobody is to find it. */
  synchronized void revoke(Pending record) {
    record.revoke();
  }

  /** The save returns: from here on it becomes a pair. */
  synchronized void acknowledge(Pending record) {
    record.acknowledge();
  }

  /** From here on nothing is appended; what was, stays. What is reserved goes into files. */
  synchronized void seal() {
    sealed = true;
    owned.forEach(each -> each.abortOpen(any -> true));
  }

  /** Whether there may be something that is in no durable pair. */
  boolean mayHavePending() {
    return mayHavePending;
  }

  /** What can do without a pair needs none from here on. */
  synchronized void supersede() {
    runs.supersede();
    for (OwnedSegment each : owned) {
      if (each != active && !each.isHeld() && needsNoPair(each)) {
        each.pending().forEach(Pending::finish);
      }
    }
  }

  /** Whether all in a segment can give way to what lies in others. */
  private boolean needsNoPair(OwnedSegment segment) {
    return segment.usable()
        && segment.pending().stream().allMatch(each -> each.done() || runs.givesWay(each));
  }

  /** The versions to make pairs of; see {@link UnpairedRuns#due}. */
  synchronized List<Pending> due(long untilNanos, long retryNanos) {
    return runs.due(untilNanos, retryNanos);
  }

  /** The latest version of the same run. */
  synchronized @Nullable Pending latestOf(Pending version) {
    return runs.latestOf(version);
  }

  /** Whether the pair of a run could be made. */
  synchronized void tried(Pending version, boolean failed) {
    runs.tried(version, failed);
  }

  /** Whether there is any run whose pair could not be made a moment ago, and that is left out. */
  synchronized boolean leavesOut(long retryNanos) {
    return runs.due(UnpairedRuns.ALL, 0).size() != runs.due(UnpairedRuns.ALL, retryNanos).size();
  }

  /** Notes who has asked for pairs by now. */
  synchronized void noteAsked() {
    owned.forEach(each -> each.file().noteAsked());
  }

  /** Answers those who were noted: all that there was then is in pairs. */
  synchronized void answer() {
    owned.forEach(each -> each.file().answer());
  }

  /** Those who were noted cannot be answered now: some pair could not be made. */
  synchronized void refuse() {
    owned.forEach(each -> each.file().refuse());
  }

  /** Answers all who have asked, if there is nothing that is in no pair. */
  synchronized void answerIfIdle() {
    if (runs.isEmpty()) {
      noteAsked();
      answer();
    }
  }

  /** Each acknowledged version of a run up to one of them. */
  synchronized void untilEach(Pending last, Consumer<Pending> action) {
    runs.untilEach(last, action);
  }

  /**
   * Forgets what is done, and empties the segments that nothing is needed of.
   *
   * @return what cannot be used and is not needed any more: to be removed, then forgotten
   */
  synchronized List<OwnedSegment> finish() {
    List<OwnedSegment> left = new ArrayList<>();
    runs.forgetDone();
    mayHavePending = !runs.isEmpty();
    Set<OwnedFile> stuck = runs.stuck(Long.MAX_VALUE);
    for (OwnedSegment each : List.copyOf(owned)) {
      boolean usable = each.usable();
      if (!usable) {
        // What is reserved in it goes into files.
        each.abortOpen(any -> true);
      }
      each.advance();
      if (!usable) {
        if (each.pending().isEmpty()) {
          left.add(each);
        } else {
          mayHavePending = true;
        }
      } else if (each != active || each.isHalfFull()) {
        each.recycle(boot.getAsLong(), random.nextLong());
      }
      // Not in the active one, which each of its syncs would write once more.
      if (each != active && (each.isHeld() || stuck.contains(each.file()))) {
        each.settleSuperseded();
      }
    }
    return left;
  }

  /** One was removed. Until then it is known here: nobody else would give back what it holds. */
  synchronized void forget(OwnedSegment removed) {
    owned.remove(removed);
    active = removed == active ? null : active;
  }

  synchronized List<OwnedSegment> all() {
    return List.copyOf(owned);
  }

  /** Segments that have begun another life may be appended to. */
  void makeReady() {
    all().forEach(OwnedSegment::makeReady);
  }

  synchronized boolean owns(int number) {
    return owned.stream().anyMatch(each -> each.number() == number);
  }

  /** Whether there is nothing to look after. */
  synchronized boolean isIdle() {
    return owned.isEmpty() && !wanted;
  }

  synchronized boolean hasUnusable() {
    return owned.stream().anyMatch(each -> !each.usable());
  }

  /**
   * Whether pairs are needed before their time: of a segment that is full, of one that is filling
   * while there is no other, or because somebody has asked. No segment needs them that cannot be
   * emptied anyway, and nobody who was not answered a moment ago, for a pair that cannot be made.
   *
   * @param retryNanos for so long after a failure a run is passed over
   */
  synchronized boolean isPressing(long retryNanos) {
    boolean pressing = sealed;
    boolean spare = hasSpare();
    Set<OwnedFile> stuck = runs.stuck(retryNanos);
    for (OwnedSegment each : owned) {
      OwnedFile file = each.file();
      boolean filled = each == active ? each.isHalfFull() && !spare : !each.isEmpty();
      boolean needed = (filled && !each.isHeld()) || !each.usable();
      pressing |= needed && !stuck.contains(file);
      pressing |= file.isAskedForPairs() && (!file.wasRefused() || !leavesOut(retryNanos));
    }
    return pressing;
  }

  /** Whether there is an empty segment beside the one in use. Under the monitor. */
  private boolean hasSpare() {
    return owned.stream().anyMatch(each -> each != active && each.isEmpty() && each.ready());
  }

  /** Whether one more segment is to be made. */
  synchronized boolean needsAnother() {
    OwnedSegment current = active;
    boolean full = current != null && current.isHalfFull();
    return !sealed && !hasSpare() && owned.size() < MOST_OWNED && (wanted || full);
  }

  synchronized void add(OwnedSegment made) {
    owned.add(made);
    wanted = false;
  }

  /**
   * Lets go of all segments. A closed store that somebody holds on to keeps none mapped.
   *
   * @return what they were
   */
  synchronized List<OwnedSegment> clear() {
    List<OwnedSegment> all = List.copyOf(owned);
    sealed = true;
    owned.clear();
    runs.clear();
    active = null;
    return all;
  }
}
