package io.warmstart.evict;

import io.warmstart.access.AccessStamps;
import io.warmstart.access.Expiry;
import io.warmstart.format.DirectoryNames;
import io.warmstart.format.DirectoryNames.Classified;
import io.warmstart.format.Manifest;
import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.RecordedEntry;
import io.warmstart.io.FileFacts;
import io.warmstart.journal.JournalView;
import io.warmstart.key.KeyUpdate;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.ManifestFile;
import io.warmstart.pair.PairRemoval;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.SettledListing;
import io.warmstart.policy.Limits;
import io.warmstart.policy.Pins;
import io.warmstart.ranking.Candidate;
import io.warmstart.save.SavedEntry;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Removes one entry, under its key's lock, if it still is what it was chosen for.
 *
 * <p>The manifest goes first: what a death in between leaves is a payload that no reader asks for.
 */
public final class EntryRemoval {
  private final RootDirectory root;
  private final RecoveringLocks locks;
  private final PairRemoval pairRemoval;
  private final Expiry expiry;
  private final Pins pins;
  private final JournalView journal;
  private final EpochNanoClock clock;

  public EntryRemoval(
      RootDirectory root,
      RecoveringLocks locks,
      PairRemoval pairRemoval,
      Expiry expiry,
      Pins pins,
      JournalView journal,
      EpochNanoClock clock) {
    this.root = root;
    this.locks = locks;
    this.pairRemoval = pairRemoval;
    this.expiry = expiry;
    this.pins = pins;
    this.journal = journal;
    this.clock = clock;
  }

  /** What came of an attempt to remove an entry. */
  enum Outcome {
    REMOVED,
    /** It was used or changed since it was chosen, or lies in the journal as well. */
    STAYS,
    /** It is pinned, or the entry that this sweep was made for. */
    SPARED,
    /** It is not there as it should be: the key wants mending. */
    BROKEN
  }

  /**
   * What came of it.
   *
   * @param runId the run that was removed; empty for every other outcome
   * @param bytes its pair's; 0 for every other outcome
   */
  record Removal(Outcome outcome, String runId, long bytes) {
    static Removal none(Outcome outcome) {
      return new Removal(outcome, "", 0);
    }
  }

  /**
   * Removes an entry. One that is chosen to make room stays if its manifest tells of a later use
   * than that it was chosen by; one that is chosen as expired, if it has not by what its manifest
   * tells now: the index may have it from a time when its stamp lay ahead of the clock. What stays
   * so, or is not there, is corrected in the index.
   *
   * @param expiredBy limits by which it must have expired; null if it is to go all the same
   * @param spared the entry that this sweep was made for; null if there is none
   */
  Removal remove(Victim victim, @Nullable Limits expiredBy, @Nullable SavedEntry spared)
      throws IOException {
    KeyDirectory directory = root.directory(victim.key());
    try (KeyUpdate update = locks.acquire(directory)) {
      RecordedEntry recorded = victim.recorded();
      // A victim of a scan may go where a stopped process has the lock of all processes: the index
      // has no part in the choice, and the process's own lock keeps its threads out.
      if (recorded == null ? !update.heldInProcess() : !update.heldAcrossProcesses()) {
        return Removal.none(Outcome.STAYS);
      }
      String runId = runIdOf(directory, victim);
      ManifestFile file =
          runId == null ? null : ManifestFile.readOrNull(root.ops(), directory.manifest(runId));
      Manifest manifest = file == null ? null : file.manifest();
      if (runId == null || manifest == null) {
        if (recorded != null) {
          update.absent(recorded);
        }
        return Removal.none(Outcome.BROKEN);
      }
      if ((spared != null && spared.is(victim.key(), runId, manifest))
          || pins.holds(victim.key(), runId)) {
        return Removal.none(Outcome.SPARED);
      }
      if (journal.holds(victim.key(), runId)) {
        // A version of it, be it an older one, would be found again, and become a pair again.
        return Removal.none(Outcome.STAYS);
      }
      Candidate candidate = new Candidate(runId, manifest);
      long bytes = sizeOf(directory.manifest(runId)) + sizeOf(directory.payload(runId));
      EntryFacts facts = expiry.facts(victim.key(), candidate, bytes);
      boolean stays =
          expiredBy == null
              ? isUsedSince(victim, facts)
              : expiredBy.spares(manifest)
                  || !expiredBy.isPast(facts.lastUseNanos(), clock.nanoTime());
      if (stays) {
        if (isUsedSince(victim, facts)) {
          update.restamped(facts, 0);
        }
        return Removal.none(Outcome.STAYS);
      }
      return unlinkPair(update, runId, manifest, bytes)
          ? new Removal(Outcome.REMOVED, runId, bytes)
          : Removal.none(Outcome.STAYS);
    }
  }

