package io.warmstart.mapped;

import io.warmstart.model.Digest256;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The longs of a mapping that can be lost at any moment, since anybody can truncate its file.
 *
 * <p>Once an access has met a lost page, the mapping is {@link #lost}, for good: reads answer what
 * they were told to answer then, writes do nothing. See {@link MappedFaults} for why there are only
 * whole longs, and nothing like a compare-and-set.
 *
 * <p>Safe for all threads. The mapping is released by the garbage collector, never unmapped: some
 * thread may be inside an access.
 */
public final class FaultTolerantWords {
  private final AtomicBuffer buffer;
  private volatile boolean lost;

  public FaultTolerantWords(MappedByteBuffer mapped) {
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new IllegalStateException(
          "byte order: expected=little-endian, actual=" + ByteOrder.nativeOrder());
    }
    this.buffer = new UnsafeBuffer(mapped);
    this.buffer.verifyAlignment();
  }

  /** Whether an access has met a page that is gone. */
  public boolean lost() {
    return lost;
  }

  /** Reads a long, volatile. */
  public long get(int offset, long whenLost) {
    if (lost) {
      return whenLost;
    }
    try {
      long value = buffer.getLongVolatile(offset);
      MappedFaults.raisePending();
      return value;
    } catch (InternalError e) {
      lost = true;
      return whenLost;
    }
  }

  /** Writes a long, volatile. */
  public void put(int offset, long value) {
    if (lost) {
      return;
    }
    try {
      buffer.putLongVolatile(offset, value);
      MappedFaults.raisePending();
    } catch (InternalError e) {
      lost = true;
    }
  }

  /** Reads a digest, word by word; all zeros if lost. */
  public Digest256 digest(int offset) {
    if (!lost) {
      try {
        long first = buffer.getLongVolatile(offset);
        long second = buffer.getLongVolatile(offset + 8);
        long third = buffer.getLongVolatile(offset + 16);
        long fourth = buffer.getLongVolatile(offset + 24);
        MappedFaults.raisePending();
        return Digest256.ofWords(first, second, third, fourth);
      } catch (InternalError e) {
        lost = true;
      }
    }
    return Digest256.ofWords(0, 0, 0, 0);
  }

  /**
   * Writes a digest under a word: who finds a value of the word finds the digest that was written
   * before it.
   *
   * @param meanwhile what the word is while the digest is written
   * @param value what it is then
   */
  public void putUnder(int wordOffset, long meanwhile, long value, int offset, Digest256 digest) {
    if (lost) {
      return;
    }
    try {
      buffer.putLongVolatile(wordOffset, meanwhile);
      for (int word = 0; word < 4; word++) {
        buffer.putLong(offset + 8 * word, digest.word(word));
      }
      buffer.putLongVolatile(wordOffset, value);
      MappedFaults.raisePending();
    } catch (InternalError e) {
      lost = true;
    }
  }

  /** Adds up the longs that lie at an offset and every so many bytes after it. */
  public long sum(int offset, int stride, int count, long whenLost) {
    if (lost) {
      return whenLost;
    }
    try {
      long sum = 0;
      for (int each = 0; each < count; each++) {
        sum += buffer.getLongVolatile(offset + each * stride);
      }
      MappedFaults.raisePending();
      return sum;
    } catch (InternalError e) {
      lost = true;
      return whenLost;
    }
  }
}
