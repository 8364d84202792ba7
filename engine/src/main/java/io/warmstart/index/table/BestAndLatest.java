package io.warmstart.index.table;

import io.warmstart.model.Digest256;
import io.warmstart.model.Ranking;
import io.warmstart.ranking.PossibleWinners;

/**
 * Which of a key's entries are its best and its latest, by what the index has recorded. Entries
 * that only their run ids could tell apart count all.
 */
public final class BestAndLatest {
  private final PossibleWinners lowest = new PossibleWinners(Ranking.LOWEST_OBJECTIVE);
  private final PossibleWinners latest = new PossibleWinners(Ranking.LATEST);
  private boolean bestIsFinal;
  private long bestWritten = Long.MIN_VALUE;
  private boolean found;

  private BestAndLatest() {}

  /** Whether an entry is either. */
  public static boolean includes(EntryTable entries, Digest256 key, long runHash) {
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
    entries.forEachRanked(
        key,
        (segment, offset, hash, written, objective, last) -> {
          if (hash == runHash) {
            of.found |= of.isEither(objective, written, last);
          }
        });
    return of.found;
  }

  /** Of those that tie for the lowest, a final result first, then the latest. */
  private void considerBest(double objective, long written, boolean last) {
    if (lowest.include(objective, written, last)
        && (last == bestIsFinal ? written > bestWritten : last)) {
      bestIsFinal = last;
      bestWritten = written;
    }
  }

  private boolean isEither(double objective, long written, boolean last) {
    return latest.include(objective, written, last)
        || (lowest.include(objective, written, last)
            && last == bestIsFinal
            && written == bestWritten);
  }
}
