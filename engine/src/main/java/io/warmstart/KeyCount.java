package io.warmstart;

import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.KeyScan;
import io.warmstart.format.Candidate;
import io.warmstart.format.StagedName;
import io.warmstart.index.EntryFacts;
import io.warmstart.index.KeyLocks;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.SystemEpochNanoClock;

/**
 * Looks at all files of a key and tells the index what it found: how many bytes, which entries.
 *
 * <p>Under the key's lock, so that no save of ours stands between the look and the telling. The
 * directory's change time is told too if any later change will show in it; then the next walk can
 * pass the key over.
 */
final class KeyCount {
  private final KeyScan scan;
  private final long bytes;

  private KeyCount(KeyScan scan, long bytes) {
    this.scan = scan;
    this.bytes = bytes;
  }

  KeyScan scan() {
    return scan;
  }

  /** Those that count, without those of saves under way. */
  long bytes() {
    return bytes;
  }

  /**
   * Counts a key that the caller holds the lock of. Whoever could not get it from a process that
   * was stopped under it only looks: what the index knows stays, and the save under way is not in
   * it.
   */
  static KeyCount under(Engine engine, KeyLocks.Hold hold, KeyDirectory directory)
      throws IOException {
    long ctime = ctimeOf(engine, directory);
    long now = SystemEpochNanoClock.INSTANCE.nanoTime();
    KeyScan scan = KeyScan.withSizes(engine.ops, directory);
    long bytes = bytesOf(engine, directory, scan);
    List<EntryFacts> entries = new ArrayList<>(scan.candidates().size());
    for (Candidate candidate : scan.candidates()) {
      entries.add(
          Expiry.facts(engine, directory.key(), candidate, scan.pairBytes(candidate.runId())));
    }
    // What is out of order must be looked at again: a writer's death changes no change time. And a
    // sweep tells of files that do not count, each time.
    boolean inOrder =
        scan.staged().isEmpty()
            && scan.otherFiles() == 0
            && scan.suspects().isEmpty()
            && RecoverFlow.brokenRuns(scan).isEmpty();
    boolean telling = scan.exists() && !engine.place.racyWindow().isRacy(ctime, now);
    if (hold.shared()) {
      long shown = inOrder && telling ? ctime : 0;
      engine.records().walked(hold, directory.key(), shown, bytes, entries);
    }
    return new KeyCount(scan, bytes);
  }

  /** What counts of the files of a key; the budget may be passed by the saves in flight. */
  static long bytesOf(Engine engine, KeyDirectory directory, KeyScan scan) throws IOException {
    return scan.bytes() - underWay(engine, directory, scan);
  }

  private static long ctimeOf(Engine engine, KeyDirectory directory) throws IOException {
    try {
      return engine.ops.changedNanos(directory.path());
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  private static long underWay(Engine engine, KeyDirectory directory, KeyScan scan)
      throws IOException {
    long bytes = 0;
    for (KeyScan.Leftover leftover : scan.staged()) {
      StagedName staged = leftover.staged();
      if (staged != null && !RecoverFlow.isGone(engine, directory, staged)) {
        bytes += leftover.bytes();
      }
    }
    return bytes;
  }
}
