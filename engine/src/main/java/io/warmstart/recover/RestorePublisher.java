package io.warmstart.recover;

import io.warmstart.access.Expiry;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.Owner;
import io.warmstart.format.StagedName;
import io.warmstart.format.Stamp;
import io.warmstart.index.SpaceLedger;
import io.warmstart.io.FileFacts;
import io.warmstart.key.KeyUpdate;
import io.warmstart.key.Leftovers;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.model.RestoreReport.Outcome;
import io.warmstart.pair.CaseFolding;
import io.warmstart.pair.ChangeAges;
import io.warmstart.pair.FittingHalves;
import io.warmstart.pair.FittingHalves.ManifestSource;
import io.warmstart.pair.FittingHalves.Source;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.PairCheck;
import io.warmstart.pair.PairReader;
import io.warmstart.pair.PairWriter;
import io.warmstart.pair.RootDirectory;
import io.warmstart.quarantine.Quarantine;
import io.warmstart.quarantine.QuarantinedFile;
import io.warmstart.ranking.Candidate;
import io.warmstart.save.KeyDirectories;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Puts what lay in quarantine back in place: the steps of {@link RestoreFlow} that change a key's
 * directory. Safe for all threads.
 */
public final class RestorePublisher {
  private static final int MOST_ATTEMPTS = 8;

  private final RootDirectory root;
  private final RecoveringLocks locks;
  private final SpaceLedger ledger;
  private final Quarantine quarantine;
  private final PairReader reader;
  private final PairWriter pairWriter;
  private final KeyDirectories keyDirectories;
  private final CaseFolding caseFolding;
  private final Leftovers leftovers;
  private final ChangeAges ages;
  private final Expiry expiry;
  private final Supplier<Owner> owner;
  private final EpochNanoClock clock;

  public RestorePublisher(
      RootDirectory root,
      RecoveringLocks locks,
      SpaceLedger ledger,
      Quarantine quarantine,
      PairReader reader,
      PairWriter pairWriter,
      KeyDirectories keyDirectories,
      CaseFolding caseFolding,
      Leftovers leftovers,
      ChangeAges ages,
      Expiry expiry,
      Supplier<Owner> owner,
      EpochNanoClock clock) {
    this.root = root;
    this.locks = locks;
    this.ledger = ledger;
    this.quarantine = quarantine;
    this.reader = reader;
    this.pairWriter = pairWriter;
    this.keyDirectories = keyDirectories;
    this.caseFolding = caseFolding;
    this.leftovers = leftovers;
    this.ages = ages;
    this.expiry = expiry;
    this.owner = owner;
    this.clock = clock;
  }

  /** Whether somebody may be writing the run; null if it may come back. */
  @Nullable Outcome isInTheWay(KeyDirectory directory, String runId, FittingHalves fit)
      throws IOException {
    KeyListing listing = KeyListing.forLookup(root.ops(), directory);
    if (listing.foreignManifestStaged(runId)) {
      return Outcome.BEING_WRITTEN;
    }
    for (KeyListing.Leftover leftover : listing.staged()) {
      StagedName staged = leftover.staged();
      // What this process has staged is what comes back, or a save's that waits for the lock.
      if (staged != null
          && staged.runId().equals(runId)
          && !staged.owner().equals(owner.get())
          && !leftovers.areGone(directory, staged)) {
        return Outcome.BEING_WRITTEN;
      }
    }
    for (Path other : others(directory, runId, fit)) {
      if (!ages.isOlder(other, ChangeAges.SETTLED_NANOS)) {
        return Outcome.BEING_WRITTEN;
      }
    }
    return null;
  }

  /** What is in place and no part of what comes back. */
  private List<Path> others(KeyDirectory directory, String runId, FittingHalves fit)
      throws IOException {
    List<Path> others = new ArrayList<>();
    for (Path half : List.of(directory.manifest(runId), directory.payload(runId))) {
      if (!half.equals(fit.manifest().source().path()) && !half.equals(fit.payload().path())) {
        if (root.ops().statOrNull(half) != null) {
          others.add(half);
        }
      }
    }
    return others;
  }

