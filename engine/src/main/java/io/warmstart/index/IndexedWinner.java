package io.warmstart.index;

import io.warmstart.format.Candidate;
import io.warmstart.format.Manifest;
import io.warmstart.mapped.Checksums;
import io.warmstart.payload.CacheLinePadding;

/**
 * Which version of which entry wins, as the index stores it: 128 bits that no two versions of a key
 * share, or the mark of a miss. For one thread.
 */
public final class IndexedWinner extends CacheLinePadding {
  private long high;
  private long low;
  private long lastUse;
  private long ctime;
  private long manifestCtime;
  private long changes;

  void set(long newHigh, long newLow, long newLastUse) {
    high = newHigh;
    low = newLow;
    lastUse = newLastUse;
  }

  /** Sets what the winner was read under. */
  void under(long newChanges, long newCtime) {
    changes = newChanges;
    ctime = newCtime;
  }

  /** Sets the change time of the manifest that the version was read from; 0 for none. */
  void setManifestCtime(long newManifestCtime) {
    manifestCtime = newManifestCtime;
  }

  /** Makes this the mark of a miss. */
  public void setMiss() {
    set(0, 0, 0);
    manifestCtime = 0;
  }

  /** Makes this the version of an entry: all that a lookup shows of it, mixed. */
  public void setVersion(Candidate candidate, long lastUseUnixNanos) {
    Manifest manifest = candidate.manifest();
    long moment = manifest.written().unixSecs() * 1_000_000_007L + manifest.written().nanos();
    long facts =
        Double.doubleToLongBits(manifest.objective().orElse(Double.NaN))
            + 31 * manifest.iteration().orElse(-1)
            + (manifest.finalResult() ? 1 : 0);
    long mixedHigh = Checksums.mix(manifest.checksum().word(0) ^ Checksums.mix(moment));
    long mixedLow =
        Checksums.mix(manifest.checksum().word(1) + Checksums.ofRunId(candidate.runId()))
            ^ Checksums.mix(facts + Checksums.mix(moment));
    // Both 0 is the mark of a miss.
    set(mixedHigh, mixedHigh == 0 && mixedLow == 0 ? 1 : mixedLow, lastUseUnixNanos);
  }

  /** Whether there is no entry to win. */
  public boolean isMiss() {
    return high == 0 && low == 0;
  }

  /** The first half of the version. */
  public long high() {
    return high;
  }

  /** The other half. */
  public long low() {
    return low;
  }

  /** Unix nanoseconds of the entry's last write or access. */
  public long lastUse() {
    return lastUse;
  }

  /** The directory's change time that the winner was read under. */
  long ctime() {
    return ctime;
  }

  /** The change time of the winner's manifest when it was read; 0: it told nothing yet. */
  long manifestCtime() {
    return manifestCtime;
  }

  /** The slot's changes that the winner was read under. */
  long changes() {
    return changes;
  }
}
