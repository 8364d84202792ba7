package io.warmstart.index;

import io.warmstart.index.table.SlotCursor;
import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.Digest256;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Looks whether programs that know no index have changed the files of a key since it was read, and
 * tells all processes what came of it. A look that any process has made a moment ago will do.
 *
 * <p>Safe for all threads.
 */
final class Revalidation {
  /** A clock that ticks may be so late on a busy machine without costing a look for nothing. */
  private static final long MOST_LAG_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final CurrentGeneration generations;
  private final ForeignChanges foreign;
  private final LookRate rate = new LookRate();

  Revalidation(CurrentGeneration generations, ForeignChanges foreign) {
    this.generations = generations;
    this.foreign = foreign;
  }

  /**
   * Whether a look of this age will do. The caller's clock may lag a little behind that of the
   * thread that looked; a clock that was set back by more makes the age negative: then look. Where
   * each lookup is to look, none goes by its lagging clock.
   *
   * @param mostAge no less than {@code foreignCheckNanos}
   */
  static boolean isFresh(long age, long foreignCheckNanos, long mostAge) {
    return age < mostAge && age > -Math.min(MOST_LAG_NANOS, foreignCheckNanos);
  }

  /**
   * Whether directory and manifest of an entry that stands have the change times that it was read
   * under: by a look that somebody has made, or by one of this thread.
   */
  boolean isAsItWas(
      Generation attached,
      HotEntry entry,
      AtomicBuffer buffer,
      long nowUnixNanos,
      long foreignCheckNanos,
      long watchedNanos) {
    long checkedAt = generations.readOnly() ? entry.checkedAt() : lookedAt(entry, buffer);
    long age = nowUnixNanos - checkedAt;
    if (isFresh(age, foreignCheckNanos, foreignCheckNanos)
        || (isFresh(age, foreignCheckNanos, watchedNanos)
            && (entry.watched() || !rate.takesTurn(foreignCheckNanos, nowUnixNanos)))) {
      entry.checkedAt(checkedAt);
      return true;
    }
    return generations.readOnly()
        ? lookAlone(entry, nowUnixNanos)
        : look(attached, entry, buffer, nowUnixNanos);
  }

  /** Looks at an entry's files where nobody can be told what came of it. */
  private boolean lookAlone(HotEntry entry, long nowUnixNanos) {
    if (foreign.isAsItWas(entry, entry.ctime())) {
      entry.checkedAt(nowUnixNanos);
      return true;
    }
    entry.refuse(generations.nextChanges());
    return false;
  }

  /** When any process last looked at an entry's files; unix nanoseconds. */
  private static long lookedAt(HotEntry entry, AtomicBuffer buffer) {
    long checkedAt = KeyTable.checkedAt(buffer, entry.slotOffset(), entry.ranking());
    // Before it is believed: the word of a page that is gone is none.
    MappedFaults.raisePending();
    return checkedAt;
  }

  /** Looks at an entry's files; all processes are told what came of it. */
  private boolean look(
      Generation attached, HotEntry entry, AtomicBuffer buffer, long nowUnixNanos) {
    IndexedWinner winner = new IndexedWinner();
    SlotCursor at = new SlotCursor();
    Digest256 key = entry.directory().key();
    if (!attached.keys().find(key, at)
        || !attached.keys().read(at, key, entry.ranking(), winner)
        || !entry.isVersion(at, winner)) {
      return false;
    }
    MappedFaults.raisePending();
    if (!foreign.isAsItWas(entry, winner.ctime())) {
      KeyTable.change(buffer, entry.hotWord(), generations.nextChanges());
      MappedFaults.raisePending();
      return false;
    }
    KeyTable.checked(buffer, entry.slotOffset(), entry.ranking(), nowUnixNanos);
    MappedFaults.raisePending();
    entry.checkedAt(nowUnixNanos);
    return true;
  }

  /** Whether a key that had no entries, and perhaps no directory, has none still. */
  boolean isStillMissing(
      IndexQuery query, Digest256 key, int ranking, long nowUnixNanos, long foreignCheckNanos) {
    long expected = query.winner().ctime();
    long lookedAt = foreign.seenMissing(key, expected, nowUnixNanos, foreignCheckNanos);
    // All processes are told what came of it: that it was looked at, or that the winners are void.
    if (lookedAt == 0) {
      change(query);
      return false;
    }
    KeyTable.checked(query.at().buffer(), query.at().offset, ranking, lookedAt);
    MappedFaults.raisePending();
    return true;
  }

  private void change(IndexQuery query) {
    KeyTable.change(query.at().buffer(), query.at().hotWord(), generations.nextChanges());
  }
}
