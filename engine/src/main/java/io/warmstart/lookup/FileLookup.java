package io.warmstart.lookup;

import io.warmstart.access.AccessStamps;
import io.warmstart.access.Expiry;
import io.warmstart.foreign.ForeignWriters;
import io.warmstart.format.Candidate;
import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.Rankings;
import io.warmstart.index.HotEntry;
import io.warmstart.index.Index;
import io.warmstart.index.ReadStamp;
import io.warmstart.io.Rereads;
import io.warmstart.io.RootWatch;
import io.warmstart.key.KeyUpdate;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.lookup.KeySnapshots.KeySnapshot;
import io.warmstart.model.Digest256;
import io.warmstart.model.Ranking;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.ManifestFile;
import io.warmstart.pair.PairReader;
import io.warmstart.pair.PairReader.PairRead;
import io.warmstart.pair.PairRecovery;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.payload.PayloadCache;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.policy.Limits;
import io.warmstart.policy.PolicyInForce;
import io.warmstart.policy.StoreLimits;
import io.warmstart.process.Counter;
import io.warmstart.process.Counters;
import io.warmstart.process.StripeLocks;
import io.warmstart.recover.RecoverFlow;
import io.warmstart.recover.UnsettledKeys;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * A lookup in the files of a key.
 *
 * <ol>
 *   <li>List the key's entries as they are at one moment; pass over those that have expired.
 *   <li>In the order of the ranking, read each one's payload and compare it with its manifest; the
 *       first that fits is the answer. Note the hit for its access stamp.
 *   <li>If one does not fit, a save may be between its two renames, or was cut off there: then its
 *       staged manifest fits, and the two are the new version. Complete the save if the key's lock
 *       is free, and answer by the staged manifest if it is not.
 *   <li>If none fits, read the manifest again. If that has changed, a writer was at work: start
 *       over.
 *   <li>If it is stable, wait until both files are older than a foreign writer's two renames are
 *       apart, then look once more under the key's lock, complete a publish that was cut off, or,
 *       if both files have been as they are for a minute, move the pair to quarantine; go on with
 *       the runner-up. A half without the other is passed over, for a sweep to judge.
 * </ol>
 *
 * <p>A program that takes no lock of ours stages nothing that we could answer by. While one may be
 * between its renames, the version that the manifest still tells of is the entry's: if this process
 * has it in memory, it is the answer, and nobody waits. A store that may change nothing waits as
 * the others do, and mends nothing.
 *
 * <p>It is answered within a second even then: so it waits for locks for less than that.
 *
 * <p>Nothing is removed that somebody may be writing. What could not be read because of an error is
 * never passed off as a miss.
 */
public final class FileLookup {
  private static final int MOST_ATTEMPTS = 64;

  /**
   * How often one lookup starts over because a pair was changing. A writer that renames changes it
   * twice; one that copies into the file in place, with each buffer, for as long as it takes.
   */
  private static final int MOST_CHANGES = 32;

  /** In all, for holders of locks. With the wait for foreign writers, 0.7 s. */
  private static final long MOST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(600);

  /** Between the looks at a key that other machines change. */
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final RootDirectory root;
  private final KeySnapshots snapshots;
  private final PairReader reader;
  private final StripeLocks stripes;
  private final RecoveringLocks locks;
  private final RecoverFlow recoverFlow;
  private final ForeignWriters foreignWriters;
  private final Index index;
  private final PayloadCache payloads;
  private final Expiry expiry;
  private final UnsettledKeys unsettled;
  private final PolicyInForce policy;
  private final RootWatch rootWatch;
  private final boolean besideOtherMachines;
  private final boolean readOnly;
  private final Counters counters;
  private final EpochNanoClock clock;

  public FileLookup(
      RootDirectory root,
      KeySnapshots snapshots,
      PairReader reader,
      StripeLocks stripes,
      RecoveringLocks locks,
      RecoverFlow recoverFlow,
      ForeignWriters foreignWriters,
      Index index,
      PayloadCache payloads,
      Expiry expiry,
      UnsettledKeys unsettled,
      PolicyInForce policy,
      RootWatch rootWatch,
      boolean besideOtherMachines,
      boolean readOnly,
      Counters counters,
      EpochNanoClock clock) {
    this.root = root;
    this.snapshots = snapshots;
    this.reader = reader;
    this.stripes = stripes;
    this.locks = locks;
    this.recoverFlow = recoverFlow;
    this.foreignWriters = foreignWriters;
    this.index = index;
    this.payloads = payloads;
    this.expiry = expiry;
    this.unsettled = unsettled;
    this.policy = policy;
    this.rootWatch = rootWatch;
    this.besideOtherMachines = besideOtherMachines;
    this.readOnly = readOnly;
    this.counters = counters;
    this.clock = clock;
  }

