package io.warmstart;

import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.KeyScan;
import io.warmstart.entry.ManifestFile;
import io.warmstart.entry.Quarantine;
import io.warmstart.format.Candidate;
import io.warmstart.format.Digest256;
import io.warmstart.format.DirectoryNames;
import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.index.Counter;
import io.warmstart.index.KeyLocks;
import io.warmstart.index.TotalBytes;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * A sweep: bring the root within its budget, and clear away what is dead.
 *
 * <ol>
 *   <li>Take the sweep stripe: one sweep at a time on a root.
 *   <li>Walk every key directory: recover it, remove what has expired, count every file.
 *   <li>Correct the shared byte total by what was counted.
 *   <li>While over the budget: remove quarantined files, oldest first; then entries, never accessed
 *       before accessed, oldest last use first, then by path. Each under its key's lock, and only
 *       if it still is the version that was counted.
 *   <li>Remove directories that are empty now.
 * </ol>
 *
 * <p>An entry goes manifest first: what a death in between leaves is a payload that no reader asks
 * for. A save never fails because its sweep does; the failure is counted and told in the report.
 */
final class EvictFlow {
  private static final long SWEEP_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** Empty directories younger than this may be a sibling's that is about to stage in it. */
  private static final long EMPTY_DIRECTORY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final int MOST_PASSES = 4;

  private static final Comparator<Evictable> ORDER =
      Comparator.<Evictable, Boolean>comparing(each -> each.used().accessed())
          .thenComparing(each -> each.used().lastUse())
          .thenComparing(each -> each.directory().path())
          .thenComparing(each -> each.candidate().runId());

  /**
   * An entry that could go.
   *
   * @param used its manifest, with the hits that are not on disk yet
   */
  private record Evictable(
      KeyDirectory directory, Candidate candidate, Manifest used, long bytes) {}

  private final Engine engine;
  private final StoreOptions options;
  private final RecoverFlow recoverFlow;
  private final List<Evictable> evictables = new ArrayList<>();
  private List<Quarantine.Held> quarantined = new ArrayList<>();
  private long found;
  private long entriesBefore;
  private long bytesBefore;
  private long bytes;
  private long removedInWalk;
  private long evicted;
  private long expired;
  private long movedToQuarantine;
  private long rolledForward;
  private long leftoversRemoved;
  private long quarantineRemoved;
  private long failures;

  private EvictFlow(Engine engine, StoreOptions options) {
    this.engine = engine;
    this.options = options;
    this.recoverFlow = new RecoverFlow(engine);
  }

  /** After a save: sweeps if the root is over the budget, or nobody knows whether it is. */
  static void keepBudget(Engine engine, StoreOptions options) {
    if (withinBudget(engine, options)) {
      return;
    }
    try (KeyLocks.Hold hold = engine.locks.acquireSweep(SWEEP_PATIENCE_NANOS)) {
      // The sweep that was waited for may have done it.
      if (hold.shared() && withinBudget(engine, options)) {
        return;
      }
      new EvictFlow(engine, options).run();
    } catch (IOException e) {
      // The save has been acknowledged by now in all but words: it does not fail for this.
      engine.counters.count(Counter.SWEEP_FAILURES);
    }
  }

  /** One sweep, whatever the total says. */
  static EvictionReport sweep(Engine engine, StoreOptions options) {
    KeyLocks.Hold hold = engine.locks.acquireSweep(SWEEP_PATIENCE_NANOS);
    try {
      return new EvictFlow(engine, options).run();
    } catch (IOException e) {
      engine.counters.count(Counter.SWEEP_FAILURES);
      throw StoreFailures.ofWriting("sweep failed", engine.root, e);
    } finally {
      hold.close();
    }
  }

  private static boolean withinBudget(Engine engine, StoreOptions options) {
    OptionalLong total =
        engine.coordination().map(each -> each.totalBytes().known()).orElse(OptionalLong.empty());
    return total.isPresent() && total.getAsLong() <= options.sizeBudgetBytes();
  }

  private EvictionReport run() throws IOException {
    engine.counters.count(Counter.SWEEPS);
    for (int pass = 0; pass < MOST_PASSES; pass++) {
      long failuresBefore = failures;
      walk();
      boolean uncounted = failures > failuresBefore;
      if (pass == 0) {
        entriesBefore = found;
        bytesBefore = bytes + removedInWalk;
      }
      // Entries that changed since they were counted stay; another pass sees them anew.
      boolean fits = true;
      if (bytes > options.sizeBudgetBytes()) {
        removeQuarantined();
        fits = evict();
      }
      // A disk that stumbled once must not leave a total that is too low; one that cannot be read
      // at all must not cost every save a walk.
      if (fits && !(uncounted && pass == 0)) {
        break;
      }
    }
    if (failures > 0) {
      engine.counters.count(Counter.SWEEP_FAILURES);
    }
    return new EvictionReport(
        entriesBefore,
        bytesBefore,
        bytes,
        evicted,
        expired,
        movedToQuarantine,
        rolledForward,
        leftoversRemoved,
        quarantineRemoved,
        failures);
  }

