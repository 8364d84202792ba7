package io.warmstart.foreign;

import io.warmstart.format.DirectoryNames;
import io.warmstart.io.FileOps;
import io.warmstart.io.RacyWindow;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.SettledListing;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Waits for writers that take none of our locks: between the two renames of a save a pair looks
 * broken, and is not.
 */
public final class ForeignWriters {
  /** A writer of the original store needs a sync between its two renames; this is long for one. */
  private static final long BETWEEN_RENAMES_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** One of ours on another machine has two answers of a server between its renames. */
  private static final long BETWEEN_REMOTE_RENAMES_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What is older was not changed just now, by any machine's clock. */
  private static final long LONG_AGO_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** A writer that has done nothing for longer has died, or is stopped. */
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final FileOps ops;
  private final EpochNanoClock clock;

  public ForeignWriters(FileOps ops, EpochNanoClock clock) {
    this.ops = ops;
    this.clock = clock;
  }

  /**
   * The waits of one lookup, or of one key's recovery, for the pairs of one key. Where ages tell
   * nothing, each would take its second; so with the first of them all others are waited out that
   * do not change meanwhile. For one thread.
   */
  public static final class Waits {
    private final Map<String, Seen> seen = new HashMap<>();
    private Collection<String> runIds = List.of();

    /** A change, and until when it is to be waited for a next one. */
    private record Seen(long changedAt, long deadline) {}

    /** Names the pairs that may have to be waited for as well. */
    public void of(Collection<String> runs) {
      runIds = runs;
    }

    /** Until when, by the monotonic clock. */
    private long deadline(ForeignWriters writers, String runId, long changedAt) {
      // After the look at the file: what changes from here on has another change time.
      long deadline = System.nanoTime() + writers.timeLeft(changedAt);
      if (RacyWindow.coarseNanos(changedAt) > 0) {
        // Rounded off: another change may have the same time, so nothing is remembered.
        return deadline;
      }
      Seen before = seen.get(runId);
      if (before != null && before.changedAt == changedAt && before.deadline - deadline < 0) {
        return before.deadline;
      }
      seen.put(runId, new Seen(changedAt, deadline));
      return deadline;
    }

    private void lookAtOthers(ForeignWriters writers, KeyDirectory directory) {
      runIds.forEach(each -> lookAt(writers, directory, each));
    }

    private void lookAt(ForeignWriters writers, KeyDirectory directory, String runId) {
      try {
        deadline(writers, runId, writers.youngestChange(directory, runId));
      } catch (IOException e) {
        // Said when its turn comes, if it does.
        return;
      }
    }
  }

  /**
   * Waits until the youngest change to a pair is older than a foreign writer needs.
   *
   * @return false if the pair changed meanwhile
   */
  public boolean waitOut(KeyDirectory directory, String runId, Waits waits) throws IOException {
    long changedAt = youngestChange(directory, runId);
    long deadline = waits.deadline(this, runId, changedAt);
    if (deadline - System.nanoTime() > 0) {
      waits.lookAtOthers(this, directory);
    }
    while (deadline - System.nanoTime() > 0) {
      LockSupport.parkNanos(POLL_NANOS);
      if (youngestChange(directory, runId) != changedAt) {
        return false;
      }
    }
    return true;
  }

  /** Whether a pair was changed so lately that a writer may be between its two renames. */
  public boolean mayBeAtWork(KeyDirectory directory, String runId) throws IOException {
    return timeLeft(youngestChange(directory, runId)) > 0;
  }

  /** Whether a writer of the original store has staged a manifest of a run, and not renamed it. */
  public boolean hasStaged(KeyDirectory directory, String runId) throws IOException {
    return stagedManifest(directory, runId) != null;
  }

  /**
   * Waits for the second rename of a writer that takes long for it: while the pair is young, or a
   * staged manifest proves that somebody is between the two.
   *
   * @return how long it was waited
   */
  public long waitForSecondRename(KeyDirectory directory, String runId, long mostNanos)
      throws IOException {
    long began = System.nanoTime();
    long changedAt = youngestChange(directory, runId);
    long waited = 0;
    while (waited < mostNanos
        && youngestChange(directory, runId) == changedAt
        && (isYoung(changedAt) || isBeingPublished(directory, runId))) {
      LockSupport.parkNanos(POLL_NANOS);
      waited = System.nanoTime() - began;
    }
    return waited;
  }

  private boolean isYoung(long changedAt) {
    // Of a pair that is gone there is no time to subtract.
    return changedAt > 0
        && clock.nanoTime() - changedAt < LONGEST_NANOS + RacyWindow.coarseNanos(changedAt);
  }

  private boolean isBeingPublished(KeyDirectory directory, String runId) throws IOException {
    Path staged = stagedManifest(directory, runId);
    if (staged == null) {
      return false;
    }
    try {
      return isYoung(ops.changedNanos(staged));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private @Nullable Path stagedManifest(KeyDirectory directory, String runId) throws IOException {
    String prefix = DirectoryNames.manifestName(runId) + DirectoryNames.TEMPORARY_MARK;
    for (String name : SettledListing.of(ops, directory).names()) {
      if (name.startsWith(prefix)) {
        return directory.path().resolve(name);
      }
    }
    return null;
  }

  private long timeLeft(long changedAt) {
    long age = clock.nanoTime() - changedAt;
    if (ops.rereads().shared()) {
      // Whatever the age: the file has its stamp from a server, whose clock is not ours.
      return age >= LONG_AGO_NANOS ? 0 : BETWEEN_REMOTE_RENAMES_NANOS;
    }
    long coarse = RacyWindow.coarseNanos(changedAt);
    if (coarse > 0) {
      // Rounded off: when it was changed within that time cannot be told.
      return age >= coarse + BETWEEN_RENAMES_NANOS ? 0 : BETWEEN_RENAMES_NANOS;
    }
    // A clock that was set back makes ages negative; then the whole time is waited.
    return age < 0 ? BETWEEN_RENAMES_NANOS : BETWEEN_RENAMES_NANOS - age;
  }

  private long youngestChange(KeyDirectory directory, String runId) throws IOException {
    long youngest = Long.MIN_VALUE;
    for (Path half : List.of(directory.manifest(runId), directory.payload(runId))) {
      try {
        youngest = Math.max(youngest, ops.changedNanos(half));
      } catch (NoSuchFileException e) {
        // A missing half has no age of its own.
      }
    }
    return youngest;
  }
}
