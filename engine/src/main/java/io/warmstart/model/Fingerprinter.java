package io.warmstart.model;

import io.warmstart.text.Excerpt;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.DoubleBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Objects;

/**
 * Computes the {@link Fingerprint} of a fit from the steps that describe it: SHA-256 over their
 * concatenation, integers little-endian, the same in every language that speaks the protocol.
 *
 * <p>{@code absorb} steps are framed: type, tag and length go into the hash, so that no two
 * different sequences of them run together into the same bytes. {@code write} steps are raw parts
 * of a stream whose framing the caller answers for. Every step returns this fingerprinter.
 *
 * <p>Strings go in as UTF-8. One with half of a surrogate pair has no UTF-8 form and is refused:
 * replacing the half would give different strings one key. A step that is refused leaves the
 * fingerprint as it was. A step after {@link #finish} throws {@link IllegalStateException}.
 *
 * <p><b>Threads:</b> not safe; one thread, or hand-over with a happens-before.
 */
public final class Fingerprinter {
  private static final byte TYPE_TAG = 0;
  private static final byte TYPE_BYTES = 1;
  private static final byte TYPE_STRING = 2;
  private static final byte TYPE_LONG = 3;

  /** Large enough to amortise a digest call, small enough to stay in a first-level cache. */
  private static final int CHUNK_BYTES = 8 * 1024;

  private static final int DOUBLES_PER_CHUNK = CHUNK_BYTES / Double.BYTES;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final MessageDigest sha256 = newSha256();

  /** As long as what has been written asked for: a key of a few words makes no large one. */
  private byte[] chunk = new byte[Long.BYTES];

  private boolean finished;

  /** Creates a fingerprinter that has seen no step. */
  public Fingerprinter() {}

  /**
   * Absorbs a tag alone, such as the name of a section.
   *
   * @param tag hashed with its length
   * @return this, for the next step
   */
  public Fingerprinter absorbTag(String tag) {
    requireUnfinished();
    updateFrame(TYPE_TAG, encode(tag));
    return this;
  }

  /**
   * Absorbs all of {@code value} under a tag.
   *
   * @param tag a name for what follows; part of what is hashed
   * @param value hashed with its length
   * @return this, for the next step
   */
  public Fingerprinter absorbBytes(String tag, byte[] value) {
    return absorbBytes(tag, value, 0, value.length);
  }

  /**
   * Absorbs {@code length} bytes of {@code value} from {@code offset} under a tag.
   *
   * @param tag a name for what follows; part of what is hashed
   * @param value where the bytes lie
   * @param offset of the first, in bytes
   * @param length how many; hashed before them
   * @return this, for the next step
   * @throws IndexOutOfBoundsException if they are not within {@code value}
   */
  public Fingerprinter absorbBytes(String tag, byte[] value, int offset, int length) {
    requireUnfinished();
    Objects.checkFromIndexSize(offset, length, value.length);
    updateFrame(TYPE_BYTES, encode(tag));
    updateLong(length);
    sha256.update(value, offset, length);
    return this;
  }

  /**
   * Absorbs the remaining bytes of {@code value} under a tag; its position stays as it is.
   *
   * @param tag a name for what follows; part of what is hashed
   * @param value hashed with the length of what remains
   * @return this, for the next step
   */
  public Fingerprinter absorbBytes(String tag, ByteBuffer value) {
    requireUnfinished();
    ByteBuffer bytes = value.duplicate();
    updateFrame(TYPE_BYTES, encode(tag));
    updateLong(bytes.remaining());
    sha256.update(bytes);
    return this;
  }

  /**
   * Absorbs a string under a tag.
   *
   * @param tag a name for what follows; part of what is hashed
   * @param value hashed as UTF-8, with the length of that
   * @return this, for the next step
   * @throws IllegalArgumentException if either has half of a surrogate pair
   */
  public Fingerprinter absorbString(String tag, String value) {
    requireUnfinished();
    ByteBuffer tagBytes = encode(tag);
    ByteBuffer valueBytes = encode(value);
    updateFrame(TYPE_STRING, tagBytes);
    updateLong(valueBytes.remaining());
    sha256.update(valueBytes);
    return this;
  }

  /**
   * Absorbs 64 bits under a tag; signed and unsigned numbers of the same bits are the same.
   *
   * @param tag a name for what follows; part of what is hashed
   * @param value hashed little-endian
   * @return this, for the next step
   */
  public Fingerprinter absorbLong(String tag, long value) {
    requireUnfinished();
    updateFrame(TYPE_LONG, encode(tag));
    updateLong(value);
    return this;
  }

  /**
   * Writes all of {@code bytes}, without their length.
   *
   * @param bytes hashed as they are
   * @return this, for the next step
   */
  public Fingerprinter writeBytes(byte[] bytes) {
    return writeBytes(bytes, 0, bytes.length);
  }

  /**
   * Writes {@code length} of {@code bytes} from {@code offset}, without the length.
   *
   * @param bytes where they lie
   * @param offset of the first, in bytes
   * @param length how many; not hashed
   * @return this, for the next step
   * @throws IndexOutOfBoundsException if they are not within {@code bytes}
   */
  public Fingerprinter writeBytes(byte[] bytes, int offset, int length) {
    requireUnfinished();
    Objects.checkFromIndexSize(offset, length, bytes.length);
    sha256.update(bytes, offset, length);
    return this;
  }

