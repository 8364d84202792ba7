package io.warmstart;

import io.warmstart.entry.StagedPair;
import io.warmstart.format.DirectoryNames;
import io.warmstart.io.FileOps;
import io.warmstart.io.RacyWindow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.SystemEpochNanoClock;

/**
 * Waits, before a save looks for the last time whether its pair stands, for hits of the original
 * store that may be about to destroy it: such a hit stages the manifest that it has read with a new
 * stamp, syncs it, and renames it into place, over that of an overwrite which came in between.
 *
 * <p>What is staged shows in a listing of the key's directory, whose price grows with the entries
 * of the key. Where there are many, and no such store has been noticed for a while, only some of
 * the overwrites look: the more there are, the fewer, so that the price of all is the same. So the
 * first touch of a store that has just come may go unseen there, and what it destroys is that
 * store's doing as ever.
 *
 * <p>Safe for all threads.
 */
final class ForeignTouches {
  private static final String MARK = ".touch.tmp.";

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

  /** For so long after a touch each overwrite looks for the next. */
  private static final long NEAR_NANOS = TimeUnit.MINUTES.toNanos(5);

  /** A directory of this size has some 200 names, which are listed in some 0.1 ms. */
  private static final long SMALL_DIRECTORY_BYTES = 8192;

  /** Twice as large a directory is listed half as often. */
  private static final long BYTES_PER_OVERWRITE = 512;

  private final FileOps ops;
  private final AtomicLong overwrites = new AtomicLong();

  // Monotonic.
  private volatile long destroyedAtNanos = System.nanoTime() - TimeUnit.HOURS.toNanos(1);
  private volatile long seenAtNanos = destroyedAtNanos;

  ForeignTouches(FileOps ops) {
    this.ops = ops;
  }

  /** A foreign store has removed what was being saved. */
  void destroyed() {
    destroyedAtNanos = System.nanoTime();
    seenAtNanos = destroyedAtNanos;
  }

  /**
   * Waits until nobody is seen to be about to destroy a pair.
   *
   * @param overwritten whether there may be a manifest before, which a hit may have read
   */
  void waitOut(StagedPair pair, boolean overwritten) {
    if (System.nanoTime() - destroyedAtNanos < DESTROYER_AT_WORK_NANOS) {
      // A reader of the original is near this root: what it has read it may yet act on.
      LockSupport.parkNanos(SETTLE_NANOS);
    }
    if (!overwritten || !isWorthALook(pair.directory().path())) {
      return;
    }
    long deadline = System.nanoTime() + LONGEST_WAIT_NANOS;
    while (isUnderWay(pair) && deadline - System.nanoTime() > 0) {
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private boolean isWorthALook(Path directory) {
    if (System.nanoTime() - seenAtNanos < NEAR_NANOS) {
      return true;
    }
    try {
      long size = ops.stat(directory).size();
      return size <= SMALL_DIRECTORY_BYTES
          || overwrites.incrementAndGet() % (size / BYTES_PER_OVERWRITE) == 0;
    } catch (IOException e) {
      // Evicted by now, or not to be looked at: the look at the pair tells.
      return false;
    }
  }

  private boolean isUnderWay(StagedPair pair) {
    Path directory = pair.directory().path();
    String prefix = DirectoryNames.manifestName(pair.runId()) + MARK;
    try {
      for (String name : ops.list(directory)) {
        if (name.contains(MARK)) {
          seenAtNanos = System.nanoTime();
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
