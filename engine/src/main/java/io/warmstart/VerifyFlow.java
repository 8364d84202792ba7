package io.warmstart;

import io.warmstart.VerifyReport.Problem;
import io.warmstart.entry.ChangeAges;
import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.KeyScan;
import io.warmstart.entry.PairRecovery;
import io.warmstart.format.Candidate;
import io.warmstart.format.Digest256;
import io.warmstart.format.DirectoryNames;
import io.warmstart.format.StagedName;
import io.warmstart.index.KeyLocks;
import io.warmstart.index.SharedIndex;
import io.warmstart.io.FileFacts;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Checks a whole root against what the format promises: every pair by its checksum, every other
 * file by what it is, and the index by the files ({@link IndexCheck}). A repair goes through {@link
 * RecoverFlow}, like any reader's, and moves aside what it cannot mend; it deletes only the
 * leftovers of dead processes.
 *
 * <p>What is not whole and has changed within the last minute is told as incomplete, and left alone
 * by a repair unless a staged file completes it: somebody may be unpacking a backup.
 *
 * <p>Other processes may be saving meanwhile: what looks wrong is looked at again, under the key's
 * lock if this store may take it, before it is called a problem.
 */
final class VerifyFlow {
  /** At a pair that another machine keeps overwriting. */
  private static final int MOST_LOOKS = 8;

  private final Engine engine;
  private final StoreOptions options;
  private final List<Problem> problems = new ArrayList<>();
  private final List<Problem> leftovers = new ArrayList<>();
  private long entries;
  private long bytes;

  VerifyFlow(Engine engine, StoreOptions options) {
    this.engine = engine;
    this.options = options;
  }

  VerifyReport run(boolean repair, VerifyProgress progress) {
    try {
      checkRootNames();
      checkPolicy();
      List<Digest256> keys = InspectFlow.digests(engine);
      SharedIndex index = engine.sharedIndex;
      IndexCheck indexCheck = index == null ? null : new IndexCheck(engine, index, options, repair);
      long done = 0;
      for (Digest256 key : keys) {
        KeyDirectory directory = engine.directory(key);
        try {
          checkKey(directory, repair);
          if (indexCheck != null) {
            indexCheck.check(directory);
          }
        } catch (IOException e) {
          unreadable(directory.path(), e);
        }
        progress.keyDone(++done, keys.size());
      }
      if (indexCheck != null) {
        checkRest(indexCheck, keys);
      }
      return new VerifyReport(
          keys.size(), entries, bytes, List.copyOf(problems), List.copyOf(leftovers));
    } catch (IOException e) {
      throw StoreFailures.ofReading("cannot verify root", engine.root, e);
    }
  }

  private void checkRest(IndexCheck indexCheck, List<Digest256> keys) {
    try {
      indexCheck.checkRest(keys);
    } catch (IOException e) {
      unreadable(engine.root, e);
    }
    problems.addAll(indexCheck.problems());
  }

  private void checkRootNames() throws IOException {
    for (String name : engine.ops.list(engine.root)) {
      if (!DirectoryNames.isKeyDirectory(name) && !name.equals(Engine.DIRECTORY_NAME)) {
        problems.add(
            new Problem(
                "stray name",
                engine.root.resolve(name).toString(),
                "expected=a key of 64 lowercase hex digits or " + Engine.DIRECTORY_NAME,
                false));
      }
    }
  }

  /** Which no repair mends: only a person knows what it said. */
  private void checkPolicy() {
    engine.policy.refresh();
    String damage = engine.policy.damage();
    if (damage != null) {
      problems.add(new Problem("policy", engine.policy.file().path().toString(), damage, false));
    }
  }

  private void checkKey(KeyDirectory directory, boolean repair) throws IOException {
    KeyScan scan = KeyScan.withSizes(engine.ops, directory);
    if (!scan.exists()) {
      checkName(directory);
      return;
    }
    Set<String> bad = new TreeSet<>();
    for (Candidate candidate : scan.candidates()) {
      if (!fits(directory, candidate.runId())) {
        bad.add(candidate.runId());
      }
    }
    scan.suspects().forEach(suspect -> bad.add(suspect.runId()));
    for (String runId : scan.payloadFacts().keySet()) {
      if (!scan.manifestFacts().containsKey(runId)) {
        bad.add(runId);
      }
    }
    ForeignWriters.Waits waits = new ForeignWriters.Waits();
    waits.of(bad);
    for (String runId : bad) {
      checkAgain(directory, runId, waits, repair);
    }
    checkLeftovers(directory, scan, repair);
  }

  /** A key's name that led to no directory: gone since the listing, or something else. */
  private void checkName(KeyDirectory directory) throws IOException {
    try {
      if (!engine.ops.stat(directory.path()).directory()) {
        problems.add(
            new Problem(
                "not a directory", directory.path().toString(), "expected=a key directory", false));
      }
    } catch (NoSuchFileException e) {
      // Evicted meanwhile, which is nothing wrong.
    }
  }

