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
import io.warmstart.io.FileFacts;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.SystemEpochNanoClock;

/**
 * A walk over the keys of a root: recover each, count its files, tell the index. A key whose
 * directory has not changed since it was last walked costs one look at it.
 *
 * <p>Takes each key's lock in turn and no other, so savers go on meanwhile.
 */
final class RootWalk {
  /** Empty directories younger than this may be a sibling's that is about to stage in it. */
  private static final long EMPTY_DIRECTORY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Engine engine;
  private final boolean passUnchanged;
  private final BooleanSupplier stopped;
  private final RecoverFlow recoverFlow;
  private final RecoverFlow.Result recovered = new RecoverFlow.Result();
  private final List<Evictable> entries = new ArrayList<>();
  private long bytes;
  private long quarantineBytes;
  private long failures;
  private boolean untold;

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
    this.recoverFlow = new RecoverFlow(engine);
  }

  /** An entry as it was found. */
  record Evictable(KeyDirectory directory, Candidate candidate, long bytes) {}

  /** The entries of the keys that were not passed over. */
  List<Evictable> entries() {
    return entries;
  }

  /** The root's bytes. */
  long bytes() {
    return bytes + quarantineBytes;
  }

  /** What was mended. */
  RecoverFlow.Result recovered() {
    return recovered;
  }

  /** How many keys could not be looked at or mended. */
  long failures() {
    return failures;
  }

  void run() throws IOException {
    long walkedAt = engine.records().walkedAt();
    synchronized (engine.walking) {
      // Whoever waited here for another walk may have got from it what it came for.
      boolean done = walkedAt != engine.records().walkedAt() && passUnchanged;
      if (!done || engine.records().totalBytes().isEmpty()) {
        walk();
      }
    }
  }

  private void walk() throws IOException {
    RootRecords records = engine.records();
    long began = SystemEpochNanoClock.INSTANCE.nanoTime();
    long doubt = records.walkBegins();
    boolean wasUnknown = records.totalBytes().isEmpty();
    if (wasUnknown) {
      // Somebody may have died, or written without being alone: the sums may be no sums.
      for (int stripe = 0; stripe < CoordinationLayout.KEY_STRIPES; stripe++) {
        try (KeyLocks.Hold hold = engine.locks.acquireForWalk(stripe)) {
          records.recount(hold);
        }
      }
    }
    Set<Digest256> listed = new HashSet<>();
    for (String name : engine.ops.list(engine.root)) {
      if (stopped.getAsBoolean()) {
        return;
      }
      if (DirectoryNames.isKeyDirectory(name)) {
        Digest256 key = Digest256.fromHex(name);
        listed.add(key);
        walk(engine.directory(key));
      }
    }
    List<Digest256> unlisted = new ArrayList<>();
    records.forEachKey(
        key -> {
          if (!listed.contains(key) && records.bytes(key) != 0) {
            unlisted.add(key);
          }
        });
    unlisted.forEach(key -> walk(engine.directory(key)));
    quarantineBytes = engine.quarantine.list().stream().mapToLong(Quarantine.Held::bytes).sum();
    if (untold && wasUnknown) {
      // Something is held by a process that was stopped: what it holds was not counted.
      return;
    }
    records.walkEnded(
        doubt,
        untold || failures > 0 ? 0 : began,
        SystemEpochNanoClock.INSTANCE.nanoTime(),
        quarantineBytes);
  }

  private void walk(KeyDirectory directory) {
    try {
      FileFacts facts = engine.ops.stat(directory.path());
      long unchanged =
          passUnchanged
              ? engine.records().bytesIfUnchanged(directory.key(), facts.mtimeNanos())
              : -1;
      if (unchanged > 0) {
        bytes += unchanged;
      } else {
        walkKey(directory);
      }
    } catch (NoSuchFileException e) {
      forget(directory);
    } catch (IOException e) {
      failures++;
    }
  }

  private void walkKey(KeyDirectory directory) throws IOException {
    KeyCount count = count(directory);
    if (recover(directory, count.scan())) {
      count = count(directory);
    }
    bytes += count.bytes();
    KeyScan scan = count.scan();
    for (Candidate candidate : scan.candidates()) {
      entries.add(new Evictable(directory, candidate, scan.pairBytes(candidate.runId())));
    }
    if (scan.exists() && scan.isEmpty()) {
      removeEmptyDirectory(directory);
    }
  }

  private KeyCount count(KeyDirectory directory) throws IOException {
    try (KeyLocks.Hold hold = engine.locks.acquireForWalk(directory.key())) {
      untold |= !hold.shared();
      return KeyCount.under(engine, hold, directory);
    }
  }

  /** Recovers a key; what cannot be mended or set aside is counted, and the rest goes on. */
  private boolean recover(KeyDirectory directory, KeyScan scan) {
    long before = recovered.changes();
    try {
      recoverFlow.run(directory, scan, recovered);
    } catch (IOException e) {
      failures++;
    }
    return recovered.changes() > before;
  }

  private void forget(KeyDirectory directory) {
    try {
      count(directory);
    } catch (IOException e) {
      failures++;
    }
  }

  private void removeEmptyDirectory(KeyDirectory directory) throws IOException {
    try {
      long age = engine.clock.nanoTime() - engine.ops.stat(directory.path()).mtimeNanos();
      if (age >= EMPTY_DIRECTORY_NANOS) {
        engine.ops.removeDirectory(directory.path());
      }
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      // Gone, or in use: a saver that loses it between making it and staging in it makes it again.
    }
  }
}
