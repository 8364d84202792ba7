package io.warmstart.lookup;

import io.warmstart.access.Expiry;
import io.warmstart.foreign.ForeignTouches;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.index.KeyCensus;
import io.warmstart.index.ReadStamp;
import io.warmstart.index.Readings;
import io.warmstart.index.SpaceLedger;
import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.RecordedEntry;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.key.Differences;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.ManifestFile;
import io.warmstart.process.StripeLocks;
import io.warmstart.ranking.Candidate;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells the index of what a lookup has listed, so that the next one need not list it. What others
 * have saved is recorded, and what is recorded and was not listed is dropped. Safe for all threads.
 */
public final class CensusTaker {
  /** Looked at under the lock, each for some ten microseconds. */
  private static final int MOST_IN_DOUBT = 1000;

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
      note(census.has(key), !(news.isEmpty() && gone.isEmpty()));
      for (EntryFacts facts : news) {
        ledger.published(hold, key, facts, ledger.entryBytes(key, facts.runId()));
      }
      gone.forEach(entry -> ledger.absent(hold, entry));
      long ctime = Math.max(0, readStamp.directoryCtime());
      census.taken(key, readStamp.doubt(), ctime, readStamp.atUnixNanos());
    }
  }

  /**
   * Takes a provisional one, by a listing that changes of ours may have come between. Where index
   * and listing differ, one of them is behind: that run's manifest is looked at again, under the
   * lock. Where they agree, an entry may be another by now only if somebody has changed it of whom
   * the index is not told, since the listing began: of that, a provisional census promises nothing.
   *
   * @param readStamp taken before the listing
   * @return whether it was taken
   */
  boolean takeBesideChanges(KeyDirectory directory, ReadStamp readStamp, KeyListing listing) {
    Digest256 key = directory.key();
    try (StripeLocks.Hold hold = stripes.acquireShortly(key)) {
      // What a holder has done that died, the index was not told of.
      if (!hold.heldAcrossProcesses() || !hold.attached() || hold.broken()) {
        return false;
      }
      Differences differences = Differences.of(census, key, listing);
      if (differences == null || differences.count() > MOST_IN_DOUBT) {
        return false;
      }
      boolean vouchedFor = census.has(key);
      for (String runId : differences.listed()) {
        note(vouchedFor, record(hold, directory, runId, null));
      }
      for (Map.Entry<String, RecordedEntry> each : differences.unlisted().entrySet()) {
        note(vouchedFor, record(hold, directory, each.getKey(), each.getValue()));
      }
      census.taken(key, readStamp.doubt(), 0, readStamp.atUnixNanos());
      return true;
    } catch (IOException | ManifestFormatException e) {
      // Going, or not to be read: another listing may tell.
      return false;
    }
  }

  /** Of this library nobody has: from now on others are to be found soon. */
  private void note(boolean vouchedFor, boolean othersWereHere) {
    if (vouchedFor && othersWereHere) {
      foreignTouches.noteChanges();
    }
  }

  /**
   * Records one run as it is now.
   *
   * @return whether the index had it otherwise
   */
  private boolean record(
      StripeLocks.Hold hold, KeyDirectory directory, String runId, @Nullable RecordedEntry recorded)
      throws IOException, ManifestFormatException {
    Digest256 key = directory.key();
    ManifestFile file;
    try {
      file = ManifestFile.read(ops, directory.manifest(runId));
    } catch (NoSuchFileException e) {
      if (recorded != null) {
        ledger.absent(hold, recorded);
      }
      return recorded != null;
    }
    Candidate candidate = new Candidate(runId, file.manifest());
    if (census.isRecorded(key, candidate)) {
      return false;
    }
    FileFacts payload = ops.statOrNull(directory.payload(runId));
    long bytes = file.facts().size() + (payload == null ? 0 : payload.size());
    EntryFacts facts = expiry.facts(key, candidate, bytes);
    ledger.published(hold, key, facts, ledger.entryBytes(key, runId));
    return true;
  }

  /** What the index does not know yet. */
  private List<EntryFacts> news(KeyDirectory directory, KeyListing listing) throws IOException {
    List<EntryFacts> news = new ArrayList<>();
    for (Candidate candidate : listing.candidates()) {
      if (!census.isRecorded(directory.key(), candidate)) {
        long bytes =
            listing.pairBytes(candidate.runId())
                + ops.stat(directory.payload(candidate.runId())).size();
        news.add(expiry.facts(directory.key(), candidate, bytes));
      }
    }
    return news;
  }
}
