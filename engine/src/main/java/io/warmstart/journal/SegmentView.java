package io.warmstart.journal;

import io.warmstart.mapped.JournalLayout;
import io.warmstart.model.Digest256;
import io.warmstart.runtime.FirstTable;
import io.warmstart.segment.JournalEntry;
import io.warmstart.segment.RecordScan;
import io.warmstart.segment.Segment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One segment of a journal, and what was read of it. Under the monitor of {@link JournalView}. */
final class SegmentView {
  private final JournalPlace place;
  private final Segment segment;
  private final Map<Digest256, Map<String, JournalEntry>> entries = FirstTable.of(new HashMap<>());

  /** Power-safe ones that were not synced when they were read. */
  private final List<JournalEntry> waiting = new ArrayList<>();

  /** Power-safe ones that count for synced by their age alone. */
  private final List<JournalEntry> aged = new ArrayList<>();

  private long salt;

  /** Which marks say that a record is not to be found here. */
  private long hiding;

  /** Whether it was read as one whose owner is gone. */
  private boolean left;

  /** Null where all must be read again. */
  private @Nullable RecordScan scan;

  SegmentView(Segment segment, JournalPlace place) {
    this.segment = segment;
    this.place = place;
  }

  Segment segment() {
    return segment;
  }

  /** Whether what was read counts for nothing: {@link #refresh} reads all of the segment again. */
  boolean mustReadAgain() {
    return scan == null;
  }

  /** Reads on from where it was read to. */
  void refresh() {
    long current = segment.salt();
    if (scan == null || current != salt || isLeft() != left) {
      entries.clear();
      waiting.clear();
      aged.clear();
      scan = null;
      if (!segment.isWhole()) {
        // A new life begins, and nothing is in it yet: nothing of the one before is needed.
        return;
      }
      salt = current;
      left = isLeft();
      scan = left ? RecordScan.ofWhatIsNotDone(segment, salt) : new RecordScan(segment, salt);
      hiding = JournalLayout.VOID | JournalLayout.SETTLED;
      if (left) {
        // The disk may be as it was at a moment: what is whole counts, whatever stands before it,
        // and marks may have reached it that tell of what has not, a pair's names for one.
        scan.searchToEnd(0, 0, this::add);
      } else if (!place.readOnly()) {
        hiding |= JournalLayout.PAIRED;
      }
    }
    scan.follow(this::read);
    showSynced();
    if (segment.salt() != salt) {
      // What was read may be of two lives.
      scan = null;
      entries.clear();
      waiting.clear();
    }
  }

  /**
   * A record was committed by this process: it need not be read, unless others come before it, or
   * it lies in another life, or file, than is read here.
   */
  void committed(JournalEntry entry) {
    if (scan != null && scan.isNext(entry)) {
      read(entry);
      scan.pass(entry);
    }
  }

  /** Whether its owner is gone, and nothing in it is less durable than what a look may find. */
  private boolean isLeft() {
    return segment.boot() != place.boot() || segment.isGivenUp();
  }

  private void read(JournalEntry entry) {
    if (entry.place().powerSafe()) {
      waiting.add(entry);
    } else {
      add(entry);
    }
  }

  private void showSynced() {
    for (Iterator<JournalEntry> each = waiting.iterator(); each.hasNext(); ) {
      JournalEntry entry = each.next();
      long marks = segment.marks(entry);
      if ((marks & JournalLayout.VOID) != 0) {
        each.remove();
      } else if ((marks & JournalLayout.SYNCED) != 0) {
        each.remove();
        add(entry);
      } else if (place.isLeft(entry)) {
        each.remove();
        aged.add(entry);
        add(entry);
      }
    }
  }

  /** The later one of its run stays. */
  private void add(JournalEntry entry) {
    entries
        .computeIfAbsent(entry.key(), key -> new HashMap<>(2))
        .merge(entry.runId(), entry, SegmentView::later);
  }

  /** Whether it holds something of a key that is not to be found yet, or was not a moment ago. */
  boolean hasWaiting(Digest256 key) {
    return Stream.concat(waiting.stream(), aged.stream())
        .anyMatch(entry -> entry.key().equals(key));
  }

  /** Adds the keys of all that is in it, or was a moment ago; saves under way included. */
  void collectKeys(Set<Digest256> into) {
    into.addAll(entries.keySet());
    waiting.forEach(entry -> into.add(entry.key()));
  }

  /**
   * Adds what a key has in it.
   *
   * @param into the latest version of each run
   * @param hidden the stamps of what has given way to a pair, or to a later version
   */
  void collect(Digest256 key, Map<String, JournalEntry> into, Map<String, Long> hidden) {
    Map<String, JournalEntry> ofKey = entries.get(key);
    if (ofKey == null) {
      return;
    }
    long done = segment.done();
    boolean revoked = false;
    List<JournalEntry> found = new ArrayList<>(ofKey.size());
    for (Iterator<JournalEntry> each = ofKey.values().iterator(); each.hasNext(); ) {
      JournalEntry entry = each.next();
      long marks = segment.marks(entry);
      boolean settled = entry.place().position() < done || (marks & JournalLayout.SETTLED) != 0;
      revoked |= (marks & JournalLayout.VOID) != 0;
      if (!settled && (marks & hiding) == 0) {
        found.add(entry);
      } else if ((marks & JournalLayout.VOID) == 0) {
        hidden.merge(entry.runId(), entry.writtenNanos(), Math::max);
        if (settled) {
          // For this look alone: what has taken its place is there before the next one begins.
          each.remove();
        }
      }
    }
    if (segment.salt() != salt || !segment.isWhole()) {
      // Another life has begun, before which nothing of this one was needed any more.
      ofKey.values().forEach(each -> hidden.merge(each.runId(), each.writtenNanos(), Math::max));
      return;
    }
    found.forEach(entry -> into.merge(entry.runId(), entry, SegmentView::later));
    if (revoked) {
      // It stands in the way of the one before it: read all again.
      scan = null;
    }
  }

  /** Whether a version of a run is in it that is in no durable pair. */
  boolean holds(Digest256 key, String runId) {
    JournalEntry latest = entries.getOrDefault(key, Map.of()).get(runId);
    if (latest != null && (segment.marks(latest) & JournalLayout.VOID) != 0) {
      // It stands in the way of the one before it.
      scan = null;
      refresh();
      latest = entries.getOrDefault(key, Map.of()).get(runId);
    }
    return latest != null
        && latest.place().position() >= segment.done()
        && (segment.marks(latest) & (JournalLayout.VOID | JournalLayout.SETTLED)) == 0;
  }

  /** The latest stamp of a key, also of what may not be shown yet. */
  long latestNanos(Digest256 key) {
    long latest = Long.MIN_VALUE;
    Map<String, JournalEntry> ofKey = entries.get(key);
    if (ofKey != null) {
      for (JournalEntry entry : ofKey.values()) {
        latest = Math.max(latest, entry.writtenNanos());
      }
    }
    for (JournalEntry entry : waiting) {
      if (entry.key().equals(key)) {
        latest = Math.max(latest, entry.writtenNanos());
      }
    }
    return latest;
  }

  private static JournalEntry later(JournalEntry a, JournalEntry b) {
    return a.writtenNanos() > b.writtenNanos() ? a : b;
  }
}
