package io.warmstart.pair;

import io.warmstart.io.FileOps;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.agrona.concurrent.EpochNanoClock;

/**
 * How long ago files last changed in any way. Asked only where something is amiss, and at the cost
 * of a system call.
 *
 * <p>By the ctime, which only the kernel sets, at each write, rename, link and change of times. The
 * mtime tells nothing of this kind: {@code tar}, {@code cp -p} and {@code rsync -a} set it to what
 * it was when the backup was made, so half of a pair that came a moment ago looks like one that was
 * abandoned long ago.
 *
 * <p>A ctime that lies ahead of the clock tells of a clock that was set back, and not for how long
 * the file has been as it is. Such a file is as old as the time for which this process has seen it
 * with that ctime: so what is abandoned is judged all the same, by the second sweep of one process
 * that finds it. Where the clock has jumped ahead, files look older than they are.
 *
 * <p>Safe for all threads.
 */
public final class ChangeAges {
  /**
   * What has not changed for so long is as its writer left it: a writer that takes no lock of ours
   * has done its second rename, or has written its next buffer, or is dead.
   */
  public static final long SETTLED_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final int MOST_AHEAD = 1024;

  private final FileOps ops;
  private final EpochNanoClock clock;
  private final LongSupplier monotonic;

  private record FirstSeen(long changedNanos, long atMonotonicNanos) {}

  /** Those whose ctime lies ahead, the latest looked at last. Under its own monitor. */
  private final Map<Path, FirstSeen> ahead =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Path, FirstSeen> eldest) {
          return size() > MOST_AHEAD;
        }
      };

  /**
   * Makes it.
   *
   * @param clock what the file system's stamps are compared with
   * @param monotonic nanoseconds of a clock that is never set
   */
  public ChangeAges(FileOps ops, EpochNanoClock clock, LongSupplier monotonic) {
    this.ops = ops;
    this.clock = clock;
    this.monotonic = monotonic;
  }

  /**
   * How long ago a file last changed, in nanoseconds, 0 or more.
   *
   * @throws NoSuchFileException if there is none
   */
  public long ageNanos(Path file) throws IOException {
    long changedNanos = ops.changedNanos(file);
    long age = clock.nanoTime() - changedNanos;
    if (age >= 0) {
      return age;
    }
    long now = monotonic.getAsLong();
    synchronized (ahead) {
      FirstSeen seen = ahead.get(file);
      if (seen == null || seen.changedNanos() != changedNanos) {
        ahead.put(file, new FirstSeen(changedNanos, now));
        return 0;
      }
      return now - seen.atMonotonicNanos();
    }
  }

  /**
   * How long ago either half of a pair last changed. A half that is missing has no age; if both
   * are, {@link Long#MAX_VALUE}.
   */
  public long ageNanos(KeyDirectory directory, String runId) throws IOException {
    long youngest = Long.MAX_VALUE;
    for (Path half : List.of(directory.manifest(runId), directory.payload(runId))) {
      try {
        youngest = Math.min(youngest, ageNanos(half));
      } catch (NoSuchFileException e) {
        // The other half's age counts.
      }
    }
    return youngest;
  }

  /** Whether a file has been as it is for so long; false if it is gone. */
  public boolean isOlder(Path file, long nanos) throws IOException {
    try {
      return ageNanos(file) >= nanos;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /**
   * Whether a pair has been as it is since a minute before a moment: so nothing that was read of it
   * since was half written.
   *
   * @param sinceMonotonicNanos the moment, by {@link #monotonicNanos}
   */
  public boolean isSettled(KeyDirectory directory, String runId, long sinceMonotonicNanos)
      throws IOException {
    long age = ageNanos(directory, runId);
    return age - (monotonic.getAsLong() - sinceMonotonicNanos) >= SETTLED_NANOS;
  }

  /** A moment, for {@link #isSettled}. */
  public long monotonicNanos() {
    return monotonic.getAsLong();
  }
}