  private static boolean isUsedSince(Victim victim, EntryFacts facts) {
    return facts.lastUseNanos() > victim.lastUseNanos() || (facts.accessed() && !victim.accessed());
  }

  /**
   * Removes a run, whatever its use and its limits.
   *
   * @return REMOVED; BROKEN if there is none; SPARED if it is pinned; STAYS if it could not be
   *     removed, or lies in a journal
   */
  Outcome removeRun(KeyDirectory directory, String runId) throws IOException {
    try (KeyUpdate update = locks.acquire(directory)) {
      if (!update.heldAcrossProcesses() || journal.holds(directory.key(), runId)) {
        return Outcome.STAYS;
      }
      long bytes = sizeOf(directory.manifest(runId)) + sizeOf(directory.payload(runId));
      if (bytes == 0) {
        return Outcome.BROKEN;
      }
      if (pins.holds(directory.key(), runId)) {
        return Outcome.SPARED;
      }
      journal.makeMarksDurable();
      ManifestFile file = ManifestFile.readOrNull(root.ops(), directory.manifest(runId));
      if (file != null) {
        return unlinkPair(update, runId, file.manifest(), bytes) ? Outcome.REMOVED : Outcome.STAYS;
      }
      // What cannot be read, or half a pair.
      update.countRemoval();
      update.begin();
      unlink(update, runId, null);
      update.recount();
      return Outcome.REMOVED;
    }
  }

  /**
   * Removes the pair.
   *
   * @return false if another machine has replaced it meanwhile
   */
  private boolean unlinkPair(KeyUpdate update, String runId, Manifest manifest, long bytes)
      throws IOException {
    KeyDirectory directory = update.directory();
    // Before the first unlink: a saver that finds its pair gone must already see why.
    update.countRemoval();
    update.beginOfRun(runId, locks.look(directory));
    if (!unlink(update, runId, root.besideOtherMachines() ? manifest : null)) {
      return false;
    }
    update.removed(runId, bytes);
    try {
      root.ops().removeDirectory(directory.path());
      update.vanished();
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      // Gone, or in use: a saver that loses it between making it and staging in it makes it again.
    }
    return true;
  }

  /**
   * Unlinks a run's files. If that fails on the way the index is told what is left; otherwise half
   * an entry looks like the work of a program that tells no index.
   *
   * @param replaceable what the manifest must still say, where others may replace it meanwhile
   * @return false if it says something else: then nothing was unlinked
   */
  private boolean unlink(KeyUpdate update, String runId, @Nullable Manifest replaceable)
      throws IOException {
    KeyDirectory directory = update.directory();
    try {
      if (replaceable != null) {
        return removeReplaceable(directory, runId, replaceable);
      }
      root.ops().unlinkIfThere(directory.manifest(runId));
      root.ops().unlinkIfThere(directory.payload(runId));
      return true;
    } catch (IOException e) {
      try {
        update.recount();
      } catch (IOException recounting) {
        e.addSuppressed(recounting);
      }
      throw e;
    }
  }

  private boolean removeReplaceable(KeyDirectory directory, String runId, Manifest manifest)
      throws IOException {
    PairRemoval.Judged judged = pairRemoval.judge(directory, runId);
    return judged != null
        && AccessStamps.sameVersion(judged.manifest(), manifest)
        && pairRemoval.remove(directory, runId, judged);
  }

  /** The run id as recorded; one too long for that is looked for among the names. */
  private @Nullable String runIdOf(KeyDirectory directory, Victim victim) throws IOException {
    RecordedEntry recorded = victim.recorded();
    if (victim.runId() != null || recorded == null) {
      return victim.runId();
    }
    for (String name : SettledListing.of(root.ops(), directory).names()) {
      Classified classified = DirectoryNames.classify(name);
      if (classified.kind() == DirectoryNames.Kind.MANIFEST
          && classified.runId() != null
          && recorded.isOf(classified.runId())) {
        return classified.runId();
      }
    }
    return null;
  }

  private long sizeOf(Path path) throws IOException {
    FileFacts facts = root.ops().statOrNull(path);
    return facts == null ? 0 : facts.size();
  }
}