  /** One file that cannot be read keeps nobody from checking the others. */
  private void unreadable(Path path, IOException failure) {
    problems.add(
        new Problem("unreadable", path.toString(), StoreFailures.describe(failure), false));
  }

  /** Whether a pair is whole, or has been reported as unreadable; counts it if whole. */
  private boolean fits(KeyDirectory directory, String runId) {
    try {
      PairCheck check = PairCheck.of(engine, directory, runId);
      if (check.whole()) {
        entries++;
        bytes += check.payloadBytes();
      }
      return check.whole();
    } catch (IOException e) {
      unreadable(directory.payload(runId), e);
      return true;
    }
  }

  private void checkAgain(
      KeyDirectory directory, String runId, ForeignWriters.Waits waits, boolean repair)
      throws IOException {
    if (engine.readOnly()) {
      report(directory, runId);
      return;
    }
    for (int look = 1; look < MOST_LOOKS && engine.besideOtherMachines(); look++) {
      if (ForeignWriters.waitOut(engine, directory, runId, waits)) {
        break;
      }
    }
    try (KeyLocks.Hold hold = engine.lock(directory)) {
      PairCheck check = PairCheck.of(engine, directory, runId);
      if (check.whole()) {
        entries++;
        bytes += check.payloadBytes();
      } else if (check.exists()) {
        boolean repaired = false;
        if (repair) {
          repaired =
              switch (RecoverFlow.settle(
                  engine, hold, directory, runId, PairRecovery.Judgement.SWEEP)) {
                case WHOLE, ROLLED_FORWARD, QUARANTINED, GONE -> true;
                case UNDECIDED -> false;
              };
        }
        problems.add(repaired ? check.problem(true) : unrepaired(directory, runId, check));
      }
    }
  }

  private void report(KeyDirectory directory, String runId) throws IOException {
    PairCheck check = PairCheck.of(engine, directory, runId);
    if (check.exists() && !check.whole()) {
      problems.add(unrepaired(directory, runId, check));
    }
  }

  private Problem unrepaired(KeyDirectory directory, String runId, PairCheck check)
      throws IOException {
    long ageNanos = engine.ages.ageNanos(directory, runId);
    return check.mayBeUnderWay() && ageNanos < ChangeAges.SETTLED_NANOS
        ? incomplete(check.path().toString(), check.kind() + ", " + check.detail(), ageNanos)
        : check.problem(false);
  }

  private static Problem incomplete(String path, String detail, long ageNanos) {
    return new Problem(
        "incomplete",
        path,
        detail
            + "; too young to judge: unchanged for expected="
            + TimeUnit.NANOSECONDS.toSeconds(ChangeAges.SETTLED_NANOS)
            + " s actual="
            + TimeUnit.NANOSECONDS.toSeconds(ageNanos)
            + " s",
        false);
  }

  private void checkLeftovers(KeyDirectory directory, KeyScan scan, boolean repair)
      throws IOException {
    if (repair) {
      new RecoverFlow(engine).run(directory, scan, new RecoverFlow.Result());
    }
    for (KeyScan.Leftover leftover : scan.staged()) {
      StagedName staged = leftover.staged();
      if (staged != null && RecoverFlow.isGone(engine, directory, staged)) {
        found(leftovers, directory, leftover, "leftover", "staged by a process that is gone");
      }
    }
    for (KeyScan.Leftover leftover : scan.foreignTemporaries()) {
      FileFacts facts = leftover.facts();
      if (facts != null && RecoverFlow.isDeadForeign(engine, directory, leftover)) {
        found(leftovers, directory, leftover, "leftover", "temporary of a process that is gone");
      }
    }
    for (KeyScan.Leftover leftover : scan.unknown()) {
      if (DirectoryNames.isHalfOnItsWay(leftover.name()) && isYoung(directory, leftover)) {
        continue;
      }
      found(problems, directory, leftover, "stray name", "expected=a pair or a staged file");
    }
  }

  /** What {@code rsync} is writing: reported, as what it is. */
  private boolean isYoung(KeyDirectory directory, KeyScan.Leftover leftover) throws IOException {
    Path path = directory.path().resolve(leftover.name());
    try {
      long ageNanos = engine.ages.ageNanos(path);
      if (ageNanos >= ChangeAges.SETTLED_NANOS) {
        return false;
      }
      problems.add(
          incomplete(path.toString(), "expected=a pair, of which this may become half", ageNanos));
    } catch (NoSuchFileException e) {
      // Renamed into place since it was listed.
    }
    return true;
  }

  private void found(
      List<Problem> list,
      KeyDirectory directory,
      KeyScan.Leftover leftover,
      String kind,
      String detail)
      throws IOException {
    Path path = directory.path().resolve(leftover.name());
    boolean gone;
    try {
      engine.ops.stat(path);
      gone = false;
    } catch (NoSuchFileException e) {
      gone = true;
    }
    list.add(new Problem(kind, path.toString(), detail, gone));
  }
}
