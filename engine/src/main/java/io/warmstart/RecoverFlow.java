package io.warmstart;

import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.KeyScan;
import io.warmstart.entry.PairRecovery;
import io.warmstart.entry.Quarantine;
import io.warmstart.format.DirectoryNames;
import io.warmstart.format.StagedName;
import io.warmstart.index.Counter;
import io.warmstart.index.KeyLocks;
import io.warmstart.io.FileFacts;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;

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
final class RecoverFlow {
  /**
   * How old a file must be whose owner's life cannot be proven either way. Ages of leftovers are by
   * ctime, as all ages are here: what a backup has brought back has the mtime that it had once.
   */
  private static final long OUT_OF_REACH_NANOS = TimeUnit.MINUTES.toNanos(10);

  /** How old, if a process with the number that the file names is there, whoever that is. */
  private static final long ABANDONED_NANOS = TimeUnit.DAYS.toNanos(1);

  private final Engine engine;

  RecoverFlow(Engine engine) {
    this.engine = engine;
  }

  /** What was done to one key. */
  static final class Result {
    long rolledForward;
    long quarantined;
    long leftoversRemoved;
    long bytesRemoved;

    long changes() {
      return rolledForward + quarantined + leftoversRemoved;
    }

    void add(Result other) {
      rolledForward += other.rolledForward;
      quarantined += other.quarantined;
      leftoversRemoved += other.leftoversRemoved;
      bytesRemoved += other.bytesRemoved;
    }
  }

  /**
   * Recovers one key from what a scan with sizes found. Takes the key's lock if there is need.
   *
   * @param result counts what was done, also by a run that fails half-way
   */
  void run(KeyDirectory directory, KeyScan scan, Result result) throws IOException {
    engine.foreignTouches.noteTracesIn(scan);
    List<KeyScan.Leftover> dead = deadLeftovers(directory, scan);
    Set<String> broken = brokenRuns(scan);
    for (KeyScan.Leftover leftover : dead) {
      if (leftover.staged() != null) {
        // Its owner may have died between its two renames: the payload in place may be the new one
        // even where its size is that of the old, and this the only file that completes it.
        broken.add(leftover.staged().runId());
      }
    }
    if (engine.besideOtherMachines()) {
      passOverUnsettled(directory, broken, dead);
    }
    if (!broken.isEmpty() || !dead.isEmpty()) {
      try (KeyLocks.Hold hold = engine.lock(directory)) {
        for (String runId : broken) {
          PairRecovery.Judgement judgement =
              scan.foreignManifestStaged(runId)
                  ? PairRecovery.Judgement.NONE
                  : PairRecovery.Judgement.SWEEP;
          PairRecovery.Outcome outcome = settle(engine, hold, directory, runId, judgement);
          count(result, outcome);
          if (outcome == PairRecovery.Outcome.UNDECIDED) {
            // What somebody is bringing back may yet want the staged file that completes it.
            dead.removeIf(each -> each.staged() != null && each.staged().runId().equals(runId));
          }
        }
        for (KeyScan.Leftover leftover : dead) {
          remove(directory.path().resolve(leftover.name()), leftover, result);
        }
        KeyCount.under(engine, hold, directory);
      }
    }
  }

  /** What changes still, another machine may be publishing; no lock of ours would keep it out. */
  private void passOverUnsettled(
      KeyDirectory directory, Set<String> broken, List<KeyScan.Leftover> dead) throws IOException {
    List<String> all = List.copyOf(broken);
    ForeignWriters.Waits waits = new ForeignWriters.Waits();
    waits.of(all);
    for (String runId : all) {
      if (!ForeignWriters.waitOut(engine, directory, runId, waits)) {
        broken.remove(runId);
        dead.removeIf(each -> each.staged() != null && each.staged().runId().equals(runId));
      }
    }
  }

  /** Mends or sets aside one pair, and counts it. The caller holds the key's lock. */
  static PairRecovery.Outcome settle(
      Engine engine,
      KeyLocks.Hold hold,
      KeyDirectory directory,
      String runId,
      PairRecovery.Judgement judgement)
      throws IOException {
    PairRecovery.Outcome outcome;
    engine.index.changing(directory);
    try {
      // Without the lock nothing is proven: its holder may be stopped between its two renames.
      PairRecovery.Judgement proven = hold.shared() ? judgement : PairRecovery.Judgement.NONE;
      outcome = engine.recovery.recover(directory, runId, proven, hold.shared());
    } finally {
      engine.index.changed(directory);
    }
    if (outcome != PairRecovery.Outcome.WHOLE) {
      KeyCount.under(engine, hold, directory);
    }
    switch (outcome) {
      case ROLLED_FORWARD -> {
        engine.counters.count(Counter.ROLLED_FORWARD);
      }
      case QUARANTINED -> {
        engine.counters.count(Counter.QUARANTINED);
        hold.countRemoval();
        engine
            .records()
            .quarantineHas(
                engine.quarantine.list().stream().mapToLong(Quarantine.Held::bytes).sum());
      }
      case WHOLE, GONE, UNDECIDED -> {}
    }
    return outcome;
  }

