package io.warmstart.lookup;

import io.warmstart.access.AccessStamps;
import io.warmstart.foreign.ForeignWriters;
import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.key.KeyUpdate;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.model.StoreCounter;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.ManifestFile;
import io.warmstart.pair.PairRecovery;
import io.warmstart.pair.RootDirectory;
import io.warmstart.process.Counters;
import io.warmstart.ranking.Candidate;
import io.warmstart.recover.RecoverFlow;
import io.warmstart.recover.UnsettledKeys;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Collection;
import java.util.concurrent.TimeUnit;

/**
 * What a lookup does about a pair that does not fit: whether a writer is at work, whether a save
 * was cut off that can be completed, and how long to wait for either. Safe for all threads.
 */
public final class Misfits {
  /**
   * How often one lookup starts over because a pair was changing. A writer that renames changes it
   * twice; one that copies into the file in place, with each buffer, for as long as it takes.
   */
  private static final int MOST_CHANGES = 32;

  /** In all, for holders of locks. With the wait for foreign writers, 0.7 s. */
  private static final long MOST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(600);

  private static final long MENDING_PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final RootDirectory root;
  private final RecoveringLocks locks;
  private final RecoverFlow recoverFlow;
  private final ForeignWriters foreignWriters;
  private final UnsettledKeys unsettled;
  private final boolean readOnly;
  private final Counters counters;

  public Misfits(
      RootDirectory root,
      RecoveringLocks locks,
      RecoverFlow recoverFlow,
      ForeignWriters foreignWriters,
      UnsettledKeys unsettled,
      boolean readOnly,
      Counters counters) {
    this.root = root;
    this.locks = locks;
    this.recoverFlow = recoverFlow;
    this.foreignWriters = foreignWriters;
    this.unsettled = unsettled;
    this.readOnly = readOnly;
    this.counters = counters;
  }

  /** How long one lookup goes on waiting for others that do not come to their end. */
  static final class Patience {
    private long leftNanos = MOST_WAIT_NANOS;

    /** For writers that take no lock of ours. */
    private final ForeignWriters.Waits waits = new ForeignWriters.Waits();

    /** How often a pair was changing. */
    private int changes;

    /** Names the runs that may have to be waited for. */
    void mayConcern(Collection<String> runIds) {
      waits.of(runIds);
    }

    /** Whether to look again at a pair that was changing. */
    private boolean startsOver() {
      return ++changes <= MOST_CHANGES;
    }
  }

  /** Whether a manifest is another version's by now, or gone. */
  boolean hasChanged(KeyDirectory directory, Candidate candidate) throws IOException {
    try {
      Manifest now =
          ManifestFile.read(root.ops(), directory.manifest(candidate.runId())).manifest();
      return !AccessStamps.sameVersion(now, candidate.manifest());
    } catch (NoSuchFileException | ManifestFormatException e) {
      return true;
    }
  }

  /** Somebody copies into a file in place. Whether it will fit, a later lookup finds. */
  private boolean isLeftForLater(KeyDirectory directory) {
    unsettled.note(directory.key(), System.nanoTime());
    return false;
  }

  /** Deals with a pair that does not fit; true if it is worth looking again. */
  boolean isMended(KeyDirectory directory, Candidate candidate, Patience patience)
      throws IOException {
    if (!foreignWriters.waitOut(directory, candidate.runId(), patience.waits)) {
      return patience.startsOver() || isLeftForLater(directory);
    }
    if (!readOnly && isSettled(directory, candidate, patience)) {
      return true;
    }
    patience.leftNanos -=
        foreignWriters.waitForSecondRename(directory, candidate.runId(), patience.leftNanos);
    return hasChanged(directory, candidate);
  }

  /** Whether a manifest that could not be read can be now, or is another's: it is being written. */
  boolean hasBecomeReadable(KeyDirectory directory, String runId, Patience patience)
      throws IOException {
    if (!foreignWriters.waitOut(directory, runId, patience.waits)) {
      return patience.startsOver();
    }
    try {
      ManifestFile.read(root.ops(), directory.manifest(runId));
      return true;
    } catch (NoSuchFileException e) {
      return true;
    } catch (ManifestFormatException e) {
      return false;
    }
  }

  /**
   * Whether a save that was cut off is complete now. One that is under way holds the lock, and is
   * not waited for.
   */
  boolean isCompleted(KeyDirectory directory, String runId) {
    // No lock keeps another machine out, which may be between its renames at this moment.
    if (readOnly || root.besideOtherMachines()) {
      return false;
    }
    try (KeyUpdate update = locks.acquire(directory, 0)) {
      return update.heldAcrossProcesses()
          && recoverFlow.settle(update, runId, PairRecovery.Judgement.NONE)
              != PairRecovery.Outcome.UNDECIDED;
    } catch (IOException e) {
      // What it was cut off by is still so. It can be read all the same.
      counters.count(StoreCounter.LOOKUP_FAILURES);
      return false;
    }
  }

  private boolean isSettled(KeyDirectory directory, Candidate candidate, Patience patience)
      throws IOException {
    PairRecovery.Judgement judgement =
        foreignWriters.hasStaged(directory, candidate.runId())
            ? PairRecovery.Judgement.NONE
            : PairRecovery.Judgement.LOOKUP;
    return switch (settle(directory, candidate.runId(), judgement, patience)) {
      case WHOLE, ROLLED_FORWARD, GONE -> true;
      case QUARANTINED, UNDECIDED -> false;
    };
  }

  /** Deals with a manifest that cannot be parsed; true if the key is worth looking at again. */
  boolean isReadableAgain(
      KeyDirectory directory, String runId, KeyListing listing, Patience patience)
      throws IOException {
    PairRecovery.Judgement judgement =
        listing.foreignManifestStaged(runId)
            ? PairRecovery.Judgement.NONE
            : PairRecovery.Judgement.LOOKUP;
    return switch (settle(directory, runId, judgement, patience)) {
      case WHOLE, ROLLED_FORWARD -> true;
      case QUARANTINED, GONE, UNDECIDED -> false;
    };
  }

  /** After a wait in vain, what can be done without the lock. */
  private PairRecovery.Outcome settle(
      KeyDirectory directory, String runId, PairRecovery.Judgement judgement, Patience patience)
      throws IOException {
    long began = System.nanoTime();
    try (KeyUpdate update = locks.acquire(directory, patience.leftNanos)) {
      if (!update.heldAcrossProcesses()) {
        patience.leftNanos -= Math.min(patience.leftNanos, System.nanoTime() - began);
        counters.count(StoreCounter.LOCK_TIMEOUTS);
        counters.count(StoreCounter.FILES_ONLY);
      }
      PairRecovery.Outcome outcome = recoverFlow.settle(update, runId, judgement);
      if (outcome == PairRecovery.Outcome.UNDECIDED) {
        unsettled.note(directory.key(), System.nanoTime());
      }
      return outcome;
    }
  }

  /** Takes the key's lock, which comes with the duty to mend what its last holder has left. */
  void mendWhatTheDeadHaveLeft(KeyDirectory directory) {
    locks.acquire(directory, MENDING_PATIENCE_NANOS).close();
  }
}
