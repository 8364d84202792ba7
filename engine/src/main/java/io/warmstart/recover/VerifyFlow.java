package io.warmstart.recover;

import io.warmstart.foreign.ForeignWriters;
import io.warmstart.format.DirectoryNames;
import io.warmstart.format.StagedName;
import io.warmstart.key.KeyUpdate;
import io.warmstart.key.Leftovers;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.model.Digest256;
import io.warmstart.model.VerifyProgress;
import io.warmstart.model.VerifyReport;
import io.warmstart.model.VerifyReport.Problem;
import io.warmstart.pair.ChangeAges;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.PairCheck;
import io.warmstart.pair.PairReader;
import io.warmstart.pair.PairRecovery;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.policy.PolicyInForce;
import io.warmstart.ranking.Candidate;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Checks a whole root against what the format promises: every pair by its checksum, every other
 * file by what it is, and the index by the files ({@link IndexAudit}). A repair goes through {@link
 * RecoverFlow}, like any reader's, and moves aside what it cannot mend; it deletes only the
 * leftovers of dead processes.
 *
 * <p>What is not whole and has changed within the last minute is told as incomplete, and left alone
 * by a repair unless a staged file completes it: somebody may be unpacking a backup.
 *
 * <p>Other processes may be saving meanwhile: what looks wrong is looked at again, under the key's
 * lock if this store may take it, before it is called a problem.
 */
public final class VerifyFlow {
  /** At a pair that another machine keeps overwriting. */
  private static final int MOST_LOOKS = 8;

  private final RootDirectory root;
  private final RecoveringLocks locks;
  private final RecoverFlow recoverFlow;
  private final IndexAudit indexCheck;
  private final PolicyInForce policy;
  private final PairReader reader;
  private final Leftovers leftovers;
  private final ForeignWriters foreignWriters;
  private final ChangeAges ages;
  private final boolean readOnly;

  public VerifyFlow(
      RootDirectory root,
      RecoveringLocks locks,
      RecoverFlow recoverFlow,
      IndexAudit indexCheck,
      PolicyInForce policy,
      PairReader reader,
      Leftovers leftovers,
      ForeignWriters foreignWriters,
      ChangeAges ages,
      boolean readOnly) {
    this.root = root;
    this.locks = locks;
    this.recoverFlow = recoverFlow;
    this.indexCheck = indexCheck;
    this.policy = policy;
    this.reader = reader;
    this.leftovers = leftovers;
    this.foreignWriters = foreignWriters;
    this.ages = ages;
    this.readOnly = readOnly;
  }

  /**
   * Verifies the root.
   *
   * @param foreignStores whether programs without an index may work on it
   */
  public VerifyReport run(boolean foreignStores, boolean repair, VerifyProgress progress) {
    try {
      return new Run(indexCheck.begin(foreignStores, repair), repair).run(progress);
    } catch (IOException e) {
      throw StoreFailures.ofReading("cannot verify root", root.path(), e);
    }
  }

  /** One verification. For one thread. */
  private final class Run {
    private final IndexAudit.Run indexRun;
    private final boolean repair;
    private final List<Problem> problems = new ArrayList<>();
    private final List<Problem> leftBehind = new ArrayList<>();
    private long entries;
    private long bytes;

    private Run(IndexAudit.Run indexRun, boolean repair) {
      this.indexRun = indexRun;
      this.repair = repair;
    }

    private VerifyReport run(VerifyProgress progress) throws IOException {
      checkRootNames();
      checkPolicy();
      List<Digest256> keys = root.keys();
      long done = 0;
      for (Digest256 key : keys) {
        KeyDirectory directory = root.directory(key);
        try {
          checkKey(directory);
          indexRun.check(directory);
        } catch (IOException e) {
          unreadable(directory.path(), e);
        }
        progress.keyDone(++done, keys.size());
      }
      try {
        indexRun.checkRest(keys);
      } catch (IOException e) {
        unreadable(root.path(), e);
      }
      problems.addAll(indexRun.problems());
      return new VerifyReport(
          keys.size(), entries, bytes, List.copyOf(problems), List.copyOf(leftBehind));
    }

    private void checkRootNames() throws IOException {
      for (String name : root.ops().list(root.path())) {
        if (!DirectoryNames.isKeyDirectory(name)
            && !name.equals(DirectoryNames.ENGINE_DIRECTORY)
            && !DirectoryNames.isOfOthers(name)) {
          problems.add(
              new Problem(
                  "stray name",
                  root.path().resolve(name).toString(),
                  "expected=a key of 64 lowercase hex digits or " + DirectoryNames.ENGINE_DIRECTORY,
                  false));
        }
      }
    }

    /** Which no repair mends: only a person knows what it said. */
    private void checkPolicy() {
      policy.refresh();
      String damage = policy.damage();
      if (damage != null) {
        problems.add(new Problem("policy", policy.file().path().toString(), damage, false));
      }
    }

