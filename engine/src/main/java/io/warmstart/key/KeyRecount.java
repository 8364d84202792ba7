package io.warmstart.key;

import io.warmstart.access.Expiry;
import io.warmstart.format.StagedName;
import io.warmstart.index.KeyCensus;
import io.warmstart.index.SpaceLedger;
import io.warmstart.index.table.EntryFacts;
import io.warmstart.io.RacyWindow;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.RootDirectory;
import io.warmstart.process.StripeLocks;
import io.warmstart.ranking.Candidate;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.SystemEpochNanoClock;

/**
 * Looks at all files of a key and records in the index what it found: how many bytes, which
 * entries.
 *
 * <p>Under the key's lock, so that no save of ours falls between the look and the record. The
 * directory's change time is recorded too if any later change will show in it; then the next scan
 * of the root can pass the key over.
 */
public final class KeyRecount {
  private final RootDirectory root;
  private final SpaceLedger ledger;
  private final KeyCensus census;
  private final Expiry expiry;
  private final Leftovers leftovers;
  private final RacyWindow racyWindow;

  public KeyRecount(
      RootDirectory root,
      SpaceLedger ledger,
      KeyCensus census,
      Expiry expiry,
      Leftovers leftovers,
      RacyWindow racyWindow) {
    this.root = root;
    this.ledger = ledger;
    this.census = census;
    this.expiry = expiry;
    this.leftovers = leftovers;
    this.racyWindow = racyWindow;
  }

  /**
   * What was found.
   *
   * @param bytes those that count, without those of saves under way
   */
  public record Found(KeyListing listing, long bytes) {}

  /**
   * Counts a key that the caller holds the lock of. A caller that could not get it from a process
   * which was stopped under it only looks: what the index knows stays, and the save under way is
   * not in it.
   */
  public Found run(StripeLocks.Hold hold, KeyDirectory directory) throws IOException {
    long doubt = census.doubt();
    long ctime = ctimeOf(directory);
    long now = SystemEpochNanoClock.INSTANCE.nanoTime();
    KeyListing listing = KeyListing.withSizes(root.ops(), directory);
    long bytes = bytesOf(directory, listing);
    List<EntryFacts> entries = new ArrayList<>(listing.candidates().size());
    for (Candidate candidate : listing.candidates()) {
      entries.add(expiry.facts(directory.key(), candidate, listing.pairBytes(candidate.runId())));
    }
    // What is out of order must be looked at again: a writer's death changes no change time. And a
    // sweep reports files that do not count, each time.
    boolean inOrder =
        listing.staged().isEmpty()
            && listing.otherFiles() == 0
            && listing.suspects().isEmpty()
            && listing.brokenRuns().isEmpty();
    boolean telling = listing.exists() && !racyWindow.isRacy(ctime, now);
    if (hold.heldAcrossProcesses()) {
      ledger.scanned(hold, directory.key(), inOrder && telling ? ctime : 0, bytes, entries);
      if (listing.suspects().isEmpty() && listing.exists()) {
        census.taken(directory.key(), doubt, telling ? ctime : 0, now);
      }
    }
    return new Found(listing, bytes);
  }

  /** What counts of the files of a key; the budget may be passed by the saves in flight. */
  public long bytesOf(KeyDirectory directory, KeyListing listing) throws IOException {
    return listing.bytes() - underWay(directory, listing);
  }

  /** What the index knows of a key that cannot be listed: that counts, as long as it is so. */
  public long recordedBytes(Digest256 key) {
    return ledger.bytes(key);
  }

  private long ctimeOf(KeyDirectory directory) throws IOException {
    try {
      return root.ops().changedNanos(directory.path());
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  private long underWay(KeyDirectory directory, KeyListing listing) throws IOException {
    long bytes = 0;
    for (KeyListing.Leftover leftover : listing.staged()) {
      StagedName staged = leftover.staged();
      if (staged != null && !leftovers.areGone(directory, staged)) {
        bytes += leftover.bytes();
      }
    }
    return bytes;
  }
}
