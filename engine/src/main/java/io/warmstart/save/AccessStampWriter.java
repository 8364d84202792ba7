package io.warmstart.save;

import io.warmstart.access.AccessStamps;
import io.warmstart.access.AccessStamps.Touch;
import io.warmstart.access.Expiry;
import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.Run;
import io.warmstart.index.KeyCensus;
import io.warmstart.index.SpaceLedger;
import io.warmstart.index.table.EntryFacts;
import io.warmstart.io.FileFacts;
import io.warmstart.io.RootWatch;
import io.warmstart.key.KeyUpdate;
import io.warmstart.key.RecoveringLocks;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.ManifestFile;
import io.warmstart.pair.PairWriter;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.process.Counters;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Carries noted hits into their manifests: stage the same manifest with the new access stamp, sync
 * it, and rename it into place under the key's lock if the version is still the one that was hit.
 *
 * <p>The written stamp and every field that is not ours to change stay as they are.
 *
 * <p>Beside other machines it writes no manifest: the lock does not keep their savers out, and what
 * one of them publishes between the last look and the rename would lose its manifest to the one
 * before. There a hit goes into the index of this machine, and the others count from the write.
 */
public final class AccessStampWriter {
  private final RootDirectory root;
  private final RootWatch rootWatch;
  private final AccessStamps accessStamps;
  private final RecoveringLocks locks;
  private final SpaceLedger ledger;
  private final PairWriter pairWriter;
  private final boolean ofOtherUser;
  private final Notices notices;
  private final Counters counters;
  private final EpochNanoClock clock;

  /**
   * Makes the flow of one root.
   *
   * @param ofOtherUser whether the store is another user's: then no manifest is rewritten
   */
  public AccessStampWriter(
      RootDirectory root,
      RootWatch rootWatch,
      AccessStamps accessStamps,
      RecoveringLocks locks,
      SpaceLedger ledger,
      PairWriter pairWriter,
      boolean ofOtherUser,
      Notices notices,
      Counters counters,
      EpochNanoClock clock) {
    this.root = root;
    this.rootWatch = rootWatch;
    this.accessStamps = accessStamps;
    this.locks = locks;
    this.ledger = ledger;
    this.pairWriter = pairWriter;
    this.ofOtherUser = ofOtherUser;
    this.notices = notices;
    this.counters = counters;
    this.clock = clock;
  }

  /**
   * Writes the touches that have waited for so long.
   *
   * @param delayNanos 0 for all
   * @return how many could not be written
   */
  public synchronized int run(long delayNanos) {
    // One at a time, so that a flush returns when what the housekeeper had begun is written too.
    if (ofOtherUser) {
      // A rewritten manifest is another file, without the mode and the access list that its owner
      // gave the first. The index tells of the hit.
      return 0;
    }
    if (rootWatch.isGone()) {
      // They wait until it is back.
      return 0;
    }
    int failed = 0;
    for (Map.Entry<Run, Touch> due : accessStamps.due(delayNanos, clock.nanoTime())) {
      if (root.besideOtherMachines()) {
        keepOnThisMachine(due.getKey(), due.getValue());
        continue;
      }
      try {
        persist(due.getKey(), due.getValue(), delayNanos / 2);
      } catch (IOException e) {
        failed++;
        counters.count(StoreCounter.TOUCH_FAILURES);
        tellIfFull(root.directory(due.getKey().key()), e);
      }
    }
    return failed;
  }

  private void tellIfFull(KeyDirectory directory, IOException failure) {
    StoreException told =
        StoreFailures.ofWriting("an access is not written down", directory.path(), failure);
    if (told instanceof StorageFullException) {
      notices.troubleAgain(Kind.DISK_FULL, "the disk is full: " + told.getMessage(), failure);
    }
  }

  /** Without an index it goes on waiting, for this process to know. */
  private void keepOnThisMachine(Run run, Touch touch) {
    if (ledger.touched(run.key(), run.runId(), touch.stamp().toUnixNanosSaturated())) {
      accessStamps.persisted(run, touch);
    }
  }

  private void persist(Run run, Touch touch, long leastMoveNanos) throws IOException {
    KeyDirectory directory = root.directory(run.key());
    Path manifestPath = directory.manifest(run.runId());
    // It was a directory when it was hit; by now it may be a link that leads out of the root.
    Manifest current = isDirectory(directory) ? read(manifestPath, touch) : null;
    if (current == null) {
      accessStamps.drop(run, touch);
      return;
    }
    // Another process may just have told of its own hit, which will do for ours.
    long moves = touch.stamp().toUnixNanosSaturated() - current.accessedAt().toUnixNanosSaturated();
    if (current.accessed() && moves <= leastMoveNanos && moves >= -Expiry.AHEAD_NANOS) {
      accessStamps.persisted(run, touch);
      return;
    }
    KeyCensus.Look look = locks.look(directory);
    Path staged;
    try {
      // Outside the lock, since it waits for a sync.
      staged = pairWriter.stageManifest(directory, run.runId(), current.withAccess(touch.stamp()));
    } catch (NoSuchFileException | ManifestFormatException e) {
      // Gone; or another program's and longer than a manifest may be once it is laid out, so that
      // its accesses stand in the index alone.
      accessStamps.drop(run, touch);
      return;
    }
    if (putInPlace(run, touch, current, staged, look)) {
      counters.count(StoreCounter.TOUCHES_WRITTEN);
      accessStamps.persisted(run, touch);
    }
  }

  /** Under the key's lock; false if the entry is another by now, or gone. */
  private boolean putInPlace(
      Run run, Touch touch, Manifest current, Path staged, KeyCensus.Look look) throws IOException {
    KeyDirectory directory = root.directory(run.key());
    Path manifestPath = directory.manifest(run.runId());
    try (KeyUpdate update = locks.acquire(directory)) {
      Manifest now = read(manifestPath, touch);
      if (now == null || !now.equals(current) || !update.heldInProcess()) {
        pairWriter.discard(staged, new IOException("the entry has changed"));
        if (now == null) {
          accessStamps.drop(run, touch);
        }
        return false;
      }
      long before = root.ops().stat(manifestPath).size();
      long after = root.ops().stat(staged).size();
      update.beginOfStamp(run.runId(), look);
      root.ops().rename(staged, manifestPath);
      EntryFacts facts =
          EntryFacts.of(
              run.runId(), current.withAccess(touch.stamp()), after + current.payloadBytes());
      update.restamped(facts, after - before);
      return true;
    } catch (NoSuchFileException e) {
      // Removed by a store that knows no lock: there is nothing left to touch.
      pairWriter.discard(staged, e);
      accessStamps.drop(run, touch);
      return false;
    } catch (IOException | RuntimeException | Error e) {
      pairWriter.discard(staged, e);
      throw e;
    }
  }

  private boolean isDirectory(KeyDirectory directory) throws IOException {
    FileFacts facts = root.ops().statOrNull(directory.path());
    return facts != null && facts.directory();
  }

  /** The manifest, if it is still the version that was hit. */
  private @Nullable Manifest read(Path path, Touch touch) throws IOException {
    try {
      Manifest manifest = ManifestFile.read(root.ops(), path).manifest();
      return AccessStamps.sameVersion(manifest, touch.seen()) ? manifest : null;
    } catch (NoSuchFileException | ManifestFormatException e) {
      return null;
    }
  }
}
