package io.warmstart.index;

import io.warmstart.format.Manifest;

/**
 * What a sweep needs to know of an entry.
 *
 * @param writtenNanos unix nanoseconds of the written stamp
 * @param lastUseNanos unix nanoseconds of the last write or access
 * @param accessed whether a lookup has returned it
 * @param bytes of manifest and payload
 */
public record EntryFacts(
    String runId, long writtenNanos, long lastUseNanos, boolean accessed, long bytes) {
  /** The facts of an entry by its manifest. */
  public static EntryFacts of(String runId, Manifest manifest, long bytes) {
    return new EntryFacts(
        runId,
        manifest.written().toUnixNanosSaturated(),
        manifest.lastUse().toUnixNanosSaturated(),
        manifest.accessed(),
        bytes);
  }
}
