package io.warmstart.save;

import io.warmstart.access.AccessStamps;
import io.warmstart.format.Manifest;
import io.warmstart.model.Digest256;

/**
 * The entry that a save has just published: its own sweep leaves it where it is.
 *
 * @param key its key
 * @param runId its run
 * @param manifest the version that was published; a later one of the same run is another's save
 * @param addedBytes by how many bytes the root has grown by it; negative if it has shrunk
 */
public record SavedEntry(Digest256 key, String runId, Manifest manifest, long addedBytes) {
  /** Whether this is the version that was published, touched since or not. */
  public boolean is(Digest256 otherKey, String otherRunId, Manifest other) {
    return otherKey.equals(key)
        && otherRunId.equals(runId)
        && AccessStamps.sameVersion(other, manifest);
  }
}