  private void walk() throws IOException {
    evictables.clear();
    found = 0;
    bytes = 0;
    removedInWalk = 0;
    Optional<TotalBytes.Walk> total =
        engine.coordination().map(shared -> shared.totalBytes().beginWalk());
    for (String name : engine.ops.list(engine.root)) {
      if (DirectoryNames.isKeyDirectory(name)) {
        try {
          walkKey(engine.directory(Digest256.fromHex(name)));
        } catch (IOException e) {
          failures++;
        }
      }
    }
    quarantined = new ArrayList<>(engine.quarantine.list());
    for (Quarantine.Held held : quarantined) {
      bytes += held.bytes();
    }
    // What the walk itself has removed is off the total already, and was not counted either.
    total.ifPresent(walk -> walk.correct(bytes + removedInWalk));
  }

  private void walkKey(KeyDirectory directory) throws IOException {
    KeyScan scan = KeyScan.withSizes(engine.ops, directory);
    if (recover(directory, scan)) {
      scan = KeyScan.withSizes(engine.ops, directory);
    }
    long now = engine.clock.nanoTime();
    long keyBytes = scan.bytes();
    found += scan.candidates().size();
    for (Candidate candidate : scan.candidates()) {
      Manifest used = engine.touches.withNoted(directory.key(), candidate);
      Evictable evictable =
          new Evictable(directory, candidate, used, scan.pairBytes(candidate.runId()));
      if (Expiry.expired(options.ttlNanos(), used, now)) {
        if (remove(evictable)) {
          expired++;
          engine.counters.count(Counter.EXPIRED);
          keyBytes -= evictable.bytes();
          removedInWalk += evictable.bytes();
        }
      } else {
        evictables.add(evictable);
      }
    }
    bytes += keyBytes;
    if (scan.exists() && keyBytes == 0 && scan.isEmpty()) {
      removeEmptyDirectory(directory);
    }
  }

  /** Recovers a key; what cannot be mended or set aside is counted, and the rest goes on. */
  private boolean recover(KeyDirectory directory, KeyScan scan) {
    RecoverFlow.Result recovered = new RecoverFlow.Result();
    try {
      recoverFlow.run(directory, scan, recovered);
    } catch (IOException e) {
      failures++;
    }
    rolledForward += recovered.rolledForward;
    movedToQuarantine += recovered.quarantined;
    leftoversRemoved += recovered.leftoversRemoved;
    removedInWalk += recovered.bytesRemoved;
    return recovered.changed();
  }

  private void removeQuarantined() {
    for (Quarantine.Held held : quarantined) {
      if (bytes <= options.sizeBudgetBytes()) {
        return;
      }
      try {
        engine.ops.unlink(held.path());
        bytes -= held.bytes();
        quarantineRemoved++;
        engine.coordination().ifPresent(shared -> shared.totalBytes().add(-held.bytes()));
      } catch (NoSuchFileException e) {
        bytes -= held.bytes();
      } catch (IOException e) {
        failures++;
      }
    }
  }

  /**
   * Removes entries in order until the root fits.
   *
   * @return false if some had changed since they were counted and the root still does not fit
   */
  private boolean evict() {
    evictables.sort(ORDER);
    boolean changed = false;
    for (Evictable evictable : evictables) {
      if (bytes <= options.sizeBudgetBytes()) {
        return true;
      }
      try {
        if (remove(evictable)) {
          evicted++;
          bytes -= evictable.bytes();
          engine.counters.count(Counter.EVICTED);
        } else {
          changed = true;
        }
      } catch (IOException e) {
        failures++;
      }
    }
    return !changed;
  }

  /** Removes an entry if it still is the version that was counted. */
  private boolean remove(Evictable evictable) throws IOException {
    KeyDirectory directory = evictable.directory();
    String runId = evictable.candidate().runId();
    try (KeyLocks.Hold hold = engine.lock(directory)) {
      if (!hold.exclusive() || !isUnchanged(directory, evictable.candidate())) {
        return false;
      }
      // Before the first unlink: a saver that finds its pair gone must already see why.
      hold.countRemoval();
      unlinkIfThere(directory.manifest(runId));
      unlinkIfThere(directory.payload(runId));
      hold.addTotalBytes(-evictable.bytes());
      engine.index.removed(directory, runId);
      removeDirectory(directory.path());
      return true;
    }
  }

  private boolean isUnchanged(KeyDirectory directory, Candidate counted) throws IOException {
    try {
      Manifest now = ManifestFile.read(engine.ops, directory.manifest(counted.runId())).manifest();
      return now.equals(counted.manifest());
    } catch (NoSuchFileException | ManifestFormatException e) {
      return false;
    }
  }

  private void unlinkIfThere(Path path) throws IOException {
    try {
      engine.ops.unlink(path);
    } catch (NoSuchFileException e) {
      // A store that knows no lock was faster.
    }
  }

  private void removeEmptyDirectory(KeyDirectory directory) throws IOException {
    try {
      long age = engine.clock.nanoTime() - engine.ops.stat(directory.path()).mtimeNanos();
      if (age >= EMPTY_DIRECTORY_NANOS) {
        removeDirectory(directory.path());
      }
    } catch (NoSuchFileException e) {
      // A sibling's sweep was faster.
    }
  }

  private void removeDirectory(Path path) throws IOException {
    try {
      engine.ops.removeDirectory(path);
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      // Gone, or in use: a saver that loses it between making it and staging in it makes it again.
    }
  }
}
