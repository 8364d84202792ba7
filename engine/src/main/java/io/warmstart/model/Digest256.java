package io.warmstart.model;

import io.warmstart.text.Excerpt;
import io.warmstart.text.HexDigits;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * An immutable 256-bit value: the SHA-256 of a payload, or the fingerprint that is a key.
 *
 * <p>Held as four big-endian words, so that comparing the words unsigned orders as comparing the
 * bytes or the hex digits does, and an index can store and compare it without touching an array.
 */
public final class Digest256 implements Comparable<Digest256> {
  /** Length of the value in bytes. */
  public static final int BYTES = 32;

  /** Length of the hex form in digits. */
  public static final int HEX_DIGITS = 2 * BYTES;

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final char[] DIGITS = "0123456789abcdef".toCharArray();

  private final long word0;
  private final long word1;
  private final long word2;
  private final long word3;

  private Digest256(long word0, long word1, long word2, long word3) {
    this.word0 = word0;
    this.word1 = word1;
    this.word2 = word2;
    this.word3 = word3;
  }

  /**
   * {@return the value whose words, most significant first, are the arguments}
   *
   * @param word0 bits 255 to 192
   * @param word1 bits 191 to 128
   * @param word2 bits 127 to 64
   * @param word3 bits 63 to 0
   */
  public static Digest256 ofWords(long word0, long word1, long word2, long word3) {
    return new Digest256(word0, word1, word2, word3);
  }

  /**
   * {@return the value of exactly {@link #BYTES} bytes, which are copied}
   *
   * @param bytes most significant first
   * @throws IllegalArgumentException if there are more or fewer
   */
  public static Digest256 ofBytes(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException(
          "digest has a wrong length: expected=" + BYTES + " bytes actual=" + bytes.length);
    }
    return new Digest256(
        (long) WORD.get(bytes, 0),
        (long) WORD.get(bytes, 8),
        (long) WORD.get(bytes, 16),
        (long) WORD.get(bytes, 24));
  }

  /**
   * {@return the value written as exactly 64 lowercase hex digits} Uppercase is refused: the digits
   * are a directory name, and one key must not have two names.
   *
   * @param hex most significant first
   * @throws IllegalArgumentException if {@code hex} is anything else
   */
  public static Digest256 fromHex(String hex) {
    if (!isHex(hex)) {
      throw new IllegalArgumentException(
          "digest is malformed: expected=64 lowercase hex digits actual=" + Excerpt.of(hex));
    }
    return new Digest256(
        Long.parseUnsignedLong(hex, 0, 16, 16),
        Long.parseUnsignedLong(hex, 16, 32, 16),
        Long.parseUnsignedLong(hex, 32, 48, 16),
        Long.parseUnsignedLong(hex, 48, 64, 16));
  }

  /**
   * {@return whether {@code text} is exactly 64 lowercase hex digits}
   *
   * @param text of any length
   */
  public static boolean isHex(CharSequence text) {
    return text.length() == HEX_DIGITS && HexDigits.areLowercase(text, 0, HEX_DIGITS);
  }

  /** {@return the 64 lowercase hex digits} */
  public String toHex() {
    char[] hex = new char[HEX_DIGITS];
    for (int i = 0; i < HEX_DIGITS; i++) {
      hex[i] = DIGITS[(int) (word(i >>> 4) >>> (60 - 4 * (i & 15))) & 0xf];
    }
    return new String(hex);
  }

  /** {@return a fresh copy of the 32 bytes} */
  public byte[] toBytes() {
    byte[] bytes = new byte[BYTES];
    for (int i = 0; i < 4; i++) {
      WORD.set(bytes, i * Long.BYTES, word(i));
    }
    return bytes;
  }

  /**
   * {@return one of the four 64-bit words, 0 being the most significant}
   *
   * @param index 0 to 3
   * @throws IndexOutOfBoundsException if {@code index} is not 0, 1, 2 or 3
   */
  public long word(int index) {
    return switch (index) {
      case 0 -> word0;
      case 1 -> word1;
      case 2 -> word2;
      case 3 -> word3;
      default -> throw new IndexOutOfBoundsException("digest word: expected=0..3 actual=" + index);
    };
  }

  /** Orders as the bytes and the hex digits do: unsigned, most significant first. */
  @Override
  public int compareTo(Digest256 other) {
    for (int i = 0; i < 4; i++) {
      int order = Long.compareUnsigned(word(i), other.word(i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Digest256 that
        && word0 == that.word0
        && word1 == that.word1
        && word2 == that.word2
        && word3 == that.word3;
  }

  /** The bits are already uniform, so one word's two halves are hash enough. */
  @Override
  public int hashCode() {
    return Long.hashCode(word0);
  }

  /** Returns the hex form. */
  @Override
  public String toString() {
    return toHex();
  }
}