    private void checkKey(KeyDirectory directory) throws IOException {
      KeyListing listing = KeyListing.withSizes(root.ops(), directory);
      if (!listing.exists()) {
        checkName(directory);
        return;
      }
      Set<String> bad = new TreeSet<>();
      for (Candidate candidate : listing.candidates()) {
        if (!fits(directory, candidate.runId())) {
          bad.add(candidate.runId());
        }
      }
      listing.suspects().forEach(suspect -> bad.add(suspect.runId()));
      for (String runId : listing.payloadFacts().keySet()) {
        if (!listing.manifestFacts().containsKey(runId)) {
          bad.add(runId);
        }
      }
      ForeignWriters.Waits waits = new ForeignWriters.Waits();
      waits.of(bad);
      for (String runId : bad) {
        try {
          checkAgain(directory, runId, waits);
        } catch (IOException e) {
          unreadable(directory.manifest(runId), e);
        }
      }
      checkLeftovers(directory, listing);
    }

    /** A key's name that led to no directory: gone since the listing, or something else. */
    private void checkName(KeyDirectory directory) throws IOException {
      try {
        if (!root.ops().stat(directory.path()).directory()) {
          problems.add(
              new Problem(
                  "not a directory",
                  directory.path().toString(),
                  "expected=a key directory",
                  false));
        }
      } catch (NoSuchFileException e) {
        // Evicted meanwhile, which is nothing wrong.
      }
    }

    /** One file that cannot be read keeps nobody from checking the others. */
    private void unreadable(Path path, IOException failure) {
      String file =
          failure instanceof FileSystemException e && e.getFile() != null
              ? e.getFile()
              : path.toString();
      problems.add(new Problem("unreadable", file, StoreFailures.describe(failure), false));
    }

    /** Whether a pair is whole, or has been reported as unreadable; counts it if whole. */
    private boolean fits(KeyDirectory directory, String runId) {
      try {
        PairCheck check = PairCheck.of(root.ops(), reader, directory, runId);
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

    private void checkAgain(KeyDirectory directory, String runId, ForeignWriters.Waits waits)
        throws IOException {
      if (readOnly) {
        report(directory, runId);
        return;
      }
      for (int look = 1; look < MOST_LOOKS && root.besideOtherMachines(); look++) {
        if (foreignWriters.waitOut(directory, runId, waits)) {
          break;
        }
      }
      try (KeyUpdate update = locks.acquire(directory)) {
        PairCheck check = PairCheck.of(root.ops(), reader, directory, runId);
        if (check.whole()) {
          entries++;
          bytes += check.payloadBytes();
        } else if (check.exists()) {
          boolean repaired = false;
          if (repair) {
            repaired =
                switch (recoverFlow.settle(update, runId, PairRecovery.Judgement.SWEEP)) {
                  case WHOLE, ROLLED_FORWARD, QUARANTINED, GONE -> true;
                  case UNDECIDED -> false;
                };
          }
          problems.add(repaired ? check.problem(true) : unrepaired(directory, runId, check));
        }
      }
    }

    private void report(KeyDirectory directory, String runId) throws IOException {
      PairCheck check = PairCheck.of(root.ops(), reader, directory, runId);
      if (check.exists() && !check.whole()) {
        problems.add(unrepaired(directory, runId, check));
      }
    }

    private Problem unrepaired(KeyDirectory directory, String runId, PairCheck check)
        throws IOException {
      long ageNanos = ages.ageNanos(directory, runId);
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

    private void checkLeftovers(KeyDirectory directory, KeyListing listing) throws IOException {
      if (repair) {
        recoverFlow.run(directory, listing, new RecoverFlow.Result());
      }
      for (KeyListing.Leftover leftover : listing.staged()) {
        StagedName staged = leftover.staged();
        if (staged != null && leftovers.areGone(directory, staged)) {
          found(leftBehind, directory, leftover, "leftover", "staged by a process that is gone");
        }
      }
      for (KeyListing.Leftover leftover : listing.foreignTemporaries()) {
        if (leftovers.isDeadForeign(directory, leftover)) {
          found(leftBehind, directory, leftover, "leftover", "temporary of a process that is gone");
        }
      }
      for (KeyListing.Leftover leftover : listing.unknown()) {
        if (DirectoryNames.isHalfOnItsWay(leftover.name()) && isYoung(directory, leftover)) {
          continue;
        }
        found(problems, directory, leftover, "stray name", "expected=a pair or a staged file");
      }
    }

    /** What {@code rsync} is writing: reported, as what it is. */
    private boolean isYoung(KeyDirectory directory, KeyListing.Leftover leftover)
        throws IOException {
      Path path = directory.path().resolve(leftover.name());
      try {
        long ageNanos = ages.ageNanos(path);
        if (ageNanos >= ChangeAges.SETTLED_NANOS) {
          return false;
        }
        problems.add(
            incomplete(
                path.toString(), "expected=a pair, of which this may become half", ageNanos));
      } catch (NoSuchFileException e) {
        // Renamed into place since it was listed.
      }
      return true;
    }

    private void found(
        List<Problem> list,
        KeyDirectory directory,
        KeyListing.Leftover leftover,
        String kind,
        String detail)
        throws IOException {
      Path path = directory.path().resolve(leftover.name());
      boolean gone = root.ops().statOrNull(path) == null;
      list.add(new Problem(kind, path.toString(), detail, gone));
    }
  }
}
