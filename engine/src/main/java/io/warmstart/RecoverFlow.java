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
 *   <li>Pairs whose manifest cannot be read, and payloads without a manifest, are completed from
 *       staged files, or moved to quarantine when they are older than any writer needs.
 *   <li>Staged files of dead owners, and old temporaries of the original store's dead processes,
 *       are removed: nobody will come back for them, and no acknowledged save needs them.
 * </ol>
 *
 * <p>Sweeps and verifications run it for every key; lookups do the part that concerns them.
 */
final class RecoverFlow {
  /** A writer that knows no lock has long done its second rename, or is dead. */
  private static final long STRAY_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** How old a file must be whose owner's life cannot be proven either way. */
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
    List<KeyScan.Leftover> dead = deadLeftovers(scan);
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
          count(result, settle(engine, hold, directory, runId, isOld(scan, runId)));
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
    for (String runId : List.copyOf(broken)) {
      if (!ForeignWriters.waitOut(engine, directory, runId)) {
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
      boolean mayQuarantine)
      throws IOException {
    PairRecovery.Outcome outcome;
    engine.index.changing(directory);
    try {
      // Without the lock nothing is proven: its holder may be stopped between its two renames.
      boolean proven = mayQuarantine && hold.shared();
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
              if (payload == null || payload.size() != candidate.manifest().payloadBytes()) {
                broken.add(candidate.runId());
              }
            });
    return broken;
  }

  private boolean isOld(KeyScan scan, String runId) {
    for (KeyScan.Suspect suspect : scan.suspects()) {
      if (suspect.runId().equals(runId)) {
        // Renames are atomic: what is in place and unreadable was not cut off by a rename.
        return true;
      }
    }
    if (scan.foreignManifestStaged(runId)) {
      return false;
    }
    long now = engine.clock.nanoTime();
    for (FileFacts facts :
        new FileFacts[] {scan.manifestFacts().get(runId), scan.payloadFacts().get(runId)}) {
      if (facts != null && now - facts.mtimeNanos() < STRAY_NANOS) {
        return false;
      }
    }
    return true;
  }

  private List<KeyScan.Leftover> deadLeftovers(KeyScan scan) {
    List<KeyScan.Leftover> dead = new ArrayList<>();
    for (KeyScan.Leftover leftover : scan.staged()) {
      StagedName staged = leftover.staged();
      if (staged != null && isDead(staged, leftover)) {
        dead.add(leftover);
      }
    }
    for (KeyScan.Leftover leftover : scan.foreignTemporaries()) {
      if (isDeadForeign(engine, leftover)) {
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

  private boolean isDead(StagedName staged, KeyScan.Leftover leftover) {
    return switch (engine.liveness(staged)) {
      case DEAD -> true;
      case ALIVE -> false;
      // Before the last reboot, or on another machine that shares the file system.
      case OUT_OF_REACH -> isOlder(engine, leftover, OUT_OF_REACH_NANOS);
    };
  }

  /** Whether the owner of a staged file must be taken for dead, whatever may be done about it. */
  static boolean isGone(Engine engine, StagedName staged, KeyScan.Leftover leftover) {
    return switch (engine.liveness(staged)) {
      case DEAD -> true;
      case ALIVE -> false;
      case OUT_OF_REACH ->
          !engine.besideOtherMachines() || isOlder(engine, leftover, OUT_OF_REACH_NANOS);
    };
  }

  /**
   * The original store names its temporaries by process id alone, which may be that of another
   * namespace or of a later process: so they must be old, and their process not to be seen.
   */
  static boolean isDeadForeign(Engine engine, KeyScan.Leftover leftover) {
    OptionalLong pid = DirectoryNames.foreignTemporaryPid(leftover.name());
    if (pid.isEmpty()) {
      return false;
    }
    return isOlder(engine, leftover, ABANDONED_NANOS)
        || (isOlder(engine, leftover, OUT_OF_REACH_NANOS)
            && ProcessHandle.of(pid.getAsLong()).isEmpty());
  }

  private static boolean isOlder(Engine engine, KeyScan.Leftover leftover, long nanos) {
    FileFacts facts = leftover.facts();
    return facts != null && engine.clock.nanoTime() - facts.mtimeNanos() >= nanos;
  }
}
