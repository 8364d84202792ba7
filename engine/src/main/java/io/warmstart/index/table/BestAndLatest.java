package io.warmstart.index.table;

import io.warmstart.model.Digest256;
import io.warmstart.model.Ranking;
import io.warmstart.ranking.PossibleWinners;

/**
 * Which of a key's entries are its best and its latest, by what the index has recorded at one time.
 * Entries that only their run ids could tell apart count all.
 */
public final class BestAndLatest {
  private final PossibleWinners lowest = new PossibleWinners(Ranking.LOWEST_OBJECTIVE);
  private final PossibleWinners latest = new PossibleWinners(Ranking.LATEST);
  private boolean bestIsFinal;
  private long bestWritten = Long.MIN_VALUE;

  private BestAndLatest() {}

  /** Passes over all entries of a key: to be kept for the next question, while nothing changes. */
  public static BestAndLatest of(EntryTable entries, Digest256 key) {
    BestAndLatest of = new BestAndLatest();
    entries.forEachRanked(
        key,
        (segment, offset, hash, written, objective, last) -> {
          of.lowest.add(objective, written, last);
          of.latest.add(objective, written, last);
        });
    entries.forEachRanked(
        key,
        (segment, offset, hash, written, objective, last) ->
            of.considerBest(objective, written, last));
    return of;
  }

  /** Of those that tie for the lowest, a final result first, then the latest. */
  private void considerBest(double objective, long written, boolean last) {
    if (lowest.include(objective, written, last)
        && (last == bestIsFinal ? written > bestWritten : last)) {
      bestIsFinal = last;
      bestWritten = written;
    }
  }

  /** Whether one of the key's entries is either. */
  public boolean includes(RecordedEntry entry) {
    return latest.include(entry.objective(), entry.writtenNanos(), entry.finalResult())
        || (lowest.include(entry.objective(), entry.writtenNanos(), entry.finalResult())
            && entry.finalResult() == bestIsFinal
            && entry.writtenNanos() == bestWritten);
  }
}
