package io.warmstart.journal;

import io.warmstart.io.EngineLog;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.Digest256;
import io.warmstart.model.Payload;
import io.warmstart.model.StoreException;
import io.warmstart.process.Counter;
import io.warmstart.process.Counters;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes pairs of what the dead have left in the journal. Whoever gets a segment's lock may: its
 * owner is gone then. A segment that was given up is never appended to again; when all of it is in
 * pairs it is removed. Who dies meanwhile is followed by another, who makes the same pairs.
 *
 * <p>Safe for all threads: the kernel's lock lets one of them through.
 */
public final class Adoption {
  private final JournalPlace place;
  private final SegmentFiles files;
  private final JournalView view;
  private final PairMaker pairs;
  private final Counters counters;

  public Adoption(JournalPlace place, JournalView view, PairMaker pairs, Counters counters) {
    this.place = place;
    this.files = place.files();
    this.view = view;
    this.pairs = pairs;
    this.counters = counters;
  }

  /**
   * Adopts every segment whose owner is gone.
   *
   * @throws IOException if the journal cannot be listed
   * @throws StoreException if some pair could not be made: the segment stays
   */
  public void run() throws IOException {
    if (!view.hasSegments()) {
      return;
    }
    SegmentFiles.Listed listed = files.list();
    for (int number : listed.staged()) {
      underLock(number, () -> files.removeStaged(number));
    }
    StoreException failure = null;
    for (int number : listed.numbers()) {
      try {
        underLock(number, () -> adopt(number));
      } catch (StoreException e) {
        failure = failure == null ? e : failure;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  private void underLock(int number, Step step) throws IOException {
    FileLock lock = place.tryLock(number);
    if (lock != null) {
      try {
        step.run();
      } finally {
        place.release(lock);
      }
    }
  }

  /** Run of a key. */
  private record Run(Digest256 key, String runId) {}

  private void adopt(int number) throws IOException {
    Segment segment = files.map(number, true);
    if (segment == null) {
      return;
    }
    try {
      if (!segment.hasLayout()) {
        // Another version's: told by the view.
        return;
      }
      segment.state(JournalLayout.GIVEN_UP);
      long lost = segment.isWhole() ? makePairs(segment) : 0;
      MappedFaults.raisePending();
      if (lost > 0) {
        counters.count(Counter.JOURNAL_FAILURES);
        files.tell(
            "bytes of acknowledged saves are no whole records any more: bytes=" + lost,
            number,
            null);
      }
    } catch (InternalError e) {
      counters.count(Counter.JOURNAL_FAILURES);
      files.tell("a page of a dead process's segment is gone, and what was in it", number, e);
    }
    if (files.leadsTo(number, segment.identity())) {
      files.remove(number);
      place.segmentsChanged();
    }
  }

  /** Returns how many bytes that were said to be durable are in no whole record. */
  private long makePairs(Segment segment) {
    long salt = segment.salt();
    long done = segment.done();
    boolean sameBoot = segment.boot() == place.boot();
    Map<Run, JournalEntry> latest = new LinkedHashMap<>();
    RecordScan scan = new RecordScan(segment, salt);
    long missing = 0;
    if (sameBoot) {
      scan.follow(entry -> keepLatest(latest, entry));
    } else {
      missing = scan.searchToEnd(segment.durable(), entry -> keepLatest(latest, entry));
    }
    MappedFaults.raisePending();
    StoreException failure = null;
    for (JournalEntry entry : latest.values()) {
      if (entry.end() <= done) {
        // In a durable pair already; that it may have been evicted since, is not to be undone.
        continue;
      }
      try {
        makePair(segment, entry);
      } catch (StoreException e) {
        failure = failure == null ? e : failure;
      }
    }
    if (failure != null) {
      throw failure;
    }
    return missing;
  }

  private static void keepLatest(Map<Run, JournalEntry> latest, JournalEntry entry) {
    latest.merge(
        new Run(entry.key(), entry.runId()),
        entry,
        (before, now) -> now.writtenNanos() >= before.writtenNanos() ? now : before);
  }

  private void makePair(Segment segment, JournalEntry entry) {
    byte @Nullable [] payload = Journal.payloadOf(segment, entry);
    if (payload == null) {
      counters.count(Counter.JOURNAL_FAILURES);
      EngineLog.warning(
          "a journalled save is lost, its bytes have changed: key="
              + entry.key().toHex()
              + " run="
              + entry.runId()
              + " file="
              + files.path(segment.number()),
          null);
      return;
    }
    pairs.make(entry, Payload.of(payload));
  }
}