  /** Brings a run back that nothing was in the way of a moment ago. */
  Outcome publish(KeyDirectory directory, String runId, FittingHalves fit) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try (KeyDirectories.Use open = keyDirectories.use(directory)) {
        long failedBefore = open.failedSyncs();
        Outcome outcome = publishStaged(directory, runId, fit);
        if (outcome == Outcome.RESTORED) {
          open.sync(failedBefore);
          quarantine.remove(fit.quarantined());
        }
        return outcome;
      } catch (NoSuchFileException e) {
        // A sibling has removed the directory while it was empty; or the sweep the files.
        if (attempt == MOST_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private Outcome publishStaged(KeyDirectory directory, String runId, FittingHalves fit)
      throws IOException {
    caseFolding.requireOwnName(directory);
    List<Path> staged = new ArrayList<>();
    IOException unused = new IOException("not published");
    try {
      Path payload = stage(directory, runId, StagedName.Role.PAYLOAD, fit.payload(), staged);
      Path manifest = stageManifest(directory, runId, fit.manifest(), staged);
      return commit(directory, runId, fit, payload, manifest);
    } finally {
      // Second names by now, or of no use: what they are made from lies in quarantine still.
      staged.forEach(each -> pairWriter.discard(each, unused));
    }
  }

  private @Nullable Path stage(
      KeyDirectory directory, String runId, StagedName.Role role, Source source, List<Path> staged)
      throws IOException {
    if (!source.quarantined()) {
      return null;
    }
    Path path = pairWriter.stageLink(directory, runId, role, source.path());
    staged.add(path);
    return path;
  }

  /** With the access stamp of now; null if the one in place is to stay as it is. */
  private @Nullable Path stageManifest(
      KeyDirectory directory, String runId, ManifestSource source, List<Path> staged)
      throws IOException {
    if (!source.source().quarantined() && root.besideOtherMachines()) {
      // Between the last look and the rename another machine may replace it.
      return null;
    }
    Stamp now = Stamp.ofUnixNanos(clock.nanoTime());
    try {
      Path path = pairWriter.stageManifest(directory, runId, source.manifest().withAccess(now));
      staged.add(path);
      return path;
    } catch (ManifestFormatException e) {
      // Another program's, and longer than a manifest may be once it is laid out. Better back with
      // its old stamp than not at all: this process at least knows of the use.
      return stage(directory, runId, StagedName.Role.MANIFEST, source.source(), staged);
    }
  }

  private Outcome commit(
      KeyDirectory directory,
      String runId,
      FittingHalves fit,
      @Nullable Path payload,
      @Nullable Path manifest)
      throws IOException {
    try (KeyUpdate update = locks.acquire(directory)) {
      if (!update.heldAcrossProcesses()) {
        return Outcome.BEING_WRITTEN;
      }
      caseFolding.requireOwnName(directory, runId);
      if (PairCheck.of(root.ops(), reader, directory, runId).whole()) {
        return Outcome.IN_PLACE;
      }
      Outcome inTheWay = isInTheWay(directory, runId, fit);
      if (inTheWay != null
          || !isUnchanged(fit.payload())
          || !isUnchanged(fit.manifest().source())) {
        return Outcome.BEING_WRITTEN;
      }
      List<Path> others = others(directory, runId, fit);
      update.begin();
      if (!others.isEmpty()) {
        update.countRemoval();
        quarantine.take(directory.key(), "in the way of what was restored: run=" + runId, others);
      }
      if (!putInPlace(directory, runId, fit, payload, manifest)) {
        update.recount();
        return Outcome.IN_PLACE;
      }
      record(update, runId, fit);
      return Outcome.RESTORED;
    }
  }

  /**
   * Whether the pair was put in place; if not, somebody whom the lock does not keep out was faster,
   * and nothing of it stays there.
   */
  private boolean putInPlace(
      KeyDirectory directory,
      String runId,
      FittingHalves fit,
      @Nullable Path payload,
      @Nullable Path manifest)
      throws IOException {
    Path payloadName = directory.payload(runId);
    FileFacts ours = payload == null ? null : root.ops().stat(payload);
    if (payload != null && !linkOrRename(payload, payloadName)) {
      return false;
    }
    if (manifest == null) {
      return true;
    }
    Path manifestName = directory.manifest(runId);
    Source source = fit.manifest().source();
    if (source.quarantined()) {
      if (linkOrRename(manifest, manifestName)) {
        return true;
      }
    } else if (isUnchanged(source)) {
      // Over the one that is in place and says the same, as a touch does it.
      root.ops().rename(manifest, manifestName);
      return true;
    }
    if (ours != null && isFile(payloadName, ours)) {
      root.ops().unlink(payloadName);
    }
    return false;
  }

  /** Whether a staged file has got its name; not if the name is taken. */
  private boolean linkOrRename(Path staged, Path name) throws IOException {
    try {
      root.ops().link(name, staged);
      return true;
    } catch (FileAlreadyExistsException e) {
      // A file server that was asked twice says so of the link that it has made itself.
      return isFile(name, root.ops().stat(staged));
    } catch (NoSuchFileException e) {
      throw e;
    } catch (IOException | UnsupportedOperationException e) {
      // No hard links here.
      root.ops().rename(staged, name);
      return true;
    }
  }

  private boolean isFile(Path name, FileFacts file) throws IOException {
    FileFacts facts = root.ops().statOrNull(name);
    return facts != null && facts.sameFileAs(file);
  }

  /** Half in place that was to be part of the entry: whether it is what was hashed. */
  private boolean isUnchanged(Source source) throws IOException {
    return source.quarantined() || root.ops().stat(source.path()).sameContentAs(source.facts());
  }

  private void record(KeyUpdate update, String runId, FittingHalves fit) throws IOException {
    Candidate restored = new Candidate(runId, fit.manifest().manifest());
    expiry.noteHit(update.directory().key(), restored, clock.nanoTime());
    // No bytes are counted in both places: another process's sweep would make room for them.
    List<Path> moved = fit.quarantined();
    ledger.quarantineHas(
        quarantine.list().stream()
            .filter(held -> !moved.contains(held.path()))
            .mapToLong(QuarantinedFile::bytes)
            .sum());
    update.recount();
  }
}
