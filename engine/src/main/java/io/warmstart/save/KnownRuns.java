package io.warmstart.save;

import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.Run;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.ManifestFile;
import io.warmstart.pair.StagedPair;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The runs of which this process has made a pair, and so knows how late they were written.
 *
 * <p>A version in the journal takes the place of a pair by its later stamp alone, and a pair's
 * stamp may lie ahead of the clock, and of all that the index knows: another process, program or
 * person may have put it there. A save into files asks no stamp. So the journal takes versions of
 * those runs alone whose manifest is still the one that this process has put in place, or one that
 * is no later: an access stamp makes another file of it. That is looked at as seldom as lookups
 * look at a winner: each 10 ms at most.
 *
 * <p>Safe for all threads.
 */
public final class KnownRuns {
  private static final int MOST = 1 << 16;
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** A run's manifest, if it has one, and the latest stamp that this process has given the run. */
  static final class Known {
    private @Nullable FileFacts manifest;
    private volatile long latestNanos;
    private volatile long lookedAtNanos;

    /** The latest stamp that this process has given the run, in unix nanoseconds. */
    long latestNanos() {
      return latestNanos;
    }

    /** A version of this stamp goes into the journal. Under the key's lock. */
    void journalled(long writtenNanos) {
      latestNanos = Math.max(latestNanos, writtenNanos);
    }
  }

  private final FileOps ops;
  private final ConcurrentHashMap<Run, Known> runs = new ConcurrentHashMap<>();

  public KnownRuns(FileOps ops) {
    this.ops = ops;
  }

  /**
   * A pair was put in place. Under the key's lock.
   *
   * @param becomesKnown whether the run becomes a known one by it
   */
  void published(StagedPair pair, boolean becomesKnown) {
    Run run = new Run(pair.directory().key(), pair.runId());
    Known known = becomesKnown ? known(run) : runs.get(run);
    if (known == null) {
      return;
    }
    synchronized (known) {
      known.manifest = pair.manifestFacts();
      known.lookedAtNanos = System.nanoTime();
    }
    known.latestNanos =
        Math.max(known.latestNanos, pair.manifest().written().toUnixNanosSaturated());
  }

  private Known known(Run run) {
    if (runs.size() >= MOST) {
      runs.clear();
    }
    return runs.computeIfAbsent(run, made -> new Known());
  }

  /**
   * A run, if nobody else has put a later pair in place. Under the key's lock.
   *
   * @return null if the run is not known, or its pair is not
   */
  @Nullable Known find(KeyDirectory directory, String runId) {
    Run run = new Run(directory.key(), runId);
    Known known = runs.get(run);
    if (known == null) {
      return null;
    }
    long now = System.nanoTime();
    if (now - known.lookedAtNanos >= LOOK_EVERY_NANOS) {
      if (!hasNoLaterPair(directory.manifest(runId), known)) {
        runs.remove(run);
        return null;
      }
      known.lookedAtNanos = now;
    }
    return known;
  }

  private boolean hasNoLaterPair(Path path, Known known) {
    synchronized (known) {
      FileFacts expected = known.manifest;
      try {
        if (expected != null && ops.stat(path).sameContentAs(expected)) {
          return true;
        }
        ManifestFile other = ManifestFile.read(ops, path);
        known.manifest = other.facts();
        return other.manifest().written().toUnixNanosSaturated() <= known.latestNanos;
      } catch (NoSuchFileException e) {
        // Never made, or evicted: there is no pair that could be later.
        return true;
      } catch (IOException | ManifestFormatException e) {
        return false;
      }
    }
  }
}
