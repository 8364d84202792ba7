package io.warmstart;

import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.ManifestFile;
import io.warmstart.entry.PairRemoval;
import io.warmstart.entry.SettledListing;
import io.warmstart.format.Candidate;
import io.warmstart.format.DirectoryNames;
import io.warmstart.format.DirectoryNames.Classified;
import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.index.EntryFacts;
import io.warmstart.index.KeyLocks;
import io.warmstart.index.RecordedEntry;
import io.warmstart.index.RootRecords;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Removes one entry, under its key's lock, if it still is what it was chosen for.
 *
 * <p>The manifest goes first: what a death in between leaves is a payload that no reader asks for.
 */
final class EntryRemoval {
  private final Engine engine;
  private final @Nullable SavedEntry spared;
  private final RootRecords records;

  EntryRemoval(Engine engine, @Nullable SavedEntry spared) {
    this.engine = engine;
    this.spared = spared;
    this.records = engine.records();
  }

  /** What came of an attempt to remove an entry. */
  enum Outcome {
    REMOVED,
    /** It was used or changed since it was recorded; the index knows better now. */
    STAYS,
    /** It is the entry that this sweep was made for. */
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
   * Removes an entry that the index has recorded, unless its manifest tells of a later use. Then,
   * and if it is not there, the index is told better.
   *
   * @param expiredBy limits by which it must have expired; null if it is to go all the same
   */
  Removal remove(RecordedEntry entry, @Nullable Limits expiredBy) throws IOException {
    KeyDirectory directory = engine.directory(entry.key());
    try (KeyLocks.Hold hold = engine.lock(directory)) {
      if (!hold.shared()) {
        return Removal.none(Outcome.STAYS);
      }
      String runId = runIdOf(directory, entry);
      Manifest manifest = runId == null ? null : read(directory, runId);
      if (runId == null || manifest == null) {
        records.absent(hold, entry);
        return Removal.none(Outcome.BROKEN);
      }
      if (spared != null && spared.is(entry.key(), runId, manifest)) {
        return Removal.none(Outcome.SPARED);
      }
      Candidate candidate = new Candidate(runId, manifest);
      long bytes = sizeOf(directory.manifest(runId)) + sizeOf(directory.payload(runId));
      EntryFacts facts = Expiry.facts(engine, entry.key(), candidate, bytes);
      if (facts.lastUseNanos() > entry.lastUseNanos() || (facts.accessed() && !entry.accessed())) {
        records.restamped(hold, entry.key(), facts, 0);
        return Removal.none(Outcome.STAYS);
      }
      if (expiredBy != null
          && (expiredBy.spares(manifest)
              || !expiredBy.isPast(entry.lastUseNanos(), engine.clock.nanoTime()))) {
        return Removal.none(Outcome.STAYS);
      }
      return unlinkPair(hold, directory, runId, manifest, bytes)
          ? new Removal(Outcome.REMOVED, runId, bytes)
          : Removal.none(Outcome.STAYS);
    }
  }

  /** Removes an entry that a walk has found, if it still is the version that was found. */
  boolean remove(RootWalk.Evictable entry) throws IOException {
    KeyDirectory directory = entry.directory();
    String runId = entry.candidate().runId();
    try (KeyLocks.Hold hold = engine.lock(directory)) {
      Manifest manifest = entry.candidate().manifest();
      if (!hold.exclusive() || !manifest.equals(read(directory, runId))) {
        return false;
      }
      return unlinkPair(hold, directory, runId, manifest, entry.bytes());
    }
  }

  /**
   * Removes the pair.
   *
   * @return false if another machine has replaced it meanwhile
   */
  private boolean unlinkPair(
      KeyLocks.Hold hold, KeyDirectory directory, String runId, Manifest manifest, long bytes)
      throws IOException {
    // Before the first unlink: a saver that finds its pair gone must already see why.
    hold.countRemoval();
    engine.index.changing(directory);
    try {
      if (!engine.besideOtherMachines()) {
        unlinkIfThere(directory.manifest(runId));
        unlinkIfThere(directory.payload(runId));
      } else if (!removeReplaceable(directory, runId, manifest)) {
        return false;
      }
    } finally {
      engine.index.changed(directory);
    }
    records.removed(hold, directory.key(), runId, bytes);
    try {
      engine.ops.removeDirectory(directory.path());
      records.vanished(hold, directory.key());
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      // Gone, or in use: a saver that loses it between making it and staging in it makes it again.
    }
    return true;
  }

  private boolean removeReplaceable(KeyDirectory directory, String runId, Manifest manifest)
      throws IOException {
    PairRemoval removal = new PairRemoval(engine.ops, engine.stager);
    PairRemoval.Judged judged = removal.judge(directory, runId);
    return judged != null
        && PendingTouches.sameVersion(judged.manifest(), manifest)
        && removal.remove(directory, runId, judged);
  }

  /** The run id as recorded; one too long for that is looked for among the names. */
  private @Nullable String runIdOf(KeyDirectory directory, RecordedEntry entry) throws IOException {
    if (entry.runId() != null) {
      return entry.runId();
    }
    for (String name : SettledListing.of(engine.ops, directory).names()) {
      Classified classified = DirectoryNames.classify(name);
      if (classified.kind() == DirectoryNames.Kind.MANIFEST
          && classified.runId() != null
          && entry.isOf(classified.runId())) {
        return classified.runId();
      }
    }
    return null;
  }

  private @Nullable Manifest read(KeyDirectory directory, String runId) throws IOException {
    try {
      return ManifestFile.read(engine.ops, directory.manifest(runId)).manifest();
    } catch (NoSuchFileException | ManifestFormatException e) {
      return null;
    }
  }

  private long sizeOf(Path path) throws IOException {
    try {
      return engine.ops.stat(path).size();
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  private void unlinkIfThere(Path path) throws IOException {
    try {
      engine.ops.unlink(path);
    } catch (NoSuchFileException e) {
      // A store that knows no lock was faster.
    }
  }
}
