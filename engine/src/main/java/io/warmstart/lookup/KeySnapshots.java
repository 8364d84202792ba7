package io.warmstart.lookup;

import io.warmstart.foreign.ForeignTouches;
import io.warmstart.index.ReadStamp;
import io.warmstart.index.Readings;
import io.warmstart.index.SpaceLedger;
import io.warmstart.io.RacyWindow;
import io.warmstart.io.Rereads;
import io.warmstart.journal.JournalView;
import io.warmstart.key.KeyRecount;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.ManifestFile;
import io.warmstart.pair.RootDirectory;
import io.warmstart.process.StripeLocks;
import io.warmstart.segment.JournalEntry;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Takes what a lookup goes by: a key's directory as it was at one moment.
 *
 * <p>A scan takes its time: names first, then one manifest after the other. If two saves come in
 * between, it may find the second and not the first, or list an entry that is then evicted for one
 * that it has not listed, and find none at all. So a scan counts only
 *
 * <ul>
 *   <li>if the index tells that no change has begun or ended since before it;
 *   <li>or if it was made under the key's lock, which is taken if the first was disturbed;
 *   <li>or, where there is neither, if the one before it has found the same.
 * </ul>
 *
 * <p>Of a key with many runs, no second scan is made if the index can be told of all that it does
 * not know: then it answers ({@link CensusTaker#takeBesideChanges}).
 *
 * <p>What stores do that know no index, or that have none, is noticed by the last alone; what a
 * saver does that goes on without the lock after a time-out, by the first and the last.
 *
 * <p>Where nothing was found and the listings prove nothing ({@link
 * io.warmstart.pair.SettledListing}), the runs that the index has recorded are looked for by name.
 */
public final class KeySnapshots {
  /** Where the lock cannot be got and somebody changes the key all the time, the last must do. */
  private static final int MOST_LOOKS = 8;

  /** Doubled before each further look: what another machine replaces takes some answers of it. */
  private static final long WAIT_NANOS = TimeUnit.MICROSECONDS.toNanos(250);

  private final RememberedManifests remembered;
  private final RootDirectory root;
  private final StripeLocks stripes;
  private final Readings readings;
  private final SpaceLedger ledger;
  private final ForeignTouches foreignTouches;
  private final JournalView journal;
  private final RacyWindow racyWindow;
  private final CensusTaker censusTaker;

  public KeySnapshots(
      RootDirectory root,
      StripeLocks stripes,
      Readings readings,
      SpaceLedger ledger,
      ForeignTouches foreignTouches,
      JournalView journal,
      RacyWindow racyWindow,
      CensusTaker censusTaker) {
    this.root = root;
    this.stripes = stripes;
    this.readings = readings;
    this.ledger = ledger;
    this.foreignTouches = foreignTouches;
    this.journal = journal;
    this.racyWindow = racyWindow;
    this.censusTaker = censusTaker;
    this.remembered = new RememberedManifests(root.ops(), racyWindow);
  }

  /**
   * A directory at one moment.
   *
   * @param readStamp to fill the index with what is found; null if there is nothing to fill
   * @param journalled what lay in the journal before the directory was listed: what has left it
   *     since is in the directory
   * @param beganUnixNanos a moment before that
   */
  record KeySnapshot(
      @Nullable ReadStamp readStamp,
      List<JournalEntry> journalled,
      KeyListing listing,
      long beganUnixNanos) {
    boolean hasNothing() {
      return journalled.isEmpty() && listing.candidates().isEmpty() && listing.suspects().isEmpty();
    }
  }

  /**
   * Reads a key's directory.
   *
   * @param mayAskIndex whether the caller can take the index's answer as well
   * @return null if processes of ours go on changing the key, and the index knows all of it now
   */
  @Nullable KeySnapshot take(KeyDirectory directory, boolean mayAskIndex) throws IOException {
    KeySnapshot first = first(directory);
    if (mayAskIndex && isTakenOver(directory, first)) {
      foreignTouches.noteTracesIn(first.listing());
      return null;
    }
    KeySnapshot snapshot = atOneMoment(directory, first);
    KeyListing listing = snapshot.listing();
    foreignTouches.noteTracesIn(listing);
    if (listing.candidates().isEmpty() && !listing.proven()) {
      listing.lookFor(root.ops(), directory, ledger.runIds(directory.key()));
    } else {
      tellIndex(directory, snapshot);
    }
    return snapshot;
  }

  /** Tells the index of all that a key's directory has, if one listing is enough for that. */
  void renewCensus(KeyDirectory directory) throws IOException {
    KeySnapshot snapshot = first(directory);
    foreignTouches.noteTracesIn(snapshot.listing());
    if (!isTakenOver(directory, snapshot)) {
      tellIndex(directory, snapshot);
    }
  }

  private void tellIndex(KeyDirectory directory, KeySnapshot snapshot) {
    if (mayGiveCensus(snapshot) && isUndisturbed(snapshot)) {
      censusTaker.take(directory, Objects.requireNonNull(snapshot.readStamp()), snapshot.listing());
    }
  }

  private boolean mayGiveCensus(KeySnapshot snapshot) {
    ReadStamp readStamp = snapshot.readStamp();
    return readStamp != null
        && readStamp.seenCtime() >= 0
        && !root.besideOtherMachines()
        && snapshot.listing().suspects().isEmpty();
  }

  /** Where many runs would be listed again and again, and not under the lock. */
  private boolean isTakenOver(KeyDirectory directory, KeySnapshot snapshot) {
    return snapshot.listing().candidates().size() > KeyRecount.MOST_UNDER_LOCK
        && mayGiveCensus(snapshot)
        && !isUndisturbed(snapshot)
        && censusTaker.takeBesideChanges(
            directory, Objects.requireNonNull(snapshot.readStamp()), snapshot.listing());
  }

  private KeySnapshot first(KeyDirectory directory) throws IOException {
    long beganUnixNanos = RacyWindow.systemNanos();
    ReadStamp readStamp = readStamp(directory);
    List<JournalEntry> journalled = journal.entriesOf(directory.key());
    Map<String, ManifestFile> unchanged = remembered.unchanged(directory);
    KeyListing listing = KeyListing.forLookup(root.ops(), directory, unchanged);
    remembered.remember(directory, unchanged, listing, beganUnixNanos);
    return new KeySnapshot(readStamp, journalled, listing, beganUnixNanos);
  }

  private KeySnapshot atOneMoment(KeyDirectory directory, KeySnapshot first) throws IOException {
    KeySnapshot snapshot = first;
    for (int more = 1; more < MOST_LOOKS && !isUndisturbed(snapshot); more++) {
      KeySnapshot before = snapshot;
      if (more > 1 && root.besideOtherMachines()) {
        Rereads.pause(WAIT_NANOS << more);
      }
      if (before.listing().candidates().size() <= KeyRecount.MOST_UNDER_LOCK) {
        try (StripeLocks.Hold hold = stripes.acquireBriefly(directory.key())) {
          snapshot = again(directory, before);
          if (hold.heldAcrossProcesses() && isOfOneMoment(snapshot)) {
            return snapshot;
          }
        }
      } else {
        snapshot = again(directory, before);
      }
      if (snapshot.listing().sameEntriesAs(before.listing())
          && snapshot.journalled().equals(before.journalled())) {
        return snapshot;
      }
    }
    return snapshot;
  }

  private KeySnapshot again(KeyDirectory directory, KeySnapshot before) throws IOException {
    long beganUnixNanos = RacyWindow.systemNanos();
    return new KeySnapshot(
        readings.beforeRead(directory.key(), beganUnixNanos),
        journal.entriesOf(directory.key()),
        KeyListing.again(
            root.ops(),
            directory,
            before.listing(),
            facts -> racyWindow.isRacy(facts.mtimeNanos(), before.beganUnixNanos())),
        beganUnixNanos);
  }

  /** Whether the lock was enough: it keeps no other machine from replacing what was listed. */
  private boolean isOfOneMoment(KeySnapshot snapshot) {
    return !root.besideOtherMachines() || snapshot.listing().vanished().isEmpty();
  }

  private boolean isUndisturbed(KeySnapshot snapshot) {
    return snapshot.readStamp() != null
        && readings.stillHolds(snapshot.readStamp())
        && snapshot.listing().vanished().isEmpty();
  }

  /** Takes note of the key's state, in a slot that is made for it if it has none. */
  private @Nullable ReadStamp readStamp(KeyDirectory directory) {
    if (readings.needsSlot(directory.key())) {
      try (StripeLocks.Hold hold = stripes.acquireBriefly(directory.key())) {
        if (hold.heldAcrossProcesses()) {
          readings.makeSlot(directory.key());
        }
      }
    }
    return readings.beforeRead(directory.key(), RacyWindow.systemNanos());
  }
}
