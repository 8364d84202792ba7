package io.warmstart.journal;

import io.warmstart.model.Payload;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.process.Counters;
import io.warmstart.runtime.ParallelWork;
import io.warmstart.segment.SegmentFiles;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Makes pairs of what this process has in the journal, the latest version of each run, and empties
 * segments that nothing is needed of. Safe for all threads: a thread that needs pairs makes them.
 */
final class Pairing {
  /** After a failure no pair is tried again for so long. */
  static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Of so many runs the pairs are made by several threads. */
  private static final int LEAST_SHARED = 16;

  private static final int MOST_THREADS = 4;

  private final OwnedSegments segments;
  private final SegmentFiles files;
  private final SegmentPool pool;
  private final PairMaker pairs;
  private final Counters counters;

  /** One thread has pairs made at a time. */
  private final ReentrantLock settling = new ReentrantLock();

  Pairing(
      OwnedSegments segments,
      SegmentFiles files,
      SegmentPool pool,
      PairMaker pairs,
      Counters counters) {
    this.segments = segments;
    this.files = files;
    this.pool = pool;
    this.pairs = pairs;
    this.counters = counters;
  }

  /**
   * Makes pairs of what was appended until then, and empties segments that are not needed.
   *
   * @param until gives a time of the monotonic clock, or {@link UnpairedRuns#ALL}, once what can do
   *     without a pair is forgotten
   * @param patiently whether to try also what could not be made a moment ago
   * @throws StoreException if some could not be made; they stay in the journal
   */
  void run(LongSupplier until, boolean patiently) {
    settling.lock();
    try {
      segments.noteAsked();
      segments.supersede();
      finish();
      segments.makeReady();
      long untilNanos = until.getAsLong();
      boolean answers =
          untilNanos == UnpairedRuns.ALL && (patiently || !segments.leavesOut(RETRY_NANOS));
      boolean made = false;
      try {
        makeEach(segments.due(untilNanos, patiently ? 0 : RETRY_NANOS), this::makePairOfRun);
        made = true;
      } finally {
        finish();
        if (untilNanos == UnpairedRuns.ALL && !(made && answers)) {
          segments.refuse();
        }
      }
      if (answers) {
        segments.answer();
      }
    } finally {
      settling.unlock();
    }
  }

  /**
   * Makes the pairs of many runs by several threads at once: each waits for three syncs. Of few it
   * makes one after the other, and leaves the disk to those who save meanwhile.
   *
   * @param make of one run; what it throws keeps no other from being made
   */
  static <T> void makeEach(List<T> runs, Consumer<T> make) {
    int threads = runs.size() < LEAST_SHARED ? 1 : MOST_THREADS;
    ParallelWork.each(runs, threads, "warmstart-pairs", make);
  }

  /** Makes the pair of a run's latest version that can be read. */
  private void makePairOfRun(Pending latest) {
    StoreException lost = null;
    boolean made = false;
    try {
      for (Pending next = latest; next != null && !makePair(next); next = segments.latestOf(next)) {
        lost = new StoreException("a journalled save is lost: " + next.entry().run());
      }
      made = lost == null;
    } catch (RuntimeException | Error e) {
      counters.count(StoreCounter.JOURNAL_FAILURES);
      throw e;
    } finally {
      segments.tried(latest, !made);
    }
    if (lost != null) {
      throw lost;
    }
  }

  /** Returns false if its bytes are not there any more: then it is nobody's. */
  private boolean makePair(Pending record) {
    byte[] payload;
    try {
      payload = record.in().segment().payload(record.entry());
    } catch (InternalError e) {
      payload = null;
      record.in().condemn();
    }
    if (payload == null) {
      counters.count(StoreCounter.JOURNAL_FAILURES);
      files.tellLost(record.entry());
      segments.revoke(record);
      return false;
    }
    pairs.make(record.entry(), Payload.of(payload), false, () -> markPaired(record));
    segments.untilEach(
        record,
        version -> {
          version.markSettled();
          version.finishInPair();
        });
    return true;
  }

  private void markPaired(Pending latest) {
    segments.untilEach(latest, Pending::markPaired);
  }

  /** Forgets what is done, and begins or leaves the segments that nothing is needed of. */
  private void finish() {
    for (OwnedSegment each : segments.finish()) {
      pool.remove(each);
      segments.forget(each);
    }
  }
}
