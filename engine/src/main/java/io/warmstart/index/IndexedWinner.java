package io.warmstart.index;

import io.warmstart.format.Manifest;
import io.warmstart.mapped.Checksums;
import io.warmstart.payload.CacheLinePadding;
import io.warmstart.ranking.Candidate;

/**
 * Which version of which entry wins, as the index stores it: 64 bits that two versions of a key do
 * not share, but for one chance in 2^64, or the mark of a miss. For one thread.
 */
public final class IndexedWinner extends CacheLinePadding {
  private long version;
  private long lastUse;
  private long ctime;
  private long manifestCtime;
  private long changes;

  void set(long newVersion, long newLastUse) {
    version = newVersion;
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
    set(0, 0);
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
    long mixed =
        Checksums.mix(manifest.checksum().word(0) ^ Checksums.mix(moment))
                + Checksums.mix(manifest.checksum().word(1) + Checksums.ofRunId(candidate.runId()))
            ^ Checksums.mix(facts + Checksums.mix(moment));
    // 0 is the mark of a miss.
    set(mixed == 0 ? 1 : mixed, lastUseUnixNanos);
  }

  /** Whether there is no entry to win. */
  public boolean isMiss() {
    return version == 0;
  }

  /** Which version it is. */
  public long version() {
    return version;
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
