package io.warmstart.lookup;

import io.warmstart.access.AccessStamps;
import io.warmstart.access.Expiry;
import io.warmstart.index.HotEntry;
import io.warmstart.index.ReadStamp;
import io.warmstart.index.Readings;
import io.warmstart.index.Winners;
import io.warmstart.journal.JournalView;
import io.warmstart.model.Ranking;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.payload.PayloadCache;
import io.warmstart.process.Counters;
import io.warmstart.process.StripeLocks;
import io.warmstart.ranking.Candidate;
import io.warmstart.ranking.Rankings;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * What comes of a lookup in the files: the caller gets a lease on the version that was found, its
 * hit is noted, and the index is filled with who wins. Safe for all threads.
 */
public final class LookupAnswer {
  private final Winners winners;
  private final Readings readings;
  private final StripeLocks stripes;
  private final Misfits misfits;
  private final PayloadCache payloads;
  private final Expiry expiry;
  private final boolean readOnly;
  private final Counters counters;
  private final EpochNanoClock clock;

  public LookupAnswer(
      Winners winners,
      Readings readings,
      StripeLocks stripes,
      Misfits misfits,
      PayloadCache payloads,
      Expiry expiry,
      boolean readOnly,
      Counters counters,
      EpochNanoClock clock) {
    this.winners = winners;
    this.readings = readings;
    this.stripes = stripes;
    this.misfits = misfits;
    this.payloads = payloads;
    this.expiry = expiry;
    this.readOnly = readOnly;
    this.counters = counters;
    this.clock = clock;
  }

  /**
   * Gives the caller a version and its payload, and notes the hit.
   *
   * @param readStamp to have the index know it as the ranking's winner; null if it may be another
   */
  void take(
      KeyDirectory directory,
      Ranking ranking,
      @Nullable ReadStamp readStamp,
      JournalView.Read read,
      EntryLease target) {
    Candidate candidate = read.candidate();
    HotEntry found =
        new HotEntry(directory, Rankings.index(ranking), candidate, read.memory(), payloads);
    target.lease().take(found);
    target.show(found, counters);
    long now = clock.nanoTime();
    if (readStamp == null || !fill(directory, readStamp, ranking, found, now)) {
      // For this caller alone: freed when its lease ends.
      found.retire();
    }
    if (!readOnly) {
      expiry.noteHit(directory.key(), candidate, now);
    }
  }

  /** Takes the version that a manifest tells of, if this process has it in memory. */
  boolean takeFromMemory(KeyDirectory directory, Candidate candidate, EntryLease target) {
    for (Ranking ranking : Ranking.values()) {
      HotEntry last = winners.inMemory(directory.key(), Rankings.index(ranking));
      if (last != null
          && last.candidate().runId().equals(candidate.runId())
          && AccessStamps.sameVersion(last.candidate().manifest(), candidate.manifest())
          && target.lease().take(last)) {
        target.show(last, counters);
        return true;
      }
    }
    return false;
  }

  /**
   * Has the index know who wins, unless the key has changed since it was read.
   *
   * @param winner null for a miss
   * @return whether the winner is kept for hits to come
   */
  boolean fill(
      KeyDirectory directory,
      ReadStamp readStamp,
      Ranking ranking,
      @Nullable HotEntry winner,
      long lastUse) {
    // Before the lock, for which savers wait.
    long manifestCtime = winner == null ? 0 : readings.manifestCtime(readStamp, winner);
    if (readOnly) {
      return winner != null && readings.keep(readStamp, winner, lastUse, manifestCtime);
    }
    boolean filled;
    boolean broken;
    try (StripeLocks.Hold hold = stripes.acquireBriefly(directory.key())) {
      // Its last holder may have died over this very key: then what was read before is the past.
      broken = hold.broken();
      filled =
          hold.heldAcrossProcesses()
              && !broken
              && readings.fill(readStamp, Rankings.index(ranking), winner, lastUse, manifestCtime);
    }
    if (broken) {
      misfits.mendWhatTheDeadHaveLeft(directory);
    }
    return filled;
  }
}
