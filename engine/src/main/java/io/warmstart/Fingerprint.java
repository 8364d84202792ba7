package io.warmstart;

import io.warmstart.format.Digest256;
import io.warmstart.index.CachedEntry;
import org.jspecify.annotations.Nullable;

/**
 * The key of a fit: the SHA-256 of what makes two fits the same, data and specification. Make one
 * with a {@link Fingerprinter}, or take one made elsewhere by its hex digits or bytes.
 *
 * <p><b>Threads:</b> immutable, safe for all.
 */
public final class Fingerprint {
  private final Digest256 digest;

  /**
   * What was last found for this key, by whichever store and ranking; a lookup takes it for no more
   * than a hint of where to look first. As a String keeps its hash: a loop that asks for one key
   * again and again need not find its entry in a table each time.
   */
  private volatile @Nullable CachedEntry lastFound;

  private Fingerprint(Digest256 digest) {
    this.digest = digest;
  }

  /**
   * Returns the fingerprint written as exactly 64 lowercase hex digits, as {@link #toHex} writes it
   * and as key directories are named.
   *
   * @throws IllegalArgumentException if {@code hex} is anything else; the message shows it
   */
  public static Fingerprint fromHex(String hex) {
    return new Fingerprint(Digest256.fromHex(hex));
  }

  /**
   * Returns the fingerprint of exactly 32 bytes, which are copied.
   *
   * @throws IllegalArgumentException if there are more or fewer
   */
  public static Fingerprint ofBytes(byte[] bytes) {
    return new Fingerprint(Digest256.ofBytes(bytes));
  }

  static Fingerprint ofDigest(Digest256 digest) {
    return new Fingerprint(digest);
  }

  Digest256 digest() {
    return digest;
  }

  @Nullable CachedEntry lastFound() {
    return lastFound;
  }

  void found(CachedEntry entry) {
    if (lastFound != entry) {
      lastFound = entry;
    }
  }

  /** Returns the 64 lowercase hex digits. */
  public String toHex() {
    return digest.toHex();
  }

  /** Returns a fresh copy of the 32 bytes. */
  public byte[] toBytes() {
    return digest.toBytes();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Fingerprint that && digest.equals(that.digest);
  }

  @Override
  public int hashCode() {
    return digest.hashCode();
  }

  /** Returns the hex digits, as {@link #toHex} does. */
  @Override
  public String toString() {
    return toHex();
  }
}
