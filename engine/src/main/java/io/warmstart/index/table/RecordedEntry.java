package io.warmstart.index.table;

import io.warmstart.mapped.Checksums;
import io.warmstart.model.Digest256;
import org.jspecify.annotations.Nullable;

/**
 * What the index knows of an entry, for a sweep to choose by. A hint: the manifest decides.
 *
 * @param runHash tells it from the key's other entries
 * @param runId null if it is too long to be recorded
 * @param writtenNanos unix nanoseconds of the written stamp
 * @param lastUseNanos unix nanoseconds of the last write or access
 * @param accessed whether a lookup has returned it
 * @param objective NaN if it has none
 * @param finalResult whether it is a fit's final result
 */
public record RecordedEntry(
    Digest256 key,
    long runHash,
    @Nullable String runId,
    long writtenNanos,
    long lastUseNanos,
    boolean accessed,
    double objective,
    boolean finalResult)
    implements Comparable<RecordedEntry> {

  /** The order of eviction: never accessed first, then the oldest use, then by path. */
  @Override
  public int compareTo(RecordedEntry other) {
    int order = Boolean.compare(accessed, other.accessed);
    if (order == 0) {
      order = Long.compare(lastUseNanos, other.lastUseNanos);
    }
    if (order == 0) {
      order = key.compareTo(other.key);
    }
    if (order == 0 && runId != null && other.runId != null) {
      order = runId.compareTo(other.runId);
    }
    return order == 0 ? Long.compare(runHash, other.runHash) : order;
  }

  /** A number that no other entry has. */
  public long id() {
    return id(key, runHash);
  }

  public static long id(Digest256 key, long runHash) {
    return Checksums.mix(Checksums.ofKey(key) + runHash);
  }

  /** Whether this is the entry of that run. */
  public boolean isOf(String run) {
    return Checksums.ofRunId(run) == runHash;
  }
}
