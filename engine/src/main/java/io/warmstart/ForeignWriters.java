package io.warmstart;

import io.warmstart.entry.KeyDirectory;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits for writers that take none of our locks: between the two renames of a save a pair looks
 * broken, and is not.
 */
final class ForeignWriters {
  /** A writer of the original store needs a sync between its two renames; this is long for one. */
  private static final long BETWEEN_RENAMES_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** One of ours on another machine has two answers of a server between its renames. */
  private static final long BETWEEN_REMOTE_RENAMES_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What is older was not changed just now, by any machine's clock. */
  private static final long LONG_AGO_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private ForeignWriters() {}

  /**
   * Waits until the youngest change to a pair is older than a foreign writer needs.
   *
   * @return false if the pair changed meanwhile
   */
  static boolean waitOut(Engine engine, KeyDirectory directory, String runId) throws IOException {
    long changedAt = youngestChange(engine, directory, runId);
    long deadline = System.nanoTime() + timeLeft(engine, engine.clock.nanoTime() - changedAt);
    while (deadline - System.nanoTime() > 0) {
      LockSupport.parkNanos(POLL_NANOS);
      if (youngestChange(engine, directory, runId) != changedAt) {
        return false;
      }
    }
    return true;
  }

  private static long timeLeft(Engine engine, long age) {
    if (engine.besideOtherMachines()) {
      // Whatever the age: the file has its stamp from a server, whose clock is not ours.
      return age >= LONG_AGO_NANOS ? 0 : BETWEEN_REMOTE_RENAMES_NANOS;
    }
    // A clock that was set back makes ages negative; then the whole time is waited.
    return age < 0 ? BETWEEN_RENAMES_NANOS : BETWEEN_RENAMES_NANOS - age;
  }

  private static long youngestChange(Engine engine, KeyDirectory directory, String runId)
      throws IOException {
    long youngest = Long.MIN_VALUE;
    for (Path half : List.of(directory.manifest(runId), directory.payload(runId))) {
      try {
        youngest = Math.max(youngest, engine.ops.changedNanos(half));
      } catch (NoSuchFileException e) {
        // A missing half has no age of its own.
      }
    }
    return youngest;
  }
}
