package io.warmstart.recover;

import io.warmstart.access.Expiry;
import io.warmstart.format.Candidate;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.Owner;
import io.warmstart.format.StagedName;
import io.warmstart.format.Stamp;
import io.warmstart.index.SpaceLedger;
import io.warmstart.io.FileFacts;
import io.warmstart.key.KeyUpdate;
import io.warmstart.key.Leftovers;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.model.Digest256;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RestoreReport;
import io.warmstart.model.RestoreReport.Item;
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
import io.warmstart.pair.Quarantine;
import io.warmstart.pair.QuarantinedFile;
import io.warmstart.pair.QuarantinedRuns;
import io.warmstart.pair.QuarantinedRuns.Half;
import io.warmstart.pair.QuarantinedRuns.Run;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.save.KeyDirectories;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Brings back from quarantine what is whole, each run whole or not at all.
 *
 * <ol>
 *   <li>Look for a manifest and a payload that fit, by size and SHA-256, among the halves of a run
 *       that lie in quarantine and those in its key directory. Of several, the latest written.
 *   <li>Stage them in the key directory and sync them: the payload by a second name, the manifest
 *       written anew with the access stamp of now. What lies in quarantine stays until the end: a
 *       death on the way loses nothing.
 *   <li>Under the key's lock, unless a whole entry of that run is in place or somebody is writing
 *       it: move to quarantine what is in the way, link payload and manifest into place. A link,
 *       and no rename: the lock keeps out neither other machines nor the original store, and what
 *       one of them has published a moment ago stays.
 *   <li>Sync the directory, and drop the names in quarantine.
 * </ol>
 *
 * <p>The written stamp stays what it was. Being brought back counts as a use, and the manifest that
 * comes into place says so: else the next sweep, of whichever process or machine, would remove what
 * has lain there for longer than the TTL, and no name in quarantine would be left of it.
 */
public final class RestoreFlow {
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
  private final boolean besideOtherMachines;
  private final EpochNanoClock clock;
  private final List<Item> items = new ArrayList<>();

  public RestoreFlow(
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
      boolean besideOtherMachines,
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
    this.besideOtherMachines = besideOtherMachines;
    this.clock = clock;
  }

  /**
   * Restores, or tells what it would.
   *
   * @param keys whose runs; all if empty
   */
  public RestoreReport run(Collection<Fingerprint> keys, boolean listOnly) {
    Set<Digest256> wanted = new HashSet<>();
    keys.forEach(key -> wanted.add(key.digest()));
    try {
      QuarantinedRuns found = quarantine.runs();
      found
          .runs()
          .forEach(
              (run, halves) -> {
                if (wanted.isEmpty() || wanted.contains(run.key())) {
                  restore(run, halves, listOnly);
                }
              });
      if (wanted.isEmpty()) {
        found.unknown().forEach(this::unknown);
      }
    } catch (IOException e) {
      throw StoreFailures.ofReading("cannot look at the quarantine", quarantine.directory(), e);
    }
    return new RestoreReport(List.copyOf(items));
  }

  private void unknown(QuarantinedFile held) {
    items.add(
        new Item(
            Optional.empty(),
            "",
            Outcome.UNKNOWN,
            "neither its name nor a reason beside it tells key and run id",
            "",
            List.of(held.path().getFileName().toString()),
            -1));
  }

  private void restore(Run run, List<Half> halves, boolean listOnly) {
    KeyDirectory directory = root.directory(run.key());
    List<Path> files = halves.stream().map(Half::path).toList();
    try {
      StringBuilder why = new StringBuilder();
      FittingHalves fit =
          FittingHalves.find(root.ops(), reader, directory, run.runId(), halves, why);
      String written = fit == null ? "" : ", here written=" + fit.manifest().manifest().written();
      if (PairCheck.of(root.ops(), reader, directory, run.runId()).whole()) {
        add(run, halves, files, Outcome.IN_PLACE, "a whole entry is in place" + written, null);
      } else if (fit == null) {
        add(run, halves, files, Outcome.NOT_WHOLE, why.toString(), null);
      } else {
        Outcome outcome = isInTheWay(directory, run.runId(), fit);
        if (outcome == null) {
          outcome = listOnly ? Outcome.RESTORABLE : publish(directory, run.runId(), fit);
        }
        add(run, halves, fit.quarantined(), outcome, detail(outcome), fit);
        List<Path> rest = new ArrayList<>(files);
        rest.removeAll(fit.quarantined());
        if (!rest.isEmpty()) {
          add(run, halves, rest, Outcome.IN_PLACE, "not of the version that comes back", null);
        }
      }
    } catch (NoSuchFileException e) {
      add(run, halves, files, Outcome.FAILED, "gone meanwhile: " + e.getMessage(), null);
    } catch (IOException e) {
      add(run, halves, files, Outcome.FAILED, StoreFailures.describe(e), null);
    }
  }

  private static String detail(Outcome outcome) {
    return switch (outcome) {
      case BEING_WRITTEN -> "somebody is writing this run, or has within the last minute";
      case IN_PLACE -> "a whole entry is in place";
      default -> "";
    };
  }

  private void add(
      Run run,
      List<Half> halves,
      List<Path> files,
      Outcome outcome,
      String detail,
      @Nullable FittingHalves fit) {
    List<String> names = new ArrayList<>();
    Set<String> reasons = new HashSet<>();
    StringBuilder reason = new StringBuilder();
    for (Half half : halves) {
      if (files.contains(half.path())) {
        names.add(half.path().getFileName().toString());
        if (!half.reason().isEmpty() && reasons.add(half.reason())) {
          reason.append(reason.isEmpty() ? "" : "; ").append(half.reason());
        }
      }
    }
    items.add(
        new Item(
            Optional.of(Fingerprint.ofDigest(run.key())),
            run.runId(),
            outcome,
            detail,
            reason.toString(),
            List.copyOf(names),
            fit == null ? -1 : fit.payload().facts().size()));
  }

  /** Whether somebody may be writing the run; null if it may come back. */
  private @Nullable Outcome isInTheWay(KeyDirectory directory, String runId, FittingHalves fit)
      throws IOException {
    KeyListing scan = KeyListing.forLookup(root.ops(), directory);
    if (scan.foreignManifestStaged(runId)) {
      return Outcome.BEING_WRITTEN;
    }
    for (KeyListing.Leftover leftover : scan.staged()) {
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
        try {
          root.ops().stat(half);
          others.add(half);
        } catch (NoSuchFileException e) {
          // The usual case.
        }
      }
    }
    return others;
  }

  private Outcome publish(KeyDirectory directory, String runId, FittingHalves fit)
      throws IOException {
    for (int attempt = 1; ; attempt++) {
      try (KeyDirectories.Use open = keyDirectories.use(directory)) {
        Outcome outcome = publishStaged(directory, runId, fit);
        if (outcome == Outcome.RESTORED) {
          open.sync();
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
    if (!source.source().quarantined() && besideOtherMachines) {
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
      requireNoOtherRunInTheWay(directory, runId);
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

  private void requireNoOtherRunInTheWay(KeyDirectory directory, String runId) throws IOException {
    String other = caseFolding.runInTheWay(directory, runId);
    if (other != null) {
      throw new FileSystemException(
          directory.path().toString(),
          null,
          "the file system does not tell upper from lower case, and another run has the name: run="
              + runId
              + " other="
              + other);
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
    try {
      return root.ops().stat(name).sameFileAs(file);
    } catch (NoSuchFileException e) {
      return false;
    }
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
