package io.warmstart.foreign;

import io.warmstart.format.DirectoryNames;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.io.RacyWindow;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreCounter;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.StagedPair;
import io.warmstart.process.ControlFile;
import io.warmstart.process.Counters;
import io.warmstart.ranking.Candidate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Knows whether a program that takes no lock of ours works on the root, and waits for it.
 *
 * <p>A hit of the original store stages the manifest that it has read with a new stamp, syncs it,
 * and renames it into place, over that of an overwrite which came in between; and its reader
 * deletes a pair whose halves differ. So where it is at work each save looks again, when it is
 * done, whether its pair is there, and before that waits for a touch that is under way.
 *
 * <p>These looks cost a third of a save's system calls, and most roots never see such a program. So
 * they are made for {@link #CAREFUL_NANOS} after a trace of one, which the processes of a machine
 * tell each other by a counter. Traces are: a pair of ours that was destroyed; a manifest that has
 * replaced ours although nobody of ours has changed an entry under that stripe; a temporary of the
 * original; a manifest of another producer that was written or touched a moment ago. The first
 * touches of a program that has just come may go unseen.
 *
 * <p>Safe for all threads.
 */
public final class ForeignTouches {
  private static final String MARK = ".touch.tmp.";

  /** What our manifests say of their producer, in any version. */
  private static final String OUR_PRODUCER = "warmstart-java ";

  /**
   * An older file is that of a process that died in its touch. By its mtime, which for a file that
   * is being written is the moment of the writing; a wrong one costs a short wait or spares one.
   */
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** A touch takes a sync, and rarely more than this. */
  private static final long LONGEST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private static final long POLL_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

  /** For so long after it has destroyed a pair a foreign reader is reckoned with. */
  private static final long DESTROYER_AT_WORK_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final long SETTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

  /**
   * For so long after a trace each save looks. Each hit and each save of the original leaves one,
   * and a program that has left none for minutes is mostly gone. Too long costs a save some system
   * calls; too short, an acknowledged version.
   */
  private static final long CAREFUL_NANOS = TimeUnit.MINUTES.toNanos(5);

  private static final long COUNTED_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Keys whose last manifest of ours is known. */
  private static final int MOST_LEFT = 512;

  private final FileOps ops;
  private final Counters counters;

  /** By key, what the last save of this process has left. */
  private final ConcurrentHashMap<Digest256, Left> left = new ConcurrentHashMap<>();

  // Monotonic.
  private volatile long destroyedAtNanos = System.nanoTime() - TimeUnit.HOURS.toNanos(1);
  private volatile long seenAtNanos = destroyedAtNanos;
  private volatile long changedAtNanos = destroyedAtNanos;
  private volatile long learnt;

  /** Makes one that has seen nobody. */
  public ForeignTouches(FileOps ops, Counters counters) {
    this.ops = ops;
    this.counters = counters;
  }

  /**
   * A manifest that a save has put in place.
   *
   * @param changes the stripe's count of changes right after it
   */
  private record Left(String runId, FileFacts manifest, long changes) {}

  /** Whether a save must reckon with a program that takes no lock of ours. */
  public boolean areNear() {
    // Beside other machines there are always programs that no lock of ours reaches.
    return ops.rereads().shared() || System.nanoTime() - seenAtNanos < CAREFUL_NANOS;
  }

  /** Whether somebody has changed a key of whom the index was told nothing. */
  private boolean haveChangedSomething() {
    return System.nanoTime() - changedAtNanos < CAREFUL_NANOS;
  }

  /** Whether there is any sign of a program that takes no lock of ours, or knows no index. */
  public boolean haveLeftSigns() {
    return areNear() || haveChangedSomething();
  }

  /** Entries were found that the index should have known, or were missing. */
  public void noteChanges() {
    changedAtNanos = System.nanoTime();
  }

  /** A foreign store has removed what was being saved. */
  public void destroyed() {
    destroyedAtNanos = System.nanoTime();
    seen();
  }

  private void seen() {
    long now = System.nanoTime();
    if (now - seenAtNanos >= COUNTED_AGAIN_NANOS) {
      counters.count(StoreCounter.FOREIGN_SEEN);
    }
    seenAtNanos = now;
  }

  /** Takes over what other processes of this machine have seen since, or before this one came. */
  public void learn(@Nullable ControlFile shared) {
    long sum = shared == null ? learnt : shared.sum(StoreCounter.FOREIGN_SEEN);
    if (sum != learnt) {
      learnt = sum;
      seenAtNanos = System.nanoTime();
    }
  }

  /** Notes what lies in a key's directory of programs that take no lock of ours. */
  public void noteTracesIn(KeyListing listing) {
    if (!listing.foreignTemporaries().isEmpty()
        || listing.candidates().stream().anyMatch(ForeignTouches::isForeignAndYoung)) {
      seen();
    }
  }

  /** The same of one manifest. */
  public void noteTraceIn(Candidate candidate) {
    if (isForeignAndYoung(candidate)) {
      seen();
    }
  }

  private static boolean isForeignAndYoung(Candidate candidate) {
    String producer = candidate.manifest().producer();
    return (producer == null || !producer.startsWith(OUR_PRODUCER))
        && SystemEpochNanoClock.INSTANCE.nanoTime()
                - candidate.manifest().lastUse().toUnixNanosSaturated()
            < CAREFUL_NANOS;
  }

  /**
   * Compares what a save has replaced with what the save before it had left. To be called under the
   * key's stripe.
   *
   * @param changes the stripe's count of changes before the save is recorded; -1 if unknown
   */
  public void noteReplaced(StagedPair by, @Nullable FileFacts replacedManifest, long changes) {
    Left before = left.get(by.directory().key());
    if (before != null
        && changes >= 0
        && before.changes == changes
        && before.runId.equals(by.runId())
        && (replacedManifest == null || !replacedManifest.sameContentAs(before.manifest))) {
      seen();
    }
  }

  /**
   * Remembers what a save has left. To be called under the key's stripe.
   *
   * @param changes the stripe's count of changes after the save was recorded; -1 if unknown
   */
  public void noteLeft(StagedPair pair, long changes) {
    if (left.size() >= MOST_LEFT) {
      left.clear();
    }
    left.put(pair.directory().key(), new Left(pair.runId(), pair.manifestFacts(), changes));
  }

  /**
   * Waits until nobody is seen to be about to destroy a pair.
   *
   * @param overwritten whether there may be a manifest before, which a hit may have read
   */
  public void waitOut(StagedPair pair, boolean overwritten) {
    if (System.nanoTime() - destroyedAtNanos < DESTROYER_AT_WORK_NANOS) {
      // A reader of the original is near this root: what it has read it may yet act on.
      LockSupport.parkNanos(SETTLE_NANOS);
    }
    if (!overwritten) {
      return;
    }
    long deadline = System.nanoTime() + LONGEST_WAIT_NANOS;
    while (isUnderWay(pair) && deadline - System.nanoTime() > 0) {
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private boolean isUnderWay(StagedPair pair) {
    Path directory = pair.directory().path();
    String prefix = DirectoryNames.manifestName(pair.runId()) + MARK;
    try {
      for (String name : ops.list(directory)) {
        if (name.contains(MARK)) {
          seen();
        }
        if (name.startsWith(prefix) && isYoung(ops.stat(directory.resolve(name)).mtimeNanos())) {
          return true;
        }
      }
    } catch (IOException e) {
      // Gone since the listing, or not to be looked at: then there is nothing to wait for.
    }
    return false;
  }

  private static boolean isYoung(long mtimeNanos) {
    long now = SystemEpochNanoClock.INSTANCE.nanoTime();
    return now - mtimeNanos < LONGEST_NANOS + RacyWindow.coarseNanos(mtimeNanos);
  }
}
