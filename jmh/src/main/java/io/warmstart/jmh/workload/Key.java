package io.warmstart.jmh.workload;

import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import java.nio.ByteBuffer;

/**
 * One key in the form that each store takes best, made before anything is measured: a fingerprint,
 * its 32 bytes, its digits.
 */
public final class Key {
  public static final int BYTES = 32;

  private final Fingerprint fingerprint;
  private final byte[] bytes;
  private final String hex;

  private Key(Fingerprint fingerprint) {
    this.fingerprint = fingerprint;
    this.bytes = fingerprint.toBytes();
    this.hex = fingerprint.toHex();
  }

  /** The key of this number. */
  public static Key of(long number) {
    return new Key(new Fingerprinter().absorbLong("benchmark", number).finish());
  }

  /** The keys from 0 to {@code count}. */
  public static Key[] first(int count) {
    Key[] keys = new Key[count];
    for (int i = 0; i < count; i++) {
      keys[i] = of(i);
    }
    return keys;
  }

  /** The fingerprint. */
  public Fingerprint fingerprint() {
    return fingerprint;
  }

  /** Its bytes, not a copy: nobody writes to them. */
  public byte[] bytes() {
    return bytes;
  }

  /** Its 64 hex digits. */
  public String hex() {
    return hex;
  }

  /**
   * The bytes under which a store that knows one value for each key keeps one run's: as long as the
   * key, so that maps of a constant key size can be used.
   */
  public byte[] bytesOfRun(long run) {
    byte[] copy = bytes.clone();
    ByteBuffer.wrap(copy).putLong(BYTES - Long.BYTES, run);
    return copy;
  }
}
