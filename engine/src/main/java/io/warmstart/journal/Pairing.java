package io.warmstart.journal;

import io.warmstart.model.Payload;
import io.warmstart.model.StoreException;
import io.warmstart.process.Counter;
import io.warmstart.process.Counters;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes pairs of what this process has in the journal, the latest version of each run, and empties
 * segments that nothing is needed of. Safe for all threads: a thread that needs pairs makes them.
 */
final class Pairing {
  /** After a failure no pair is tried again for so long. */
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final OwnedSegments segments;
  private final SegmentFiles files;
  private final SegmentPool pool;
  private final PairMaker pairs;
  private final Counters counters;

  /** One thread makes pairs at a time. */
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
      Throwable failure = null;
      long untilNanos = until.getAsLong();
      boolean leavesOut =
          untilNanos == UnpairedRuns.ALL && !patiently && segments.leavesOut(RETRY_NANOS);
      try {
        for (Pending record : segments.due(untilNanos, patiently ? 0 : RETRY_NANOS)) {
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
      if (untilNanos == UnpairedRuns.ALL && !leavesOut) {
        segments.answer();
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
      for (Pending next = latest; next != null && !makePair(next); next = segments.latestOf(next)) {
        failure = new StoreException("a journalled save is lost: " + next.entry().run());
      }
    } catch (RuntimeException | Error e) {
      counters.count(Counter.JOURNAL_FAILURES);
      failure = e;
    }
    segments.tried(latest, failure != null);
    return failure;
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
      counters.count(Counter.JOURNAL_FAILURES);
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
    segments.finish().forEach(pool::remove);
  }
}
