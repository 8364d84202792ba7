package io.warmstart;

import io.warmstart.entry.ChangeAges;
import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.KeyScan;
import io.warmstart.format.Candidate;
import io.warmstart.index.CoordinationLayout;
import io.warmstart.index.KeyLocks;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** What one thread of a {@link RootWalk} does with its keys, and has found. For that thread. */
final class KeyWalk {
  private final Engine engine;
  private final boolean passUnchanged;
  private final RecoverFlow recoverFlow;

  /** Stripes that were not to be had: for another key of theirs the wait is a short one. */
  private final BitSet held = new BitSet(CoordinationLayout.KEY_STRIPES);

  final RecoverFlow.Result recovered = new RecoverFlow.Result();
  final List<RootWalk.Evictable> entries = new ArrayList<>();
  long bytes;
  long otherFiles;
  long otherBytes;
  long failures;
  boolean untold;
  boolean passedOver;

  /** Manifests that could not be read: what they tell of is in no record. */
  boolean unreadable;

  KeyWalk(Engine engine, boolean passUnchanged) {
    this.engine = engine;
    this.passUnchanged = passUnchanged;
    this.recoverFlow = new RecoverFlow(engine);
  }

  /** Adds what another thread has found, which has ended. */
  void add(KeyWalk other) {
    recovered.add(other.recovered);
    entries.addAll(other.entries);
    bytes += other.bytes;
    otherFiles += other.otherFiles;
    otherBytes += other.otherBytes;
    failures += other.failures;
    untold |= other.untold;
    passedOver |= other.passedOver;
    unreadable |= other.unreadable;
  }

  /** Walks one key; what cannot be looked at is counted, and the rest goes on. */
  void walk(KeyDirectory directory) {
    try {
      long ctime = engine.ops.changedNanos(directory.path());
      long unchanged =
          passUnchanged ? engine.records().bytesIfUnchanged(directory.key(), ctime) : -1;
      if (unchanged > 0) {
        bytes += unchanged;
        passedOver = true;
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
    otherFiles += scan.otherFiles();
    otherBytes += scan.otherBytes();
    unreadable |= scan.suspects().stream().anyMatch(KeyScan.Suspect::unreadable);
    for (Candidate candidate : scan.candidates()) {
      entries.add(new RootWalk.Evictable(directory, candidate, scan.pairBytes(candidate.runId())));
    }
    if (scan.exists() && scan.isEmpty()) {
      removeEmptyDirectory(directory);
    }
  }

  private KeyCount count(KeyDirectory directory) throws IOException {
    int stripe = KeyLocks.stripeOf(directory.key());
    try (KeyLocks.Hold hold =
        held.get(stripe)
            ? engine.locks.acquireBriefly(stripe)
            : engine.locks.acquireForWalk(stripe)) {
      held.set(stripe, !hold.shared());
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
      // A younger one may be a sibling's that is about to stage in it, or that of a program which
      // unpacks a backup: it makes directories first, gives them old mtimes, and fails without
      // them.
      if (engine.ages.isOlder(directory.path(), ChangeAges.SETTLED_NANOS)) {
        engine.ops.removeDirectory(directory.path());
      }
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      // Gone, or in use: a saver that loses it between making it and staging in it makes it again.
    }
  }
}
