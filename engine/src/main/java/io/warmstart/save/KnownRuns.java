package io.warmstart.save;

import io.warmstart.model.Digest256;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The runs whose files this process has replaced since it came, and so knows how late they were
 * written. A version in the journal takes the place of a pair only by a later stamp, and the pair's
 * stamp may lie ahead of the clock: so the first version of a run goes into files, which ask no
 * stamp.
 *
 * <p>Safe for all threads.
 */
public final class KnownRuns {
  private static final int MOST = 1 << 16;

  private record Run(Digest256 key, String runId) {}

  private final ConcurrentHashMap<Run, Boolean> runs = new ConcurrentHashMap<>();

  void add(Digest256 key, String runId) {
    if (runs.size() >= MOST) {
      runs.clear();
    }
    runs.put(new Run(key, runId), true);
  }

  boolean contains(Digest256 key, String runId) {
    return runs.containsKey(new Run(key, runId));
  }
}
