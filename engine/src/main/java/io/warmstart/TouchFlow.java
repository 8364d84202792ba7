package io.warmstart;

import io.warmstart.PendingTouches.Ref;
import io.warmstart.PendingTouches.Touch;
import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.ManifestFile;
import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.index.Counter;
import io.warmstart.index.EntryFacts;
import io.warmstart.index.KeyLocks;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
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
final class TouchFlow {
  private final Engine engine;

  TouchFlow(Engine engine) {
    this.engine = engine;
  }

  /**
   * Writes the touches that have waited for so long.
   *
   * @param delayNanos 0 for all
   * @return how many could not be written
   */
  int run(long delayNanos) {
    // One at a time, so that a flush returns when what the agent had begun is written too.
    synchronized (engine.writingTouches) {
      return runAlone(delayNanos);
    }
  }

  private int runAlone(long delayNanos) {
    if (engine.ofOtherUser) {
      // A rewritten manifest is another file, without the mode and the access list that its owner
      // gave the first. The index tells of the hit.
      return 0;
    }
    if (engine.rootWatch.isGone()) {
      // They wait until it is back.
      return 0;
    }
    int failed = 0;
    for (Map.Entry<Ref, Touch> due : engine.touches.due(delayNanos, engine.clock.nanoTime())) {
      if (engine.besideOtherMachines()) {
        keepOnThisMachine(due.getKey(), due.getValue());
        continue;
      }
      try {
        persist(due.getKey(), due.getValue(), delayNanos / 2);
      } catch (IOException e) {
        failed++;
        engine.counters.count(Counter.TOUCH_FAILURES);
      }
    }
    return failed;
  }

  /** Without an index it goes on waiting, for this process to know. */
  private void keepOnThisMachine(Ref ref, Touch touch) {
    if (engine.records().touched(ref.key(), ref.runId(), touch.stamp().toUnixNanosSaturated())) {
      engine.touches.persisted(ref, touch);
    }
  }

  private void persist(Ref ref, Touch touch, long leastMoveNanos) throws IOException {
    KeyDirectory directory = engine.directory(ref.key());
    Path manifestPath = directory.manifest(ref.runId());
    // It was a directory when it was hit; by now it may be a link that leads out of the root.
    Manifest current = isDirectory(directory) ? read(manifestPath, touch) : null;
    if (current == null) {
      engine.touches.drop(ref, touch);
      return;
    }
    // Another process may just have told of its own hit, which will do for ours.
    long moves = touch.stamp().toUnixNanosSaturated() - current.accessedAt().toUnixNanosSaturated();
    if (current.accessed() && moves <= leastMoveNanos && moves >= -Expiry.AHEAD_NANOS) {
      engine.touches.persisted(ref, touch);
      return;
    }
    Path staged;
    try {
      // Outside the lock, since it waits for a sync.
      staged =
          engine.stager.stageManifest(directory, ref.runId(), current.withAccess(touch.stamp()));
    } catch (NoSuchFileException | ManifestFormatException e) {
      // Gone; or another program's and longer than a manifest may be once it is laid out, so that
      // its accesses stand in the index alone.
      engine.touches.drop(ref, touch);
      return;
    }
    try (KeyLocks.Hold hold = engine.lock(directory)) {
      Manifest now = read(manifestPath, touch);
      if (now == null || !now.equals(current) || !hold.exclusive()) {
        engine.stager.discard(staged, new IOException("the entry has changed"));
        if (now == null) {
          engine.touches.drop(ref, touch);
        }
        return;
      }
      long before = engine.ops.stat(manifestPath).size();
      long after = engine.ops.stat(staged).size();
      engine.ops.rename(staged, manifestPath);
      EntryFacts facts =
          EntryFacts.of(
              ref.runId(), current.withAccess(touch.stamp()), after + current.payloadBytes());
      engine.records().restamped(hold, ref.key(), facts, after - before);
    } catch (NoSuchFileException e) {
      // Removed by a store that knows no lock: there is nothing left to touch.
      engine.stager.discard(staged, e);
      engine.touches.drop(ref, touch);
      return;
    } catch (IOException | RuntimeException | Error e) {
      engine.stager.discard(staged, e);
      throw e;
    }
    engine.counters.count(Counter.TOUCHES_WRITTEN);
    engine.touches.persisted(ref, touch);
  }

  private boolean isDirectory(KeyDirectory directory) throws IOException {
    try {
      return engine.ops.stat(directory.path()).directory();
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** The manifest, if it is still the version that was hit. */
  private @Nullable Manifest read(Path path, Touch touch) throws IOException {
    try {
      Manifest manifest = ManifestFile.read(engine.ops, path).manifest();
      return PendingTouches.sameVersion(manifest, touch.seen()) ? manifest : null;
    } catch (NoSuchFileException | ManifestFormatException e) {
      return null;
    }
  }
}
