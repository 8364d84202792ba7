package io.warmstart.recover;

import io.warmstart.foreign.ForeignTouches;
import io.warmstart.foreign.ForeignWriters;
import io.warmstart.format.StagedName;
import io.warmstart.index.SpaceLedger;
import io.warmstart.key.KeyUpdate;
import io.warmstart.key.Leftovers;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreCounter;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.PairRecovery;
import io.warmstart.pair.RootDirectory;
import io.warmstart.process.Counters;
import io.warmstart.quarantine.Quarantine;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The recovery of one key: what writers that died, or never knew our lock, have left in its
 * directory.
 *
 * <ol>
 *   <li>Pairs whose manifest cannot be read or whose payload does not fit it, and halves without
 *       the other, are completed from staged files, or moved to quarantine when they have not
 *       changed for longer than any writer needs ({@link PairRecovery}).
 *   <li>Staged files of dead owners, and old temporaries of the original store's dead processes,
 *       are removed: nobody will come back for them, and no acknowledged save needs them.
 * </ol>
 *
 * <p>Sweeps and verifications run it for every key; lookups do the part that concerns them.
 */
public final class RecoverFlow {
  private final RootDirectory root;
  private final RecoveringLocks locks;
  private final SpaceLedger ledger;
  private final PairRecovery recovery;
  private final Quarantine quarantine;
  private final Leftovers leftovers;
  private final ForeignWriters foreignWriters;
  private final ForeignTouches foreignTouches;
  private final Counters counters;

  public RecoverFlow(
      RootDirectory root,
      RecoveringLocks locks,
      SpaceLedger ledger,
      PairRecovery recovery,
      Quarantine quarantine,
      Leftovers leftovers,
      ForeignWriters foreignWriters,
      ForeignTouches foreignTouches,
      Counters counters) {
    this.root = root;
    this.locks = locks;
    this.ledger = ledger;
    this.recovery = recovery;
    this.quarantine = quarantine;
    this.leftovers = leftovers;
    this.foreignWriters = foreignWriters;
    this.foreignTouches = foreignTouches;
    this.counters = counters;
  }

  /** What was done, to one key or several. For one thread. */
  public static final class Result {
    private long rolledForward;
    private long quarantined;
    private long leftoversRemoved;
    private long bytesRemoved;

    /** Saves that were completed. */
    public long rolledForward() {
      return rolledForward;
    }

    /** Pairs and halves that were moved to quarantine. */
    public long quarantined() {
      return quarantined;
    }

    /** Staged files and temporaries that were removed. */
    public long leftoversRemoved() {
      return leftoversRemoved;
    }

    /** How many bytes less count against the budget. */
    public long bytesRemoved() {
      return bytesRemoved;
    }

    long changes() {
      return rolledForward + quarantined + leftoversRemoved;
    }

    /** Adds what was done elsewhere. */
    public void add(Result other) {
      rolledForward += other.rolledForward;
      quarantined += other.quarantined;
      leftoversRemoved += other.leftoversRemoved;
      bytesRemoved += other.bytesRemoved;
    }
  }

  /**
   * Recovers one key from what a listing with sizes found. Takes the key's lock if there is need.
   *
   * @param result counts what was done, also by a run that fails half-way
   */
  public void run(KeyDirectory directory, KeyListing listing, Result result) throws IOException {
    foreignTouches.noteTracesIn(listing);
    List<KeyListing.Leftover> dead = deadLeftovers(directory, listing);
    Set<String> broken = listing.brokenRuns();
    for (KeyListing.Leftover leftover : dead) {
      if (leftover.staged() != null) {
        // Its owner may have died between its two renames: the payload in place may be the new one
        // even where its size is that of the old, and this the only file that completes it.
        broken.add(leftover.staged().runId());
      }
    }
    if (root.besideOtherMachines()) {
      passOverUnsettled(directory, broken, dead);
    }
    if (!broken.isEmpty() || !dead.isEmpty()) {
      try (KeyUpdate update = locks.acquire(directory)) {
        for (String runId : broken) {
          PairRecovery.Judgement judgement =
              listing.foreignManifestStaged(runId)
                  ? PairRecovery.Judgement.NONE
                  : PairRecovery.Judgement.SWEEP;
          PairRecovery.Outcome outcome = settle(update, runId, judgement);
          count(result, outcome);
          if (outcome == PairRecovery.Outcome.UNDECIDED) {
            // What somebody is bringing back may yet want the staged file that completes it.
            dead.removeIf(each -> isOf(runId, each) && !isWithItsOther(each, listing));
          }
        }
        for (KeyListing.Leftover leftover : dead) {
          remove(directory.path().resolve(leftover.name()), leftover, result);
        }
        update.recount();
      }
    }
  }

