package io.warmstart.lookup;

import io.warmstart.access.Expiry;
import io.warmstart.foreign.ForeignTouches;
import io.warmstart.index.KeyCensus;
import io.warmstart.index.ReadStamp;
import io.warmstart.index.Readings;
import io.warmstart.index.SpaceLedger;
import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.RecordedEntry;
import io.warmstart.io.FileOps;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.process.StripeLocks;
import io.warmstart.ranking.Candidate;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells the index of what a lookup has listed, so that the next one need not list it. What others
 * have saved is recorded, and what is recorded and was not listed is dropped. Safe for all threads.
 */
public final class CensusTaker {
  private final FileOps ops;
  private final StripeLocks stripes;
  private final Readings readings;
  private final SpaceLedger ledger;
  private final KeyCensus census;
  private final Expiry expiry;
  private final ForeignTouches foreignTouches;

  public CensusTaker(
      FileOps ops,
      StripeLocks stripes,
      Readings readings,
      SpaceLedger ledger,
      KeyCensus census,
      Expiry expiry,
      ForeignTouches foreignTouches) {
    this.ops = ops;
    this.stripes = stripes;
    this.readings = readings;
    this.ledger = ledger;
    this.census = census;
    this.expiry = expiry;
    this.foreignTouches = foreignTouches;
  }

  /**
   * Takes a census by a listing during which none of our processes has changed the key.
   *
   * @param readStamp taken before the listing
   */
  void take(KeyDirectory directory, ReadStamp readStamp, KeyListing listing) {
    Digest256 key = directory.key();
    List<EntryFacts> news;
    try {
      news = news(directory, listing);
    } catch (IOException e) {
      // Going, or not to be read: the next listing may tell.
      return;
    }
    List<RecordedEntry> gone = census.othersThan(key, listing.manifestFacts().keySet());
    try (StripeLocks.Hold hold = stripes.acquireBriefly(key)) {
      if (!hold.heldAcrossProcesses() || hold.broken() || !readings.stillHolds(readStamp)) {
        return;
      }
      if (census.has(key) && !(news.isEmpty() && gone.isEmpty())) {
        // Of this library nobody has: from now on others are to be found soon.
        foreignTouches.noteChanges();
      }
      for (EntryFacts facts : news) {
        ledger.published(hold, key, facts, ledger.entryBytes(key, facts.runId()));
      }
      gone.forEach(entry -> ledger.absent(hold, entry));
      long ctime = Math.max(0, readStamp.directoryCtime());
      census.taken(key, readStamp.doubt(), ctime, readStamp.atUnixNanos());
    }
  }

  /** What the index does not know yet. */
  private List<EntryFacts> news(KeyDirectory directory, KeyListing listing) throws IOException {
    List<EntryFacts> news = new ArrayList<>();
    for (Candidate candidate : listing.candidates()) {
      if (!census.isRecorded(
          directory.key(), EntryFacts.of(candidate.runId(), candidate.manifest(), 0))) {
        long bytes =
            listing.pairBytes(candidate.runId())
                + ops.stat(directory.payload(candidate.runId())).size();
        news.add(expiry.facts(directory.key(), candidate, bytes));
      }
    }
    return news;
  }
}
