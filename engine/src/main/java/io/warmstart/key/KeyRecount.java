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
import java.util.Set;
import org.agrona.concurrent.SystemEpochNanoClock;

/**
 * Looks at all files of a key and records in the index what it found: how many bytes, which
 * entries.
 *
 * <p>Under the key's lock, so that no save of ours falls between the look and the record; of a key
 * with many runs, most of the look comes before it, and what was changed meanwhile is seen by what
 * the index was told. The directory's change time is recorded too if any later change will show in
 * it; then the next scan of the root can pass the key over.
 */
public final class KeyRecount {
  /** Savers wait for the holder of a key's lock: of more runs, most are looked at without it. */
  public static final int MOST_UNDER_LOCK = 256;

  /** A larger directory may have as many, of which the index knows nothing yet. */
  private static final long MOST_DIRECTORY_BYTES = 16 * 1024;

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

  /** A look at a key, and what was so before it began. */
  private record Look(KeyListing listing, long doubt, long ctime, long beganUnixNanos) {}

  /** How a key's lock is taken. */
  public interface Locking {
    StripeLocks.Hold acquire();
  }

  /**
   * Counts a key. Savers wait for whoever holds its lock: of a key with many runs, which takes a
   * second, only those are looked at under the lock that the index has otherwise.
   */
  public Found run(Locking locking, KeyDirectory directory) throws IOException {
    Look early = isLarge(directory) ? look(directory) : null;
    try (StripeLocks.Hold hold = locking.acquire()) {
      // What a holder has done that died, the index was not told of.
      if (early == null || !hold.attached() || hold.broken()) {
        return run(hold, directory);
      }
      Differences differences = Differences.of(census, directory.key(), early.listing);
      if (differences == null) {
        return run(hold, directory);
      }
      dropGone(directory, early.listing.staged());
      early.listing.lookAgain(
          root.ops(),
          directory,
          inDoubt(directory.key(), early.listing, differences),
          facts -> racyWindow.isRacy(facts.mtimeNanos(), early.beganUnixNanos));
      boolean atRest = ctimeOf(directory) == early.ctime;
      return record(hold, directory, early, atRest);
    }
  }

  /** What was staged at the look may be half of a pair by now, which counts as that. */
  private void dropGone(KeyDirectory directory, List<KeyListing.Leftover> staged)
      throws IOException {
    for (KeyListing.Leftover each : List.copyOf(staged)) {
      if (root.ops().statOrNull(directory.path().resolve(each.name())) == null) {
        staged.remove(each);
      }
    }
  }

  private boolean isLarge(KeyDirectory directory) throws IOException {
    try {
      return census.count(directory.key()) > MOST_UNDER_LOCK
          || root.ops().stat(directory.path()).size() > MOST_DIRECTORY_BYTES;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** The runs that may be otherwise than they were listed, or were out of order then. */
  private Set<String> inDoubt(Digest256 key, KeyListing listing, Differences differences) {
    Set<String> inDoubt = listing.brokenRuns();
    listing.suspects().forEach(each -> inDoubt.add(each.runId()));
    inDoubt.addAll(differences.listed());
    inDoubt.addAll(differences.unlisted().keySet());
    for (Candidate candidate : listing.candidates()) {
      // Its manifest is larger once it tells of accesses.
      if (ledger.entryBytes(key, candidate.runId()) != listing.pairBytes(candidate.runId())) {
        inDoubt.add(candidate.runId());
      }
    }
    return inDoubt;
  }

  /**
   * Counts a key that the caller holds the lock of. A caller that could not get it from a process
   * which was stopped under it only looks: what the index knows stays, and the save under way is
   * not in it.
   */
  public Found run(StripeLocks.Hold hold, KeyDirectory directory) throws IOException {
    return record(hold, directory, look(directory), true);
  }

  private Look look(KeyDirectory directory) throws IOException {
    long doubt = census.doubt();
    long ctime = ctimeOf(directory);
    long now = SystemEpochNanoClock.INSTANCE.nanoTime();
    return new Look(KeyListing.withSizes(root.ops(), directory), doubt, ctime, now);
  }

  private Found record(StripeLocks.Hold hold, KeyDirectory directory, Look look, boolean atRest)
      throws IOException {
    KeyListing listing = look.listing;
    long ctime = look.ctime;
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
    boolean telling = listing.exists() && atRest && !racyWindow.isRacy(ctime, look.beganUnixNanos);
    if (hold.heldAcrossProcesses()) {
      ledger.scanned(hold, directory.key(), inOrder && telling ? ctime : 0, bytes, entries);
      if (listing.suspects().isEmpty() && listing.exists()) {
        census.taken(directory.key(), look.doubt, telling ? ctime : 0, look.beganUnixNanos);
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
