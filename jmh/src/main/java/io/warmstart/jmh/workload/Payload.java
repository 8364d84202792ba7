package io.warmstart.jmh.workload;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/** A payload of one length that is different for each number. Not for use by several threads. */
public final class Payload {
  private final byte[] bytes;
  private long number;

  /** A payload of this many bytes, at least 9. */
  public Payload(int length) {
    bytes = new byte[length];
    // Random, so that a store that compresses gains nothing from it.
    new Random(length).nextBytes(bytes);
  }

  /** The payload of a number, in the same array. */
  public byte[] of(long payloadNumber) {
    number = payloadNumber;
    ByteBuffer.wrap(bytes).putLong(0, number);
    bytes[bytes.length - 1] = (byte) lastByteOf(number);
    return bytes;
  }

  /** The payload of the number after the last one, in the same array. */
  public byte[] next() {
    return of(number + 1);
  }

  /** The latest payload, in the same array. */
  public byte[] bytes() {
    return bytes;
  }

  /** The latest number. */
  public long number() {
    return number;
  }

  /** The last byte of a number's payload, not negative. */
  public static int lastByteOf(long payloadNumber) {
    return (int) (payloadNumber * 31 & 0xff);
  }

  /** Fails unless these are the bytes of the latest payload. */
  public void requireLatest(byte[] actual) {
    if (!Arrays.equals(bytes, actual)) {
      throw new IllegalStateException(
          "the store gave another payload: expected bytes="
              + bytes.length
              + " number="
              + number
              + " actual bytes="
              + actual.length);
    }
  }
}
