package io.warmstart;

import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.KeyScan;
import io.warmstart.entry.Quarantine;
import io.warmstart.format.Candidate;
import io.warmstart.format.Digest256;
import io.warmstart.format.DirectoryNames;
import io.warmstart.index.CoordinationLayout;
import io.warmstart.index.KeyLocks;
import io.warmstart.index.RootRecords;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.SystemEpochNanoClock;

/**
 * A walk over the keys of a root: recover each, count its files, tell the index. A key whose
 * directory has not changed since it was last walked costs one look at it.
 *
 * <p>Takes each key's lock in turn and no other, so savers go on meanwhile.
 */
final class RootWalk {
  /** A rebuild of fewer keys is done before a second thread has begun. */
  private static final int KEYS_OF_ONE_THREAD = 1000;

  private static final int MOST_THREADS = 4;
  private static final int PIECE = 64;

  private final Engine engine;
  private final boolean passUnchanged;
  private final BooleanSupplier stopped;
  private final KeyWalk found;
  private long quarantineBytes;
  private boolean ended;

  /**
   * Makes a walk.
   *
   * @param passUnchanged whether to pass over keys that have not changed
   * @param stopped whether to give up
   */
  RootWalk(Engine engine, boolean passUnchanged, BooleanSupplier stopped) {
    this.engine = engine;
    this.passUnchanged = passUnchanged;
    this.stopped = stopped;
    this.found = new KeyWalk(engine, passUnchanged);
  }

  /** An entry as it was found. */
  record Evictable(KeyDirectory directory, Candidate candidate, long bytes) {}

  /** The entries of the keys that were not passed over. */
  List<Evictable> entries() {
    return found.entries;
  }

  /** Whether it was made at all, and to its end: else it has found nothing, or not all. */
  boolean ended() {
    return ended;
  }

  /** Whether it has passed keys over, whose bytes it knows and whose entries it does not. */
  boolean passedOver() {
    return found.passedOver;
  }

  /** The root's bytes. */
  long bytes() {
    return found.bytes + quarantineBytes;
  }

  /** How many files of the root do not count: {@link KeyScan#otherFiles}. */
  long otherFiles() {
    return found.otherFiles;
  }

  /** Their bytes. */
  long otherBytes() {
    return found.otherBytes;
  }

  /** What was mended. */
  RecoverFlow.Result recovered() {
    return found.recovered;
  }

  /** How many keys could not be looked at or mended. */
  long failures() {
    return found.failures;
  }

  void run() throws IOException {
    long came = SystemEpochNanoClock.INSTANCE.nanoTime();
    synchronized (engine.walking) {
      // Whoever waited here for another walk may have got from it what it came for: if that began
      // later, since one under way may have passed by where something has been put meanwhile.
      long began = engine.records().walkBegan();
      boolean done =
          passUnchanged
              && began >= came
              && began <= SystemEpochNanoClock.INSTANCE.nanoTime()
              && engine.records().walkedAt() != 0;
      if (!done || engine.records().totalBytes().isEmpty()) {
        walk();
      }
    }
  }

  private void walk() throws IOException {
    RootRecords records = engine.records();
    long began = SystemEpochNanoClock.INSTANCE.nanoTime();
    boolean recountDue = engine.isRecountDue();
    long doubt;
    boolean wasUnknown;
    int times = 0;
    do {
      doubt = records.walkBegins();
      wasUnknown = records.totalBytes().isEmpty();
      if (wasUnknown || recountDue) {
        recount(records, wasUnknown);
      }
      // Again for a doubt of somebody else's, or if the index was given up for what stood in it.
    } while (++times < 2 && records.walkBegins() != doubt);
    Set<Digest256> listed = new LinkedHashSet<>();
    for (String name : engine.ops.list(engine.root)) {
      if (DirectoryNames.isKeyDirectory(name)) {
        listed.add(Digest256.fromHex(name));
      }
    }
    if (!walkAll(List.copyOf(listed), wasUnknown)) {
      return;
    }
    List<Digest256> unlisted = new ArrayList<>();
    records.forEachKey(
        key -> {
          if (!listed.contains(key) && records.bytes(key) != 0) {
            unlisted.add(key);
          }
        });
    unlisted.forEach(key -> found.walk(engine.directory(key)));
    ended = true;
    quarantineBytes = engine.quarantine.list().stream().mapToLong(Quarantine.Held::bytes).sum();
    if (found.untold && wasUnknown) {
      // Something is held by a process that was stopped: what it holds was not counted.
      return;
    }
    boolean incomplete = found.untold || found.unreadable || found.failures > 0;
    records.walkEnded(
        doubt, incomplete ? 0 : began, SystemEpochNanoClock.INSTANCE.nanoTime(), quarantineBytes);
    if (incomplete) {
      // Nor mended, or recorded: the next sweep is to look again, and not to wait for a minute.
      records.walkIsDue();
    }
  }

  /**
   * Sums up the bytes of each stripe. Somebody may have died, or written without being alone, or a
   * key's slot was lost with what it counts for: the sums may be no sums. Where they are known and
   * a stripe is not to be had at once, the next walk will do.
   */
  private void recount(RootRecords records, boolean unknown) {
    for (int stripe = 0; stripe < CoordinationLayout.KEY_STRIPES; stripe++) {
      try (KeyLocks.Hold hold =
          unknown ? engine.locks.acquireForWalk(stripe) : engine.locks.acquireBriefly(stripe)) {
        if (hold.shared() || unknown) {
          records.recount(hold);
        }
      }
    }
  }

  /**
   * Walks keys, with more threads where the index knows nothing: everybody waits for that.
   *
   * @return false if it was told to stop
   */
  private boolean walkAll(List<Digest256> keys, boolean urgent) {
    int threads = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
    AtomicInteger next = new AtomicInteger();
    if (!urgent || keys.size() <= KEYS_OF_ONE_THREAD || threads == 1) {
      walkPieces(keys, next, found);
    } else {
      List<FutureTask<KeyWalk>> others = new ArrayList<>();
      for (int each = 1; each < threads; each++) {
        FutureTask<KeyWalk> other =
            new FutureTask<>(
                () -> {
                  KeyWalk part = new KeyWalk(engine, passUnchanged);
                  walkPieces(keys, next, part);
                  return part;
                });
        Thread thread = new Thread(other, "warmstart-walk-" + each);
        thread.setDaemon(true);
        try {
          thread.start();
        } catch (OutOfMemoryError e) {
          // No thread is to be had: those that there are do it.
          break;
        }
        others.add(other);
      }
      try {
        walkPieces(keys, next, found);
      } finally {
        // After an error of ours there is nothing left for them to do.
        next.set(keys.size());
      }
      others.forEach(other -> found.add(await(other)));
    }
    return !stopped.getAsBoolean();
  }

  private void walkPieces(List<Digest256> keys, AtomicInteger next, KeyWalk part) {
    for (int from = next.getAndAdd(PIECE);
        from < keys.size() && !stopped.getAsBoolean();
        from = next.getAndAdd(PIECE)) {
      for (Digest256 key : keys.subList(from, Math.min(keys.size(), from + PIECE))) {
        part.walk(engine.directory(key));
      }
    }
  }

  private static KeyWalk await(FutureTask<KeyWalk> other) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return other.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          throw new IllegalStateException("a thread of a walk has failed", e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
