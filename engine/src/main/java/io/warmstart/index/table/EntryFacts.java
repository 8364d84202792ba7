package io.warmstart.index.table;

import io.warmstart.format.Manifest;

/**
 * What the index records of an entry: what sweeps and rankings go by.
 *
 * @param writtenNanos unix nanoseconds of the written stamp
 * @param lastUseNanos unix nanoseconds of the last write or access
 * @param accessed whether a lookup has returned it
 * @param bytes of manifest and payload
 * @param objective NaN if it has none
 * @param finalResult whether it is a fit's final result
 */
public record EntryFacts(
    String runId,
    long writtenNanos,
    long lastUseNanos,
    boolean accessed,
    long bytes,
    double objective,
    boolean finalResult) {
  /** The facts of an entry by its manifest. */
  public static EntryFacts of(String runId, Manifest manifest, long bytes) {
    return new EntryFacts(
        runId,
        manifest.written().toUnixNanosSaturated(),
        manifest.lastUse().toUnixNanosSaturated(),
        manifest.accessed(),
        bytes,
        manifest.objective().orElse(Double.NaN),
        manifest.finalResult());
  }
}
