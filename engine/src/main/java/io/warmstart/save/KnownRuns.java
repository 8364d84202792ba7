package io.warmstart.save;

import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.StagedPair;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The runs whose pairs this process has made, and so knows how late they were written.
 *
 * <p>A version in the journal takes the place of a pair by its later stamp alone, and a pair's
 * stamp may lie ahead of the clock, and of all that the index knows: another process, program or
 * person may have put it there. A save into files asks no stamp. So the journal takes versions of
 * those runs alone whose manifest is still the one that this process has put in place. That is
 * looked at as seldom as lookups look at a winner: each 10 ms at most.
 *
 * <p>Safe for all threads.
 */
public final class KnownRuns {
  private static final int MOST = 1 << 16;
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private record Run(Digest256 key, String runId) {}

  /** A run's manifest, if it has one, and the latest stamp that this process has given the run. */
  private static final class Known {
    private @Nullable FileFacts manifest;
    private volatile long latestNanos;
    private volatile long lookedAtNanos;
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
    Known known = becomesKnown ? known(run.key(), run.runId()) : runs.get(run);
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

  /** A version went into the journal. Under the key's lock. */
  void journalled(Digest256 key, String runId, long writtenNanos) {
    Known known = known(key, runId);
    known.latestNanos = Math.max(known.latestNanos, writtenNanos);
  }

  private Known known(Digest256 key, String runId) {
    if (runs.size() >= MOST) {
      runs.clear();
    }
    return runs.computeIfAbsent(new Run(key, runId), run -> new Known());
  }

  /**
   * The latest stamp that this process has given a run, if nobody else has put another pair in
   * place. Under the key's lock.
   *
   * @return unix nanoseconds; -1 if the run is not known, or its pair is not
   */
  long latestNanos(KeyDirectory directory, String runId) {
    Known known = runs.get(new Run(directory.key(), runId));
    if (known == null) {
      return -1;
    }
    long now = System.nanoTime();
    if (now - known.lookedAtNanos >= LOOK_EVERY_NANOS) {
      if (!isAsItWas(directory, runId, known)) {
        runs.remove(new Run(directory.key(), runId));
        return -1;
      }
      known.lookedAtNanos = now;
    }
    return known.latestNanos;
  }

  private boolean isAsItWas(KeyDirectory directory, String runId, Known known) {
    synchronized (known) {
      FileFacts expected = known.manifest;
      try {
        FileFacts manifest = ops.stat(directory.manifest(runId));
        return expected != null && manifest.sameContentAs(expected);
      } catch (IOException e) {
        // Never made, or evicted: there is no pair that could be later. Or not to be looked at.
        return expected == null || e instanceof NoSuchFileException;
      }
    }
  }
}