  /**
   * Writes the remaining bytes, without their length; the buffer's position stays as it is.
   *
   * @param bytes hashed as they are
   * @return this, for the next step
   */
  public Fingerprinter writeBytes(ByteBuffer bytes) {
    requireUnfinished();
    sha256.update(bytes.duplicate());
    return this;
  }

  /**
   * Writes one byte.
   *
   * @param value hashed as it is
   * @return this, for the next step
   */
  public Fingerprinter writeByte(byte value) {
    requireUnfinished();
    sha256.update(value);
    return this;
  }

  /**
   * Writes one byte, 1 for true and 0 for false.
   *
   * @param value hashed as one byte
   * @return this, for the next step
   */
  public Fingerprinter writeBoolean(boolean value) {
    return writeByte((byte) (value ? 1 : 0));
  }

  /**
   * Writes 64 bits; signed and unsigned numbers of the same bits are the same.
   *
   * @param value hashed little-endian
   * @return this, for the next step
   */
  public Fingerprinter writeLong(long value) {
    requireUnfinished();
    updateLong(value);
    return this;
  }

  /**
   * Writes the 64 bits of a double; -0.0 counts as 0.0, every other bit pattern as itself.
   *
   * @param value hashed little-endian
   * @return this, for the next step
   */
  public Fingerprinter writeDouble(double value) {
    return writeLong(bits(value));
  }

  /**
   * Writes a string, its length in UTF-8 bytes before it.
   *
   * @param value hashed as UTF-8
   * @return this, for the next step
   * @throws IllegalArgumentException if it has half of a surrogate pair
   */
  public Fingerprinter writeString(String value) {
    requireUnfinished();
    ByteBuffer bytes = encode(value);
    updateLong(bytes.remaining());
    sha256.update(bytes);
    return this;
  }

  /**
   * Writes the number of {@code values}, then each as {@link #writeDouble} does.
   *
   * @param values hashed in their order
   * @return this, for the next step
   */
  public Fingerprinter writeDoubles(double[] values) {
    return writeDoubles(values, 0, values.length);
  }

  /**
   * Writes {@code length}, then that many of {@code values} from {@code offset}.
   *
   * @param values where they lie
   * @param offset of the first, in elements
   * @param length how many; hashed before them
   * @return this, for the next step
   * @throws IndexOutOfBoundsException if they are not within {@code values}
   */
  public Fingerprinter writeDoubles(double[] values, int offset, int length) {
    requireUnfinished();
    Objects.checkFromIndexSize(offset, length, values.length);
    return writeDoubles(DoubleBuffer.wrap(values, offset, length));
  }

  /**
   * Writes the number of remaining values, then each; the buffer's position stays as it is.
   *
   * @param values hashed in their order
   * @return this, for the next step
   */
  public Fingerprinter writeDoubles(DoubleBuffer values) {
    requireUnfinished();
    updateLong(values.remaining());
    int limit = values.limit();
    int next = values.position();
    int most = Math.min(DOUBLES_PER_CHUNK, limit - next) * Double.BYTES;
    if (chunk.length < most) {
      chunk = new byte[most];
    }
    byte[] to = chunk;
    while (next < limit) {
      int count = Math.min(DOUBLES_PER_CHUNK, limit - next);
      for (int i = 0; i < count; i++) {
        LONG.set(to, i * Double.BYTES, bits(values.get(next + i)));
      }
      sha256.update(to, 0, count * Double.BYTES);
      next += count;
    }
    return this;
  }

  /**
   * Returns the fingerprint of the steps so far and ends this fingerprinter.
   *
   * @return the same for the same steps, in every language
   * @throws IllegalStateException if it has been called before
   */
  public Fingerprint finish() {
    requireUnfinished();
    finished = true;
    return Fingerprint.ofDigest(Digest256.ofBytes(sha256.digest()));
  }

  /** Adding positive zero turns -0.0 into 0.0 but could quieten a NaN, whose bits are to count. */
  private static long bits(double value) {
    return value == 0 ? 0 : Double.doubleToRawLongBits(value);
  }

  private void updateFrame(byte type, ByteBuffer tag) {
    sha256.update(type);
    INT.set(chunk, 0, tag.remaining());
    sha256.update(chunk, 0, Integer.BYTES);
    sha256.update(tag);
  }

  private void updateLong(long value) {
    LONG.set(chunk, 0, value);
    sha256.update(chunk, 0, Long.BYTES);
  }

  private void requireUnfinished() {
    if (finished) {
      throw new IllegalStateException("fingerprinter is finished: make a new one for each key");
    }
  }

  private static ByteBuffer encode(String text) {
    try {
      return StandardCharsets.UTF_8
          .newEncoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .encode(CharBuffer.wrap(text));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "string is not encodable: expected=whole surrogate pairs actual=" + Excerpt.of(text), e);
    }
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java runtime has no SHA-256, which all must have", e);
    }
  }
}
