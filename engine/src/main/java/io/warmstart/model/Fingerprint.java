package io.warmstart.model;

import org.jspecify.annotations.Nullable;

/**
 * The key of a fit: the SHA-256 of what makes two fits the same, data and specification. Make one
 * with a {@link Fingerprinter}, or take one made elsewhere by its hex digits or bytes.
 *
 * <p><b>Threads:</b> immutable, safe for all.
 */
public final class Fingerprint {
  private final Digest256 digest;

  // For the index alone, which keeps here what it has found for this key last: see KeyMemo.
  @SuppressWarnings({"unused", "UnusedVariable"})
  private @Nullable Object found;

  @SuppressWarnings({"unused", "UnusedVariable"})
  private long foundState;

  @SuppressWarnings({"unused", "UnusedVariable"})
  private long foundAddress;

  @SuppressWarnings({"unused", "UnusedVariable"})
  private int foundLength;

  @SuppressWarnings({"unused", "UnusedVariable"})
  private int foundSlot;

  @SuppressWarnings({"unused", "UnusedVariable"})
  private int foundUsed;

  @SuppressWarnings({"unused", "UnusedVariable"})
  private int foundTurn;

  private Fingerprint(Digest256 digest) {
    this.digest = digest;
  }

  /**
   * {@return the fingerprint written as exactly 64 lowercase hex digits, as {@link #toHex} writes
   * it and as key directories are named}
   *
   * @param hex most significant first
   * @throws IllegalArgumentException if {@code hex} is anything else; the message shows it
   */
  public static Fingerprint fromHex(String hex) {
    return new Fingerprint(Digest256.fromHex(hex));
  }

  /**
   * {@return the fingerprint of exactly 32 bytes, which are copied}
   *
   * @param bytes most significant first
   * @throws IllegalArgumentException if there are more or fewer
   */
  public static Fingerprint ofBytes(byte[] bytes) {
    return new Fingerprint(Digest256.ofBytes(bytes));
  }

  /**
   * {@return the fingerprint that has this digest}
   *
   * @param digest a SHA-256
   */
  public static Fingerprint ofDigest(Digest256 digest) {
    return new Fingerprint(digest);
  }

  /** {@return the digest itself} */
  public Digest256 digest() {
    return digest;
  }

  /** {@return the 64 lowercase hex digits} */
  public String toHex() {
    return digest.toHex();
  }

  /** {@return a fresh copy of the 32 bytes} */
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
