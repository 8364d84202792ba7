package io.warmstart.evict;

import io.warmstart.evict.EntryRemoval.Outcome;
import io.warmstart.io.Directories;
import io.warmstart.journal.JournalView;
import io.warmstart.model.Digest256;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.StoreException;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.policy.Pins;
import io.warmstart.ranking.Candidate;
import io.warmstart.runtime.Operations;
import io.warmstart.segment.JournalEntry;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Removes runs by name, whatever their use, so that they do not come back.
 *
 * <ol>
 *   <li>Have everything that lies in a journal become pairs: what is removed is a pair.
 *   <li>Under the key's lock see that no journal holds a version of the run any more, and have the
 *       journals' marks survive a power cut, or the version would become a pair again after one.
 *   <li>Remove the manifest, then the payload.
 *   <li>Sync the directory, and the root.
 * </ol>
 *
 * <p>Safe for all threads.
 */
public final class RemoveFlow {
  /** For locks, and for versions in the journal of another process that makes no pairs of them. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** Doubled after each attempt. */
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final RootDirectory root;
  private final EntryRemoval removal;
  private final JournalView journal;
  private final Pins pins;
  private final Runnable settle;
  private final Operations operations;

  /**
   * Makes the flow of one store.
   *
   * @param settle has what lies in journals become pairs
   * @param operations of the store: a removal that waits ends when that is to close
   */
  public RemoveFlow(
      RootDirectory root,
      EntryRemoval removal,
      JournalView journal,
      Pins pins,
      Runnable settle,
      Operations operations) {
    this.root = root;
    this.removal = removal;
    this.journal = journal;
    this.pins = pins;
    this.settle = settle;
    this.operations = operations;
  }

  /** Removes a run; returns whether there was one. */
  public boolean run(Digest256 key, String runId) {
    return removeAll(root.directory(key), directory -> List.of(runId)) > 0;
  }

  /** Removes the runs that a key has now; returns how many there were. */
  public int run(Digest256 key) {
    return removeAll(root.directory(key), this::runsOf);
  }

  /**
   * Refuses what is pinned.
   *
   * @param runId null for all runs that the key has now
   * @throws StoreException if one is, or that cannot be said
   */
  public void requireNonePinned(Digest256 key, @Nullable String runId) {
    KeyDirectory directory = root.directory(key);
    try {
      requireNonePinned(directory, runId == null ? runsOf(directory) : List.of(runId));
    } catch (IOException e) {
      throw StoreFailures.ofReading("removal failed, nothing was removed", directory.path(), e);
    }
  }

  private interface Runs {
    Collection<String> of(KeyDirectory directory) throws IOException;
  }

  private int removeAll(KeyDirectory directory, Runs runs) {
    int removed = 0;
    boolean ended = false;
    try {
      settle.run();
      Collection<String> all = runs.of(directory);
      if (all.size() > 1) {
        requireNonePinned(directory, all);
      }
      for (String runId : all) {
        removed += remove(directory, runId) ? 1 : 0;
      }
      ended = true;
    } catch (IOException e) {
      throw StoreFailures.ofWriting(
          "removal failed, after " + removed + " that were removed", directory.path(), e);
    } catch (StoreException e) {
      if (removed == 0) {
        throw e;
      }
      throw new StoreException(notAll(removed) + e.getMessage(), e);
    } catch (IllegalStateException e) {
      if (removed == 0) {
        throw e;
      }
      throw new IllegalStateException(notAll(removed) + e.getMessage(), e);
    } finally {
      if (removed > 0) {
        makeDurable(directory.path(), ended);
      }
    }
    return removed;
  }

  private static String notAll(int removed) {
    return "not all was removed, " + removed + " were: ";
  }

  /** Before the first of several goes. */
  private void requireNonePinned(KeyDirectory directory, Collection<String> runs)
      throws IOException {
    for (String runId : runs) {
      if (pins.holds(directory.key(), runId)) {
        throw pinned(directory, runId);
      }
    }
  }

  private static StoreException pinned(KeyDirectory directory, String runId) {
    return new StoreException(
        "not removed, it is pinned, unpin it first: run="
            + runId
            + " directory="
            + directory.path());
  }

  private Collection<String> runsOf(KeyDirectory directory) throws IOException {
    TreeSet<String> runs = new TreeSet<>();
    for (JournalEntry each : journal.entriesOf(directory.key())) {
      runs.add(each.runId());
    }
    KeyListing listing = KeyListing.forLookup(root.ops(), directory);
    for (Candidate each : listing.candidates()) {
      runs.add(each.runId());
    }
    for (KeyListing.Suspect each : listing.suspects()) {
      runs.add(each.runId());
    }
    return runs;
  }

  private boolean remove(KeyDirectory directory, String runId) throws IOException {
    long began = System.nanoTime();
    long pause = FIRST_PAUSE_NANOS;
    while (true) {
      Outcome outcome = removal.removeRun(directory, runId);
      if (outcome == Outcome.SPARED) {
        throw pinned(directory, runId);
      }
      if (outcome != Outcome.STAYS) {
        return outcome == Outcome.REMOVED;
      }
      if (System.nanoTime() - began > PATIENCE_NANOS) {
        throw new StoreException(
            "removal failed, the entry stays: somebody holds the key's lock, or a version in"
                + " a journal does not become a pair: run="
                + runId
                + " directory="
                + directory.path());
      }
      operations.pause(pause);
      pause = Math.min(LONGEST_PAUSE_NANOS, 2 * pause);
      settle.run();
    }
  }

  /**
   * Syncs the directory, and the root for the case that it was empty and has gone as well.
   *
   * @param mayThrow whether nothing else is thrown already
   */
  private void makeDurable(Path directory, boolean mayThrow) {
    try {
      sync(directory);
      sync(root.path());
    } catch (IOException e) {
      if (mayThrow) {
        throw new DurabilityUnknownException(
            "removed, and a power cut may bring it back: "
                + StoreFailures.describe(e)
                + " directory="
                + directory,
            e);
      }
    }
  }

  private void sync(Path directory) throws IOException {
    try {
      Directories.sync(root.ops(), directory);
    } catch (NoSuchFileException e) {
      // Gone: the directory above it tells.
    }
  }
}
