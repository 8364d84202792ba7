package io.warmstart.lookup;

import io.warmstart.flight.Flight;
import io.warmstart.flight.LookupEvent;
import io.warmstart.index.ReadStamp;
import io.warmstart.index.Winners.Found;
import io.warmstart.io.RacyWindow;
import io.warmstart.io.Rereads;
import io.warmstart.lookup.KeySnapshots.KeySnapshot;
import io.warmstart.lookup.RecordedLookup.Age;
import io.warmstart.model.Digest256;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreCounter;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.policy.Limits;
import io.warmstart.policy.PolicyInForce;
import io.warmstart.policy.StoreLimits;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A lookup in the files of a key.
 *
 * <ol>
 *   <li>List the key's entries as they are at one moment, those in the journal first; of a run that
 *       is in both the later version counts. Pass over those that have expired.
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

  /** Between the looks at a key that other machines change. */
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final RootDirectory root;
  private final RecordedLookup recorded;
  private final KeySnapshots snapshots;
  private final FileLook.Parts parts;
  private final PolicyInForce policy;

  public FileLookup(
      RootDirectory root,
      RecordedLookup recorded,
      KeySnapshots snapshots,
      FileLook.Parts parts,
      PolicyInForce policy) {
    this.root = root;
    this.recorded = recorded;
    this.snapshots = snapshots;
    this.parts = parts;
    this.policy = policy;
  }

  /**
   * Looks up.
   *
   * @param foreignCheckNanos how old an answer may be with respect to programs without an index
   * @return whether {@code target} holds the winner now
   */
  boolean run(
      Digest256 key,
      Ranking ranking,
      StoreLimits limits,
      long foreignCheckNanos,
      EntryLease target) {
    return run(key, new Wanted(ranking, null), limits, foreignCheckNanos, target);
  }

  /**
   * Looks up a run, whatever the others are like.
   *
   * @return whether {@code target} holds it now
   */
  boolean run(
      Digest256 key, String runId, StoreLimits limits, long foreignCheckNanos, EntryLease target) {
    return run(key, new Wanted(Ranking.LATEST, runId), limits, foreignCheckNanos, target);
  }

  /**
   * Whether a lookup by {@link Ranking#FINAL_FIRST} may find a final result. To ask costs no
   * payload where the index knows the key: who waits for a final asks again and again, and large
   * checkpoints may be saved meanwhile.
   */
  boolean mayHaveFinal(Digest256 key, long foreignCheckNanos) {
    try {
      return root.besideOtherMachines() || recorded.mayHaveFinal(key, foreignCheckNanos);
    } catch (IOException e) {
      // The lookup tells.
      return true;
    }
  }

  private boolean run(
      Digest256 key, Wanted wanted, StoreLimits limits, long foreignCheckNanos, EntryLease target) {
    LookupEvent event = Flight.lookup();
    parts.counters().count(StoreCounter.LOOKUPS_FROM_FILES);
    if (parts.readOnly()) {
      // Nobody does it in the background.
      policy.refreshIfDue();
    }
    KeyDirectory directory = root.directory(key);
    try {
      if (parts.rootWatch().isGone()) {
        parts.rootWatch().require();
      }
      boolean byIndex =
          isAnsweredByIndex(directory, wanted, limits.now(), Age.within(foreignCheckNanos), target);
      boolean hit =
          byIndex || isAnsweredByFiles(directory, wanted, limits, foreignCheckNanos, target);
      if (event != null) {
        event.over(key.toHex(), hit, !byIndex);
      }
      return hit;
    } catch (IOException e) {
      parts.counters().count(StoreCounter.LOOKUP_FAILURES);
      throw StoreFailures.ofReading("lookup failed", directory.path(), e);
    }
  }

  private boolean isAnsweredByFiles(
      KeyDirectory directory,
      Wanted wanted,
      StoreLimits limits,
      long foreignCheckNanos,
      EntryLease target)
      throws IOException {
    Misfits.Patience patience = new Misfits.Patience();
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      long began = RacyWindow.systemNanos();
      Found found = attempt(directory, wanted, limits.now(), target, patience, attempt == 0);
      if (found == null) {
        Age sinceThen = new Age(foreignCheckNanos, began);
        if (isAnsweredByIndex(directory, wanted, limits.now(), sinceThen, target)) {
          return true;
        }
        continue;
      }
      if (found == Found.MISS) {
        parts.counters().count(StoreCounter.MISSES);
      }
      if (found != Found.UNKNOWN) {
        return found == Found.HIT;
      }
      if (root.besideOtherMachines()) {
        // What this machine's client has cached of the key may be old for another moment.
        Rereads.pause(Math.min(LONGEST_PAUSE_NANOS, FIRST_PAUSE_NANOS << Math.min(attempt, 16)));
      }
    }
    throw new IOException("the key changed under each of " + MOST_ATTEMPTS + " looks");
  }

  /** Takes the winner by what the index has recorded; false if the files must be asked. */
  private boolean isAnsweredByIndex(
      KeyDirectory directory, Wanted wanted, Limits limits, Age age, EntryLease target) {
    RecordedLookup.Found found;
    try {
      found = root.besideOtherMachines() ? null : recorded.run(directory, wanted, limits, age);
    } catch (IOException e) {
      // The look at the directory tells, or finds another version.
      return false;
    }
    if (found == null) {
      return false;
    }
    ReadStamp readStamp =
        wanted.runId() == null && !parts.journal().showsMoreWithAge(directory.key())
            ? found.readStamp()
            : null;
    parts.answer().take(directory, wanted.ranking(), readStamp, found.read(), target);
    return true;
  }

  /**
   * One look; {@link Found#UNKNOWN} if the key changed under it, and null if the index has learned
   * of all that the files say.
   */
  private @Nullable Found attempt(
      KeyDirectory directory,
      Wanted wanted,
      Limits limits,
      EntryLease target,
      Misfits.Patience patience,
      boolean mayAskIndex)
      throws IOException {
    String runId = wanted.runId();
    if (runId != null && isLacking(directory, runId)) {
      parts.rootWatch().require();
      return Found.MISS;
    }
    KeySnapshot snapshot = snapshots.take(directory, mayAskIndex);
    return snapshot == null
        ? null
        : new FileLook(parts, directory, wanted, limits, target, patience, snapshot).run();
  }

  /**
   * Whether a key has no such run, by its name alone: it may have thousands of others. A name that
   * is there may be another's, which differs in case only.
   */
  private boolean isLacking(KeyDirectory directory, String runId) throws IOException {
    // Before the name is looked for: what leaves the journal is in place by then.
    if (root.besideOtherMachines()
        || parts.journal().entriesOf(directory.key()).stream()
            .anyMatch(entry -> entry.runId().equals(runId))) {
      return false;
    }
    try {
      root.ops().stat(directory.manifest(runId));
      return false;
    } catch (NoSuchFileException e) {
      return true;
    } catch (IOException e) {
      // The listing tells.
      return false;
    }
  }
}