  /**
   * Looks up.
   *
   * @return whether {@code target} holds the winner now
   */
  boolean run(Digest256 key, Ranking ranking, StoreLimits limits, EntryLease target) {
    counters.count(Counter.LOOKUPS_FROM_FILES);
    if (readOnly) {
      // Nobody does it in the background.
      policy.refreshIfDue();
    }
    KeyDirectory directory = root.directory(key);
    Patience patience = new Patience();
    try {
      if (rootWatch.isGone()) {
        rootWatch.require();
      }
      for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        Boolean hit = attempt(directory, ranking, limits.now(), target, patience);
        if (hit != null) {
          if (!hit) {
            counters.count(Counter.MISSES);
          }
          return hit;
        }
        if (besideOtherMachines) {
          // What this machine's client has cached of the key may be old for another moment.
          Rereads.pause(Math.min(LONGEST_PAUSE_NANOS, FIRST_PAUSE_NANOS << Math.min(attempt, 16)));
        }
      }
      throw new IOException("the key changed under each of " + MOST_ATTEMPTS + " looks");
    } catch (IOException e) {
      counters.count(Counter.LOOKUP_FAILURES);
      throw StoreFailures.ofReading("lookup failed", directory.path(), e);
    }
  }

  /** One look; null if the key changed under it. */
  private @Nullable Boolean attempt(
      KeyDirectory directory, Ranking ranking, Limits limits, EntryLease target, Patience patience)
      throws IOException {
    KeySnapshot snapshot = snapshots.take(directory);
    ReadStamp ticket = snapshot.ticket();
    KeyListing scan = snapshot.scan();
    patience.waits.of(
        Stream.concat(
                scan.candidates().stream().map(Candidate::runId),
                scan.suspects().stream().map(KeyListing.Suspect::runId))
            .toList());
    IOException unreadable = null;
    for (KeyListing.Suspect suspect : scan.suspects()) {
      if (suspect.unreadable()) {
        unreadable = new IOException(suspect.reason());
      } else if (readOnly) {
        if (hasBecomeReadable(directory, suspect.runId(), patience)) {
          return null;
        }
      } else {
        try {
          PairRecovery.Outcome outcome =
              settle(directory, suspect.runId(), judgement(scan, suspect.runId()), patience);
          if (outcome == PairRecovery.Outcome.WHOLE
              || outcome == PairRecovery.Outcome.ROLLED_FORWARD) {
            return null;
          }
        } catch (IOException e) {
          unreadable = stays(e);
        }
      }
    }
    List<Candidate> unexpired = unexpired(directory, scan, limits);
    // What this store passes over as expired, one with another TTL would return.
    boolean general = unreadable == null && unexpired.size() == scan.candidates().size();
    List<Candidate> order = Rankings.rule(ranking).preferenceOrder(unexpired);
    for (int next = 0; next < order.size(); next++) {
      Candidate candidate = order.get(next);
      PairRead read;
      try {
        read = reader.read(directory, candidate.runId(), candidate.manifest());
      } catch (IOException e) {
        counters.count(Counter.LOOKUP_FAILURES);
        unreadable = e;
        continue;
      }
      PayloadMemory memory = read.memory();
      if (memory != null) {
        boolean best = general && candidate.runId().equals(order.get(0).runId());
        take(directory, ranking, best ? ticket : null, candidate, memory, target);
        return true;
      }
      try {
        Manifest staged = reader.cutOff(directory, candidate.runId());
        if (staged != null) {
          if (isCompleted(directory, candidate.runId())) {
            return null;
          }
          // It may rank otherwise than the version before. It is in place when its holder goes on.
          general = false;
          order.set(next, new Candidate(candidate.runId(), staged));
          order = Rankings.rule(ranking).preferenceOrder(order.subList(next, order.size()));
          next = -1;
          continue;
        }
        if (changed(directory, candidate)) {
          return null;
        }
        if (foreignWriters.mayBeAtWork(directory, candidate.runId())
            && takeFromMemory(directory, candidate, target)) {
          return true;
        }
        if (isMended(directory, candidate, patience)) {
          return null;
        }
        if (takeFromMemory(directory, candidate, target)) {
          return true;
        }
      } catch (IOException e) {
        unreadable = stays(e);
      }
    }
    if (unreadable != null) {
      throw unreadable;
    }
    if (!scan.exists()) {
      rootWatch.require();
    }
    boolean empty = scan.candidates().isEmpty() && scan.suspects().isEmpty();
    if (ticket != null && empty && scan.proven()) {
      fill(directory, ticket, ranking, null, 0);
    }
    return false;
  }

  /** A bad pair that could not be set aside is in nobody's way: the runner-up serves as well. */
  private IOException stays(IOException failure) {
    counters.count(Counter.LOOKUP_FAILURES);
    return failure;
  }

  private void take(
      KeyDirectory directory,
      Ranking ranking,
      @Nullable ReadStamp ticket,
      Candidate candidate,
      PayloadMemory memory,
      EntryLease target) {
    HotEntry found = new HotEntry(directory, Rankings.index(ranking), candidate, memory, payloads);
    target.lease().take(found);
    target.show(found, counters);
    long now = clock.nanoTime();
    if (ticket == null || !fill(directory, ticket, ranking, found, now)) {
      // For this caller alone: freed when its lease ends.
      found.retire();
    }
    if (!readOnly) {
      expiry.noteHit(directory.key(), candidate, now);
    }
  }

  /** Takes the version that a manifest tells of, if this process has it in memory. */
  private boolean takeFromMemory(KeyDirectory directory, Candidate candidate, EntryLease target) {
    for (Ranking ranking : Ranking.values()) {
      HotEntry last = index.inMemory(directory.key(), Rankings.index(ranking));
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

  private boolean fill(
      KeyDirectory directory,
      ReadStamp ticket,
      Ranking ranking,
      @Nullable HotEntry winner,
      long lastUse) {
    // Before the lock, for which savers wait.
    long manifestCtime = winner == null ? 0 : index.manifestCtime(ticket, winner);
    try (StripeLocks.Hold hold = stripes.acquireBriefly(directory.key())) {
      return hold.heldAcrossProcesses()
          && index.fill(ticket, Rankings.index(ranking), winner, lastUse, manifestCtime);
    }
  }

  private List<Candidate> unexpired(KeyDirectory directory, KeyListing scan, Limits limits) {
    List<Candidate> unexpired = new ArrayList<>(scan.candidates().size());
    for (Candidate candidate : scan.candidates()) {
      if (!expiry.isExpired(limits, directory.key(), candidate)) {
        unexpired.add(candidate);
      }
    }
    return unexpired;
  }

  private boolean changed(KeyDirectory directory, Candidate candidate) throws IOException {
    try {
      Manifest now =
          ManifestFile.read(root.ops(), directory.manifest(candidate.runId())).manifest();
      return !AccessStamps.sameVersion(now, candidate.manifest());
    } catch (NoSuchFileException | ManifestFormatException e) {
      return true;
    }
  }

  /** How long one lookup goes on waiting for others that do not come to their end. */
  private static final class Patience {
    private long leftNanos = MOST_WAIT_NANOS;

    /** For writers that take no lock of ours. */
    private final ForeignWriters.Waits waits = new ForeignWriters.Waits();

    /** How often a pair was changing. */
    private int changes;

    /** Whether to look again at a pair that was changing. */
    private boolean startsOver() {
      return ++changes <= MOST_CHANGES;
    }
  }

  /** Somebody copies into a file in place. Whether it will fit, a later lookup finds. */
  private boolean isLeftForLater(KeyDirectory directory) {
    unsettled.note(directory.key(), System.nanoTime());
    return false;
  }

  /** Deals with a pair that does not fit; true if it is worth looking again. */
  private boolean isMended(KeyDirectory directory, Candidate candidate, Patience patience)
      throws IOException {
    if (!foreignWriters.waitOut(directory, candidate.runId(), patience.waits)) {
      return patience.startsOver() || isLeftForLater(directory);
    }
    if (!readOnly && isSettled(directory, candidate, patience)) {
      return true;
    }
    patience.leftNanos -=
        foreignWriters.waitForSecondRename(directory, candidate.runId(), patience.leftNanos);
    return changed(directory, candidate);
  }

  /** Whether a manifest that could not be read can be now, or is another's: it is being written. */
  private boolean hasBecomeReadable(KeyDirectory directory, String runId, Patience patience)
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
  private boolean isCompleted(KeyDirectory directory, String runId) {
    // No lock keeps another machine out, which may be between its renames at this moment.
    if (readOnly || besideOtherMachines) {
      return false;
    }
    try (KeyUpdate update = locks.acquire(directory, 0)) {
      return update.heldAcrossProcesses()
          && recoverFlow.settle(update, runId, PairRecovery.Judgement.NONE)
              != PairRecovery.Outcome.UNDECIDED;
    } catch (IOException e) {
      // What it was cut off by is still so. It can be read all the same.
      counters.count(Counter.LOOKUP_FAILURES);
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

  private static PairRecovery.Judgement judgement(KeyListing scan, String runId) {
    return scan.foreignManifestStaged(runId)
        ? PairRecovery.Judgement.NONE
        : PairRecovery.Judgement.LOOKUP;
  }

  /** After a wait in vain, what can be done without the lock. */
  private PairRecovery.Outcome settle(
      KeyDirectory directory, String runId, PairRecovery.Judgement judgement, Patience patience)
      throws IOException {
    long began = System.nanoTime();
    try (KeyUpdate update = locks.acquire(directory, patience.leftNanos)) {
      if (!update.heldAcrossProcesses()) {
        patience.leftNanos -= Math.min(patience.leftNanos, System.nanoTime() - began);
        counters.count(Counter.LOCK_TIMEOUTS);
        counters.count(Counter.FILES_ONLY);
      }
      PairRecovery.Outcome outcome = recoverFlow.settle(update, runId, judgement);
      if (outcome == PairRecovery.Outcome.UNDECIDED) {
        unsettled.note(directory.key(), System.nanoTime());
      }
      return outcome;
    }
  }
}