  /** What changes still, another machine may be publishing; no lock of ours would keep it out. */
  private void passOverUnsettled(
      KeyDirectory directory, Set<String> broken, List<KeyListing.Leftover> dead)
      throws IOException {
    List<String> all = List.copyOf(broken);
    ForeignWriters.Waits waits = new ForeignWriters.Waits();
    waits.of(all);
    for (String runId : all) {
      if (!foreignWriters.waitOut(directory, runId, waits)) {
        broken.remove(runId);
        dead.removeIf(each -> isOf(runId, each));
      }
    }
  }

  private static boolean isOf(String runId, KeyListing.Leftover leftover) {
    StagedName staged = leftover.staged();
    return staged != null && staged.runId().equals(runId);
  }

  /** Whether both halves of a pair are staged: then neither completes what is in place. */
  private static boolean isWithItsOther(KeyListing.Leftover leftover, KeyListing listing) {
    StagedName one = leftover.staged();
    for (KeyListing.Leftover each : listing.staged()) {
      StagedName other = each.staged();
      if (one != null && other != null && one.isOtherHalfOf(other)) {
        return true;
      }
    }
    return false;
  }

  /** Mends or sets aside one pair, and counts it. The caller holds the key's lock. */
  public PairRecovery.Outcome settle(
      KeyUpdate update, String runId, PairRecovery.Judgement judgement) throws IOException {
    boolean locked = update.heldAcrossProcesses();
    update.begin();
    // Without the lock nothing is proven: its holder may be stopped between its two renames.
    PairRecovery.Outcome outcome =
        recovery.recover(
            update.directory(), runId, locked ? judgement : PairRecovery.Judgement.NONE, locked);
    if (outcome != PairRecovery.Outcome.WHOLE) {
      update.recount();
    }
    switch (outcome) {
      case ROLLED_FORWARD -> counters.count(StoreCounter.ROLLED_FORWARD);
      case QUARANTINED -> {
        counters.count(StoreCounter.QUARANTINED);
        update.countRemoval();
        ledger.quarantineHas(quarantine.heldBytes());
      }
      case WHOLE, GONE, UNDECIDED -> {}
    }
    return outcome;
  }

  /** Recovers one key that is not being scanned, by what it looks like now. */
  public void run(Digest256 key) throws IOException {
    KeyDirectory directory = root.directory(key);
    run(directory, KeyListing.withSizes(root.ops(), directory), new Result());
  }

  private static void count(Result result, PairRecovery.Outcome outcome) {
    switch (outcome) {
      case ROLLED_FORWARD -> result.rolledForward++;
      case QUARANTINED -> result.quarantined++;
      case WHOLE, GONE, UNDECIDED -> {}
    }
  }

  private List<KeyListing.Leftover> deadLeftovers(KeyDirectory directory, KeyListing listing)
      throws IOException {
    List<KeyListing.Leftover> dead = new ArrayList<>();
    for (KeyListing.Leftover leftover : listing.staged()) {
      StagedName staged = leftover.staged();
      if (staged != null && leftovers.areGone(directory, staged)) {
        dead.add(leftover);
      }
    }
    for (KeyListing.Leftover leftover : listing.foreignTemporaries()) {
      if (leftovers.isDeadForeign(directory, leftover)) {
        dead.add(leftover);
      }
    }
    return dead;
  }

  private void remove(Path path, KeyListing.Leftover leftover, Result result) throws IOException {
    try {
      root.ops().unlink(path);
      result.leftoversRemoved++;
      // The original's temporaries never counted.
      result.bytesRemoved += leftover.staged() == null ? 0 : leftover.bytes();
      counters.count(StoreCounter.LEFTOVERS_REMOVED);
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      // A sibling's sweep was faster; or it is no file of ours, and must not keep us from the rest.
    }
  }
}
