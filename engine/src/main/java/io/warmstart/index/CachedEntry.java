package io.warmstart.index;

import io.warmstart.entry.KeyDirectory;
import io.warmstart.format.Candidate;
import io.warmstart.format.Digest256;
import io.warmstart.payload.CachedPayload;

/** One version of an entry as this process has it in memory. Safe for all threads. */
public final class CachedEntry {
  private final KeyDirectory directory;
  private final long high;
  private final long low;
  private final Candidate candidate;
  private final CachedPayload payload;

  /**
   * Makes the entry.
   *
   * @param directory the key's, since the slot may be another's by now
   * @param version which version this is
   * @param candidate run id and facts
   * @param payload the payload, which may be retired at any time
   */
  CachedEntry(
      KeyDirectory directory, IndexedWinner version, Candidate candidate, CachedPayload payload) {
    this.directory = directory;
    this.high = version.high();
    this.low = version.low();
    this.candidate = candidate;
    this.payload = payload;
  }

  boolean isVersion(Digest256 wanted, IndexedWinner winner) {
    return winner.high() == high && winner.low() == low && directory.key().equals(wanted);
  }

  /** The directory of the key. */
  KeyDirectory directory() {
    return directory;
  }

  /** Run id and facts. */
  public Candidate candidate() {
    return candidate;
  }

  /** The payload; only for those who hold a lease on it. */
  public CachedPayload payload() {
    return payload;
  }
}