  /** Recovers one key that is not being walked, by what it looks like now. */
  static void recover(Engine engine, KeyDirectory directory) throws IOException {
    KeyScan scan = KeyScan.withSizes(engine.ops, directory);
    new RecoverFlow(engine).run(directory, scan, new Result());
  }

  private static void count(Result result, PairRecovery.Outcome outcome) {
    switch (outcome) {
      case ROLLED_FORWARD -> result.rolledForward++;
      case QUARANTINED -> result.quarantined++;
      case WHOLE, GONE, UNDECIDED -> {}
    }
  }

  /** Runs with a manifest that cannot be read, or with only one half. */
  static Set<String> brokenRuns(KeyScan scan) {
    Set<String> broken = new LinkedHashSet<>();
    for (KeyScan.Suspect suspect : scan.suspects()) {
      if (!suspect.unreadable()) {
        broken.add(suspect.runId());
      }
    }
    for (String runId : scan.payloadFacts().keySet()) {
      boolean unreadable =
          scan.suspects().stream().anyMatch(suspect -> suspect.runId().equals(runId));
      if (!scan.manifestFacts().containsKey(runId) && !unreadable) {
        broken.add(runId);
      }
    }
    scan.candidates()
        .forEach(
            candidate -> {
              FileFacts payload = scan.payloadFacts().get(candidate.runId());
              if (payload == null || !candidate.manifest().fitsLength(payload.size())) {
                broken.add(candidate.runId());
              }
            });
    return broken;
  }

  private List<KeyScan.Leftover> deadLeftovers(KeyDirectory directory, KeyScan scan)
      throws IOException {
    List<KeyScan.Leftover> dead = new ArrayList<>();
    for (KeyScan.Leftover leftover : scan.staged()) {
      StagedName staged = leftover.staged();
      if (staged != null && isGone(engine, directory, staged)) {
        dead.add(leftover);
      }
    }
    for (KeyScan.Leftover leftover : scan.foreignTemporaries()) {
      if (isDeadForeign(engine, directory, leftover)) {
        dead.add(leftover);
      }
    }
    return dead;
  }

  private void remove(Path path, KeyScan.Leftover leftover, Result result) throws IOException {
    try {
      engine.ops.unlink(path);
      result.leftoversRemoved++;
      // The original's temporaries never counted.
      result.bytesRemoved += leftover.staged() == null ? 0 : leftover.bytes();
      engine.counters.count(Counter.LEFTOVERS_REMOVED);
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      // A sibling's sweep was faster; or it is no file of ours, and must not keep us from the rest.
    }
  }

  /**
   * Whether the owner of a staged file is gone: see {@link
   * io.warmstart.entry.StagedOwners#areGone}.
   */
  static boolean isGone(Engine engine, KeyDirectory directory, StagedName staged)
      throws IOException {
    return switch (engine.liveness(staged)) {
      case DEAD -> true;
      case ALIVE -> false;
      // Before the last reboot, or on another machine that shares the file system.
      case OUT_OF_REACH -> engine.ages.isOlder(directory.staged(staged), OUT_OF_REACH_NANOS);
    };
  }

  /**
   * The original store names its temporaries by process id alone, which may be that of another
   * namespace or of a later process: so they must be old, and their process not to be seen.
   */
  static boolean isDeadForeign(Engine engine, KeyDirectory directory, KeyScan.Leftover leftover)
      throws IOException {
    OptionalLong pid = DirectoryNames.foreignTemporaryPid(leftover.name());
    if (pid.isEmpty()) {
      return false;
    }
    return isOlder(engine, directory, leftover, ABANDONED_NANOS)
        || (isOlder(engine, directory, leftover, OUT_OF_REACH_NANOS)
            && ProcessHandle.of(pid.getAsLong()).isEmpty());
  }

  private static boolean isOlder(
      Engine engine, KeyDirectory directory, KeyScan.Leftover leftover, long nanos)
      throws IOException {
    return engine.ages.isOlder(directory.path().resolve(leftover.name()), nanos);
  }
}
