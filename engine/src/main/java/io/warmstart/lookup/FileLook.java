package io.warmstart.lookup;

import io.warmstart.access.Expiry;
import io.warmstart.foreign.ForeignWriters;
import io.warmstart.format.Manifest;
import io.warmstart.index.ReadStamp;
import io.warmstart.index.Winners.Found;
import io.warmstart.io.RootWatch;
import io.warmstart.journal.JournalView;
import io.warmstart.lookup.KeySnapshots.KeySnapshot;
import io.warmstart.model.StoreCounter;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.PairReader;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.policy.Limits;
import io.warmstart.process.Counters;
import io.warmstart.ranking.Candidate;
import io.warmstart.segment.JournalEntry;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One look for a lookup in the files of a key as it was at one moment. For one thread. */
public final class FileLook {
  /** What every look needs. */
  public record Parts(
      PairReader reader,
      Misfits misfits,
      LookupAnswer answer,
      JournalView journal,
      ForeignWriters foreignWriters,
      Expiry expiry,
      RootWatch rootWatch,
      boolean readOnly,
      Counters counters) {}

  /** What has come of a candidate. */
  private enum Step {
    TAKEN,
    /** The key has changed under the look. */
    STARTS_OVER,
    /** It is in nobody's way: the next in the order serves as well. */
    NEXT,
    /** Its staged manifest is what counts, which may rank otherwise. */
    STAGED
  }

  private final Parts parts;
  private final KeyDirectory directory;
  private final Wanted wanted;
  private final Limits limits;
  private final EntryLease target;
  private final Misfits.Patience patience;
  private final KeySnapshot snapshot;
  private final KeyListing listing;
  private final JournalledRuns journalled;

  /** What could not be read, which is never passed off as a miss. */
  private @Nullable IOException unreadable;

  /** What is left to be tried, in the order of the ranking. */
  private List<Candidate> order = List.of();

  /**
   * Whether the first of these is what every store would find: none with another TTL has more to
   * choose from, and nothing was passed over.
   */
  private boolean winsForAll;

  FileLook(
      Parts parts,
      KeyDirectory directory,
      Wanted wanted,
      Limits limits,
      EntryLease target,
      Misfits.Patience patience,
      KeySnapshot snapshot) {
    this.parts = parts;
    this.directory = directory;
    this.wanted = wanted;
    this.limits = limits;
    this.target = target;
    this.patience = patience;
    this.snapshot = snapshot;
    this.listing = snapshot.listing();
    this.journalled = new JournalledRuns(snapshot.journalled());
  }

  /** Looks; {@link Found#UNKNOWN} if the key has changed under it. */
  Found run() throws IOException {
    patience.mayConcern(
        Stream.concat(
                listing.candidates().stream().map(Candidate::runId),
                listing.suspects().stream().map(KeyListing.Suspect::runId))
            .toList());
    if (isAnySuspectMended()) {
      return Found.UNKNOWN;
    }
    List<Candidate> candidates = wanted.among(journalled.over(listing.candidates()));
    List<Candidate> unexpired = unexpired(candidates);
    order = wanted.inOrder(unexpired);
    winsForAll =
        wanted.runId() == null
            && unreadable == null
            && unexpired.size() == candidates.size()
            && !parts.journal().showsMoreWithAge(directory.key());
    while (!order.isEmpty()) {
      switch (tried(order.get(0))) {
        case TAKEN -> {
          return Found.HIT;
        }
        case STARTS_OVER -> {
          return Found.UNKNOWN;
        }
        case NEXT -> order = order.subList(1, order.size());
        case STAGED -> order = wanted.inOrder(order);
      }
      winsForAll = false;
    }
    return missed();
  }

  /** Whether a manifest that could not be read can be now, or is another's. */
  private boolean isAnySuspectMended() throws IOException {
    for (KeyListing.Suspect suspect : listing.suspects()) {
      boolean isBeingMade = journalled.contains(suspect.runId()) && !suspect.unreadable();
      if (isBeingMade || !wanted.isOf(suspect.runId())) {
        continue;
      }
      if (suspect.unreadable()) {
        unreadable = new FileSystemException(suspect.file().toString(), null, suspect.reason());
      } else if (isMended(suspect.runId())) {
        return true;
      }
    }
    return false;
  }

  private boolean isMended(String runId) throws IOException {
    if (parts.readOnly()) {
      return parts.misfits().hasBecomeReadable(directory, runId, patience);
    }
    try {
      return parts.misfits().isReadableAgain(directory, runId, listing, patience);
    } catch (IOException e) {
      unreadable = stays(e);
      return false;
    }
  }

  private Step tried(Candidate candidate) {
    try {
      JournalEntry entry = journalled.entry(candidate);
      if (entry != null) {
        JournalView.Read found = parts.journal().read(entry);
        return found == null ? Step.STARTS_OVER : take(found);
      }
      PayloadMemory memory =
          parts.reader().read(directory, candidate.runId(), candidate.manifest()).memory();
      return memory == null ? misfit(candidate) : take(new JournalView.Read(candidate, memory));
    } catch (IOException e) {
      unreadable = stays(e);
      return Step.NEXT;
    }
  }

  private Step take(JournalView.Read found) {
    parts
        .answer()
        .take(directory, wanted.ranking(), winsForAll ? snapshot.readStamp() : null, found, target);
    return Step.TAKEN;
  }

  /** Its payload is not its manifest's. */
  private Step misfit(Candidate candidate) throws IOException {
    Manifest staged = parts.reader().cutOff(directory, candidate.runId());
    if (staged != null) {
      if (parts.misfits().isCompleted(directory, candidate.runId())) {
        return Step.STARTS_OVER;
      }
      // In place when its holder goes on.
      order = new ArrayList<>(order);
      order.set(0, new Candidate(candidate.runId(), staged));
      return Step.STAGED;
    }
    if (parts.misfits().hasChanged(directory, candidate)) {
      return Step.STARTS_OVER;
    }
    if (parts.foreignWriters().mayBeAtWork(directory, candidate.runId())
        && parts.answer().takeFromMemory(directory, candidate, target)) {
      return Step.TAKEN;
    }
    if (parts.misfits().isMended(directory, candidate, patience)) {
      return Step.STARTS_OVER;
    }
    return parts.answer().takeFromMemory(directory, candidate, target) ? Step.TAKEN : Step.NEXT;
  }

  private Found missed() throws IOException {
    if (unreadable != null) {
      throw unreadable;
    }
    if (!listing.exists()) {
      parts.rootWatch().require();
    }
    ReadStamp readStamp = snapshot.readStamp();
    if (readStamp != null
        && snapshot.hasNothing()
        && listing.proven()
        && !parts.journal().showsMoreWithAge(directory.key())) {
      parts.answer().fill(directory, readStamp, wanted.ranking(), null, 0);
    }
    return Found.MISS;
  }

  /** A bad pair that could not be set aside is in nobody's way: the runner-up serves as well. */
  private IOException stays(IOException failure) {
    parts.counters().count(StoreCounter.LOOKUP_FAILURES);
    return failure;
  }

  private List<Candidate> unexpired(List<Candidate> candidates) {
    List<Candidate> unexpired = new ArrayList<>(candidates.size());
    for (Candidate candidate : candidates) {
      if (!parts.expiry().isExpired(limits, directory.key(), candidate)) {
        unexpired.add(candidate);
      }
    }
    return unexpired;
  }
}
