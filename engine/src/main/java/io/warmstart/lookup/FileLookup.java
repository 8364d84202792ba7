package io.warmstart.lookup;

import io.warmstart.access.Expiry;
import io.warmstart.flight.Flight;
import io.warmstart.flight.LookupEvent;
import io.warmstart.foreign.ForeignWriters;
import io.warmstart.format.Candidate;
import io.warmstart.format.Manifest;
import io.warmstart.index.ReadStamp;
import io.warmstart.io.Rereads;
import io.warmstart.io.RootWatch;
import io.warmstart.journal.JournalEntry;
import io.warmstart.journal.JournalView;
import io.warmstart.lookup.KeySnapshots.KeySnapshot;
import io.warmstart.model.Digest256;
import io.warmstart.model.Ranking;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.PairReader;
import io.warmstart.pair.PairReader.PairRead;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.policy.Limits;
import io.warmstart.policy.PolicyInForce;
import io.warmstart.policy.StoreLimits;
import io.warmstart.process.Counter;
import io.warmstart.process.Counters;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
  private final PairReader reader;
  private final Misfits misfits;
  private final LookupAnswer answer;
  private final JournalView journal;
  private final String producer;
  private final ForeignWriters foreignWriters;
  private final Expiry expiry;
  private final PolicyInForce policy;
  private final RootWatch rootWatch;
  private final boolean besideOtherMachines;
  private final boolean readOnly;
  private final Counters counters;

  public FileLookup(
      RootDirectory root,
      RecordedLookup recorded,
      KeySnapshots snapshots,
      PairReader reader,
      Misfits misfits,
      LookupAnswer answer,
      JournalView journal,
      String producer,
      ForeignWriters foreignWriters,
      Expiry expiry,
      PolicyInForce policy,
      RootWatch rootWatch,
      boolean besideOtherMachines,
      boolean readOnly,
      Counters counters) {
    this.root = root;
    this.recorded = recorded;
    this.snapshots = snapshots;
    this.reader = reader;
    this.misfits = misfits;
    this.answer = answer;
    this.journal = journal;
    this.producer = producer;
    this.foreignWriters = foreignWriters;
    this.expiry = expiry;
    this.policy = policy;
    this.rootWatch = rootWatch;
    this.besideOtherMachines = besideOtherMachines;
    this.readOnly = readOnly;
    this.counters = counters;
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
      return besideOtherMachines
          || !Boolean.FALSE.equals(recorded.finalWins(key, foreignCheckNanos));
    } catch (IOException e) {
      // The lookup tells.
      return true;
    }
  }

  private boolean run(
      Digest256 key, Wanted wanted, StoreLimits limits, long foreignCheckNanos, EntryLease target) {
    LookupEvent event = Flight.lookup();
    counters.count(Counter.LOOKUPS_FROM_FILES);
    if (readOnly) {
      // Nobody does it in the background.
      policy.refreshIfDue();
    }
    KeyDirectory directory = root.directory(key);
    try {
      if (rootWatch.isGone()) {
        rootWatch.require();
      }
      boolean byIndex =
          isAnsweredByIndex(directory, wanted, limits.now(), foreignCheckNanos, target);
      boolean hit = byIndex || isAnsweredByFiles(directory, wanted, limits, target);
      if (event != null) {
        event.over(key.toHex(), hit, !byIndex);
      }
      return hit;
    } catch (IOException e) {
      counters.count(Counter.LOOKUP_FAILURES);
      throw StoreFailures.ofReading("lookup failed", directory.path(), e);
    }
  }

  private boolean isAnsweredByFiles(
      KeyDirectory directory, Wanted wanted, StoreLimits limits, EntryLease target)
      throws IOException {
    Misfits.Patience patience = new Misfits.Patience();
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      Boolean hit = attempt(directory, wanted, limits.now(), target, patience);
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
  }

  /** Takes the winner by what the index has recorded; false if the files must be asked. */
  private boolean isAnsweredByIndex(
      KeyDirectory directory,
      Wanted wanted,
      Limits limits,
      long foreignCheckNanos,
      EntryLease target) {
    RecordedLookup.Found found;
    try {
      found =
          besideOtherMachines ? null : recorded.run(directory, wanted, limits, foreignCheckNanos);
    } catch (IOException e) {
      // The look at the directory tells, or finds another version.
      return false;
    }
    if (found == null) {
      return false;
    }
    ReadStamp ticket = wanted.runId() == null ? found.ticket() : null;
    answer.take(directory, wanted.ranking(), ticket, found.read(), target);
    return true;
  }

  /** One look; null if the key changed under it. */
  private @Nullable Boolean attempt(
      KeyDirectory directory,
      Wanted wanted,
      Limits limits,
      EntryLease target,
      Misfits.Patience patience)
      throws IOException {
    String runId = wanted.runId();
    if (runId != null && isLacking(directory, runId)) {
      rootWatch.require();
      return false;
    }
    KeySnapshot snapshot = snapshots.take(directory);
    ReadStamp ticket = snapshot.ticket();
    KeyListing scan = snapshot.scan();
    JournalledRuns journalled = new JournalledRuns(snapshot.journalled(), producer);
    patience.mayConcern(
        Stream.concat(
                scan.candidates().stream().map(Candidate::runId),
                scan.suspects().stream().map(KeyListing.Suspect::runId))
            .toList());
    IOException unreadable = null;
    for (KeyListing.Suspect suspect : scan.suspects()) {
      boolean isBeingMade = journalled.contains(suspect.runId()) && !suspect.unreadable();
      if (isBeingMade || !wanted.isOf(suspect.runId())) {
        continue;
      }
      if (suspect.unreadable()) {
        unreadable = new IOException(suspect.reason());
      } else if (readOnly) {
        if (misfits.hasBecomeReadable(directory, suspect.runId(), patience)) {
          return null;
        }
      } else {
        try {
          if (misfits.isReadableAgain(directory, suspect.runId(), scan, patience)) {
            return null;
          }
        } catch (IOException e) {
          unreadable = stays(e);
        }
      }
    }
    List<Candidate> candidates = wanted.among(journalled.over(scan.candidates()));
    List<Candidate> unexpired = unexpired(directory, candidates, limits);
    // What this store passes over as expired, one with another TTL would return.
    boolean general =
        wanted.runId() == null && unreadable == null && unexpired.size() == candidates.size();
    List<Candidate> order = wanted.inOrder(unexpired);
    for (int next = 0; next < order.size(); next++) {
      Candidate candidate = order.get(next);
      JournalEntry entry = journalled.entry(candidate);
      if (entry != null) {
        try {
          JournalView.Read found = journal.read(entry, producer);
          if (found == null) {
            return null;
          }
          answer.take(
              directory, wanted.ranking(), general && next == 0 ? ticket : null, found, target);
          return true;
        } catch (IOException e) {
          unreadable = stays(e);
          continue;
        }
      }
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
        JournalView.Read found = new JournalView.Read(candidate, memory);
        answer.take(directory, wanted.ranking(), best ? ticket : null, found, target);
        return true;
      }
      try {
        Manifest staged = reader.cutOff(directory, candidate.runId());
        if (staged != null) {
          if (misfits.isCompleted(directory, candidate.runId())) {
            return null;
          }
          // It may rank otherwise than the version before. It is in place when its holder goes on.
          general = false;
          order.set(next, new Candidate(candidate.runId(), staged));
          order = wanted.inOrder(order.subList(next, order.size()));
          next = -1;
          continue;
        }
        if (misfits.hasChanged(directory, candidate)) {
          return null;
        }
        if (foreignWriters.mayBeAtWork(directory, candidate.runId())
            && answer.takeFromMemory(directory, candidate, target)) {
          return true;
        }
        if (misfits.isMended(directory, candidate, patience)) {
          return null;
        }
        if (answer.takeFromMemory(directory, candidate, target)) {
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
    if (ticket != null && snapshot.hasNothing() && scan.proven()) {
      answer.fill(directory, ticket, wanted.ranking(), null, 0);
    }
    return false;
  }

  /**
   * Whether a key has no such run, by its name alone: it may have thousands of others. A name that
   * is there may be another's, which differs in case only.
   */
  private boolean isLacking(KeyDirectory directory, String runId) throws IOException {
    // Before the name is looked for: what leaves the journal is in place by then.
    if (root.ops().rereads().shared()
        || journal.entriesOf(directory.key()).stream()
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

  /** A bad pair that could not be set aside is in nobody's way: the runner-up serves as well. */
  private IOException stays(IOException failure) {
    counters.count(Counter.LOOKUP_FAILURES);
    return failure;
  }

  private List<Candidate> unexpired(
      KeyDirectory directory, List<Candidate> candidates, Limits limits) {
    List<Candidate> unexpired = new ArrayList<>(candidates.size());
    for (Candidate candidate : candidates) {
      if (!expiry.isExpired(limits, directory.key(), candidate)) {
        unexpired.add(candidate);
      }
    }
    return unexpired;
  }
}
